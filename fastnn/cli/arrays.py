"""Arrays: inputs and targets in NumPy's ``.npz`` and ``.npy`` files, never a pickle."""

from typing import Any

from numpy.typing import NDArray

from fastnn.arrays.numbers import real_array
from fastnn.checking.arrays import check_finite
from fastnn.files.reading import NpzFile, read_npy, regular_file

__all__ = ["is_array_file", "read_inputs", "read_samples"]


def is_array_file(path: str) -> bool:
    """Whether a file is one of NumPy's, by its name.

    >>> is_array_file("digits.npz"), is_array_file("digits.csv")
    (True, False)
    """
    return path.lower().endswith((".npz", ".npy"))


def read_samples(path: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """The arrays x (samples, ...) and y (samples,) of an ``.npz`` file; ValueError or TypeError say what is wrong."""
    if path.lower().endswith(".npy"):
        raise ValueError(f"{path!r} holds one array, but inputs and targets are two: save them as x and y in an .npz")
    x, y = _read(path, ("x", "y"))
    real_array(x, "x")
    check_finite(y, "y")
    if x.ndim < 2 or len(x) == 0 or y.shape not in {(len(x),), (len(x), 1)}:
        raise ValueError(f"{path!r} must hold x (samples, ...) and y (samples,), but they are {x.shape} and {y.shape}")
    return x, y.reshape(-1)


def read_inputs(path: str) -> NDArray[Any]:
    """The array x of an ``.npz`` file, or the array of an ``.npy``; ValueError says what is wrong with it."""
    return _read(path, ("x",))[0]


def _read(path: str, names: tuple[str, ...]) -> list[NDArray[Any]]:
    regular_file(path)
    try:
        if path.lower().endswith(".npy"):
            return [read_npy(path)]
        with NpzFile(path) as file:
            missing = [name for name in names if name not in file.names]
            if missing:
                raise ValueError(f"it has no array {missing[0]!r}, but {', '.join(file.names) or 'none'}")
            file.check_memory(names)
            return [file.read(name) for name in names]
    except Exception as error:
        # zipfile, zlib and numpy raise a dozen kinds for damaged bytes; the user needs one. The system names the file.
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise ValueError(f"{path!r} cannot be read as a NumPy file of numbers: {error}") from error
