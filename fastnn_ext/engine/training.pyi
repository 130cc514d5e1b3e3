from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy
from numpy.typing import NDArray

from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import Loss, UpdateRule

class NonFiniteError(FloatingPointError):
    batch: int
    operation: int
    def __init__(self, batch: int, operation: int) -> None: ...

class NonFiniteWeightsError(FloatingPointError):
    operation: int
    def __init__(self, operation: int) -> None: ...

def state_shapes(plan: Plan, optimizer: UpdateRule) -> list[tuple[int, ...]]: ...

class Training:
    @property
    def samples(self) -> int: ...
    @property
    def sparse(self) -> bool: ...
    @property
    def threads(self) -> int: ...
    @property
    def outputs(self) -> NDArray[Any] | None: ...
    step: int
    momentum_product: float
    learning_rate: float
    @property
    def state(self) -> list[NDArray[Any]]: ...
    def __new__(
        cls,
        plan: Plan,
        x: NDArray[Any] | CompressedRows,
        y: NDArray[Any],
        batch_size: int,
        loss: Loss,
        optimizer: UpdateRule,
        learning_rate: float,
        beta_1: float = 0.0,
        beta_2: float = 0.0,
        epsilon: float = 0.0,
        weight_decay: float = 0.0,
        *,
        squares_weight: float | None = None,
        momentum_decay: float = 0.0,
        initial_square: float = 0.0,
        coupled_decay: float = 0.0,
        clip_value: float = 0.0,
        clip_norm: float = 0.0,
        global_clip_norm: float = 0.0,
        loss_numbers: Sequence[float] = (0.0,),
        from_logits: bool = False,
        of_shares: bool = False,
        label_smoothing: float = 0.0,
        loss_function: tuple[Callable[..., Any], Callable[..., Any]] | None = None,
        target_low: float = ...,
        target_high: float = ...,
        sample_weight: NDArray[Any] | None = None,
        record: bool = False,
        inference: bool = False,
        seed: int = 0,
        augmentation: dict[str, float] | None = None,
        state: list[NDArray[Any]] | None = None,
        sparse: bool | None = None,
        threads: int | None = None,
        keep_index: bool = True,
        streaming: bool = False,
    ) -> Self: ...
    def run_epoch(
        self, order: NDArray[numpy.intp] | None = None, progress: Callable[[int, float], object] | None = None
    ) -> float: ...
    def run_batch(
        self, x: NDArray[Any] | CompressedRows, y: NDArray[Any], sample_weight: NDArray[Any] | None = None
    ) -> float: ...
    def set_learning_rates(self, rates: NDArray[Any] | None) -> None: ...
    def read_anew(self) -> None: ...
    def gradients(self) -> list[NDArray[Any]]: ...
    def penalty(self) -> float: ...
