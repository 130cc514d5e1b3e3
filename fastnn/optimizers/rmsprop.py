"""RMSprop: rates that are divided by the root of a mean square (Tieleman and Hinton 2012)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

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
    momentum : float, default 0
        In [0, 1): ``m = momentum * m + change; w -= m`` of the change above, rate included, as in Keras. PyTorch's
        momentum has no rate in it, which is the same while the rate stays.
    epsilon : float, default 1e-7
        Added outside the root, as in PyTorch.
    centered : bool, default False
        Divide by the root of the variance, ``v - a**2 + epsilon`` with ``a = rho * a + (1 - rho) * g`` (Graves 2013).
        Here epsilon is inside the root in any case: a variance may be next to nothing.
    epsilon_inside : bool, default False
        Add epsilon to ``v`` before its root is taken, as Keras does.
    weight_decay, clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> RMSprop(momentum=0.9)
    RMSprop(learning_rate=0.001, rho=0.9, momentum=0.9, epsilon=1e-07, centered=False, epsilon_inside=False)
    """

    aliases: ClassVar = ()
    engine: ClassVar = (
        UpdateRule.RMSPROP,
        UpdateRule.RMSPROP_MOMENTUM,
        UpdateRule.CENTERED_RMSPROP,
        UpdateRule.CENTERED_RMSPROP_MOMENTUM,
    )
    keras: ClassVar = "RMSprop"
    torch: ClassVar = "RMSprop"
    convention: ClassVar = "epsilon beside the root, as in PyTorch; Keras' with `epsilon_inside=True`"

    rho: float
    momentum: float
    epsilon: float
    centered: bool
    epsilon_inside: bool

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        epsilon_inside: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self._keep_checked(rho=rho, momentum=momentum, epsilon=epsilon, centered=centered)
        self._keep_checked(epsilon_inside=epsilon_inside)

    def numbers(self) -> dict[str, Any]:
        rule = self.engine[2 * self.centered + (self.momentum > 0)]
        # A variance has it inside in any case.
        inside = self.epsilon_inside and not self.centered
        numbers = {"optimizer": rule, "beta_2": self.rho, "epsilon": self.epsilon, "epsilon_inside": inside}
        return numbers | ({"beta_1": self.momentum} if self.momentum else {})

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> Any:
        squares = state["squares"] = self.rho * state.get("squares", 0.0) + (1 - self.rho) * gradient**2
        if self.centered:
            mean = state["mean"] = self.rho * state.get("mean", 0.0) + (1 - self.rho) * gradient
            change = rate * gradient / (np.maximum(squares - mean**2, 0) + self.epsilon) ** 0.5
        elif self.epsilon_inside:
            change = rate * gradient / (squares + self.epsilon) ** 0.5
        else:
            change = rate * gradient / (squares**0.5 + self.epsilon)
        if self.momentum:
            change = state["momentum"] = self.momentum * state.get("momentum", 0.0) + change
        return change
