from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy
from numpy.typing import ArrayLike, NDArray
from typing_extensions import disjoint_base

from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.options import LossOptions, RuleOptions
from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import SLOTS as SLOTS
from fastnn_ext.tables.enums import UpdateRule

class NonFiniteError(FloatingPointError):
    batch: int
    operation: int
    def __init__(self, batch: int, operation: int) -> None: ...

class NonFiniteWeightsError(FloatingPointError):
    operation: int
    def __init__(self, operation: int) -> None: ...

class NonFiniteGradientsError(FloatingPointError):
    operation: int
    def __init__(self, operation: int) -> None: ...

def constants() -> dict[str, int | float]: ...
def numbers_of_threads(threads: int, times: Callable[[int], float], pieces: int) -> list[int]: ...
def state_shapes(plan: Plan, optimizer: UpdateRule) -> list[tuple[int, ...]]: ...

@disjoint_base
class TrainingSetup:
    @property
    def samples(self) -> int: ...
    @property
    def sparse(self) -> bool: ...
    @property
    def threads(self) -> int: ...
    @property
    def threads_used(self) -> int: ...
    @property
    def outputs(self) -> Any: ...
    @property
    def losses_of_outputs(self) -> list[float]: ...
    step: int
    momentum_product: float
    learning_rate: float
    @property
    def state(self) -> list[NDArray[Any]]: ...
    def __new__(
        cls,
        plan: Plan,
        x: NDArray[Any] | CompressedRows | Sequence[NDArray[Any] | CompressedRows],
        y: NDArray[Any] | Sequence[NDArray[Any]],
        batch_size: int,
        loss: LossOptions | Sequence[LossOptions],
        rule: RuleOptions,
        *,
        sample_weight: NDArray[Any] | Sequence[NDArray[Any] | None] | None = None,
        record: bool = False,
        inference: bool = False,
        seed: int = 0,
        augmentation: dict[str, float] | None = None,
        state: list[NDArray[Any]] | None = None,
        sparse: bool | None = None,
        threads: int | None = None,
        keep_index: bool = True,
        streaming: bool = False,
        frozen: Iterable[int] = (),
        frozen_arrays: Iterable[NDArray[Any]] = (),
        draws: bool = True,
        input_gradients: Iterable[int] = (),
        gradients_given: bool = False,
        steps_given: bool = False,
    ) -> Self: ...
    def penalty(self) -> float: ...

class GradientTraining(TrainingSetup):
    def gradients(self) -> list[NDArray[Any]]: ...
    def lay_out_gradients(self, arrays: list[NDArray[Any]], places: list[int], size: int) -> None: ...
    def collect_into(self, gradient: NDArray[Any]) -> None: ...
    def early_gradients(self) -> list[tuple[int, int, int]]: ...
    @property
    def done_from(self) -> int: ...
    def run_gradients(
        self,
        x: NDArray[Any] | CompressedRows | Sequence[NDArray[Any] | CompressedRows],
        y: NDArray[Any] | Sequence[NDArray[Any]],
        sample_weight: NDArray[Any] | Sequence[NDArray[Any] | None] | None = None,
        *,
        row_numbers: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
    ) -> tuple[float, NDArray[Any], list[NDArray[Any]]]: ...
    def apply_gradients(self, gradient: NDArray[Any]) -> None: ...

class Training(GradientTraining):
    def set_learning_rates(self, rates: NDArray[Any] | None) -> None: ...
    def set_penalty_scales(self, scales: NDArray[Any] | None) -> None: ...
    def read_anew(self) -> None: ...
    def run_epoch(
        self,
        order: NDArray[numpy.intp] | None = None,
        progress: Callable[[int, float], object] | None = None,
        beside: NDArray[numpy.uint8] | None = None,
    ) -> float: ...
    def run_batch(
        self,
        x: NDArray[Any] | CompressedRows | Sequence[NDArray[Any] | CompressedRows],
        y: NDArray[Any] | Sequence[NDArray[Any]],
        sample_weight: NDArray[Any] | Sequence[NDArray[Any] | None] | None = None,
    ) -> float: ...
    def take_data(
        self,
        x: NDArray[Any] | CompressedRows | Sequence[NDArray[Any] | CompressedRows],
        y: NDArray[Any] | Sequence[NDArray[Any]],
        sample_weight: NDArray[Any] | Sequence[NDArray[Any] | None] | None = None,
    ) -> None: ...
