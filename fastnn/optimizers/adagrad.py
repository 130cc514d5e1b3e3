"""Adagrad: rates that are divided by the root of all squares so far (Duchi, Hazan and Singer 2011)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fastnn.optimizers.base import Optimizer
from fastnn_ext.tables.enums import UpdateRule

if TYPE_CHECKING:
    from fastnn.optimizers.base import Array
    from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """``v = v + g**2; w -= learning_rate * g / (sqrt(v) + epsilon)`` (Duchi, Hazan and Singer 2011).

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    initial_accumulator_value : float, default 0.1
        Where the sums of squares start: Keras' default; PyTorch's is 0.
    epsilon : float, default 1e-7
    epsilon_inside : bool, default False
        Add epsilon to ``v`` before its root is taken, as Keras does.
    weight_decay, clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> Adagrad(0.1).initial_accumulator_value
    0.1
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.RMSPROP,)
    keras: ClassVar = "Adagrad"
    torch: ClassVar = "Adagrad"
    convention: ClassVar = (
        "Keras' start of 0.1; epsilon beside the root, as in PyTorch; Keras' with `epsilon_inside=True`"
    )

    initial_accumulator_value: float
    epsilon: float
    epsilon_inside: bool

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        epsilon_inside: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self._keep_checked(initial_accumulator_value=initial_accumulator_value, epsilon=epsilon)
        self._keep_checked(epsilon_inside=epsilon_inside)

    def numbers(self) -> dict[str, Any]:
        # The engine's RMSprop with squares that do not decay.
        numbers = {"optimizer": UpdateRule.RMSPROP, "beta_2": 1.0, "squares_weight": 1.0, "epsilon": self.epsilon}
        numbers["epsilon_inside"] = self.epsilon_inside
        start = self.initial_accumulator_value
        return numbers | ({"initial_square": start} if start else {})

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> Any:
        squares = state["squares"] = state.get("squares", self.initial_accumulator_value) + gradient**2
        root = (squares + self.epsilon) ** 0.5 if self.epsilon_inside else squares**0.5 + self.epsilon
        return rate * gradient / root
