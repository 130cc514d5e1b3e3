"""The base class of callbacks, and the list of them that a training calls."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from fastnn.callbacks.hooks import (
    ABOUT_BATCHES,
    ABOUT_PREDICTED_BATCHES,
    ABOUT_TEST_BATCHES,
    refuse_lookalikes,
)
from fastnn.callbacks.model import ModelInTraining
from fastnn.callbacks.states import Kind, check_state, settings_of
from fastnn.checking.strict import Strict

__all__ = ["Callback", "CallbackList"]

Logs = dict[str, float]


class Callback(Strict):
    """Override the methods that you need. `model` is the model in training; ``model.stop_training = True`` ends it.

    A method whose name looks like one of these and is none, such as ``on_epoch_ends``, is refused by ``fit``.
    Overriding a method about batches makes training go batch by batch through Python: some microseconds each. Where
    only some of a class's objects need that, it overrides `watches_batches`, too.

    Examples
    --------
    >>> class Teller(Callback):
    ...     def on_epoch_end(self, epoch, logs):
    ...         print(epoch, sorted(logs))
    >>> Teller().on_epoch_end(0, {"loss": 0.5})
    0 ['loss']
    """

    _changeable = frozenset({"model"})
    _has_state = True

    # Where several processes train one model (`fastnn.distributed`), the first alone calls those that write files or
    # speak to others; such a one leaves the model as it is. A class of the user's own may set it, too.
    rank_zero_only: ClassVar[bool] = False

    model: ModelInTraining

    # What `get_state` and `set_state` of the package's own callbacks go by: attributes, and what they may be.
    _state_kinds: ClassVar[Mapping[str, Kind]] = {}

    @property
    def watches_batches(self) -> bool:
        """Whether it must be called for each batch; by default, if a method about batches is overridden."""
        return self._looks_at_batches_beyond(Callback)

    def _looks_at_batches_beyond(self, kind: type[Callback]) -> bool:
        """Whether a method about batches is not the one that `kind` defines."""
        return any(name in vars(self) or getattr(type(self), name) is not getattr(kind, name) for name in ABOUT_BATCHES)

    @property
    def may_change_data(self) -> bool:
        """Whether it runs code of the user's, which may write into the arrays that the model is trained on.

        They are then read anew in each epoch, zeros and all; by default so for every class that is not the package's.
        """
        return not type(self).__module__.startswith("fastnn.")

    @property
    def params(self) -> dict[str, Any]:
        """The numbers of epochs and of steps, and ``verbose``, of the training: Keras' ``params``."""
        history = getattr(self.__dict__.get("model"), "history", None)
        own: dict[str, Any] | None = self.__dict__.get("_params")
        if own is not None:
            return own
        return {} if history is None else dict(history.params)

    @params.setter
    def params(self, value: Any) -> None:
        # A class of the user's own may have something else by this name.
        self._keep(_params=value)

    def set_model(self, model: ModelInTraining) -> None:
        """Receive the model, before training starts."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch, also where training failed or was interrupted, or another callback failed."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch and its validation; what is added to ``logs`` goes into the history."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch, counted from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """After a batch; ``logs`` has its loss."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Another name for `on_train_batch_begin`, which Keras has, too."""

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """Another name for `on_train_batch_end`."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before an evaluation: a validation of ``fit``, or ``evaluate(..., callbacks=[...])``."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After an evaluation, with its loss and metrics."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of an evaluation, counted from 0."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of an evaluation; ``logs`` has its loss."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before ``predict(..., callbacks=[...])``."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a batch of a prediction, counted from 0."""

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a batch of a prediction; ``logs`` has its ``outputs``."""

    def restored_epochs(self) -> int | None:
        """Restore the model before ``fit`` begins, if that is its task, and return the epochs that it has behind it."""
        return None

    def get_state(self) -> dict[str, Any]:
        """The state from which it goes on when training is resumed from a model's file.

        Numbers, strings, None, lists and dicts of these, and arrays of the model's dtype, such as its weights; by
        default nothing. Asked for whenever the model is saved, and when training ends.
        """
        return {name: getattr(self, name) for name in self._state_kinds}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_state` returned, after `on_train_begin` of a training that is resumed.

        Raises
        ------
        ValueError
            When it is no such state.
        """
        check_state(self._state_kinds, state, type(self).__name__)
        for name, value in state.items():
            setattr(self, name, value)

    def on_failure(self, failure: FloatingPointError) -> bool:
        """Loss or weights are no longer finite. Return True to end training without raising ``failure``."""
        return False


class CallbackList:
    """All callbacks of a training, called as one.

    Raises
    ------
    TypeError
        When one is no `Callback`, or has a method that looks like one of these and is none.
    """

    def __init__(self, callbacks: Iterable[Any] | None, model: ModelInTraining) -> None:
        if isinstance(callbacks, Callback):
            callbacks = [callbacks]
        self.model = model
        self.callbacks: list[Callback] = []
        for callback in callbacks or ():
            if not isinstance(callback, Callback):
                raise TypeError(f"a callback must be an object of fastnn.callbacks, but it is {callback!r}")
            refuse_lookalikes(callback)
            self.callbacks.append(callback)
        # Before training, in which a class may change what it was made with.
        self.settings = [settings_of(callback) for callback in self.callbacks]
        # The epoch of whose end callbacks are being told, its values, and the place of the one who is.
        self.ending: tuple[int, Logs, int] | None = None
        for callback in self.callbacks:
            callback.set_model(model)

    @property
    def watches_batches(self) -> bool:
        """Whether one must be told of each batch."""
        return any(callback.watches_batches for callback in self.callbacks)

    @property
    def may_change_data(self) -> bool:
        """Whether one may write into the data."""
        return any(callback.may_change_data for callback in self.callbacks)

    def on_train_begin(self) -> None:
        # Training does not start where one fails: those that were told of its beginning are told of its end.
        with contextlib.ExitStack() as begun:
            for callback in self.callbacks:
                callback.on_train_begin()
                begun.callback(callback.on_train_end)
            begun.pop_all()

    def on_train_end(self) -> None:
        # All are told, also where one fails. The stack is worked off from its end.
        with contextlib.ExitStack() as told:
            for callback in reversed(self.callbacks):
                told.callback(callback.on_train_end)

    def on_epoch_begin(self, epoch: int) -> None:
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch)

    def on_epoch_end(self, epoch: int, logs: Logs, who: Iterable[Callback] | None = None) -> None:
        """Call all of them, or only those in ``who``."""
        chosen = None if who is None else {id(callback) for callback in who}
        for place, callback in enumerate(self.callbacks):
            if chosen is None or id(callback) in chosen:
                self.ending = (epoch, logs, place)
                callback.on_epoch_end(epoch, logs)
                self.note()
        self.ending = None

    def note(self) -> None:
        """Add to the history what callbacks have added to the logs of an epoch so far."""
        if self.ending is not None and self.model.history is not None:
            epoch, logs, _ = self.ending
            self.model.history.add(epoch, logs)

    def on_train_batch_begin(self, batch: int) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)

    @property
    def watches_test_batches(self) -> bool:
        """Whether one must be told of each batch of an evaluation."""
        return self._overridden(ABOUT_TEST_BATCHES)

    @property
    def watches_predicted_batches(self) -> bool:
        """Whether one must be told of each batch of a prediction."""
        return self._overridden(ABOUT_PREDICTED_BATCHES)

    def _overridden(self, names: Iterable[str]) -> bool:
        kinds = [type(callback) for callback in self.callbacks]
        return any(
            getattr(kind, name) is not getattr(Callback, name) or name in vars(callback)
            for name in names
            for kind, callback in zip(kinds, self.callbacks, strict=True)
        )

    def tell(self, hook: str, *arguments: Any) -> None:
        """Call a method of all of them, such as "on_test_begin"."""
        for callback in self.callbacks:
            getattr(callback, hook)(*arguments)

    def restored_epochs(self) -> int | None:
        """The epochs that the model has behind it where one has restored it."""
        found = [epochs for callback in self.callbacks if (epochs := callback.restored_epochs()) is not None]
        return max(found, default=None)

    def on_failure(self, failure: FloatingPointError) -> bool:
        wishes = [callback.on_failure(failure) for callback in self.callbacks]
        return any(wishes)
