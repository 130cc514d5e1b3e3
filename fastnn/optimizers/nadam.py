"""Nadam: Adam with Nesterov's momentum (Dozat 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fastnn.optimizers.adam import averages
from fastnn.optimizers.base import Optimizer
from fastnn_ext.tables.enums import UpdateRule

if TYPE_CHECKING:
    from fastnn.optimizers.base import Array
    from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = ["Nadam"]


class Nadam(Optimizer):
    """Adam with Nesterov's momentum (Dozat 2016), in PyTorch's form.

    The momentum of step t is ``beta_1 * (1 - 0.5 * 0.96**(t * momentum_decay))``.

    Parameters
    ----------
    learning_rate, beta_1, beta_2, epsilon
        As in `Adam`.
    momentum_decay : float, default 0.004
        PyTorch's default, as in the paper; Keras' rule is that of 1.
    weight_decay, clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> Nadam().momentum_decay
    0.004
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.NADAM,)
    keras: ClassVar = "Nadam"
    torch: ClassVar = "NAdam"
    convention: ClassVar = "PyTorch's, `momentum_decay=0.004`; 1 gives Keras' rule"

    beta_1: float
    beta_2: float
    epsilon: float
    momentum_decay: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        momentum_decay: float = 0.004,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self._keep_checked(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, momentum_decay=momentum_decay)

    def numbers(self) -> dict[str, Any]:
        return {
            "optimizer": UpdateRule.NADAM,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "momentum_decay": self.momentum_decay,
        }

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> Any:
        now, ahead = (self.beta_1 * (1 - 0.5 * 0.96 ** (at * self.momentum_decay)) for at in (step, step + 1))
        product = state["product"] = state.get("product", 1.0) * now
        mean, square = averages(gradient, state, self.beta_1, self.beta_2)
        corrected = (1 - now) / (1 - product) * gradient + ahead / (1 - product * ahead) * mean
        square = square / (1 - self.beta_2**step)
        return rate * corrected / (square**0.5 + self.epsilon)
