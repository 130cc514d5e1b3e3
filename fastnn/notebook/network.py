"""The network as an object, for teaching code that adds layers one by one, names a loss, fits and predicts.

It holds a list of layers; training and prediction are those of lists.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, overload

import numpy
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.strict import Strict
from fastnn.losses import LossFunction, gradient_of
from fastnn.notebook.chain import check_network, forward_of, input_size, is_layer
from fastnn.notebook.layers import Layer
from fastnn.notebook.prediction import predict
from fastnn.notebook.training import training_errors

__all__ = ["Network"]


class Network(Strict, Sequence[Any]):
    """Layers in a row, a loss, and a loop that takes one sample at a time.

    It is a sequence of its layers, so that `train`, `save_network` and the plots take it, too.

    Attributes
    ----------
    layers : list of layers
    loss, loss_prime : callable, or None before `use`
    errors : list of float
        The mean error of a sample in each epoch of the last `fit`.

    Examples
    --------
    >>> from fastnn import ActivationLayer, FCLayer, mse, mse_prime, tanh, tanh_prime
    >>> numpy.random.seed(0)
    >>> x = numpy.array([[[0, 0]], [[0, 1]], [[1, 0]], [[1, 1]]])
    >>> y = numpy.array([[[0]], [[1]], [[1]], [[0]]])
    >>> net = Network()
    >>> net.add(FCLayer(2, 3))
    >>> net.add(ActivationLayer(tanh, tanh_prime))
    >>> net.add(FCLayer(3, 1))
    >>> net.add(ActivationLayer(tanh, tanh_prime))
    >>> net.use(mse, mse_prime)
    >>> net.fit(x, y, epochs=2, learning_rate=0.1)
    epoch 1/2   error=0.377412
    epoch 2/2   error=0.322472
    >>> [output.shape for output in net.predict(x)]
    [(1, 1), (1, 1), (1, 1), (1, 1)]
    """

    _instead: ClassVar = {
        "loss": "call network.use(loss, loss_prime)",
        "loss_prime": "call network.use(loss, loss_prime)",
    }

    def __init__(self) -> None:
        self.layers: list[Any] = []
        self._keep(loss=None, loss_prime=None)
        self.errors: list[float] = []

    loss: LossFunction | None
    loss_prime: LossFunction | None

    def add(self, layer: Any) -> None:
        """Append a layer: a built-in one, or an object of your own with ``forward`` and ``backward``.

        Raises
        ------
        TypeError
            When it is no layer.
        ValueError
            When it expects another number of inputs than the layer before gives; it is not added then.
        """
        if not is_layer(layer):
            raise TypeError(f"a layer must have methods forward and backward, but it is {layer!r}")
        check_network([*self.layers, layer])
        self.layers.append(layer)

    def use(self, loss: LossFunction, loss_prime: LossFunction | None = None) -> None:
        """Set the loss, a function of (y_true, y_pred), and its gradient with respect to y_pred.

        Parameters
        ----------
        loss : callable
            `mse`, `cross_entropy`, or a function of your own.
        loss_prime : callable, optional
            The built-in losses know theirs.

        Raises
        ------
        TypeError
            When either is not callable, or the gradient of a loss of your own is missing.
        """
        for name, value in (("loss", loss), ("loss_prime", loss_prime)):
            if not callable(value) and not (value is None and name == "loss_prime"):
                raise TypeError(f"{name} must be a function of (y_true, y_pred), but it is {value!r}")
        self._keep(loss=loss, loss_prime=gradient_of(loss, loss_prime))

    def fit(
        self, x_train: ArrayLike, y_train: ArrayLike, epochs: int, learning_rate: float, *, verbose: bool = True
    ) -> None:
        """Train by gradient descent, one sample a step, in the order of the samples.

        Parameters
        ----------
        x_train : array-like, shape (samples, 1, n), (samples, n) or (samples, height, width)
        y_train : array-like, shape (samples, 1, outputs) or (samples, outputs)
            For `cross_entropy` also the numbers of the true classes, (samples,).
        epochs : int
        learning_rate : float
        verbose : bool, default True
            Print a line for each epoch, such as ``epoch 1/35   error=0.250000``.

        Raises
        ------
        RuntimeError
            When no loss is set.
        TypeError, ValueError, FloatingPointError
            As `train` does.
        """
        if self.loss is None:
            raise RuntimeError("the network has no loss: call network.use(mse, mse_prime) first")
        errors = training_errors(
            self.layers, x_train, y_train, epochs, learning_rate, loss=self.loss, loss_prime=self.loss_prime
        )
        self._keep(errors=[])
        with contextlib.closing(errors):
            for error in errors:
                self.errors.append(error)
                if verbose:
                    print(f"epoch {len(self.errors)}/{epochs}   error={error:.6f}", flush=True)

    def predict(self, input_data: ArrayLike) -> list[NDArray[Any]]:
        """The outputs for samples, as a list of arrays of shape (1, outputs).

        Parameters
        ----------
        input_data : array-like, shape (samples, 1, n), (samples, n) or (samples, height, width)
            Or a list of such samples.

        Raises
        ------
        TypeError, ValueError
            As the function `predict` does.
        """
        check_network(self.layers)
        if input_size(self.layers) is not None:
            return [output[None] for output in predict(self.layers, input_data)]
        # A layer of the user's own comes first: only it knows what a sample is.
        results = []
        for output in input_data:  # type: ignore[union-attr]
            for layer in self.layers:
                output = forward_of(layer)(output)
            results.append(numpy.asarray(output))
        return results

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        return self.layers[index]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __repr__(self) -> str:
        return f"Network({', '.join(type(layer).__name__ for layer in self.layers)})"

    def _repr_html_(self) -> str:
        """Its layers with their sizes and numbers of parameters, as Jupyter shows it."""
        from fastnn.html import table

        rows, total = [], 0
        for layer in self.layers:
            built_in = isinstance(layer, Layer)
            count = sum(array.size for array in layer.parameters().values()) if built_in else 0
            total += count
            rows.append((repr(layer), f"{count:,}" if built_in else "its own"))
        return table("network", ("layer", "parameters"), rows, f"parameters: {total:,}")
