"""Reading untrusted files: what a file declares is checked against its size before memory is allocated.

Every reader of the package comes through here: a path that is no regular file is refused before it is opened, headers
are bounded, and the size of what is decompressed has a limit.
"""

from __future__ import annotations

import io
import math
import os
import stat
from collections.abc import Iterable
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import zipfile

__all__ = [
    "Header",
    "NpzFile",
    "check_expansion",
    "RegularFile",
    "largest_from",
    "read_npy",
    "read_npy_header",
    "regular_file",
]

# Bytes that any file may become; beyond them, so many times its own. Numbers that are no padding shrink by far less.
_SMALL, _LARGEST_EXPANSION = 1 << 26, 100
# Bytes in front of an array's numbers; NumPy itself writes 128.
_LONGEST_START = 1 << 16
_NPY = ".npy"


def regular_file(path: str | os.PathLike[str]) -> None:
    """Raise OSError unless a path is a regular file: a pipe may wait for ever, and a device may never end.

    TypeError where it is no path, but the number of an open file, say.
    """
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(f"the path of a file must be a str or a pathlib.Path, but it is a {type(path).__name__}")
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{os.fspath(path)!r} is a folder, not a file")
    if not stat.S_ISREG(mode):
        raise OSError(f"{os.fspath(path)!r} is a device or a pipe, not a file")


def largest_from(size: int) -> int:
    """How many bytes a compressed file of ``size`` bytes may become."""
    return max(_SMALL, _LARGEST_EXPANSION * size)


def check_expansion(needed: int, size: int) -> None:
    """Raise ValueError if a file of ``size`` bytes would become ``needed`` bytes, and that is too many.

    >>> check_expansion(10**9, 10**6)
    Traceback (most recent call last):
    ValueError: it would grow from 1000000 to 1000000000 bytes, as no file of use does: save it without compression
    """
    if needed > largest_from(size):
        raise ValueError(
            f"it would grow from {size} to {needed} bytes, as no file of use does: save it without compression"
        )


class Header(NamedTuple):
    """The shape and dtype in the header of a ``.npy`` file."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


class RegularFile:
    """A file that is open for reading, and its size.

    Parameters
    ----------
    path : path-like
    raw : bool, default False
        Without a buffer, for a file of which large pieces are read straight into arrays.

    Attributes
    ----------
    file : binary file object
    size : int
        Bytes of the file that is open, whatever comes to its name later.

    Raises
    ------
    OSError
        When there is no such file, it may not be read, or it is a folder, a device or a pipe.
    """

    def __init__(self, path: str | os.PathLike[str], *, raw: bool = False) -> None:
        regular_file(path)
        # Closed by __exit__.
        self.file = open(path, "rb", buffering=0) if raw else open(path, "rb")  # noqa: SIM115
        self.size = os.fstat(self.file.fileno()).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()


class NpzFile(RegularFile):
    """An ``.npz`` archive that is open for reading: each array's header is checked before the array is read.

    Parameters
    ----------
    path : path-like

    Attributes
    ----------
    size : int
        Bytes of the file.
    names : list of str
        Of its arrays. Members that are none are not among them.

    Raises
    ------
    OSError
        When there is no such file, it may not be read, or it is a folder, a device or a pipe.
    ValueError
        When it is no archive, or has two members of one name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(os.path.join(folder, "a.npz"), x=np.arange(3.0))
    ...     with NpzFile(os.path.join(folder, "a.npz")) as file:
    ...         print(file.names, file.header("x").shape, file.read("x"))
    ['x'] (3,) [0. 1. 2.]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        import zipfile  # not at import: it takes longer than all of this module

        super().__init__(path)
        try:
            self._archive = zipfile.ZipFile(self.file)
            self.members = [info.filename for info in self._archive.infolist()]
            if len(set(self.members)) < len(self.members):
                raise ValueError("it has two members of one name")
        except zipfile.BadZipFile as error:
            self.file.close()
            raise ValueError(f"it is no .npz archive: {error}") from error
        except BaseException:
            self.file.close()
            raise
        self.names = [member.removesuffix(_NPY) for member in self.members if member.endswith(_NPY)]

    def header(self, name: str) -> Header:
        """The shape and dtype of an array, which takes the bytes of its member to the last; ValueError otherwise."""
        info = self._plain(name)
        with self._archive.open(info) as member:
            return _checked_header(member, info.file_size, f"the array {name!r}")[0]

    def _plain(self, name: str) -> zipfile.ZipInfo:
        """An array's member; ValueError unless it is compressed as NumPy does it."""
        import zipfile

        info = self._archive.getinfo(f"{name}{_NPY}")
        # LZMA takes as much memory as its data ask for.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"the array {name!r} is compressed in a way that NumPy does not write")
        return info

    def check_memory(self, names: Iterable[str]) -> None:
        """Raise ValueError where these arrays take far more memory than the file has bytes."""
        check_expansion(sum(self.header(name).nbytes for name in names), self.size)

    def read_lists(self, name: str) -> list[list[int]]:
        """The lists of whole numbers that an array of objects holds; ValueError for any others. Nothing is run."""
        from fastnn.files.pickled_lists import lists_of

        info = self._plain(name)
        called = f"the array {name!r}"
        check_expansion(info.file_size, self.size)
        with self._archive.open(info) as member:
            content = member.read()
        start = io.BytesIO(content)
        (shape, dtype), _ = _declared(start)
        if not dtype.hasobject or dtype.names or len(shape) != 1:
            raise ValueError(f"{called} holds {dtype} of shape {shape}, where a row of lists was expected")
        try:
            return lists_of(content[start.tell() :], shape[0])
        except ValueError as error:
            raise ValueError(f"{called} cannot be read: {error}") from error

    def read(self, name: str) -> NDArray[Any]:
        """The array of that name; arrays of objects are refused."""
        self.header(name)
        with self._archive.open(f"{name}{_NPY}") as member:
            array: NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
        return array


def read_npy(path: str | os.PathLike[str]) -> NDArray[Any]:
    """The array of an ``.npy`` file; raises as `NpzFile` does."""
    with RegularFile(path) as opened:
        read_npy_header(opened)
        opened.file.seek(0)
        array: NDArray[Any] = np.lib.format.read_array(opened.file, allow_pickle=False)
    return array


def _declared(start: IO[bytes]) -> tuple[Header, bool]:
    """What the header says, behind which the stream stands, and whether numbers lie column by column."""
    version = np.lib.format.read_magic(start)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read(start)
    return Header(shape, dtype), fortran_order


def read_npy_header(opened: RegularFile) -> tuple[Header, bool]:
    """What an ``.npy`` file says of its array, whose bytes are the file's last; ValueError otherwise.

    Returns
    -------
    header : Header
    fortran_order : bool
        Whether numbers lie column by column.
    """
    return _checked_header(opened.file, opened.size, "the array")


def _checked_header(stream: IO[bytes], size: int, called: str) -> tuple[Header, bool]:
    # No more than one of numbers may have: a header may promise more than memory has.
    start = io.BytesIO(stream.read(_LONGEST_START))
    (shape, dtype), fortran_order = _declared(start)
    if dtype.hasobject or dtype.kind not in "fiubcUSMm":
        raise ValueError(f"{called} holds {dtype}, but only plain numbers and texts are read, never a pickle")
    if any(length < 0 for length in shape):
        raise ValueError(f"{called} has the shape {shape}")
    header = Header(shape, dtype)
    # A checksum is compared where a member has been read to its end.
    if size != start.tell() + header.nbytes:
        raise ValueError(
            f"{called} has not the bytes that its shape and dtype take: {shape} of {dtype} are {header.nbytes}, but "
            f"there are {size - start.tell()}"
        )
    return header, fortran_order
