"""Epochs: one time over all samples, in compiled code or layer by layer, and what is put back where one fails."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

import numpy
from numpy.typing import NDArray

from fastnn.checking.arrays import check_finite, converted
from fastnn.losses import LossFunction
from fastnn.notebook.chain import Layers, forward_of, layer_name
from fastnn.notebook.layers import FlattenLayer, Layer
from fastnn.optimizers.base import Optimizer
from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.options import LossOptions
from fastnn_ext.engine.plan import NonFiniteDataError, Plan
from fastnn_ext.engine.training import NonFiniteError, NonFiniteWeightsError, Training
from fastnn_ext.tables.enums import Loss

__all__ = ["Epoch", "Inputs", "compiled_epoch", "errors_of_epochs", "layered_epoch", "numbers_of"]

# The places of samples in the order in which they are visited; None: as the data come.
Order = NDArray[numpy.intp] | None
# Runs one epoch and returns its mean error.
Epoch = Callable[[Order], float]
Inputs = NDArray[Any] | CompressedRows

_INFINITE_WEIGHTS = (
    "training stopped: weights became infinite in the last batch of an epoch. They are those from before this epoch. "
    "Try a smaller learning_rate, or inputs scaled to about 1"
)


def errors_of_epochs(
    network: Layers, run_epoch: Epoch, orders: Iterable[Order], learning_rate: float, *, restored_by_engine: bool
) -> Generator[float]:
    """Run an epoch in each of ``orders`` and yield its mean error.

    Raises FloatingPointError, which names the epoch and the batch, where the loss stops being finite.
    """
    with _only_training_of(network):
        for epoch, order in enumerate(orders):
            with contextlib.nullcontext() if restored_by_engine else _restored_on_failure(network):
                try:
                    error = run_epoch(order)
                except _NotFiniteHereError as failure:
                    raise FloatingPointError(
                        f"training stopped: the loss is not finite in epoch {epoch + 1}, batch {failure.batch + 1}; "
                        f"{failure.where}. The weights are those from before this epoch. Try a smaller learning_rate "
                        f"than {learning_rate:g}, or inputs scaled to about 1"
                    ) from None
            yield error


class _NotFiniteHereError(Exception):
    def __init__(self, batch: int, where: str) -> None:
        super().__init__(where)
        self.batch = batch
        self.where = where


def compiled_epoch(
    plan: Plan,
    network: Layers,
    x: Inputs,
    y: NDArray[Any],
    epochs: int,
    batch_size: int,
    loss: Loss,
    optimizer: Optimizer,
) -> Epoch:
    """Epochs in compiled code, over the layers' own arrays."""
    training = Training(
        plan,
        x if isinstance(x, CompressedRows) else _readable(x, plan, "x_train"),
        _readable(y, plan, "y_train"),
        batch_size,
        LossOptions(loss),
        optimizer.engine_options(),
        keep_index=epochs > 1,
    )
    # A flatten layer is no operation of the plan.
    operations = [index for index, layer in enumerate(network) if not isinstance(layer, FlattenLayer)]

    batches = -(-len(x) // batch_size)

    def run_epoch(order: NDArray[numpy.intp] | None) -> float:
        training.set_learning_rates(optimizer.rates(training.step, batches))
        try:
            return training.run_epoch(order)
        except NonFiniteError as failure:
            index = operations[failure.operation] if failure.operation >= 0 else None
            raise _NotFiniteHereError(failure.batch, _where(network, index)) from None
        except NonFiniteWeightsError:
            raise FloatingPointError(_INFINITE_WEIGHTS) from None
        except NonFiniteDataError:
            # What is finite in the data's dtype is too large for the network's.
            for array, name in ((numbers_of(x), "x_train"), (y, "y_train")):
                check_finite(array, name)
                converted(array, plan.dtype, name)
            raise

    return run_epoch


def numbers_of(x: Inputs) -> NDArray[Any]:
    """All numbers that are stored of a sparse matrix, or the array itself."""
    return x.values if isinstance(x, CompressedRows) else x


def _readable(array: NDArray[Any], plan: Plan, name: str) -> NDArray[Any]:
    """``array`` as rows that the engine reads where they lie, or else a copy in the plan's dtype."""
    rows = array.reshape(len(array), -1)
    in_place = rows.dtype in (numpy.float32, numpy.float64, numpy.uint8) and rows.dtype.isnative and rows.flags.aligned
    if in_place and (rows.shape[1] == 1 or rows.strides[1] == rows.itemsize):
        return rows
    return converted(rows, plan.dtype, name)


def layered_epoch(
    network: Layers,
    x: NDArray[Any],
    y: NDArray[Any],
    batch_size: int,
    loss: LossFunction,
    loss_prime: LossFunction,
    optimizer: Optimizer,
) -> Epoch:
    """Epochs by ``forward`` and ``backward`` of each layer."""
    from fastnn.notebook.layer_by_layer import backward_pass

    forwards, backward = [forward_of(layer) for layer in network], backward_pass(network, optimizer)

    def run_epoch(order: NDArray[numpy.intp] | None) -> float:
        total = 0.0
        for start in range(0, len(x), batch_size):
            rows = slice(start, start + batch_size) if order is None else order[start : start + batch_size]
            samples, y_true = x[rows], y[rows]
            if batch_size == 1:
                samples, y_true = samples[0], y_true[0]
            outputs: list[Any] = [samples]
            for forward in forwards:
                outputs.append(forward(outputs[-1]))
            error = float(loss(y_true, outputs[-1]))
            if not math.isfinite(error):
                index = next((i for i, o in enumerate(outputs[1:]) if not numpy.isfinite(o).all()), None)
                raise _NotFiniteHereError(start // batch_size, _where(network, index))
            total += error * (1 if batch_size == 1 else len(samples))
            backward(loss_prime(y_true, outputs[-1]))
        return total / len(x)

    return run_epoch


def _where(network: Layers, index: int | None) -> str:
    if index is None:
        return "every layer's output is finite, the loss alone is not"
    return f"the first output that is not finite is that of {layer_name(network, index)}"


@contextlib.contextmanager
def _restored_on_failure(network: Layers) -> Iterator[None]:
    """Put the built-in layers' parameters back when the loss, or what the engine reads, is not finite."""
    parameters = [array for layer in network if isinstance(layer, Layer) for array in layer.parameters().values()]
    before = [array.copy() for array in parameters]
    try:
        yield
        if not all(numpy.isfinite(array).all() for array in parameters):
            raise FloatingPointError(_INFINITE_WEIGHTS)
    except (FloatingPointError, ValueError):
        for array, old in zip(parameters, before, strict=True):
            array[...] = old
        raise


@contextlib.contextmanager
def _only_training_of(network: Layers) -> Iterator[None]:
    """Mark the built-in layers as in training: two threads that change the same weights would both spoil them."""
    # setdefault is one step even where threads run at the same time. A mark that came through a fork is of a thread
    # that the child does not have.
    token, marked = (os.getpid(), object()), []
    try:
        for index, layer in enumerate(network):
            if isinstance(layer, Layer) and layer.parameters():
                found = layer.__dict__.setdefault("_in_training", token)
                if found[0] != os.getpid():
                    layer.__dict__["_in_training"] = token
                elif found is not token:
                    raise RuntimeError(
                        f"{layer_name(network, index)} is being trained by another thread: train a copy, or wait"
                    )
                marked.append(layer)
        yield
    finally:
        for layer in marked:
            layer.__dict__.pop("_in_training", None)
