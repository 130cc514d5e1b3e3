from typing import Any, Self

import numpy
from numpy.typing import NDArray

from fastnn_ext.losses import Loss
from fastnn_ext.plan import Optimizer, Plan

class NonFiniteError(FloatingPointError):
    batch: int
    operation: int
    def __init__(self, batch: int, operation: int) -> None: ...

class Training:
    @property
    def samples(self) -> int: ...
    @property
    def sparse(self) -> bool: ...
    @property
    def threads(self) -> int: ...
    @property
    def state(self) -> list[NDArray[Any]]: ...
    def __new__(
        cls,
        plan: Plan,
        x: NDArray[Any],
        y: NDArray[Any],
        batch_size: int,
        loss: Loss,
        optimizer: Optimizer,
        learning_rate: float,
        beta_1: float = 0.0,
        beta_2: float = 0.0,
        epsilon: float = 0.0,
        weight_decay: float = 0.0,
        sparse: bool | None = None,
        threads: int | None = None,
        keep_index: bool = True,
    ) -> Self: ...
    def run_epoch(self, order: NDArray[numpy.intp] | None = None) -> float: ...
