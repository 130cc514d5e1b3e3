"""Training: the notebook's loop, run by the engine where every layer is built in, else layer by layer."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.arrays import check_finite, converted, real_array
from fastnn.checking.scalars import whole_number
from fastnn.data.convert import to_array
from fastnn.losses import LossFunction, built_in_loss, gradient_of, mse
from fastnn.notebook.layers import FlattenLayer, Layer
from fastnn.notebook.network import (
    Network,
    check_network,
    count_samples,
    dense,
    input_size,
    layer_name,
    lower,
    output_size,
)
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.sgd import SGD
from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.options import LossOptions
from fastnn_ext.engine.plan import NonFiniteDataError, Plan
from fastnn_ext.engine.training import NonFiniteError, NonFiniteWeightsError, Training
from fastnn_ext.tables.enums import Loss, UpdateRule

# Runs one epoch in the order given (None: as the data comes) and returns its mean error.
Epoch = Callable[[NDArray[numpy.intp] | None], float]
Inputs = NDArray[Any] | CompressedRows

_INFINITE_WEIGHTS = (
    "training stopped: weights became infinite in the last batch of an epoch. They are those from before this epoch. "
    "Try a smaller learning_rate, or inputs scaled to about 1"
)


def train(
    network: Network,
    x_train: ArrayLike,
    y_train: ArrayLike,
    epochs: int = 40,
    learning_rate: float = 0.1,
    *,
    loss: LossFunction = mse,
    loss_prime: LossFunction | None = None,
    batch_size: int = 1,
    optimizer: Optimizer | None = None,
    shuffle: bool = False,
    rng: numpy.random.Generator | None = None,
    verbose: bool | None = None,
) -> tuple[Network, list[float]]:
    """Train ``network`` in place by stochastic gradient descent, or by the rule of an optimiser.

    Parameters
    ----------
    network : list of layers
        Built-in layers, and objects of your own with ``forward(input)`` and ``backward(output_error, learning_rate)``.
        Where all are built in and of one dtype, whole epochs run in compiled code.
    x_train : array-like, shape (samples, ...)
        Finite real numbers. float32, float64 and uint8 are read where they lie, also from a memory-mapped file, and
        converted batch by batch; data frames, SciPy's sparse matrices and tensors are taken, too. Pictures are not
        scaled: divide by 255 first.
    y_train : array-like, shape (samples, outputs)
        Finite real numbers; (samples,) too where the network has one output.
    epochs : int, default 40
        Times to go over the data; 0 only checks the arguments.
    learning_rate : float, default 0.1
        Finite and not negative; without effect where there is an optimizer, which has its own.
    loss : callable, default `mse`
        `mse`, `cross_entropy`, or your own function of (y_true, y_pred) for one batch.
    loss_prime : callable, optional
        Gradient of a loss of your own with respect to y_pred.
    batch_size : int, default 1
        Samples a step; gradients are those of the mean loss of the batch. The last batch may be smaller.
    optimizer : Optimizer, optional
        Such as ``fastnn.optimizers.Adam()``; its state starts anew with each call. A layer of your own gets the
        optimiser's learning rate and keeps its own rule. By default plain gradient descent.
    shuffle : bool, default False
        Visit the samples in a new random order each epoch.
    rng : numpy.random.Generator, optional
        Source of the order.
    verbose : bool, optional
        Show a progress bar with the running error on standard error. By default it shows on a terminal or in Jupyter
        once training has taken a second.

    Returns
    -------
    network : list of layers
        The one that came in, trained.
    err : list of float
        Mean error of a sample during each epoch.

    Raises
    ------
    TypeError, ValueError
        For arguments that do not fit; the message names the argument, and every weight is as it was.
    FloatingPointError
        When the loss stops being finite; weights are then those from before that epoch.
    KeyboardInterrupt
        On Ctrl-C, between two batches; weights are those after the last finished one.
    RuntimeError
        When another thread is training a layer of this network.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn import FCLayer
    >>> layer = FCLayer(1, 1, dtype=np.float64)
    >>> layer.weights, layer.bias = [[0.0]], [[0.0]]
    >>> network, err = train([layer], [[1.0], [2.0]], [[2.0], [4.0]], epochs=2, learning_rate=0.1)
    >>> [round(error, 3) for error in err]
    [5.92, 0.157]
    """
    check_network(network)
    x, y = _training_data(network, x_train, y_train)
    epochs = whole_number(epochs, "epochs", at_least=0)
    batch_size = min(whole_number(batch_size, "batch_size", at_least=1), len(x))
    learning_rate = _rate(learning_rate)
    if rng is None:
        rng = numpy.random.default_rng()
    elif not isinstance(rng, numpy.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator, but it is {rng!r}: numpy.random.default_rng(seed) makes one"
        )
    prime = gradient_of(loss, loss_prime)
    if optimizer is None:
        optimizer = SGD(learning_rate)
    elif not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be one of fastnn.optimizers, such as Adam(), but it is {optimizer!r}")
    elif optimizer.rule()["optimizer"] == UpdateRule.COLLECT:
        raise ValueError(
            f"{type(optimizer).__name__} trains fastnn.Sequential models: take another optimizer for train"
        )
    for index, layer in enumerate(network):
        for name, array in layer.parameters().items() if isinstance(layer, Layer) else ():
            real_array(array, f"{layer_name(network, index)}.{name}")

    plan, engine_loss = lower(network), built_in_loss(loss, loss_prime)
    compiled = plan is not None and engine_loss is not None
    if not compiled or epochs == 0:
        # The engine looks for NaN as it reads the data for the first time.
        check_finite(_numbers(x), "x_train")
        check_finite(y, "y_train")
    if plan is not None and engine_loss is not None:
        run_epoch = _compiled_epoch(plan, network, x, y, epochs, batch_size, engine_loss, optimizer)
    else:
        run_epoch = _layered_epoch(network, dense(x, "x_train"), y, batch_size, loss, prime, optimizer)

    from fastnn.progress import epochs_bar

    errors: list[float] = []
    with _only_training_of(network), epochs_bar(epochs, verbose) as show:
        for epoch in range(epochs):
            order = rng.permutation(len(x)) if shuffle else None
            # The engine puts the weights of an epoch that fails back by itself.
            with contextlib.nullcontext() if compiled else _restored_on_failure(network):
                try:
                    error = run_epoch(order)
                except _NotFiniteHereError as failure:
                    raise FloatingPointError(
                        f"training stopped: the loss is not finite in epoch {epoch + 1}, batch {failure.batch + 1}; "
                        f"{failure.where}. The weights are those from before this epoch. Try a smaller learning_rate "
                        f"than {optimizer.rate_at(0):g}, or inputs scaled to about 1"
                    ) from None
            errors.append(error)
            show(error)
    return network, errors


class _NotFiniteHereError(Exception):
    def __init__(self, batch: int, where: str) -> None:
        super().__init__(where)
        self.batch = batch
        self.where = where


def _compiled_epoch(
    plan: Plan,
    network: Network,
    x: Inputs,
    y: NDArray[Any],
    epochs: int,
    batch_size: int,
    loss: Loss,
    optimizer: Optimizer,
) -> Epoch:
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
            for array, name in ((_numbers(x), "x_train"), (y, "y_train")):
                check_finite(array, name)
                converted(array, plan.dtype, name)
            raise

    return run_epoch


def _numbers(x: Inputs) -> NDArray[Any]:
    return x.values if isinstance(x, CompressedRows) else x


def _readable(array: NDArray[Any], plan: Plan, name: str) -> NDArray[Any]:
    """``array`` as rows that the engine reads where they lie, or else a copy in the plan's dtype."""
    rows = array.reshape(len(array), -1)
    in_place = rows.dtype in (numpy.float32, numpy.float64, numpy.uint8) and rows.dtype.isnative and rows.flags.aligned
    if in_place and (rows.shape[1] == 1 or rows.strides[1] == rows.itemsize):
        return rows
    return converted(rows, plan.dtype, name)


def _layered_epoch(
    network: Network,
    x: NDArray[Any],
    y: NDArray[Any],
    batch_size: int,
    loss: LossFunction,
    loss_prime: LossFunction,
    optimizer: Optimizer,
) -> Epoch:
    from fastnn.notebook.layer_by_layer import backward_pass

    backward = backward_pass(network, optimizer)

    def run_epoch(order: NDArray[numpy.intp] | None) -> float:
        total = 0.0
        for start in range(0, len(x), batch_size):
            rows = slice(start, start + batch_size) if order is None else order[start : start + batch_size]
            samples, y_true = x[rows], y[rows]
            if batch_size == 1:
                samples, y_true = samples[0], y_true[0]
            outputs: list[Any] = [samples]
            for layer in network:
                outputs.append(layer.forward(outputs[-1]))
            error = float(loss(y_true, outputs[-1]))
            if not math.isfinite(error):
                index = next((i for i, o in enumerate(outputs[1:]) if not numpy.isfinite(o).all()), None)
                raise _NotFiniteHereError(start // batch_size, _where(network, index))
            total += error * (1 if batch_size == 1 else len(samples))
            backward(loss_prime(y_true, outputs[-1]))
        return total / len(x)

    return run_epoch


def _where(network: Network, index: int | None) -> str:
    if index is None:
        return "every layer's output is finite, the loss alone is not"
    return f"the first output that is not finite is that of {layer_name(network, index)}"


def _training_data(network: Network, x_train: ArrayLike, y_train: ArrayLike) -> tuple[Inputs, NDArray[Any]]:
    x, y = to_array(x_train, "x_train"), to_array(y_train, "y_train")
    if isinstance(y, CompressedRows):
        raise TypeError("y_train must be an array, but it is a sparse matrix: pass y_train.toarray()")
    if input_size(network) is not None and count_samples(network, x, "x_train") is None:
        raise ValueError(
            f"x_train must hold a batch of samples, but its shape, {x.shape}, is that of one: pass x_train[None]"
        )
    if len(x.shape) < 1 or len(x) == 0:
        raise ValueError(f"x_train must hold at least one sample, but its shape is {x.shape}")
    if y.ndim < 1 or len(y) != len(x):
        raise ValueError(f"y_train must have as many samples as x_train, {len(x)}, but its shape is {y.shape}")
    size = output_size(network)
    if size is not None and y.shape[1:] not in {(size,), (1, size)} | ({()} if size == 1 else set()):
        hint = "; class numbers become rows by fastnn.to_categorical" if y.ndim == 1 else ""
        raise ValueError(
            f"y_train must have shape ({len(x)}, {size}) to fit the network's outputs, but its shape is {y.shape}{hint}"
        )
    return x, y.reshape(-1, 1) if y.ndim == 1 else y


def _rate(value: object) -> float:
    try:
        rate = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"learning_rate must be a number, but it is {value!r}") from None
    if not (math.isfinite(rate) and rate >= 0):
        raise ValueError(f"learning_rate must be finite and not negative, but it is {rate}")
    return rate


@contextlib.contextmanager
def _restored_on_failure(network: Network) -> Iterator[None]:
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
def _only_training_of(network: Network) -> Iterator[None]:
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
