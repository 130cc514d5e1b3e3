"""Adadelta: steps whose size is that of the steps before (Zeiler 2012)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fastnn.optimizers.base import Optimizer
from fastnn_ext.tables.enums import UpdateRule

if TYPE_CHECKING:
    from fastnn.optimizers.base import Array
    from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """A gradient over the root of its mean square, times that of the steps so far (Zeiler 2012, algorithm 1).

    ``v = rho * v + (1 - rho) * g**2; d = sqrt(u + epsilon) / sqrt(v + epsilon) * g; u = rho * u + (1 - rho) * d**2``
    and ``w -= learning_rate * d``.

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
        Keras' default. The paper's and PyTorch's is 1, since steps find their size themselves.
    rho : float, default 0.95
        In [0, 1).
    epsilon : float, default 1e-7
        Above 0. Inside both roots, as in the paper, Keras and PyTorch: it gives the first step its size.
    weight_decay, clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> Adadelta(1.0).rho
    0.95
    >>> Adadelta(epsilon=0)
    Traceback (most recent call last):
    ValueError: epsilon must be above 0, but it is 0: it is what gives the first step a size
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.ADADELTA,)
    keras: ClassVar = "Adadelta"
    torch: ClassVar = "Adadelta"
    convention: ClassVar = "the paper's rate is 1"

    rho: float
    epsilon: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self._keep_checked(rho=rho, epsilon=epsilon)
        if self.epsilon == 0:
            raise ValueError("epsilon must be above 0, but it is 0: it is what gives the first step a size")

    def numbers(self) -> dict[str, Any]:
        return {"optimizer": UpdateRule.ADADELTA, "beta_2": self.rho, "epsilon": self.epsilon}

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> Any:
        squares = state["squares"] = self.rho * state.get("squares", 0.0) + (1 - self.rho) * gradient**2
        sizes = state.get("sizes", 0.0)
        change = (sizes + self.epsilon) ** 0.5 / (squares + self.epsilon) ** 0.5 * gradient
        state["sizes"] = self.rho * sizes + (1 - self.rho) * change**2
        return rate * change
