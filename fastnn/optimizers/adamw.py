"""AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fastnn.checking.scalars import non_negative_number
from fastnn.optimizers.adam import Adam
from fastnn_ext.tables.enums import UpdateRule

if TYPE_CHECKING:
    from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = ["AdamW"]


class AdamW(Adam):
    """Adam with decoupled weight decay: first ``w *= 1 - learning_rate * weight_decay`` (Loshchilov and Hutter 2019).

    Parameters
    ----------
    learning_rate
        As in `Adam`.
    weight_decay : float, default 0.004
        Keras' default; biases decay, too, as in PyTorch.
    beta_1, beta_2, epsilon, amsgrad, epsilon_hat
        As in `Adam`.
    clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> AdamW(weight_decay=0.01).rule()["weight_decay"]
    0.01
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.ADAM, UpdateRule.AMSGRAD)
    keras: ClassVar = "AdamW"
    torch: ClassVar = "AdamW"
    convention: ClassVar = "as Adam, with `weight_decay=0.004`; biases decay, too"

    weight_decay: float
    numbers = Adam.numbers
    change = Adam.change

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        epsilon_hat: bool = False,
    ) -> None:
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay=non_negative_number(weight_decay, "weight_decay"),
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            epsilon_hat=epsilon_hat,
        )
