"""IDX files, the format MNIST is published in: a magic number, the sizes, then the bytes.

The format is described at the end of http://yann.lecun.com/exdb/mnist/. Reading is bounded: no header makes us take
more memory than the file has bytes.
"""

import math
import os
import struct
import zlib
from pathlib import Path

import numpy
from numpy.typing import NDArray

from fastnn.datasets.bounded import Readable, read_promised

_UNSIGNED_BYTE = 0x08
_GZIP_MAGIC = b"\x1f\x8b"
_MOST_DIMENSIONS = 64  # NumPy's limit


def read_idx(path: str | os.PathLike[str]) -> NDArray[numpy.uint8]:
    """Read an IDX file of unsigned bytes, plain or gzipped (told by its first bytes, not its name).

    Parameters
    ----------
    path : path-like

    Returns
    -------
    ndarray of uint8
        With the shape that the header gives; the caller's own.

    Raises
    ------
    OSError
        When the file is missing (FileNotFoundError), a folder (IsADirectoryError) or cannot be read.
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
    import gzip

    from fastnn.files.reading import largest_from, regular_file

    name = os.fspath(path)
    if Path(path).is_dir():
        raise IsADirectoryError(f"{name!r} is a folder: expected an IDX file, such as one of those in it")
    if not Path(path).exists():
        raise FileNotFoundError(f"there is no file {name!r}")
    regular_file(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        packed = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        try:
            if packed:
                with gzip.open(file) as unpacked:
                    return _parse(unpacked, None, largest_from(size))
            return _parse(file, size, size)
        except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{name!r} is not a sound IDX file: {error}") from error


def _parse(file: Readable, size: int | None, most: int) -> NDArray[numpy.uint8]:
    """The array of an open file of `size` bytes, None where only reading tells, which may be of `most` bytes."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise ValueError(
            f"its magic number is 0x{magic.hex()}, where 0x00000801 (labels) or 0x00000803 (images) was expected"
        )
    kind, dimensions = magic[2:]
    if kind != _UNSIGNED_BYTE:
        raise ValueError(f"its type code is 0x{kind:02x}, where 0x08 (unsigned bytes) was expected")
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise ValueError(f"it has {dimensions} dimensions, where 1 to {_MOST_DIMENSIONS} were expected")
    sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise ValueError(f"it is cut short inside its header of {dimensions} sizes")
    shape = struct.unpack(f">{dimensions}I", sizes)
    if 0 in shape:
        raise ValueError(f"it is empty: its header gives the shape {shape}")
    promised = math.prod(shape)
    if size is not None and size - len(magic) - len(sizes) != promised:
        held = size - len(magic) - len(sizes)
        raise ValueError(f"it promises {promised} bytes of data for the shape {shape}, but holds {held}")
    if promised > most:
        raise ValueError(f"it promises {promised} bytes of data, more than a file of its size can be unpacked to")
    return numpy.frombuffer(read_promised(file, promised), dtype=numpy.uint8).reshape(shape)
