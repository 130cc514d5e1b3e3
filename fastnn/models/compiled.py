"""A model with optimiser, loss, metrics and the state of its training: what fit, evaluate and predict work on.

The verbs (fit, evaluate, predict, train_on_batch) are functions of such a model, each in a file of its own beside this
one. None of them knows which class of model it is: a chain of layers, or a graph.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from fastnn.callbacks.base import CallbackList
from fastnn.callbacks.history import History
from fastnn.checking.fixed import FixedList
from fastnn.checking.scalars import whole_number
from fastnn.checking.strict import known_names_only
from fastnn.data.names import Names, checked_names
from fastnn.losses.base import Loss
from fastnn.metrics.base import Metric
from fastnn.models.layered import LayeredModel
from fastnn.models.names_of_inputs import adapted_names
from fastnn.models.resuming import Resumption, resumption_of
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.state import OptimizerState

__all__ = ["CompiledModel"]


def _fixed_metrics(metrics: Iterable[Metric]) -> FixedList[Metric]:
    return FixedList(metrics, "model.metrics", "call model.compile(..., metrics=[...])")


class _Exclusively:
    """See `CompiledModel.exclusively`; a class, as single steps would notice a generator's microsecond."""

    __slots__ = ("_lock", "_what")

    def __init__(self, lock: threading.Lock, what: str) -> None:
        self._lock, self._what = lock, what

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise RuntimeError(
                "the model is being trained, in another thread or by the fit that called this: "
                f"{self._what} meanwhile. Wait, or take a copy"
            )

    def __exit__(self, *error: object) -> None:
        self._lock.release()


class CompiledModel(LayeredModel):
    """What training, evaluation and prediction need of a model.

    Attributes
    ----------
    optimizer, loss : Optimizer and Loss, or None
        None until the model is compiled.
    metrics : list of Metric
    optimizer_state : OptimizerState
    training_lock : threading.Lock
        Held while the weights change.
    stop_training : bool
        Set by a callback, it ends ``fit`` after the epoch.
    history : History or None
        Of the last ``fit``.
    watchers : CallbackList or None
        The callbacks of the training under way.
    resumption : Resumption or None
        The state of the callbacks of the current training, or at the end of the last one.
    resumable : bool
        Whether `resumption` is that of a file: the next training may go on from it.
    """

    _not_copied = LayeredModel._not_copied | {"training_lock", "watchers"}
    _instead: ClassVar = {
        **LayeredModel._instead,
        **dict.fromkeys(("optimizer_state", "training_lock"), "the model makes it"),
        "optimizer": "call model.compile(optimizer=..., loss=model.loss, metrics=model.metrics)",
        "loss": "call model.compile(optimizer=model.optimizer, loss=..., metrics=model.metrics)",
        "metrics": "call model.compile(optimizer=model.optimizer, loss=model.loss, metrics=...)",
        "learning_rate": "it is the optimizer's, model.optimizer.learning_rate = ...",
    }

    training_lock: threading.Lock

    def __init__(self, *, name: str, dtype: DTypeLike, seed: int | np.random.Generator | None) -> None:
        self.optimizer: Optimizer | None = None
        self.loss: Loss | None = None
        self.metrics = _fixed_metrics(())
        self.optimizer_state = OptimizerState()
        self.stop_training = False
        self.history: History | None = None
        self.metadata: dict[str, Any] = {}
        self._feature_names: Names | None = None
        self.watchers: CallbackList | None = None
        self._resumption: Resumption | None = None
        self.resumable = False
        super().__init__(name=name, dtype=dtype, seed=seed)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._keep(watchers=None)
        super().__setstate__(state)

    def _make_locks(self) -> None:
        super()._make_locks()
        self._keep(training_lock=threading.Lock())

    def _reset(self) -> None:
        super()._reset()
        self._forget_training()

    def _forget_training(self) -> None:
        """Drop what was kept for the next call of ``train_on_batch``; a subclass that keeps something overrides it."""

    def _build(self) -> None:
        with self._building:
            super()._build()
            self._keep(optimizer_state=OptimizerState())

    @property
    def feature_names(self) -> Names | None:
        return self._feature_names or (adapted_names(self) if len(self.input_names) == 1 else None)

    @feature_names.setter
    def feature_names(self, names: Iterable[str] | None) -> None:
        if names is not self._feature_names:
            shape = self.input_shape
            self._feature_names = checked_names(names, None if shape is None else math.prod(shape))

    @property
    def resumption(self) -> Resumption | None:
        """The state of the callbacks of the current training, or at the end of the last one."""
        if self.watchers is None:
            return self._resumption
        return resumption_of(self.watchers)

    @resumption.setter
    def resumption(self, resumption: Resumption | None) -> None:
        self._resumption, self.watchers, self.resumable = resumption, None, False

    def exclusively(self, what: str = "it cannot be trained") -> contextlib.AbstractContextManager[None]:
        """Hold the model's training lock; RuntimeError says ``what`` cannot be done where a training holds it."""
        return _Exclusively(self.training_lock, what)

    @known_names_only
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        *,
        metrics: Any = None,
        loss_weights: Any = None,
        weighted_metrics: Any = None,
        steps_per_execution: int = 1,
    ) -> None:
        """Choose how the model is trained and judged. The optimiser starts anew.

        Parameters
        ----------
        optimizer : str or Optimizer, default "rmsprop"
            One of sgd, adagrad, rmsprop, adam, adamw, nadam, lbfgs, or an object of `fastnn.optimizers`.
        loss : str, Loss or pair of functions
            One of mse, mae, huber, quantile, poisson, hinge, kl_divergence, binary_crossentropy,
            categorical_crossentropy, sparse_categorical_crossentropy, or an object of `fastnn.losses`; your own as a
            pair of its value and its gradient. A model with several outputs takes a list, or a dict by their names;
            what is neither is the loss of each.
        metrics : list of str, Metric or function, optional
            Such as "accuracy"; see `fastnn.metrics`. With several outputs, a list of these for each, or a dict.
        loss_weights : list or dict of float, optional
            What the loss of each output is multiplied by in their sum; 1 by default.
        weighted_metrics : list or dict, optional
            As metrics, which weigh samples by ``sample_weight`` and ``class_weight``; those of `metrics` do not. One
            that is in both is called weighted_accuracy and the like; where no sample counts, it is NaN.
        steps_per_execution : int, default 1
            As Keras has it, at least 1; without effect, since an epoch is one call of compiled code in any case.

        Raises
        ------
        TypeError, ValueError
            For what is unknown; the message lists what there is, and the nearest. For a loss that has no meaning for
            the outputs of the last layer, such as a categorical cross-entropy for linear ones.
        RuntimeError
            While the model is being trained. Its ``optimizer.learning_rate`` may be assigned at any time.
        """
        from fastnn.models.compiling import loss_for, metrics_for
        from fastnn.optimizers.names import resolve as resolve_optimizer

        whole_number(steps_per_execution, "steps_per_execution", at_least=1)
        if loss is None:
            raise ValueError("loss is missing: name one, such as loss='mse' or loss='categorical_crossentropy'")
        # Before the model is built, any number of outputs may come.
        sizes = [1 << 30] if self.output_shape is None else [shape[-1] for shape in self.output_shapes]
        outputs = self.output_names
        chosen = (
            resolve_optimizer(optimizer),
            loss_for(outputs, loss, loss_weights),
            metrics_for(outputs, sizes, metrics or (), weighted_metrics or ()),
        )
        self._check_outputs(chosen[1])
        if chosen[1].reduction not in ("sum_over_batch_size", "mean"):
            raise ValueError(
                f"training takes the mean of its samples' losses, but the loss has reduction={chosen[1].reduction!r}, "
                "which is for calls: leave it out"
            )
        with self.exclusively("it cannot be compiled"):
            self._keep(optimizer=chosen[0], loss=chosen[1], metrics=_fixed_metrics(chosen[2]))
            chosen[0]._compiled = True
            self._keep(optimizer_state=OptimizerState())
            self.resumption = None
            self._forget_training()

    @property
    def loss_names(self) -> list[str]:
        """What logs call the loss, and that of each output where there are several."""
        from fastnn.models.compiling import loss_names

        return loss_names(self.output_names)

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
        if self.layers:
            activations = [name or "linear" for name in self.output_activations()]
            misfit = loss.misfit_of_outputs(activations[0] if len(activations) == 1 else activations)
            if misfit is not None:
                raise ValueError(misfit)
