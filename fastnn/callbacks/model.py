"""The model in training, as callbacks see it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import ArrayLike, NDArray

from fastnn.callbacks.history import History
from fastnn.layers.base import Layer
from fastnn.losses.base import Loss
from fastnn.metrics.base import Metric
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.state import OptimizerState

__all__ = ["ModelInTraining"]


class ModelInTraining(Protocol):
    """What callbacks can use of a model, whichever class of model is trained, such as `fastnn.Sequential`."""

    stop_training: bool

    @property
    def layers(self) -> Sequence[Layer]: ...
    @property
    def optimizer(self) -> Optimizer | None: ...
    @property
    def loss(self) -> Loss | None: ...
    @property
    def metrics(self) -> Sequence[Metric]: ...
    @property
    def history(self) -> History | None: ...
    @property
    def optimizer_state(self) -> OptimizerState: ...
    def needs_compile(self) -> tuple[Optimizer, Loss]: ...
    def get_weights(self) -> list[NDArray[Any]]: ...
    def set_weights(self, weights: Sequence[ArrayLike]) -> None: ...
    def predict(self, x: Any) -> NDArray[Any]: ...
    def evaluate(self, x: Any, y: Any, *, return_dict: bool = ...) -> Any: ...
    def save(self, path: str | os.PathLike[str]) -> None: ...
    def save_weights(self, path: str | os.PathLike[str]) -> None: ...
