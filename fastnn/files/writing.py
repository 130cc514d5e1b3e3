"""Atomic writes: to a temporary file in the same folder, flushed to the disk, then renamed."""

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["checked_target", "naming", "atomic_write"]

# What to do about what the system says.
_REMEDIES = {
    errno.ENOSPC: "free some space, or write to another disk",
    errno.EDQUOT: "free some of your space, or write to another disk",
    errno.EFBIG: "write to a place that takes larger files, or raise the limit (ulimit -f)",
}


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write to, which becomes ``path`` when the block ends without an exception.

    A kill at any moment, an exception in the block or a full disk leaves what was at ``path`` before.

    Parameters
    ----------
    path : path-like
        A symbolic link is followed: what it points to is replaced. Permissions of a file that was there are kept, and
        one that may not be written to is not replaced.

    Raises
    ------
    FileNotFoundError
        When the folder does not exist; the message names it.
    IsADirectoryError
        When ``path`` is a folder.
    OSError
        What the system says, with ``path`` in it, such as a full disk.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(Path(folder) / "numbers.bin") as file:
    ...         _ = file.write(b"123")
    ...     (Path(folder) / "numbers.bin").read_bytes()
    b'123'
    """
    target = checked_target(path)
    # Names have 255 bytes at most, and a character has four.
    temporary = target.with_name(f".{target.name[:50]}.{uuid.uuid4().hex}")
    try:
        # A new file's permissions are those that the process gives to all its files.
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(temporary, target.stat().st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException as error:
        # Also where it was never made: Ctrl-C may come between any two steps.
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        # The user knows nothing of the temporary name; a full disk names none.
        if isinstance(error, OSError) and error.errno is not None and error.filename in (None, os.fspath(temporary)):
            raise _told(error, path, "what was there before is kept") from error
        raise
    _keep_name(target.parent)


def checked_target(path: str | os.PathLike[str]) -> Path:
    """The place of a file to be written, links followed; raises as `atomic_write` does where it cannot be one."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{os.fspath(path)!r} is a folder: name a file in it")
    if target.exists() and not target.is_file():
        raise OSError(f"{os.fspath(path)!r} is a device or a pipe, not a file that can be replaced")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {os.fspath(target.parent)!r} to write {target.name!r} to")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    return target


@contextlib.contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Add this file's name and a remedy to system errors that name no file, such as that of a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise _told(error, path) from error


def _told(error: OSError, path: str | os.PathLike[str], more: str = "") -> OSError:
    """The same error with a name and what to do. A new one: a second name that is None would be told, too."""
    words = [str(error.strerror), _REMEDIES.get(error.errno or 0, "")]
    text = ": ".join(filter(None, words)) + (f"; {more}" if words[1] and more else "")
    return OSError(error.errno, text, os.fspath(path))


def _keep_name(folder: Path) -> None:
    """Flush the folder's entries, or else a power cut may lose the new file's name."""
    if hasattr(os, "O_DIRECTORY"):
        # Some file systems cannot, and some folders may be written to but not read; the file itself is on the disk.
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
