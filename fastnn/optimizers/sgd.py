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

    This is PyTorch's form: where the rate changes, Keras' ``v = momentum * v - learning_rate * g`` differs from it.

    Parameters
    ----------
    learning_rate : float or schedule, default 0.01
    momentum : float, default 0
        In [0, 1).
    nesterov : bool, default False
        Look ahead: ``w -= learning_rate * (g + momentum * v)`` (Sutskever et al. 2013, in PyTorch's form). It needs a
        momentum.
    weight_decay : float, default 0
        Adds ``weight_decay * w`` to every gradient, biases' too, after clipping: PyTorch's form, which is half of an L2
        penalty of this size.
    clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> SGD(0.1, momentum=0.9)
    SGD(learning_rate=0.1, momentum=0.9, nesterov=False, weight_decay=0.0)
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.SGD, UpdateRule.MOMENTUM, UpdateRule.NESTEROV)
    keras: ClassVar = "SGD"
    torch: ClassVar = "SGD"
    convention: ClassVar = (
        "with `momentum` PyTorch's velocity, the same as Keras' while the rate stays; `weight_decay` is PyTorch's"
    )

    momentum: float
    nesterov: bool
    weight_decay: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        self._numbers(momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum: pass one, such as SGD(momentum=0.9, nesterov=True)")

    def rule(self) -> dict[str, Any]:
        kind = UpdateRule.SGD if self.momentum == 0 else UpdateRule.NESTEROV if self.nesterov else UpdateRule.MOMENTUM
        rule = {"optimizer": kind, "learning_rate": self.rate_at(0), "beta_1": self.momentum}
        return rule | ({"coupled_decay": self.weight_decay} if self.weight_decay else {})

    def formula(self, weights: Array, gradient: Array, state: dict[str, Any], step: int) -> Any:
        gradient = gradient + self.weight_decay * weights
        velocity = state["velocity"] = self.momentum * state.get("velocity", 0.0) + gradient
        change = gradient + self.momentum * velocity if self.nesterov else velocity
        return weights - self.rate_at(step - 1) * change
