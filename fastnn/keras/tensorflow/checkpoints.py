"""Files of weights in a folder: TensorFlow's ``tf.train.latest_checkpoint``."""

from __future__ import annotations

import os
import re

__all__ = ["latest_checkpoint"]


def latest_checkpoint(checkpoint_dir: str | os.PathLike[str], latest_filename: str | None = None) -> str | None:
    """The path of the file in a folder that was written last; None where there is none.

    Files of one time are told apart by their names, of which the last is taken: that of the highest epoch.

    Parameters
    ----------
    checkpoint_dir : path-like
    latest_filename : None
        TensorFlow's argument, which has no other value: no file lists the others here.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     latest_checkpoint(folder) is None
    True
    """
    if latest_filename is not None:
        raise TypeError(f"latest_checkpoint cannot have latest_filename={latest_filename!r}: leave it out")
    if not os.path.isdir(checkpoint_dir):
        return None
    with os.scandir(checkpoint_dir) as entries:
        found = [(entry.stat().st_mtime_ns, _numbered(entry.name), entry.name) for entry in entries if entry.is_file()]
    return os.path.join(os.fspath(checkpoint_dir), max(found)[-1]) if found else None


def _numbered(name: str) -> list[tuple[int, str]]:
    """Its parts, of which digits count as a number: epoch 10 is behind epoch 9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
