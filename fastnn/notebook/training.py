"""Training: the notebook's loop, run by the engine where every layer is built in, else layer by layer."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator
from typing import Any

import numpy
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.convert import to_array, to_dense_array
from fastnn.arrays.numbers import real_array
from fastnn.checking.arrays import check_finite
from fastnn.checking.scalars import whole_number
from fastnn.encoding import to_categorical
from fastnn.losses import LossFunction, built_in_loss, cross_entropy, gradient_of, mse
from fastnn.notebook.chain import (
    Layers,
    check_network,
    count_samples,
    dense,
    input_size,
    layer_name,
    lower,
    output_size,
)
from fastnn.notebook.epochs import Inputs, compiled_epoch, errors_of_epochs, layered_epoch, numbers_of
from fastnn.notebook.layers import Layer
from fastnn.notebook.randomness import generator_or_global
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.sgd import SGD
from fastnn_ext.tables.enums import UpdateRule


def train(
    network: Layers,
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
) -> tuple[Layers, list[float]]:
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
        Finite real numbers; (samples,) too where the network has one output, or as class numbers for `cross_entropy`.
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
        Source of the order; by default NumPy's global generator, which ``numpy.random.seed`` seeds.
    verbose : bool, optional
        Show a progress bar with the running error on standard error. By default it shows on a terminal once training
        has taken a second; in Jupyter a line for each epoch is printed, or a hundred of them.

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
    errors = training_errors(
        network,
        x_train,
        y_train,
        epochs,
        learning_rate,
        loss=loss,
        loss_prime=loss_prime,
        batch_size=batch_size,
        optimizer=optimizer,
        shuffle=shuffle,
        rng=rng,
    )

    from fastnn.progress import epochs_bar

    found: list[float] = []
    with epochs_bar(epochs, verbose) as show, contextlib.closing(errors):
        for error in errors:
            found.append(error)
            show(error)
    return network, found


def training_errors(
    network: Layers,
    x_train: ArrayLike,
    y_train: ArrayLike,
    epochs: int,
    learning_rate: float,
    *,
    loss: LossFunction,
    loss_prime: LossFunction | None,
    batch_size: int = 1,
    optimizer: Optimizer | None = None,
    shuffle: bool = False,
    rng: numpy.random.Generator | None = None,
) -> Generator[float]:
    """Check the arguments of `train`; what comes back trains an epoch whenever it is asked for that epoch's error.

    Close it in the end, by ``contextlib.closing``: until then the layers belong to this training.
    """
    check_network(network)
    x, y = _training_data(network, x_train, y_train, loss)
    epochs = whole_number(epochs, "epochs", at_least=0)
    batch_size = min(whole_number(batch_size, "batch_size", at_least=1), len(x))
    learning_rate = _rate(learning_rate)
    source = generator_or_global(rng)
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
        check_finite(numbers_of(x), "x_train")
        check_finite(y, "y_train")
    if plan is not None and engine_loss is not None:
        run_epoch = compiled_epoch(plan, network, x, y, epochs, batch_size, engine_loss, optimizer)
    else:
        run_epoch = layered_epoch(network, dense(x, "x_train"), y, batch_size, loss, prime, optimizer)
    orders = (source.permutation(len(x)) if shuffle else None for _ in range(epochs))
    return errors_of_epochs(network, run_epoch, orders, optimizer.rate_at(0), restored_by_engine=compiled)


def _training_data(
    network: Layers, x_train: ArrayLike, y_train: ArrayLike, loss: LossFunction
) -> tuple[Inputs, NDArray[Any]]:
    x, y = to_array(x_train, "x_train"), to_dense_array(y_train, "y_train")
    if input_size(network) is not None and count_samples(network, x, "x_train") is None:
        raise ValueError(
            f"x_train must hold a batch of samples, but its shape, {x.shape}, is that of one: pass x_train[None]"
        )
    if len(x.shape) < 1 or len(x) == 0:
        raise ValueError(f"x_train must hold at least one sample, but its shape is {x.shape}")
    if y.ndim < 1 or len(y) != len(x):
        raise ValueError(f"y_train must have as many samples as x_train, {len(x)}, but its shape is {y.shape}")
    size = output_size(network)
    if size is not None and size > 1 and loss is cross_entropy and y.shape in {(len(x),), (len(x), 1)}:
        return x, to_categorical(real_array(y, "y_train"), size)
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
