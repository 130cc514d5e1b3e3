"""Hooks: the methods that training, evaluation and prediction call, and the refusal of what only looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastnn.checking.names import nearest_name

__all__ = ["ABOUT_BATCHES", "ABOUT_PREDICTED_BATCHES", "ABOUT_TEST_BATCHES", "HOOKS", "refuse_lookalikes"]

ABOUT_BATCHES = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
ABOUT_TEST_BATCHES = ("on_test_batch_begin", "on_test_batch_end")
ABOUT_PREDICTED_BATCHES = ("on_predict_batch_begin", "on_predict_batch_end")
HOOKS = (
    *("on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", *ABOUT_BATCHES, "on_failure"),
    *("on_test_begin", "on_test_end", *ABOUT_TEST_BATCHES),
    *("on_predict_begin", "on_predict_end", *ABOUT_PREDICTED_BATCHES),
)
# Keras calls it.
_NOT_CALLED = {"set_params"}
_WORDS = frozenset(
    {
        "train",
        "training",
        "fit",
        "epoch",
        "epochs",
        "batch",
        "batches",
        "step",
        "test",
        "evaluate",
        "validation",
        "predict",
    }
    | {"begin", "begins", "start", "starts", "end", "ends", "stop", "stops", "finish", "failure"}
)


def refuse_lookalikes(callback: object) -> None:
    """Raise TypeError where a callback of the user's has a method that looks like a hook and would never be called.

    >>> from fastnn.callbacks import Callback
    >>> Teller = type("Teller", (Callback,), {"__module__": "mine", "on_epoch_ends": print})
    >>> refuse_lookalikes(Teller())
    Traceback (most recent call last):
    TypeError: Teller.on_epoch_ends looks like a hook, but training never calls it; did you mean 'on_epoch_end'? ...
    """
    for name in _own_methods(callback):
        if name in HOOKS or not _looks_like_one(name):
            continue
        meant = _snake_case(name).replace("start", "begin").replace("stop", "end")
        nearest = None if name in _NOT_CALLED else nearest_name(meant, HOOKS)
        hint = f"; did you mean {nearest!r}?" if nearest else "."
        raise TypeError(
            f"{type(callback).__name__}.{name} looks like a hook, but training never calls it{hint} "
            f"Hooks are {', '.join(HOOKS)}; a method of another kind gets a name that begins with an underscore."
        )


def _own_methods(callback: object) -> Iterator[str]:
    """The names of what a user's classes, or the user, gave a callback and that can be called."""
    own = [
        vars(kind) for kind in type(callback).__mro__ if kind.__module__.partition(".")[0] not in ("fastnn", "builtins")
    ]
    for names in (*own, vars(callback)):
        yield from (name for name, value in names.items() if callable(value) and not isinstance(value, type))


def _looks_like_one(name: str) -> bool:
    if name.startswith("_"):
        return False
    words = _snake_case(name).split("_")
    if name in _NOT_CALLED or "_".join(["on", *words]) in HOOKS:
        return True
    return words[0] == "on" and (bool(_WORDS & set(words)) or nearest_name("_".join(words), HOOKS) is not None)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
