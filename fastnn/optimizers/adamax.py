"""Adamax: momentum over the largest gradients so far, which decay (Kingma and Ba 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastnn.optimizers.base import Optimizer
from fastnn_ext.tables.enums import UpdateRule

if TYPE_CHECKING:
    from fastnn.optimizers.base import Array
    from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Adam with the largest size of a gradient in place of the root mean square (Kingma and Ba 2015, algorithm 2).

    ``m = beta_1 * m + (1 - beta_1) * g; u = max(beta_2 * u, abs(g))``, and in step t
    ``w -= learning_rate / (1 - beta_1**t) * m / (u + epsilon)``.

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    beta_1, beta_2 : float, default 0.9 and 0.999
        Decay of the mean of gradients and of the largest one, in [0, 1).
    epsilon : float, default 1e-7
        Added to the largest gradient as it divides, as in Keras; PyTorch adds it to each before it is compared.
    weight_decay, clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> Adamax(0.002).beta_2
    0.999
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.ADAMAX,)
    keras: ClassVar = "Adamax"
    torch: ClassVar = "Adamax"
    convention: ClassVar = "epsilon beside the largest gradient, as in Keras"

    beta_1: float
    beta_2: float
    epsilon: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self._keep_checked(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)

    def numbers(self) -> dict[str, Any]:
        return {
            "optimizer": UpdateRule.ADAMAX,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> Any:
        mean = state["mean"] = self.beta_1 * state.get("mean", 0.0) + (1 - self.beta_1) * gradient
        largest = state["largest"] = np.maximum(self.beta_2 * state.get("largest", 0.0), np.abs(gradient))
        return rate / (1 - self.beta_1**step) * mean / (largest + self.epsilon)
