"""How a training goes: losses, validation scores, and whether they still improve, by scikit-learn's rules."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from fastnn.sklearn.parameters import Parameters

__all__ = ["Progress"]

# An adaptive rate is not lowered further.
_SMALLEST_RATE = 1e-6


@dataclass
class Progress:
    """The course of one model's training, from its first weights on.

    Attributes
    ----------
    solver : str
    epochs : int
        Of the last call.
    samples_seen : int
    rate : float
        The current learning rate.
    unimproved : int
        Epochs in a row that were not better by ``tol``.
    best_parameters : ndarray or None
        Those with the best validation score.
    scored : bool
        Whether validation scores, and not losses, say what is best.
    converged : bool
        Whether the last call ended by itself; ``message`` says of what lbfgs ended.
    """

    solver: str
    scored: bool
    rate: float
    epochs: int = 0
    samples_seen: int = 0
    unimproved: int = 0
    loss: float = math.nan
    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    best_loss: float = math.inf
    best_score: float = -math.inf
    best_parameters: NDArray[Any] | None = None
    converged: bool = True
    message: str = ""

    def add(
        self, loss: float, score: float | None, samples: int, parameters: Parameters, weights: NDArray[Any]
    ) -> None:
        """Note an epoch; ``weights`` are the model's after it."""
        self.loss = loss
        self.loss_curve.append(loss)
        self.epochs += 1
        self.samples_seen += samples
        if score is not None:
            self.validation_scores.append(score)
        if self.scored:
            assert score is not None
            # NaN is no improvement, and no count against the network either, as in scikit-learn.
            worse = score < self.best_score + parameters.tol
            if score > self.best_score:
                self.best_score, self.best_parameters = score, weights.copy()
        else:
            worse = loss > self.best_loss - parameters.tol
            self.best_loss = min(self.best_loss, loss)
        self.unimproved = self.unimproved + 1 if worse else 0
        if parameters.solver == "sgd" and parameters.learning_rate == "invscaling":
            self.rate = parameters.learning_rate_init / (self.samples_seen + 1) ** parameters.power_t

    def stops(self, parameters: Parameters) -> bool:
        """Whether training is to end; where the rate is adaptive it is lowered first."""
        if self.unimproved <= parameters.n_iter_no_change:
            return False
        what = "Validation score" if self.scored else "Training loss"
        told = f"{what} did not improve more than tol={parameters.tol:f} for {parameters.n_iter_no_change:g} epochs."
        adaptive = parameters.solver == "sgd" and parameters.learning_rate == "adaptive"
        if not adaptive or self.rate <= _SMALLEST_RATE:
            if parameters.verbose:
                print(f"{told} {'Learning rate too small. ' if adaptive else ''}Stopping.")
            return True
        self.rate /= 5.0
        self.unimproved = 0
        if parameters.verbose:
            print(f"{told} Setting learning rate to {self.rate:f}")
        return False
