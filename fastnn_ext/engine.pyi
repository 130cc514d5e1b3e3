from typing import Any

import numpy
from numpy.typing import DTypeLike, NDArray

from fastnn_ext.activations import Activation
from fastnn_ext.losses import Loss

class NonFiniteError(FloatingPointError):
    batch: int
    operation: int
    def __init__(self, batch: int, operation: int) -> None: ...

def nonzero_inputs(x: NDArray[Any]) -> tuple[NDArray[numpy.intp], NDArray[numpy.intc]] | None: ...

class Plan:
    input_size: int
    output_size: int
    dtype: numpy.dtype[numpy.floating]
    def __init__(self, input_size: int, dtype: DTypeLike) -> None: ...
    def add_dense(self, weights: NDArray[Any], bias: NDArray[Any]) -> None: ...
    def add_activation(self, kind: Activation, negative_slope: float = 0.0) -> None: ...
    def add_softmax(self) -> None: ...
    def run_epoch(
        self,
        x: NDArray[Any],
        y: NDArray[Any],
        order: NDArray[numpy.intp] | None,
        learning_rate: float,
        batch_size: int,
        loss: Loss,
        nonzero: tuple[NDArray[numpy.intp], NDArray[numpy.intc]] | None = None,
    ) -> float: ...
    def predict(self, x: NDArray[Any]) -> NDArray[Any]: ...
    def check_rows(self, array: NDArray[Any], name: str, columns: int, samples: int) -> None: ...
