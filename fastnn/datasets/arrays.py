"""The four MNIST arrays: read from ``.npz`` within bounds, and checked to belong together."""

import math
import os
import zipfile
import zlib
from typing import Any

import numpy
from numpy.typing import NDArray

Bytes = NDArray[numpy.uint8]
Split = tuple[Bytes, Bytes]
Mnist = tuple[Split, Split]

NAMES = ("x_train", "y_train", "x_test", "y_test")


def read_npz(path: str | os.PathLike[str]) -> Mnist:
    """The arrays ``x_train``, ``y_train``, ``x_test``, ``y_test`` of a file in the form that Keras publishes.

    Raises
    ------
    OSError
        When the file is missing or cannot be read.
    ValueError
        When it is damaged, lacks an array, or an array is not of unsigned bytes or not as large as it says.
    """
    name = os.fspath(path)
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {key: _read_member(archive, f"{key}.npy", name) for key in NAMES}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise ValueError(f"{name!r} is not a sound .npz file ({error}): fetch it again") from error
    return checked(arrays, name)


def _read_member(archive: zipfile.ZipFile, member: str, name: str) -> NDArray[Any]:
    try:
        info = archive.getinfo(member)
    except KeyError:
        raise ValueError(f"{name!r} holds no array {member[:-4]!r}: expected {', '.join(NAMES)}") from None
    with archive.open(info) as file:
        version = numpy.lib.format.read_magic(file)
        read = {
            (1, 0): numpy.lib.format.read_array_header_1_0,
            (2, 0): numpy.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(f"{member} in {name!r} has the unknown format version {version}")
        shape, fortran, dtype = read(file)
        if dtype not in (numpy.dtype(numpy.uint8), numpy.dtype(numpy.int64), numpy.dtype(numpy.int32)) or fortran:
            raise ValueError(f"{member} in {name!r} must hold unsigned bytes in C order, but its dtype is {dtype}")
        # Nothing is taken before what the archive's directory says of the member's size bears it out.
        size = math.prod(shape) * dtype.itemsize
        if any(length < 0 for length in shape) or size > info.file_size:
            raise ValueError(f"{member} in {name!r} promises {size} bytes, but has {info.file_size}")
        content = bytearray()
        while len(content) < size and (chunk := file.read(min(1 << 20, size - len(content)))):
            content += chunk
        if len(content) < size:
            raise ValueError(f"{member} in {name!r} is cut short: {len(content)} of {size} bytes")
        return numpy.frombuffer(content, dtype=dtype).reshape(shape)


def checked(arrays: dict[str, NDArray[Any]], name: str) -> Mnist:
    """The arrays as ``(x_train, y_train), (x_test, y_test)``, once they are seen to fit together.

    >>> import numpy as np
    >>> images, labels = np.zeros((2, 28, 28), np.uint8), np.zeros(3, np.uint8)
    >>> checked({"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}, "folder")
    Traceback (most recent call last):
    ...
    ValueError: 'folder' has 2 images but 3 labels (x_train, y_train): files of different data sets are mixed
    """
    for split in ("train", "test"):
        images, labels = arrays[f"x_{split}"], arrays[f"y_{split}"]
        if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != numpy.uint8:
            raise ValueError(
                f"the images x_{split} of {name!r} must be uint8 of shape (samples, 28, 28), "
                f"but they are {images.dtype} of shape {images.shape}"
            )
        if labels.ndim != 1:
            raise ValueError(
                f"the labels y_{split} of {name!r} must have shape (samples,), but theirs is {labels.shape}"
            )
        if len(images) != len(labels):
            raise ValueError(
                f"{name!r} has {len(images)} images but {len(labels)} labels (x_{split}, y_{split}): "
                "files of different data sets are mixed"
            )
        if labels.size and (labels.min() < 0 or labels.max() > 9):
            raise ValueError(
                f"the labels y_{split} of {name!r} must lie in 0 to 9, but reach {labels.min()} to {labels.max()}"
            )
        arrays[f"y_{split}"] = labels.astype(numpy.uint8)
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
