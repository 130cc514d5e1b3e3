"""Lion: steps of one size, in the direction of a momentum's sign (Chen et al. 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastnn.optimizers.base import Optimizer
from fastnn.registry import Without
from fastnn_ext.tables.enums import UpdateRule

if TYPE_CHECKING:
    from fastnn.optimizers.base import Array
    from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = ["Lion"]


class Lion(Optimizer):
    """``w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g); m = beta_2 * m + (1 - beta_2) * g``.

    Every weight moves by the rate, or not at all where the sign is that of 0. A good rate is a tenth to a third of
    Adam's, with a ``weight_decay`` that is as much larger (Chen et al. 2023).

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    beta_1, beta_2 : float, default 0.9 and 0.99
        Decay of the momentum in the step, and of the momentum that is kept, in [0, 1).
    weight_decay, clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> Lion(1e-4, weight_decay=0.04)
    Lion(learning_rate=0.0001, weight_decay=0.04, beta_1=0.9, beta_2=0.99)
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.LION,)
    keras: ClassVar = "Lion"
    torch: ClassVar = Without("PyTorch has none")
    convention: ClassVar = "Keras', which is the paper's"

    beta_1: float
    beta_2: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self._keep_checked(beta_1=beta_1, beta_2=beta_2)

    def numbers(self) -> dict[str, Any]:
        return {"optimizer": UpdateRule.LION, "beta_1": self.beta_1, "beta_2": self.beta_2}

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> Any:
        mean = state.get("mean", 0.0)
        state["mean"] = self.beta_2 * mean + (1 - self.beta_2) * gradient
        return rate * np.sign(self.beta_1 * mean + (1 - self.beta_1) * gradient)
