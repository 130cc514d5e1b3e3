"""An array that remembers what it was computed from: gradients go the same way back (reverse-mode differentiation)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray

__all__ = ["Recorded", "gradient_of", "is_recorded", "plain"]

Back = Callable[[Any], Any]


class Recorded:
    """An array, and the arrays that it was computed from.

    It takes part in arithmetic, in NumPy's functions and in those of ``keras.ops``, ``keras.backend`` and ``tf`` as far
    as `fastnn.keras.recording.rules` has their derivatives; all others are refused. What compares it, such as ``<``,
    gives a plain array.

    Parameters
    ----------
    value : ndarray
    sources : tuple of (Recorded, function)
        Each with what makes, of the gradient with respect to this array, that with respect to the source.
    readable : bool, default False
        Whether its numbers may be read, as within a ``tf.GradientTape``. In a loss that would lose the gradient.

    Examples
    --------
    >>> x = Recorded(np.array([1.0, 3.0]))
    >>> gradient_of(((x - 1) ** 2).mean(), x)
    array([0., 2.])
    """

    # What computes with them, which `fastnn.keras.recording.rules` sets, and what judges them, which `judging` does.
    apply: ClassVar[Callable[..., Any]]
    judge: ClassVar[Callable[..., Any]]
    # Arrays and their numbers leave arithmetic with it to this class.
    __array_priority__ = 1000

    def __init__(self, value: Any, sources: tuple[tuple[Recorded, Back], ...] = (), *, readable: bool = False) -> None:
        self.value, self.sources = np.asarray(value), sources
        self.readable: bool = readable or any(one.readable for one, _ in sources)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.value.dtype

    @property
    def T(self) -> Any:
        return _apply("transpose", self)

    def get_shape(self) -> tuple[int, ...]:
        """The shape, as TensorFlow calls it."""
        return self.shape

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        return f"Recorded({self.value!r})"

    # What would lose the gradient in silence.

    def numpy(self) -> Any:
        """The numbers, where they may be read."""
        return self._read("numpy()")

    def __float__(self) -> float:
        return float(self._read("float()").item())

    def __int__(self) -> int:
        return int(self._read("int()").item())

    def __format__(self, how: str) -> str:
        return format(self._read("format()").item() if self.size == 1 else str(self.value), how)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self._read("an array"), dtype=dtype)

    def _read(self, what: str) -> NDArray[Any]:
        if not self.readable:
            _refuse(what)
        return self.value

    def judged_by(self, loss: Any, y_true: Any, sample_weight: Any) -> Any:
        """What a loss gives where these are the outputs: see `fastnn.losses.Loss`."""
        return Recorded.judge(loss, y_true, self, sample_weight)

    # NumPy's functions, by their names.

    def __array_ufunc__(self, function: Any, method: str, *given: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            _refuse(f"numpy.{function.__name__}.{method}")
        return _apply(_UFUNCS.get(function.__name__, function.__name__), *given)

    def __array_function__(self, function: Any, kinds: Any, given: tuple[Any, ...], options: dict[str, Any]) -> Any:
        return _apply(_UFUNCS.get(function.__name__, function.__name__), *given, **options)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        return _apply("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return _apply("mean", self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Any:
        return _apply("reshape", self, shape[0] if len(shape) == 1 else shape)

    def astype(self, dtype: Any) -> Any:
        return _apply("cast", self, dtype)

    # Arithmetic.

    def __add__(self, other: Any) -> Any:
        return _apply("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _apply("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _apply("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _apply("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return _apply("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _apply("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _apply("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _apply("divide", other, self)

    def __pow__(self, other: Any) -> Any:
        return _apply("power", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _apply("power", other, self)

    def __matmul__(self, other: Any) -> Any:
        return _apply("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _apply("matmul", other, self)

    def __neg__(self) -> Any:
        return _apply("negative", self)

    def __abs__(self) -> Any:
        return _apply("abs", self)

    def __getitem__(self, place: Any) -> Any:
        return _apply("getitem", self, plain(place))

    # Comparisons have no gradient.

    def __lt__(self, other: Any) -> Any:
        return self.value < plain(other)

    def __le__(self, other: Any) -> Any:
        return self.value <= plain(other)

    def __gt__(self, other: Any) -> Any:
        return self.value > plain(other)

    def __ge__(self, other: Any) -> Any:
        return self.value >= plain(other)

    def __eq__(self, other: object) -> Any:
        return self.value == plain(other)

    def __ne__(self, other: object) -> Any:
        return self.value != plain(other)

    __hash__ = object.__hash__


_UFUNCS = {"absolute": "abs", "true_divide": "divide", "amax": "max", "amin": "min", "astype": "cast"}


def is_recorded(value: Any) -> bool:
    """Whether it is recorded, or a list or tuple that holds what is."""
    return isinstance(value, Recorded) or (isinstance(value, list | tuple) and any(map(is_recorded, value)))


def plain(value: Any) -> Any:
    """The array of a recorded one; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return value.value if isinstance(value, Recorded) else value


def gradient_of(result: Recorded, source: Recorded, seed: Any = None) -> NDArray[Any]:
    """The gradient of a sum of a recorded array's numbers with respect to another.

    Parameters
    ----------
    result, source : Recorded
    seed : array-like, optional
        The weight of each number of the result; by default 1.

    Returns
    -------
    ndarray
        Of the source's shape and type; zeros where the result does not depend on it.
    """
    found: dict[int, Any] = {id(result): np.ones_like(result.value) if seed is None else np.asarray(seed)}
    for one in reversed(_in_order(result)):
        gradient = found.get(id(one)) if one is source else found.pop(id(one), None)
        if gradient is None:
            continue
        for before, back in one.sources:
            part = back(gradient)
            found[id(before)] = found[id(before)] + part if id(before) in found else part
    gradient = found.get(id(source), 0)
    return np.asarray(np.broadcast_to(gradient, source.shape), dtype=source.dtype)


def _in_order(result: Recorded) -> list[Recorded]:
    """All that a recorded array was computed from, each behind its own sources."""
    order: list[Recorded] = []
    seen: set[int] = set()
    stack: list[tuple[Recorded, bool]] = [(result, False)]
    while stack:
        one, done = stack.pop()
        if done:
            order.append(one)
        elif id(one) not in seen:
            seen.add(id(one))
            stack.append((one, True))
            stack += [(before, False) for before, _ in one.sources]
    return order


def _apply(name: str, *given: Any, **options: Any) -> Any:
    return Recorded.apply(name, *given, **options)


def _refuse(what: str) -> NoReturn:
    raise TypeError(
        f"{what} of what a gradient is asked of would lose it: write functions of keras.ops, keras.backend or tf, or "
        "give the gradient yourself, fastnn.losses.CustomLoss(value, gradient)"
    )
