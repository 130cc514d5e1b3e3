"""Arrays: real, finite and in a dtype that the engine reads."""

import math
from typing import Any

import numpy
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["check_finite", "converted", "float_dtype", "no_memory", "real_dtype_array"]

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
# Rows are checked for NaN in pieces of about this many numbers, so that the check needs no copy of the data.
_NUMBERS_PER_CHECK = 1 << 18


def real_dtype_array(value: ArrayLike, name: str) -> NDArray[Any]:
    """``value`` as an array of real numbers, whether finite or not.

    Raises
    ------
    TypeError
        For an object, complex, string or date dtype, or ragged lists.
    """
    try:
        array = numpy.asarray(value)
    except ValueError as error:
        raise TypeError(f"{name} must be an array of numbers, but its rows differ in length: {error}") from error
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} must hold real numbers, but its dtype is {array.dtype}: "
            f"convert it with {name}.astype(float) if its values are numbers"
        )
    return array


def check_finite(array: NDArray[Any], name: str) -> None:
    """Raise ValueError when ``array`` holds NaN or infinity; the message names the first place."""
    if array.dtype.kind != "f" or not array.size:
        return
    rows = array.reshape(array.shape[0], -1) if array.ndim else array.reshape(1, 1)
    count = max(1, _NUMBERS_PER_CHECK // max(1, rows.shape[1]))
    for start in range(0, len(rows), count):
        finite = numpy.isfinite(rows[start : start + count])
        if not finite.all():
            place = numpy.unravel_index(start * rows.shape[1] + int(finite.argmin()), array.shape)
            spelled = ", ".join(str(int(i)) for i in place)
            raise ValueError(
                f"{name} must hold finite numbers, but {name}[{spelled}] is {array[place]}: "
                "remove or fill in such samples first"
            )


def converted(array: NDArray[Any], dtype: numpy.dtype[numpy.floating], name: str) -> NDArray[Any]:
    """``array`` contiguous, aligned and in ``dtype``: itself where it is so already, else one copy.

    Raises
    ------
    ValueError
        When a finite number becomes infinite in ``dtype``.

    Examples
    --------
    >>> converted(numpy.array([1e300]), numpy.dtype(numpy.float32), "x_train")
    Traceback (most recent call last):
    ...
    ValueError: x_train reaches 1e+300, too large for float32: scale it, or make the layers with dtype=numpy.float64
    """
    with numpy.errstate(over="ignore"):
        result = numpy.require(array, dtype, ("C", "A"))
    if array.dtype.kind == "f" and array.dtype.itemsize > dtype.itemsize and not numpy.isfinite(result).all():
        largest = numpy.abs(array).max()
        raise ValueError(
            f"{name} reaches {largest}, too large for {dtype}: scale it, or make the layers with dtype=numpy.float64"
        )
    return result


def float_dtype(value: DTypeLike) -> numpy.dtype[Any]:
    """The dtype of a model's or a layer's numbers: float32 or float64.

    >>> float_dtype("float16")
    Traceback (most recent call last):
    TypeError: dtype must be float32 or float64, but it is float16
    """
    dtype = numpy.dtype(value)
    if dtype not in (numpy.dtype(numpy.float32), numpy.dtype(numpy.float64)):
        raise TypeError(f"dtype must be float32 or float64, but it is {dtype}")
    return dtype


def no_memory(what: str, shape: tuple[int, ...], dtype: numpy.dtype[Any]) -> MemoryError:
    """The error for an array that cannot be allocated.

    >>> raise no_memory("the kernel of dense", (3, 2**61), numpy.dtype("float32"))
    Traceback (most recent call last):
    MemoryError: there is no memory for the kernel of dense: float32 numbers of shape (3, 2305843009213693952) take ...
    """
    # In Python's numbers, as NumPy's would overflow; and no more than a float holds.
    size = min(math.prod(shape) * dtype.itemsize, 10**300)
    power = min((len(str(size)) - 1) // 3, len(_UNITS) - 1)
    taken = f"{size / 1000**power:.3g} {_UNITS[power]}"
    return MemoryError(f"there is no memory for {what}: {dtype} numbers of shape {shape} take {taken}")
