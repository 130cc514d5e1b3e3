"""The sequential model: layers one after the other, built into one engine plan over one vector of parameters."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastnn.checking.fixed import FixedList
from fastnn.checking.scalars import whole_number
from fastnn.checking.strict import known_names_only
from fastnn.data.names import Names, checked_names
from fastnn.layers.base import Layer
from fastnn.losses.base import Loss
from fastnn.metrics.base import Metric
from fastnn.models.batches import check_kind, gives_batches, predict_batches
from fastnn.models.history import History
from fastnn.models.inputs import explain, read_inputs
from fastnn.models.reporting import verbosity_of
from fastnn.models.stack import LayerStack
from fastnn.models.training import OptimizerState
from fastnn.optimizers.base import Optimizer
from fastnn_ext.engine.plan import NonFiniteDataError

if TYPE_CHECKING:
    from fastnn.callbacks.base import CallbackList
    from fastnn.models.resuming import Resumption
    from fastnn.models.stepping import Stepper

__all__ = ["Sequential"]


def _fixed_metrics(metrics: Iterable[Metric]) -> FixedList[Metric]:
    return FixedList(metrics, "model.metrics", "call model.compile(..., metrics=[...])")


class Sequential(LayerStack):
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
    feature_names : tuple of str, or None
        Of the columns that the model was trained on; None where they had no names. Data frames with names then go by
        them, whatever their order, and are refused where a name is missing or another. Arrays go by place.
    metadata : dict of str to plain values
        Whatever belongs to the model, such as names of its inputs: what JSON can hold. Saved with it.

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

    _instead: ClassVar = {
        **LayerStack._instead,
        "optimizer": "call model.compile(optimizer=..., loss=model.loss, metrics=model.metrics)",
        "loss": "call model.compile(optimizer=model.optimizer, loss=..., metrics=model.metrics)",
        "metrics": "call model.compile(optimizer=model.optimizer, loss=model.loss, metrics=...)",
        "learning_rate": "it is the optimizer's, model.optimizer.learning_rate = ...",
    }

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        *,
        name: str = "sequential",
        dtype: DTypeLike = np.float32,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        self.optimizer: Optimizer | None = None
        self.loss: Loss | None = None
        self.metrics = _fixed_metrics(())
        self.stop_training = False
        self.history: History | None = None
        self.metadata: dict[str, Any] = {}
        self._feature_names: Names | None = None
        # The callbacks of the training under way, or else what those of the last one knew.
        self.watchers: CallbackList | None = None
        self._resumption: Resumption | None = None
        # Whether it is of a file: the next training may be resumed.
        self.resumable = False
        super().__init__(layers, name=name, dtype=dtype, seed=seed)

    _not_copied = LayerStack._not_copied | {"_stepper", "watchers"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._keep(watchers=None)
        super().__setstate__(state)

    def _reset(self) -> None:
        super()._reset()
        self._stepper: Stepper | None = None

    @property
    def feature_names(self) -> Names | None:
        return self._feature_names

    @feature_names.setter
    def feature_names(self, names: Iterable[str] | None) -> None:
        if names is not self._feature_names:
            shape = self.input_shape
            self._feature_names = checked_names(names, None if shape is None else math.prod(shape))

    @property
    def resumption(self) -> Resumption | None:
        """What the callbacks of the training under way know now, or those of the last one knew at its end."""
        if self.watchers is None:
            return self._resumption
        from fastnn.models.resuming import resumption_of

        return resumption_of(self.watchers)

    @resumption.setter
    def resumption(self, resumption: Resumption | None) -> None:
        self._resumption, self.watchers, self.resumable = resumption, None, False

    @known_names_only
    def summary(self, *, print_fn: Callable[[str], object] = print) -> None:
        """Print a table of the layers with their shapes and numbers of parameters."""
        from fastnn.models.summary import summary_of

        print_fn(summary_of(self))

    def plot(self, path: str | os.PathLike[str] | None = None, *, style: str = "boxes") -> Any:
        """Draw the layers with their shapes, activations and numbers of parameters; see `fastnn.plotting.plot_network`.

        Parameters
        ----------
        path : str or path-like, optional
            A file to write the picture to, such as "model.png" or "model.pdf".
        style : {"boxes", "units"}, default "boxes"
            A box for each layer, or its units as circles with their connections coloured by weight.

        Returns
        -------
        matplotlib Axes
        """
        from fastnn.plotting.network import plot_network

        ax = plot_network(self, style=style)
        if path is not None:
            figure: Any = ax.figure
            figure.savefig(path)
        return ax

    # Training.

    @known_names_only
    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, *, metrics: Iterable[Any] | None = None) -> None:
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
            For what is unknown; the message lists what there is, and the nearest. For a loss that has no meaning for
            the outputs of the last layer, such as a categorical cross-entropy for linear ones.
        RuntimeError
            While the model is being trained. Its ``optimizer.learning_rate`` may be assigned at any time.
        """
        from fastnn.losses.names import resolve as resolve_loss
        from fastnn.optimizers.names import resolve as resolve_optimizer

        if loss is None:
            raise ValueError("loss is missing: name one, such as loss='mse' or loss='categorical_crossentropy'")
        if isinstance(metrics, str):
            metrics = [metrics]
        chosen = resolve_optimizer(optimizer), resolve_loss(loss), self._resolved_metrics(metrics or ())
        self._check_outputs(chosen[1])
        with self.exclusively("it cannot be compiled"):
            self._keep(optimizer=chosen[0], loss=chosen[1], metrics=_fixed_metrics(chosen[2]), steps=OptimizerState())
            self.resumption = None
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

        Raises
        ------
        RuntimeError
            Where it is not.
        ValueError
            Where layers that were added since give outputs that the loss has no meaning for.
        """
        if self.optimizer is None or self.loss is None:
            raise RuntimeError("the model is not compiled: call model.compile(optimizer=..., loss=...) first")
        self._check_outputs(self.loss)
        return self.optimizer, self.loss

    def _check_outputs(self, loss: Loss) -> None:
        found = (layer.output_activation for layer in reversed(self.layers))
        activation = next((name for name in found if name is not None), "linear")
        misfit = loss.misfit_of_outputs(activation) if self.layers else None
        if misfit is not None:
            raise ValueError(misfit)

    @known_names_only
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
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Iterable[int] = 1,
        *,
        augmentation: Any = None,
    ) -> History:
        """Train the model.

        Parameters
        ----------
        x : array-like, shape (samples, ...), or iterable of batches
            Finite real numbers. float32, float64 and uint8 are read where they lie, also from a memory-mapped file.
            Data frames, SciPy's sparse matrices and PyTorch's tensors are taken, too. A generator, or any iterable,
            gives (x, y) or (x, y, sample_weight) for each batch, as do a ``torch.utils.data.DataLoader`` and a
            ``keras.utils.PyDataset``; a ``torch.utils.data.Dataset`` gives these for each sample.
        y : array-like
            Targets in the form that the loss takes.
        batch_size : int, default 32
            Samples a step; the last batch of an epoch may be smaller. Refused for what gives batches of its own.
        epochs : int, default 1
            The epoch to stop before; with ``initial_epoch`` 0, how many there are.
        verbose : "auto", 0, 1 or 2
            0: silent. 1: a progress bar. 2: a line for each epoch. "auto": a bar on a terminal or in Jupyter once
            training has taken a second, and nothing in a log file.
        callbacks : list of Callback, optional
            See `fastnn.callbacks`.
        validation_split : float, default 0
            The share of samples, from the end, that is kept for validation, with their sample weights.
        validation_data : tuple (x, y) or (x, y, sample_weight), or iterable of batches, optional
            To judge the model after each epoch, in place of a split.
        shuffle : bool, default True
            Visit the samples in a new random order each epoch; of a ``keras.utils.PyDataset``, and what else gives
            batches by number, the batches. Other iterables have their own order.
        class_weight : dict of int to float, optional
            How much samples of each class count; 1 for those not named. A key that no class has is refused, and so
            are targets that name no classes. Validation is not
            weighed.
        sample_weight : array-like, shape (samples,), optional
            How much each sample counts.
        initial_epoch : int, default 0
            The number of the first epoch, where training goes on.
        steps_per_epoch : int, optional
            Batches in an epoch of an iterable; the next epoch goes on behind them. By default all that it has.
        validation_steps : int, optional
            Batches in each validation, where validation_data gives batches.
        validation_batch_size : int, optional
            By default `batch_size`.
        validation_freq : int or list of int, default 1
            Validate after each so many epochs, or after those with these numbers, counted from 1 wherever training
            begins. Epochs without have no entry in the history.
        augmentation : ImageAugmentation or callable, optional
            Changes each batch of images before it is trained on; your own is a function of (x_batch, rng).

        Returns
        -------
        History
            Of loss and metrics by epoch.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit; the message names the argument, and every weight is as it was. A batch of an
            iterable that does not fit ends training with the weights after the batch before.
        FloatingPointError
            When loss or weights stop being finite; weights are then those from before that epoch, or from before that
            batch where batches are trained on one by one, and the optimiser starts anew.
        KeyboardInterrupt
            On Ctrl-C, between two batches; weights are those after the last finished one.
        RuntimeError
            When the model is not compiled, or is being trained already, by another thread or the fit that calls this.
        """
        from fastnn.models.fitting import fit

        # Two trainings that change the same weights would both spoil them.
        with self.exclusively():
            try:
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
                    validation_steps=validation_steps,
                    validation_batch_size=validation_batch_size,
                    validation_freq=validation_freq,
                    augmentation=augmentation,
                )
            finally:
                self.steps.take_back()

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

    @known_names_only
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int | bool = "auto",
        sample_weight: ArrayLike | None = None,
        steps: int | None = None,
        *,
        return_dict: bool = False,
    ) -> Any:
        """The loss and metrics of data.

        Parameters
        ----------
        x, y, batch_size, sample_weight
            As in `fit`.
        verbose : "auto", 0, 1 or 2
            As Keras has it; without effect, since it takes little time.
        return_dict : bool, default False
        steps : int, optional
            Batches to look at, where x gives batches.

        Returns
        -------
        float, list of float, or dict
            The loss; with metrics, a list of the loss and their values; a dict of all by name where asked for.
        """
        from fastnn.models.evaluation import evaluate

        verbosity_of(verbose)
        logs = evaluate(self, x, y, batch_size, sample_weight, steps)
        values = list(logs.values())
        return logs if return_dict else values[0] if len(values) == 1 else values

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int | bool = "auto",
        steps: int | None = None,
        *,
        out: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """The model's outputs, one row a sample.

        Parameters
        ----------
        x : array-like, shape (samples, ...)
            As in `fit`; a single sample, too, may come without its batch axis. Of batches, (x, y) or x alone, the
            outputs come one after the other.
        batch_size, verbose
            As Keras has them; without effect, since data stream through the layers in blocks that fit the cache.
        steps : int, optional
            Batches to look at, where x gives batches.
        out : ndarray, shape (samples, outputs), optional
            C-contiguous, of the model's dtype: receives the outputs and is returned.

        Returns
        -------
        ndarray, shape (samples, outputs)
            The same bits however the samples are split into calls.
        """
        if batch_size is not None or verbose != "auto":
            verbosity_of(verbose)
            if batch_size is not None:
                whole_number(batch_size, "batch_size", at_least=1)
        plan = self.plan
        if plan is not None and steps is None:
            try:
                result = plan.predict(x, out)
            except NonFiniteDataError:
                result = None
            if result is not None:
                return result
        return self._predict_anything(x, out, steps)

    def _predict_anything(self, x: Any, out: NDArray[Any] | None, steps: int | None) -> NDArray[Any]:
        if gives_batches(x) and not isinstance(x, Sequence):
            return predict_batches(self, x, out, steps)
        if steps is not None:
            raise ValueError("steps is for batches from an iterable: arrays are predicted whole")
        check_kind(x, "x")
        inputs = read_inputs(self, x, "x", single=True)
        try:
            result = self.needs_plan().predict(inputs, out)
        except NonFiniteDataError as failure:
            raise explain(self, inputs, None, failure.sample) from None
        if result is None:
            raise TypeError(f"x must be an array that the engine reads, but it is {type(inputs).__name__}")
        return result

    __call__ = predict

    # Files.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write layers, weights, optimiser, random state and history to one ``.safetensors`` file.

        A kill at any moment leaves the file that was there or the new one. `fastnn.load_model` reads it.

        Parameters
        ----------
        path : path-like

        Raises
        ------
        OSError
            When the folder is missing, the file may not be written, or the disk is full.
        TypeError
            When a layer is of the user's own class. Own activations, losses and metrics are kept by name.
        ValueError
            When the name is that of another kind of file.
        """
        from fastnn.files.model import save_model

        save_model(self, path)

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write the weights alone, under names such as ``dense.kernel``.

        Parameters
        ----------
        path : path-like
            Ends in ``.safetensors``, or ``.npz`` for NumPy's own format.
        """
        from fastnn.files.weights import save_weights

        save_weights(self, path)

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Put a file's weights in place of the model's, found by their names.

        Parameters
        ----------
        path : path-like
            What `save_weights` or `save` wrote.

        Raises
        ------
        OSError
            When the file cannot be read.
        ValueError
            When it is damaged, or its names or shapes are others than the model's; nothing has changed then.
        """
        from fastnn.files.weights import load_weights

        load_weights(self, path)

    def __repr__(self) -> str:
        kinds = ", ".join(type(layer).__name__ for layer in self.layers)
        return f"<Sequential {self.name}: {kinds or 'no layers'}>"
