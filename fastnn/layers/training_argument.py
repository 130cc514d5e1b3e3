"""Keras' argument ``training`` of a call, which may only say what layers do by themselves."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

__all__ = ["check_training", "described_as"]

# What training is while a function is described that may ask for it; None otherwise.
_DESCRIBED: contextvars.ContextVar[bool | None] = contextvars.ContextVar("described", default=None)


@contextlib.contextmanager
def described_as(training: bool) -> Iterator[None]:
    """Take ``training=training`` for what a layer does by itself, as where a function hands its own argument on."""
    token = _DESCRIBED.set(training)
    try:
        yield
    finally:
        _DESCRIBED.reset(token)


def check_training(layer: Any, training: Any) -> None:
    """Raise TypeError where a layer that acts in another way in training is told to, or not to, once and for all.

    >>> from fastnn.layers import Dense, Dropout
    >>> check_training(Dense(2), True)
    >>> check_training(Dropout(0.5), None)
    >>> check_training(Dropout(0.5), True)
    Traceback (most recent call last):
    TypeError: Dropout cannot be called with training=True: it acts by itself, in fit as in training and ...
    """
    if training is None or training is _DESCRIBED.get() or not layer.acts_otherwise_in_training:
        return
    kind = type(layer).__name__ if layer.inner_model is None else layer.default_name
    raise TypeError(
        f"{layer.name or kind} cannot be called with training={training!r}: it acts by itself, in fit "
        "as in training and in predict as in prediction, so leave training out; layer.trainable = False fixes a "
        "BatchNormalization"
    )
