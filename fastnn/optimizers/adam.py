"""Adam: momentum over the root of the mean square (Kingma and Ba 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastnn.optimizers.base import Optimizer
from fastnn_ext.tables.enums import UpdateRule

if TYPE_CHECKING:
    from fastnn.optimizers.base import Array
    from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = ["Adam"]


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015, algorithm 1): momentum over the root of the mean square, corrected for their start.

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    beta_1, beta_2 : float, default 0.9 and 0.999
        Decay of the mean and of the mean square of gradients, in [0, 1).
    epsilon : float, default 1e-7
        Added to the corrected root, as in the paper and PyTorch.
    amsgrad : bool, default False
        Divide by the root of the largest mean square so far, corrected for the step at hand, as Keras and PyTorch do
        (Reddi, Kale and Kumar 2018, who correct nothing).
    epsilon_hat : bool, default False
        Add it to the root before that is corrected for its start at zero, as Keras and scikit-learn do: the paper's
        epsilon hat, which is larger in the first steps.
    weight_decay, clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> Adam(0.01).learning_rate
    0.01
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.ADAM, UpdateRule.AMSGRAD)
    keras: ClassVar = "Adam"
    torch: ClassVar = "Adam"
    convention: ClassVar = (
        "epsilon, 1e-7, beside the corrected root, as in the paper and PyTorch; Keras' with `epsilon_hat=True`"
    )

    beta_1: float
    beta_2: float
    epsilon: float
    amsgrad: bool
    epsilon_hat: bool

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        epsilon_hat: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self._keep_checked(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, amsgrad=amsgrad, epsilon_hat=epsilon_hat)

    def numbers(self) -> dict[str, Any]:
        return {
            "optimizer": UpdateRule.AMSGRAD if self.amsgrad else UpdateRule.ADAM,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "epsilon_hat": self.epsilon_hat,
        }

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> Any:
        mean, square = averages(gradient, state, self.beta_1, self.beta_2)
        if self.amsgrad:
            square = state["largest"] = np.maximum(state.get("largest", 0.0), square)
        correction = (1 - self.beta_2**step) ** 0.5
        epsilon = self.epsilon / correction if self.epsilon_hat else self.epsilon
        return rate * mean / (1 - self.beta_1**step) / (square**0.5 / correction + epsilon)


def averages(gradient: Array, state: dict[str, Any], beta_1: float, beta_2: float) -> tuple[Array, Array]:
    """The mean and the mean square of gradients, not yet corrected for their start."""
    mean = state["mean"] = beta_1 * state.get("mean", 0.0) + (1 - beta_1) * gradient
    square = state["square"] = beta_2 * state.get("square", 0.0) + (1 - beta_2) * gradient**2
    return mean, square
