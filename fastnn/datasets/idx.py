"""IDX files, the format MNIST is published in: a magic number, the sizes, then the bytes.

The format is described at the end of http://yann.lecun.com/exdb/mnist/. Reading is bounded: no header makes us take
more memory than the file has bytes.
"""

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import Protocol

import numpy
from numpy.typing import NDArray

_UNSIGNED_BYTE = 0x08
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 20


class Readable(Protocol):
    """A file that bytes can be read from, packed or not."""

    def read(self, size: int, /) -> bytes: ...


def read_idx(path: str | os.PathLike[str]) -> NDArray[numpy.uint8]:
    """Read an IDX file of unsigned bytes, plain or gzipped (told by its first bytes, not its name).

    Parameters
    ----------
    path : path-like

    Returns
    -------
    ndarray of uint8
        With the shape that the header gives.

    Raises
    ------
    OSError
        When the file is missing or cannot be read.
    ValueError
        When it is no IDX file of unsigned bytes, is cut short, or is longer than it says.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "labels-idx1-ubyte"
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
    ...     read_idx(path)
    array([5, 0, 4], dtype=uint8)
    """
    name = os.fspath(path)
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file {name!r}" if not Path(path).exists() else f"{name!r} is not a file")
    with open(path, "rb") as file:
        packed = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        if not packed:
            return _parse(file, name)
        try:
            with gzip.open(file) as unpacked:
                return _parse(unpacked, name)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{name!r} is a damaged gzip file ({error}): fetch it again") from error


def _parse(file: Readable, name: str) -> NDArray[numpy.uint8]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] != _UNSIGNED_BYTE or magic[3] == 0:
        raise ValueError(
            f"{name!r} is not an IDX file of unsigned bytes: its magic number is 0x{magic.hex()}, "
            "where 0x00000801 (labels) or 0x00000803 (images) was expected"
        )
    dimensions = magic[3]
    sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise ValueError(f"{name!r} is cut short inside its header of {dimensions} sizes: fetch it again")
    shape = struct.unpack(f">{dimensions}I", sizes)
    count = math.prod(shape)
    content = _read_at_most(file, count + 1)
    if len(content) != count:
        came = f"only {len(content)}" if len(content) < count else "more"
        raise ValueError(f"{name!r} promises {count} bytes for the shape {shape}, but holds {came}: fetch it again")
    return numpy.frombuffer(content, dtype=numpy.uint8).reshape(shape)


def _read_at_most(file: Readable, limit: int) -> bytearray:
    # Grows with what is there, never by what is promised.
    content = bytearray()
    while len(content) < limit:
        chunk = file.read(min(_CHUNK, limit - len(content)))
        if not chunk:
            break
        content += chunk
    return content
