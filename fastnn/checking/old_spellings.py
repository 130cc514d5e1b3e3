"""Old spellings of Keras: they are honoured, and told of once a process."""

from __future__ import annotations

import functools
import sys
import warnings

__all__ = ["OldSpelling", "tell"]


class OldSpelling(FutureWarning):
    """What was written is honoured, and Keras itself no longer takes it: the message has the new spelling."""


@functools.cache
def tell(old: str, new: str) -> None:
    """Warn once a process that something is written in another way today."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("fastnn."):
        frame, level = frame.f_back, level + 1
    warnings.warn(f"{old} is an old spelling of Keras: write {new}", OldSpelling, stacklevel=level + 1)
