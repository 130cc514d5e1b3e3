"""RMSprop: rates that are divided by the root of a mean square (Tieleman and Hinton 2012)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fastnn.optimizers.base import Optimizer
from fastnn_ext.tables.enums import UpdateRule

if TYPE_CHECKING:
    from fastnn.optimizers.base import Array
    from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """``v = rho * v + (1 - rho) * g**2; w -= learning_rate * g / (sqrt(v) + epsilon)`` (Tieleman and Hinton 2012).

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    rho : float, default 0.9
        In [0, 1).
    epsilon : float, default 1e-7
        Added outside the root, as in PyTorch; Keras adds it inside.
    weight_decay, clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> RMSprop().rho
    0.9
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.RMSPROP,)
    keras: ClassVar = "RMSprop"
    torch: ClassVar = "RMSprop"
    convention: ClassVar = "epsilon beside the root, as in PyTorch; Keras' is inside"

    rho: float
    epsilon: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.9,
        *,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self._keep_checked(rho=rho, epsilon=epsilon)

    def numbers(self) -> dict[str, Any]:
        return {"optimizer": UpdateRule.RMSPROP, "beta_2": self.rho, "epsilon": self.epsilon}

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> Any:
        squares = state["squares"] = self.rho * state.get("squares", 0.0) + (1 - self.rho) * gradient**2
        return rate * gradient / (squares**0.5 + self.epsilon)
