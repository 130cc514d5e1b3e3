"""The public methods of every model: fit, evaluate, predict and train_on_batch, with Keras' names and arguments."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike, NDArray

from fastnn.callbacks.base import CallbackList
from fastnn.callbacks.history import History
from fastnn.checking.scalars import whole_number
from fastnn.checking.strict import known_names_only
from fastnn.layers.symbolic import is_symbolic
from fastnn.models.differentiable import DifferentiableModel
from fastnn.models.reporting import verbosity_of
from fastnn_ext.engine.plan import NonFiniteDataError

if TYPE_CHECKING:
    from fastnn.models.single_batches import BatchTrainer

__all__ = ["BaseModel"]


class BaseModel(DifferentiableModel):
    """A model that users train; each method is one function of a `CompiledModel`, imported when it is first called."""

    _not_copied = DifferentiableModel._not_copied | {"_batch_trainer"}

    def _forget_training(self) -> None:
        super()._forget_training()
        self._batch_trainer: BatchTrainer | None = None

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
        distributed: Any = None,
    ) -> History:
        """Train the model, and return the `History` of loss and metrics by epoch.

        Parameters
        ----------
        x : array-like, shape (samples, ...), or iterable of batches
            Finite real numbers. float32, float64 and uint8 are read where they lie, also from a memory-mapped file.
            Data frames, SciPy's sparse matrices and PyTorch's tensors are taken, too. A generator, or any iterable,
            gives (x, y) or (x, y, sample_weight) for each batch, as do a ``torch.utils.data.DataLoader`` and a
            ``keras.utils.PyDataset``; a ``torch.utils.data.Dataset`` gives these for each sample. Data larger than
            memory come from `fastnn.data.from_files`, with their targets.
        y : array-like
            Targets in the form that the loss takes.
        batch_size : int, default 32
            Samples a step; the last batch of an epoch may be smaller. Refused for what gives batches of its own.
        epochs : int, default 1
            The epoch to stop before; with ``initial_epoch`` 0, how many there are.
        verbose : "auto", 0, 1 or 2
            0: silent. 1: a progress bar. 2: a line for each epoch. "auto": a bar on a terminal once training has taken
            a second, lines in Jupyter (of more than a hundred epochs, a hundred), and nothing in a log file.
        callbacks : list of Callback, optional
            See `fastnn.callbacks`.
        validation_split : float, default 0
            The share of samples, from the end, that is kept for validation, with their sample weights.
        validation_data : tuple (x, y) or (x, y, sample_weight), iterable of batches or rows in files, optional
            To judge the model after each epoch, in place of a split.
        shuffle : bool, default True
            Visit the samples in a new random order each epoch; of rows in files the blocks, and rows within a window;
            of a ``keras.utils.PyDataset``, and what else gives batches by number, the batches. Other iterables have
            their own order.
        class_weight : dict of int to float, optional
            How much samples of each class count; 1 for those not named. A key that no class has is refused, and so
            are targets that name no classes. Validation is not weighed.
        sample_weight : array-like, shape (samples,), optional
            How much each sample counts.
        initial_epoch : int, default 0
            The number of the first epoch, where training goes on.
        steps_per_epoch : int, optional
            Batches in an epoch of an iterable; the next epoch goes on behind them. By default all that it has.
        validation_steps : int, optional
            Batches in each validation, of arrays always the first ones. By default all that there are.
        validation_batch_size : int, optional
            By default `batch_size`.
        validation_freq : int or list of int, default 1
            Validate after each so many epochs, or after those with these numbers, counted from 1.
        augmentation : ImageAugmentation or callable, optional
            Changes each batch of images before it is trained on; your own is a function of (x_batch, rng).
        distributed : optional
            ``fastnn.distributed.mpi()``, to share the training among the processes that ``mpiexec`` started.

        Raises
        ------
        TypeError, ValueError
            For arguments that do not fit; the message names the argument, and every weight is as it was. A batch of an
            iterable that does not fit ends training with the weights after the batch before, a row in a file with those
            after the window before.
        FloatingPointError
            When loss or weights stop being finite; weights are then those from before that epoch, or from before that
            batch or window where these are trained on one by one, and the optimiser starts anew.
        KeyboardInterrupt
            On Ctrl-C, between two batches; weights are those after the last finished one.
        RuntimeError
            When the model is not compiled, or is being trained already.
        """
        from fastnn.models.fitting import fit

        with self.exclusively():
            try:
                self.needs_compile()
                return fit(
                    self,
                    x,
                    y,
                    callbacks,
                    distributed=distributed,
                    batch_size=batch_size,
                    epochs=epochs,
                    verbose=verbose,
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
                self.optimizer_state.take_back()

    def train_on_batch(
        self,
        x: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Do one optimiser step on one batch, such as a single new row.

        Parameters
        ----------
        x, y, sample_weight, class_weight : as in `fit`
            C-contiguous rows in the model's dtype are fastest.
        return_dict : bool, default False

        Returns
        -------
        float, list of float, or dict
            The loss; with metrics, a list of the loss and their values; a dict of all by name where asked for.

        Raises
        ------
        TypeError, ValueError, FloatingPointError, RuntimeError
            As `fit`.
        """
        trainer = self._batch_trainer
        if trainer is None:
            from fastnn.models.single_batches import BatchTrainer

            trainer = self._batch_trainer = BatchTrainer(self)
        return trainer.train(x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(self, x: Any, y: Any, sample_weight: ArrayLike | None = None, return_dict: bool = False) -> Any:
        """The loss and metrics of one batch: `evaluate` of it."""
        return self.evaluate(x, y, sample_weight=sample_weight, return_dict=return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs of one batch: `predict` of it."""
        return self.predict(x)

    @known_names_only
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int | bool = "auto",
        sample_weight: ArrayLike | None = None,
        steps: int | None = None,
        callbacks: Iterable[Any] | None = None,
        *,
        return_dict: bool = False,
    ) -> Any:
        """The loss and metrics of data.

        Parameters
        ----------
        x, y, batch_size, sample_weight : as in `fit`
        verbose : "auto", 0, 1 or 2
            As Keras has it; without effect, since it takes little time.
        steps : int, optional
            Batches to look at, where x gives batches.
        callbacks : list of Callback, optional
            Told of the evaluation; those with hooks for its batches make it go batch by batch.
        return_dict : bool, default False

        Returns
        -------
        float, list of float, or dict
            As `train_on_batch`.
        """
        from fastnn.models.evaluating import evaluate

        verbosity_of(verbose)
        watchers = None if callbacks is None else CallbackList(callbacks, self)
        logs = evaluate(self, x, y, batch_size, sample_weight, steps, watchers)
        values = list(logs.values())
        return logs if return_dict else values[0] if len(values) == 1 else values

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int | bool = "auto",
        steps: int | None = None,
        callbacks: Iterable[Any] | None = None,
        *,
        out: NDArray[Any] | None = None,
    ) -> Any:
        """The model's outputs, one row a sample.

        Parameters
        ----------
        x : array-like, shape (samples, ...)
            As in `fit`; a single sample, too, may come without its batch axis. Of batches, (x, y) or x alone, the
            outputs come one after the other.
        batch_size, verbose
            As Keras has them; without effect but on callbacks, as data stream through the layers in blocks.
        steps, callbacks : as in `evaluate`
        out : ndarray, shape (samples, outputs), optional
            C-contiguous, of the model's dtype: receives the outputs and is returned.

        Returns
        -------
        ndarray, shape (samples, outputs), or a list of these for several outputs
            The same bits however the samples are split into calls.
        """
        if batch_size is not None or verbose != "auto":
            verbosity_of(verbose)
            if batch_size is not None:
                whole_number(batch_size, "batch_size", at_least=1)
        if callbacks is not None:
            from fastnn.models.prediction import predict_watched

            return predict_watched(self, x, out, steps, batch_size, CallbackList(callbacks, self))
        plan = self.plan
        if plan is not None and steps is None and not self.lookups:
            try:
                result = plan.predict(x, out)
            except NonFiniteDataError:
                result = None
            if result is not None:
                return result
        from fastnn.models.prediction import predict

        return predict(self, x, out, steps)

    def __call__(self, x: Any, *args: Any, **options: Any) -> Any:
        """`predict`; or, for an `Input` or what a layer gave, what the model is as a layer of a graph around it.

        A model that is called so shares its weights with the one around it: training either changes both.
        ``training`` is then as in `Layer`.
        """
        if is_symbolic(x):
            from fastnn.models.nested import called

            return called(self, x, *args, **options)
        return self.predict(x, *args, **options)

    def plot(self, path: str | os.PathLike[str] | None = None, *, style: str = "boxes") -> Any:
        """Draw the layers with their shapes, activations and numbers of parameters; see `fastnn.plotting.plot_network`.

        Parameters
        ----------
        path : str or path-like, optional
            A file to write the picture to, such as "model.png" or "model.pdf".
        style : {"boxes", "units"}, default "boxes"
            A box for each layer, or, of a chain, its units as circles with their connections coloured by weight.

        Returns
        -------
        matplotlib Axes
        """
        from fastnn.plotting.network import plot_network

        model: Any = self
        ax = plot_network(model, style=style)
        if path is not None:
            figure: Any = ax.figure
            figure.savefig(path)
        return ax

    # Files.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write layers, weights, optimiser, random state and history to one ``.safetensors`` file.

        A kill at any moment leaves the file that was there or the new one. `fastnn.load_model` reads it.

        Raises
        ------
        OSError
            When the folder is missing, the file may not be written, or the disk is full.
        TypeError
            When a layer is of the user's own class. Own activations, losses and metrics are kept by name.
        ValueError
            When the name is that of another kind of file.
        """
        from fastnn.models.saving.writing import save_model

        save_model(self, path)

    def restore(self, path: str | os.PathLike[str]) -> int:
        """Bring the model, compiled as before, to the state of a file that `save` wrote of it; return its epochs.

        Weights, optimiser, random numbers, history and what callbacks knew become the file's. OSError or ValueError
        where it is damaged or of a model with other layers, loss or optimiser; nothing has changed then.
        """
        from fastnn.models.saving.restoring import restore

        return restore(self, path)
