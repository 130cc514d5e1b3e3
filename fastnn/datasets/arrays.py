"""The four MNIST arrays: read from ``.npz`` within bounds, and checked to belong together."""

from __future__ import annotations

import math
import os
from typing import IO, TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from fastnn.datasets.bounded import read_promised

if TYPE_CHECKING:
    import zipfile

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
    import zipfile

    from fastnn.files.reading import check_expansion, regular_file

    name = os.fspath(path)
    regular_file(path)
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                members = [info for info in archive.infolist() if info.filename.removesuffix(".npy") in NAMES]
                check_expansion(sum(info.file_size for info in members), os.fstat(file.fileno()).st_size)
                arrays = {key: _read_member(archive, f"{key}.npy") for key in NAMES}
        except Exception as error:
            # zipfile, zlib, and NumPy's header parser raise a dozen kinds for damaged bytes; the user needs one.
            raise ValueError(f"{name!r} is not a sound .npz file of MNIST: {error}") from error
    return checked(arrays, name)


def _read_member(archive: zipfile.ZipFile, member: str) -> Bytes:
    import zipfile

    try:
        info = archive.getinfo(member)
    except KeyError:
        raise ValueError(f"it holds no array {member[:-4]!r}, where {', '.join(NAMES)} were expected") from None
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # zipfile unpacks the other methods without a limit: a few hundred bytes could become gigabytes.
        raise ValueError(f"{member} is packed by method {info.compress_type}, where stored or deflated was expected")
    with archive.open(info) as file:
        try:
            return _read_npy(file, info.file_size)
        except ValueError as error:
            raise ValueError(f"in {member}: {error}") from error


def _read_npy(file: IO[bytes], size: int) -> Bytes:
    version = numpy.lib.format.read_magic(file)
    if version != (1, 0):
        # Later versions give the header's length in four bytes, and NumPy reads that much before it looks.
        raise ValueError(f"its .npy format is {version}, where (1, 0) was expected: save it again with numpy.savez")
    shape, fortran, dtype = numpy.lib.format.read_array_header_1_0(file)
    if dtype != numpy.uint8 or fortran:
        raise ValueError(f"it must hold unsigned bytes (uint8) in C order, but its dtype is {dtype}")
    if any(length < 1 for length in shape):
        raise ValueError(f"it is empty: its header gives the shape {shape}")
    promised = math.prod(shape)
    if size - file.tell() != promised:
        held = size - file.tell()
        raise ValueError(f"it promises {promised} bytes of data for the shape {shape}, but holds {held}")
    return numpy.frombuffer(read_promised(file, promised), dtype=numpy.uint8).reshape(shape)


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
        if images.ndim != 3 or images.shape[1:] != (28, 28):
            raise ValueError(
                f"the images x_{split} of {name!r} must have shape (samples, 28, 28), but theirs is {images.shape}"
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
        if labels.max() > 9:
            raise ValueError(f"the labels y_{split} of {name!r} must lie in 0 to 9, but reach {labels.max()}")
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
