from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any, Self

import numpy
from numpy.typing import DTypeLike, NDArray

from fastnn_ext.activations import Activation

class Optimizer(IntEnum):
    SGD = 0
    MOMENTUM = 1
    NESTEROV = 2
    RMSPROP = 3
    ADAM = 4
    NADAM = 5
    COLLECT = 6

def allocate(shapes: Iterable[tuple[int, ...]], dtype: DTypeLike) -> tuple[NDArray[Any], list[NDArray[Any]]]: ...

class NonFiniteDataError(ValueError):
    sample: int
    def __init__(self, sample: int) -> None: ...

class Plan:
    @property
    def input_size(self) -> int: ...
    @property
    def output_size(self) -> int: ...
    @property
    def dtype(self) -> numpy.dtype[numpy.floating[Any]]: ...
    @property
    def sample_shape(self) -> tuple[int, ...]: ...
    @property
    def calls(self) -> int: ...
    @property
    def places(self) -> list[int]: ...
    def __new__(
        cls, input_size: int, dtype: DTypeLike, sample_shape: tuple[int, ...] | None = None, isa: str | None = None
    ) -> Self: ...
    @property
    def input_scale(self) -> float: ...
    @property
    def input_shift(self) -> float: ...
    def set_input_scale(self, scale: float, shift: float = 0.0) -> None: ...
    def add_dense(
        self,
        weights: NDArray[Any],
        bias: NDArray[Any] | None = None,
        l1: float = 0.0,
        l2: float = 0.0,
        maximum_norm: float = 0.0,
    ) -> None: ...
    def add_activation(self, kind: Activation, negative_slope: float = 0.0) -> None: ...
    def add_softmax(self) -> None: ...
    def add_dropout(self, rate: float) -> None: ...
    def add_noise(self, stddev: float) -> None: ...
    def add_batch_normalization(
        self,
        gamma: NDArray[Any] | None,
        beta: NDArray[Any] | None,
        moving_mean: NDArray[Any],
        moving_variance: NDArray[Any],
        momentum: float,
        epsilon: float,
    ) -> None: ...
    def add_layer_normalization(
        self, gamma: NDArray[Any] | None, beta: NDArray[Any] | None, epsilon: float
    ) -> None: ...
    def add_function(
        self, function: Callable[[NDArray[Any]], Any], derivative: Callable[[NDArray[Any]], Any]
    ) -> None: ...
    def predict(self, x: object, out: NDArray[Any] | None = None) -> NDArray[Any] | None: ...
