"""The sequential model: layers one after the other, built into one engine plan over one vector of parameters."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastnn.arrays import check_finite
from fastnn.layers.base import Layer, Shape, Variable, checked_shape
from fastnn.layers.input import Input
from fastnn.losses.base import Loss
from fastnn.metrics.base import Metric
from fastnn.models.history import History
from fastnn.models.inputs import read_inputs
from fastnn.optimizers.base import Optimizer
from fastnn_ext.plan import NonFiniteDataError, Plan, allocate

__all__ = ["Sequential"]


class Sequential:
    """A stack of layers.

    Parameters
    ----------
    layers : list of Layer, optional
        From `fastnn.layers`; `add` appends more.
    name : str, default "sequential"
    dtype : dtype-like, default float32
        float32 or float64: of parameters and outputs.
    seed : int, numpy.random.Generator or None
        Source of the first weights, of the order of samples, of dropout, noise and augmentation; by default a fresh,
        unpredictable one.

    Attributes
    ----------
    layers : list of Layer
    built : bool
        Whether shapes are known and weights are there.
    optimizer : Optimizer or None
    stop_training : bool
        Set by a callback, it ends ``fit`` after the epoch.
    history : History or None
        Of the last ``fit``.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> x = np.random.default_rng(0).normal(size=(100, 2)).astype("float32")
    >>> y = (x[:, :1] > x[:, 1:]).astype("float32")
    >>> model = Sequential([Input((2,)), Dense(8, "relu"), Dense(1, "sigmoid")], seed=0)
    >>> model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    >>> history = model.fit(x, y, epochs=30, batch_size=10)
    >>> history.history["accuracy"][-1] > 0.9
    True
    >>> model.predict(x[:2]).shape
    (2, 1)
    """

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        *,
        name: str = "sequential",
        dtype: DTypeLike = np.float32,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise TypeError(f"name must be a string that is not empty, but it is {name!r}")
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        if self.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise TypeError(f"dtype must be float32 or float64, but it is {self.dtype}")
        self.name = name
        self.layers: list[Layer] = []
        self.rng = np.random.default_rng(seed)
        # Of what the engine draws: dropout, noise, augmentation.
        self.seed = int(self.rng.integers(1 << 63))
        self.optimizer: Optimizer | None = None
        self.loss: Loss | None = None
        self.metrics: list[Metric] = []
        self.stop_training = False
        self.history: History | None = None
        self.steps = OptimizerState()
        self._declared_shape: Shape | None = None
        self._reset()
        for layer in layers or ():
            self.add(layer)

    def _reset(self) -> None:
        self.plan: Plan | None = None
        self.parameters: NDArray[Any] | None = None
        self._layer_of_call: list[int] = []
        self._stepper: Any = None
        self._lock = threading.Lock()

    # Making.

    @property
    def built(self) -> bool:
        return self.plan is not None

    @property
    def input_shape(self) -> Shape | None:
        """Of one sample; None where it is not known yet."""
        if self._declared_shape is not None:
            return self._declared_shape
        return self.layers[0].declared_shape if self.layers else None

    @property
    def output_shape(self) -> Shape | None:
        """Of one sample's outputs; None until the model is built."""
        return self.layers[-1].output_shape if self.built else None

    def add(self, layer: Layer) -> None:
        """Append a layer. A model that is built already is built anew and keeps its weights.

        Raises
        ------
        TypeError
            When it is no layer of `fastnn.layers`.
        ValueError
            When it is in a model already, has another layer's name, or cannot take what comes from the one before.
        """
        if not isinstance(layer, Layer):
            raise TypeError(f"a model takes layers of fastnn.layers, such as Dense(10), but this is {layer!r}")
        if isinstance(layer, Input):
            if self.layers or self._declared_shape is not None:
                raise ValueError("an Input must be the first layer, and the only one")
            self._declared_shape = layer.declared_shape
            return
        if layer.owner is not None:
            raise ValueError(f"the layer {layer.name} is in a model already: make a new one for each")
        if layer.declared_shape is not None and self.layers:
            raise ValueError(f"only the first layer has an input_shape, but {_called(layer)} comes after others")
        layer.name = self._name_for(layer)
        layer.owner = self
        self.layers.append(layer)
        try:
            if self.input_shape is not None:
                self._build(self.input_shape)
        except BaseException:
            self.layers.pop()
            layer.owner = None
            raise

    def pop(self) -> Layer:
        """Remove the last layer and return it."""
        if not self.layers:
            raise ValueError("there is no layer to remove")
        layer = self.layers.pop()
        layer.owner = None
        if self.built and self.layers:
            assert self.input_shape is not None
            self._build(self.input_shape)
        else:
            self._reset()
        return layer

    def _name_for(self, layer: Layer) -> str:
        names = {other.name for other in self.layers}
        if layer.name is not None:
            if layer.name in names:
                raise ValueError(f"there is a layer {layer.name!r} already: names in a model must differ")
            return layer.name
        kind = type(layer).__name__
        base = "".join(
            f"_{c.lower()}" if c.isupper() and i and kind[i - 1].islower() else c.lower() for i, c in enumerate(kind)
        )
        number = 0
        while (name := base if number == 0 else f"{base}_{number}") in names:
            number += 1
        return name

    def build(self, input_shape: Sequence[int] | None = None) -> None:
        """Find all shapes and make the weights.

        Parameters
        ----------
        input_shape : tuple of int, optional
            Of one sample, without the batch; by default that of the `Input` or the first layer.

        Raises
        ------
        ValueError
            When it is not known, or a layer cannot take what comes from the one before; the message names the layer.
        """
        shape = self.input_shape if input_shape is None else checked_shape(input_shape, "input_shape")
        if shape is None:
            raise ValueError("the shape of a sample is not known: start with Input(shape), or call build(input_shape)")
        if not self.layers:
            raise ValueError("the model has no layers: add one, such as Dense(1)")
        if self.input_shape is not None and shape != self.input_shape:
            raise ValueError(f"the model takes samples of shape {self.input_shape}, not {shape}")
        self._declared_shape = shape
        if not self.built:
            self._build(shape)

    def _build(self, input_shape: Shape) -> None:
        shape = input_shape
        for index, layer in enumerate(self.layers):
            before = f"{_called(self.layers[index - 1])} gives" if index else "the input has"
            try:
                shape = layer.build(shape)
            except ValueError as error:
                raise ValueError(f"{_called(layer)} does not fit: {error} ({before} shape {shape})") from None
        self._reset()
        kept = {(layer.name, name): array for layer in self.layers for name, array in layer.arrays.items()}
        self._attach()
        for layer in self.layers:
            for variable in layer.variables():
                old = kept.get((layer.name, variable.name))
                if old is not None and old.shape == variable.shape:
                    layer.arrays[variable.name][...] = old
                else:
                    layer.arrays[variable.name][...] = _first_numbers(layer, variable, self.rng)
        self._lower(input_shape)
        self.steps = OptimizerState()

    def _attach(self) -> None:
        """One vector for all that gradients change, one for the rest; layers hold views."""
        variables = [(layer, variable) for layer in self.layers for variable in layer.variables()]
        views: dict[tuple[int, str], NDArray[Any]] = {}
        for trainable in (True, False):
            mine = [(layer, variable) for layer, variable in variables if variable.trainable is trainable]
            vector, arrays = allocate([variable.shape for _, variable in mine], self.dtype)
            views |= {(id(layer), variable.name): array for (layer, variable), array in zip(mine, arrays, strict=True)}
            if trainable:
                self.parameters = vector
        for layer in self.layers:
            layer.arrays = {variable.name: views[id(layer), variable.name] for variable in layer.variables()}

    def _lower(self, input_shape: Shape) -> None:
        plan = Plan(int(np.prod(input_shape)), self.dtype, input_shape)
        self._layer_of_call = []
        for index, layer in enumerate(self.layers):
            layer.lower(plan)
            self._layer_of_call += [index] * (plan.calls - len(self._layer_of_call))
        self.plan = plan

    def needs_plan(self) -> Plan:
        """The plan of a model that is built.

        Raises RuntimeError where it is not.
        """
        if self.plan is None:
            self.build()
        assert self.plan is not None
        return self.plan

    def layer_of(self, call: int) -> str:
        """How messages call the layer that made this operation of the plan."""
        return _called(self.layers[self._layer_of_call[call]])

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its place."""
        if (name is None) == (index is None):
            raise ValueError("get_layer takes a name or an index, one of the two")
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(str(layer.name) for layer in self.layers)
        raise ValueError(f"there is no layer {name!r}: the model has {known}")

    # Weights.

    def get_weights(self) -> list[NDArray[Any]]:
        """Copies of all arrays, layer by layer: kernel and bias; gamma, beta, moving mean and variance."""
        return [array for layer in self.layers for array in layer.get_weights()]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Put arrays in place of the model's, in the order of `get_weights`.

        Raises
        ------
        ValueError
            When their number or a shape is another, or a number is not finite; nothing has changed then.
        """
        self.needs_plan()
        own = [(layer, name, array) for layer in self.layers for name, array in layer.arrays.items()]
        if isinstance(weights, np.ndarray) or len(weights) != len(own):
            raise ValueError(f"weights must be a list of {len(own)} arrays, but there are {len(weights)}")
        given = []
        for value, (layer, name, array) in zip(weights, own, strict=True):
            new = np.asarray(value)
            if new.dtype.kind not in "fiub":
                raise TypeError(f"the {name} of {layer.name} must hold real numbers, but its dtype is {new.dtype}")
            if new.shape != array.shape:
                raise ValueError(
                    f"the {name} of {layer.name} must have shape {array.shape}, but its shape is {new.shape}"
                )
            check_finite(new, f"the {name} of {layer.name}")
            given.append(new)
        for new, (_, _, array) in zip(given, own, strict=True):
            array[...] = new

    def count_params(self) -> int:
        """How many numbers the layers' arrays hold."""
        self.needs_plan()
        return sum(layer.count_params() for layer in self.layers)

    def summary(self, print_fn: Callable[[str], object] = print) -> None:
        """Print a table of the layers with their shapes and numbers of parameters."""
        from fastnn.models.summary import summary_of

        print_fn(summary_of(self))

    def plot(self, path: str | None = None) -> Any:
        """Draw the layers with their shapes and activations, as a Matplotlib figure."""
        from fastnn.plotting.network import plot_network

        return plot_network(self, path)

    # Training.

    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Iterable[Any] | None = None) -> None:
        """Choose how the model is trained and judged. The optimiser starts anew.

        Parameters
        ----------
        optimizer : str or Optimizer, default "rmsprop"
            One of sgd, adagrad, rmsprop, adam, adamw, nadam, lbfgs, or an object of `fastnn.optimizers`.
        loss : str, Loss or pair of functions
            One of mse, mae, huber, quantile, poisson, hinge, kl_divergence, binary_crossentropy,
            categorical_crossentropy, sparse_categorical_crossentropy, or an object of `fastnn.losses`; your own as a
            pair of its value and its gradient.
        metrics : list of str, Metric or function, optional
            Such as "accuracy"; see `fastnn.metrics`.

        Raises
        ------
        TypeError, ValueError
            For what is unknown; the message lists what there is, and the nearest.
        """
        from fastnn.losses.names import resolve as resolve_loss
        from fastnn.optimizers.names import resolve as resolve_optimizer

        if loss is None:
            raise ValueError("loss is missing: name one, such as loss='mse' or loss='categorical_crossentropy'")
        if isinstance(metrics, str):
            metrics = [metrics]
        chosen = resolve_optimizer(optimizer), resolve_loss(loss), self._resolved_metrics(metrics or ())
        self.optimizer, self.loss, self.metrics = chosen
        self.steps = OptimizerState()
        self._stepper = None

    def _resolved_metrics(self, metrics: Iterable[Any]) -> list[Metric]:
        from fastnn.metrics.names import resolve

        # Before the model is built, any number of outputs may come.
        outputs = self.output_shape[-1] if self.output_shape is not None else 1 << 30
        found = [resolve(metric, outputs) for metric in metrics]
        names = [metric.name for metric in found]
        for name in names:
            if names.count(name) > 1 or name == "loss":
                raise ValueError(f"two values would be called {name!r}: give one metric another name")
        return found

    def needs_compile(self) -> tuple[Optimizer, Loss]:
        """The optimiser and loss of a model that is compiled.

        Raises RuntimeError where it is not.
        """
        if self.optimizer is None or self.loss is None:
            raise RuntimeError("the model is not compiled: call model.compile(optimizer=..., loss=...) first")
        return self.optimizer, self.loss

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int | bool = "auto",
        callbacks: Iterable[Any] | None = None,
        validation_split: float = 0.0,
        validation_data: tuple[Any, ...] | None = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: ArrayLike | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
        augmentation: Any = None,
    ) -> History:
        """Train the model.

        Parameters
        ----------
        x : array-like, shape (samples, ...), or iterable of batches
            Finite real numbers. float32, float64 and uint8 are read where they lie, also from a memory-mapped file.
            Data frames, SciPy's sparse matrices and PyTorch's tensors are taken, too. A generator, or any iterable,
            gives (x, y) or (x, y, sample_weight) for each batch.
        y : array-like
            Targets in the form that the loss takes.
        batch_size : int, default 32
            Samples a step; the last batch of an epoch may be smaller.
        epochs : int, default 1
            The epoch to stop before; with ``initial_epoch`` 0, how many there are.
        verbose : "auto", 0, 1 or 2
            0: silent. 1: a progress bar. 2: a line for each epoch. "auto": a bar on a terminal or in Jupyter once
            training has taken a second, and nothing in a log file.
        callbacks : list of Callback, optional
            See `fastnn.callbacks`.
        validation_split : float, default 0
            The share of samples, from the end, that is kept for validation.
        validation_data : tuple (x, y) or (x, y, sample_weight), optional
            To judge the model after each epoch, in place of a split.
        shuffle : bool, default True
            Visit the samples in a new random order each epoch.
        class_weight : dict of int to float, optional
            How much samples of each class count; 1 for those not named.
        sample_weight : array-like, shape (samples,), optional
            How much each sample counts.
        initial_epoch : int, default 0
            The number of the first epoch, where training goes on.
        steps_per_epoch : int, optional
            Batches in an epoch of an iterable without end.
        validation_batch_size : int, optional
            By default `batch_size`.
        validation_freq : int, default 1
            Validate after each so many epochs.
        augmentation : ImageAugmentation or callable, optional
            Changes each batch of images before it is trained on; your own is a function of (x_batch, rng).

        Returns
        -------
        History
            Of loss and metrics by epoch.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit; the message names the argument, and every weight is as it was.
        FloatingPointError
            When loss or weights stop being finite; weights are then those from before that epoch, and the optimiser
            starts anew.
        KeyboardInterrupt
            On Ctrl-C, between two batches; weights are those after the last finished one.
        RuntimeError
            When the model is not compiled, or another thread is training it.
        """
        from fastnn.models.fitting import fit

        return fit(
            self,
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
            augmentation=augmentation,
        )

    def train_on_batch(
        self,
        x: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Train one step on one batch, such as one new row as it comes in.

        Parameters
        ----------
        x, y, sample_weight, class_weight
            As in `fit`. C-contiguous rows in the model's dtype are fastest: some microseconds a call.
        return_dict : bool, default False

        Returns
        -------
        float, list of float, or dict
            The loss; with metrics, a list of the loss and their values; a dict of all by name where asked for.

        Raises
        ------
        TypeError, ValueError, FloatingPointError, RuntimeError
            As `fit` does.
        """
        stepper = self._stepper
        if stepper is None:
            from fastnn.models.stepping import Stepper

            stepper = self._stepper = Stepper(self)
        return stepper.step(x, y, sample_weight, class_weight, return_dict)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int | bool = "auto",
        sample_weight: ArrayLike | None = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and metrics of data.

        Parameters
        ----------
        x, y, batch_size, sample_weight
            As in `fit`.
        verbose : "auto", 0, 1 or 2
            Without effect: it takes little time.
        return_dict : bool, default False

        Returns
        -------
        float, list of float, or dict
            The loss; with metrics, a list of the loss and their values; a dict of all by name where asked for.
        """
        from fastnn.models.evaluation import evaluate

        logs = evaluate(self, x, y, batch_size, sample_weight)
        values = list(logs.values())
        return logs if return_dict else values[0] if len(values) == 1 else values

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int | bool = "auto",
        *,
        out: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """The model's outputs, one row a sample.

        Parameters
        ----------
        x : array-like, shape (samples, ...)
            As in `fit`; a single sample, too, may come without its batch axis.
        batch_size, verbose
            Without effect: data stream through the layers in blocks that fit the cache.
        out : ndarray, shape (samples, outputs), optional
            C-contiguous, of the model's dtype: receives the outputs and is returned.

        Returns
        -------
        ndarray, shape (samples, outputs)
            The same bits however the samples are split into calls.
        """
        plan = self.plan
        if plan is not None:
            try:
                result = plan.predict(x, out)
            except NonFiniteDataError:
                result = None
            if result is not None:
                return result
        return self._predict_anything(x, out)

    def _predict_anything(self, x: Any, out: NDArray[Any] | None) -> NDArray[Any]:
        plan = self.needs_plan()
        inputs = read_inputs(self, x, "x", single=True)
        try:
            result = plan.predict(inputs, out)
        except NonFiniteDataError as failure:
            if isinstance(inputs, np.ndarray):
                check_finite(inputs, "x")
            raise ValueError(
                f"x holds NaN or infinity in sample {failure.sample}: remove or fill it in first"
            ) from None
        assert result is not None
        return result

    __call__ = predict

    # Copies.

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in vars(self).items() if name not in _NOT_COPIED}
        return state | {"weights": self.get_weights() if self.built else None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        weights = state.pop("weights")
        self.__dict__.update(state)
        self._reset()
        for layer in self.layers:
            layer.owner = self
        if weights is not None:
            assert self.input_shape is not None
            self._attach()
            arrays = [array for layer in self.layers for array in layer.arrays.values()]
            for array, value in zip(arrays, weights, strict=True):
                array[...] = value
            self._lower(self.input_shape)

    def __repr__(self) -> str:
        kinds = ", ".join(type(layer).__name__ for layer in self.layers)
        return f"<Sequential {self.name}: {kinds or 'no layers'}>"


# What a copy of a model makes anew.
_NOT_COPIED = {"plan", "parameters", "_layer_of_call", "_stepper", "_lock"}


class OptimizerState:
    """What the optimiser of a model remembers between trainings.

    Attributes
    ----------
    arrays : list of ndarray or None
        Momentum and squares, in the engine's order; None before the first step.
    step : int
        Optimiser steps done.
    momentum_product : float
        Of Nadam's momentums.
    """

    def __init__(self, arrays: list[NDArray[Any]] | None = None, step: int = 0, momentum_product: float = 1.0) -> None:
        self.arrays, self.step, self.momentum_product = arrays, step, momentum_product


def _called(layer: Layer) -> str:
    return f"{layer.name} ({type(layer).__name__})"


def _first_numbers(layer: Layer, variable: Variable, rng: np.random.Generator) -> NDArray[Any]:
    numbers = np.asarray(variable.initializer(variable.shape, rng))
    if numbers.shape != variable.shape or numbers.dtype.kind not in "fiu" or not np.isfinite(numbers).all():
        raise ValueError(
            f"the initializer of the {variable.name} of {layer.name} must give finite numbers of shape "
            f"{variable.shape}, but gave {numbers.dtype} of shape {numbers.shape}"
        )
    return numbers
