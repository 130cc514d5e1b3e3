"""Where a data set lies: what ``path`` of Keras' ``load_data`` means here."""

import os
from pathlib import Path

__all__ = ["place_of"]


def place_of(path: str | os.PathLike[str], default: str) -> Path | None:
    """The file or folder of a path; None, for fastnn's own cache, where it is Keras' default and no such file is there.

    >>> place_of("mnist.npz", "mnist.npz") is None
    True
    """
    found = Path(path).expanduser()
    return None if os.fspath(path) == default and not found.exists() else found
