"""Tensor files: named arrays and a few lines of text in one ``.safetensors`` file, which holds no code.

The format (https://huggingface.co/docs/safetensors): the header's length as 8 bytes, little-endian; the header, a JSON
object of each array's type, shape and place; the arrays, one after the other. Its own library judges the files that are
read. Bytes go straight between the file and the arrays: through the library they would be copied twice.
"""

from __future__ import annotations

import json
import math
import os
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.files.reading import RegularFile
from fastnn.files.writing import atomic_write

__all__ = ["TensorFile", "write_tensors"]

_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
_NAMES = {np.dtype(kind): name for name, kind in _TYPES.items()}
# Bytes, so that arrays behind the header are aligned in memory that maps the file.
_ALIGNMENT = 8
# Bytes; the format's own limit.
_LONGEST_HEADER = 100_000_000
# Bytes; a disk's.
_BLOCK = 4096


def write_tensors(path: str | os.PathLike[str], tensors: Mapping[str, NDArray[Any]], metadata: dict[str, str]) -> None:
    """Write arrays and texts to a file, atomically. Checksums of the arrays are among the texts.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        All of one dtype, so that each is aligned.

    Raises
    ------
    OSError
        As `atomic_write` does.
    ValueError
        When the texts are longer than the format allows.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a.safetensors")
    ...     write_tensors(path, {"a": np.ones(2)}, {"what": "ones"})
    ...     with TensorFile(path) as file:
    ...         print(file.metadata["what"], file.read("a"))
    ones [1. 1.]
    """
    sums = json.dumps({name: _checksum(tensor) for name, tensor in tensors.items()})
    header: dict[str, Any] = {"__metadata__": metadata | {"fastnn-checksums": sums}}
    arrays, end = [], 0
    for name, tensor in tensors.items():
        array = np.ascontiguousarray(tensor).astype(tensor.dtype.newbyteorder("<"), copy=False)
        start, end = end, end + array.nbytes
        header[name] = {"dtype": _NAMES[array.dtype], "shape": tensor.shape, "data_offsets": [start, end]}
        arrays.append(array.reshape(-1).view(np.uint8).data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    if len(text) > _LONGEST_HEADER:
        raise ValueError(
            f"names and texts would take {len(text)} bytes of {os.fspath(path)!r}, but a .safetensors file has at most "
            f"{_LONGEST_HEADER} for them: keep long lists elsewhere than in metadata or history"
        )
    with atomic_write(path) as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for content in arrays:
            file.write(content)


class TensorFile(RegularFile):
    """A file that is open for reading: its header is checked against its size, and arrays are read one by one.

    Parameters
    ----------
    path : path-like

    Attributes
    ----------
    size : int
        Bytes of the file.
    metadata : dict of str to str
    shapes : dict of str to tuple of int
    dtypes : dict of str to numpy dtype
    checksums : dict of str to int
        Of the arrays that have one; those of other writers have none.

    Raises
    ------
    OSError
        When there is no such file, or it may not be read, or is no file but a folder, a device or a pipe.
    ValueError
        When the header is damaged, or promises what the file does not have; or an array's type is none of NumPy's.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path, raw=True)
        try:
            _judge(path)
            # From here on its own look: another file may have come to the name that the library has seen.
            (length,) = struct.unpack("<Q", self.file.read(8))
            self._first = 8 + length
            if self._first > self.size:
                raise ValueError("it ends within its header")
            header = json.loads(self.file.read(length))
            self.metadata: dict[str, str] = header.pop("__metadata__", None) or {}
            self.checksums: dict[str, int] = _checksums_of(self.metadata)
            self.shapes: dict[str, tuple[int, ...]] = {}
            self.dtypes: dict[str, np.dtype[Any]] = {}
            self._places: dict[str, int] = {}
            for name, entry in header.items():
                if entry["dtype"] not in _TYPES:
                    raise ValueError(f"the array {name!r} is of type {entry['dtype']}, which NumPy does not have")
                self.shapes[name] = tuple(entry["shape"])
                self.dtypes[name] = np.dtype(_TYPES[entry["dtype"]])
                self._places[name], end = entry["data_offsets"]
                size = math.prod(self.shapes[name]) * self.dtypes[name].itemsize
                if end - self._places[name] != size or self._first + end > self.size:
                    raise ValueError(f"the array {name!r} is not all in the file")
        except BaseException:
            self.file.close()
            raise

    def read(self, name: str) -> NDArray[Any]:
        """The array of that name."""
        array = np.empty(self.shapes[name], self.dtypes[name])
        self.read_into(name, array)
        return array

    def read_into(self, name: str, array: NDArray[Any]) -> None:
        """Read the array of that name into one of its shape and dtype, C-contiguous.

        Raises ValueError where its checksum is another.
        """
        if (array.shape, array.dtype) != (self.shapes[name], self.dtypes[name]) or not array.flags.c_contiguous:
            raise ValueError(
                f"the array {name!r} is read into a C-contiguous {self.dtypes[name]} array of {self.shapes[name]}, "
                f"not into {array.dtype} of {array.shape}"
            )
        self.file.seek(self._first + self._places[name])
        rest = array.reshape(-1).view(np.uint8).data
        while rest:
            read = self.file.readinto(rest)
            if not read:
                raise ValueError(f"it ends within the array {name!r}")
            rest = rest[read:]
        if name in self.checksums and _checksum(array) != self.checksums[name]:
            raise ValueError(f"the array {name!r} is damaged: its checksum is another")


def _checksum(array: NDArray[Any]) -> int:
    # Sums of blocks first: many times faster than a cyclic code of all bytes, and it notices any changed bit and any
    # two blocks of a disk that have changed places.
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    whole = content.size // _BLOCK * _BLOCK
    sums = content[:whole].view(np.uint64).reshape(-1, _BLOCK // 8).sum(axis=1)
    return zlib.crc32(content[whole:].data, zlib.crc32(sums.data))


def _checksums_of(metadata: dict[str, str]) -> dict[str, int]:
    sums = json.loads(metadata.get("fastnn-checksums", "{}"))
    if not isinstance(sums, dict):
        raise ValueError(f"its checksums are a {type(sums).__name__}, not those of arrays by name")
    return sums


def _judge(path: str | os.PathLike[str]) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        # Not mapped: a file that another process cuts short would end this one.
        with safe_open(path, framework="np", backend="pread"):
            pass
    except SafetensorError as error:
        raise ValueError(f"it is damaged, or no .safetensors file: {error}") from error
