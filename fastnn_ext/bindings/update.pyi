from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike, NDArray

from fastnn_ext.tables.enums import SLOTS as SLOTS
from fastnn_ext.tables.enums import UpdateRule

def sgd(parameters: NDArray[Any], gradients: ArrayLike, learning_rate: float) -> None: ...
def optimizer_step(
    parameters: NDArray[Any],
    gradients: ArrayLike,
    state: Sequence[NDArray[Any]],
    step: int,
    optimizer: UpdateRule,
    learning_rate: float,
    beta_1: float = 0.0,
    beta_2: float = 0.0,
    epsilon: float = 0.0,
    weight_decay: float = 0.0,
    *,
    squares_weight: float | None = None,
    coupled_decay: float = 0.0,
    momentum_decay: float = 0.0,
    momentum_product: float = 1.0,
    epsilon_hat: bool = False,
    epsilon_inside: bool = False,
    rate_in_velocity: bool = False,
) -> float: ...
