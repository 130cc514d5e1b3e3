"""Gradient descent, with momentum and weight decay (Robbins and Monro 1951; Polyak 1964; Sutskever et al. 2013)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fastnn.optimizers.base import Optimizer
from fastnn_ext.tables.enums import UpdateRule

if TYPE_CHECKING:
    from fastnn.optimizers.base import Array
    from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = ["SGD"]


class SGD(Optimizer):
    """Gradient descent: ``w -= learning_rate * g``, with momentum ``v = momentum * v + g; w -= learning_rate * v``.

    This is PyTorch's form; Keras' velocity has the rate in it, ``v = momentum * v - learning_rate * g; w += v``, which
    differs where the rate changes.

    Parameters
    ----------
    learning_rate : float or schedule, default 0.01
    momentum : float, default 0
        In [0, 1).
    nesterov : bool, default False
        Look ahead: ``w -= learning_rate * (g + momentum * v)`` (Sutskever et al. 2013, in PyTorch's form). It needs a
        momentum.
    weight_decay : float, optional
        Adds ``weight_decay * w`` to every gradient, biases' too, after clipping: PyTorch's form, which is half of an L2
        penalty of this size. Without a momentum that is also the decay of `Optimizer`, which Keras has.
    rate_in_velocity : bool, default False
        Keras' velocity, and with it Keras' decay of weights.
    clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> SGD(0.1, momentum=0.9)
    SGD(learning_rate=0.1, momentum=0.9, nesterov=False, rate_in_velocity=False)
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.SGD, UpdateRule.MOMENTUM, UpdateRule.NESTEROV)
    keras: ClassVar = "SGD"
    torch: ClassVar = "SGD"
    convention: ClassVar = "with `momentum` PyTorch's velocity and `weight_decay`; Keras' with `rate_in_velocity=True`"

    momentum: float
    nesterov: bool
    rate_in_velocity: bool

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        rate_in_velocity: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self._keep_checked(momentum=momentum, nesterov=nesterov, rate_in_velocity=rate_in_velocity)
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum: pass one, such as SGD(momentum=0.9, nesterov=True)")

    def numbers(self) -> dict[str, Any]:
        kind = UpdateRule.SGD if self.momentum == 0 else UpdateRule.NESTEROV if self.nesterov else UpdateRule.MOMENTUM
        return {"optimizer": kind, "beta_1": self.momentum, "rate_in_velocity": self.rate_in_velocity}

    def _kind_of_decay(self) -> str:
        return "coupled_decay" if self.momentum and not self.rate_in_velocity else "weight_decay"

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> Any:
        if self.rate_in_velocity:
            # Of steps, each of which the weights lose.
            steps = state["velocity"] = self.momentum * state.get("velocity", 0.0) + rate * gradient
            return rate * gradient + self.momentum * steps if self.nesterov else steps
        velocity = state["velocity"] = self.momentum * state.get("velocity", 0.0) + gradient
        return rate * (gradient + self.momentum * velocity if self.nesterov else velocity)
