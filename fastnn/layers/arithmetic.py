"""Arithmetic of symbolic tensors: ``x + y`` is what the layer gives that adds."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any, NoReturn, TypeVar

__all__ = ["Arithmetic", "stands_for"]

K = TypeVar("K", bound=type)

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
# The layer that each operation of two tensors stands for, and what scales an input.
_LAYERS: dict[str, Any] = {}


def stands_for(operation: str) -> Callable[[K], K]:
    """Decorate the layer that an operation is: "add", "subtract" or "multiply" of two, or "scale"."""

    def enter(kind: K) -> K:
        _LAYERS[operation] = kind
        return kind

    return enter


class Arithmetic:
    """What may be added, subtracted and multiplied, with each other and with numbers.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> x = Input((4,))
    >>> Dense(4)(x) + x
    <SymbolicTensor of Add, shape (None, 4)>
    >>> x / 255 - 0.5
    <SymbolicTensor of Rescaling, shape (None, 4)>
    >>> 1 - Dense(4)(x)
    <SymbolicTensor of Rescaling, shape (None, 4)>
    >>> 1 / Dense(4)(x)
    Traceback (most recent call last):
    TypeError: there is no layer for 1 / Dense: numbers are not divided by what layers give, and nothing by zero
    """

    def __add__(self, other: Any) -> Any:
        return _combined("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _combined("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _combined("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _combined("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return _combined("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _combined("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _combined("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _combined("divide", other, self)

    def __neg__(self) -> Any:
        return _combined("multiply", -1, self)

    def __pow__(self, exponent: Any) -> Any:
        if exponent != 2:
            raise TypeError(
                f"there is no layer for {_called(self)} ** {exponent!r}: powers but the second are an Activation of "
                "your own, a pair of a function and its derivative"
            )
        return _combined("multiply", self, self)

    def __matmul__(self, other: Any) -> Any:
        if hasattr(other, "combined"):
            return other.combined("matmul", self, other)
        raise TypeError(
            f"there is no layer for {_called(self)} @ {_called(other)}: Dense(units) multiplies by weights, and Dot() "
            "two rows with each other"
        )

    def __rmatmul__(self, other: Any) -> NoReturn:
        raise TypeError(f"there is no layer for {_called(other)} @ {_called(self)}: write {_called(self)} first")

    def __getitem__(self, place: Any) -> NoReturn:
        raise TypeError(
            f"there is no layer that takes a part of {_called(self)}: split the data, and give each part an Input of "
            "its own"
        )

    # Without it, what has the method above would be asked for items one by one.
    __iter__ = None

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        # NumPy's numbers ask it where they stand on the left.
        if function.__name__ in _SIGNS and method == "__call__" and not options:
            return _combined(function.__name__, *inputs)
        raise TypeError(f"a symbolic tensor has no numbers for {function.__name__}: make a fastnn.Model, and predict")


def _combined(operation: str, left: Any, right: Any) -> Any:
    """What a layer gives for the two, of which one is symbolic."""
    for side in (left, right):
        # Weights of a user's own know what they are part of.
        if hasattr(side, "combined"):
            return side.combined(operation, left, right)
    sides = [getattr(side, "tensor", side) for side in (left, right)]
    symbolic = [isinstance(side, Arithmetic) for side in sides]
    if all(symbolic):
        if operation not in _LAYERS:
            _refuse(operation, left, right, "powers and quotients are none of fastnn's layers")
        return _LAYERS[operation]()(sides)
    number, tensor = sides if symbolic[1] else sides[::-1]
    if isinstance(number, bool) or not isinstance(number, Real):
        _refuse(operation, left, right, "it takes what layers give, and numbers")
    return _scaled(operation, tensor, float(number), symbolic[1], (left, right))


def _scaled(operation: str, tensor: Any, number: float, behind: bool, sides: tuple[Any, Any]) -> Any:
    """A tensor with a number, that stands ``behind`` the number or before it."""
    scale, offset = 1.0, 0.0
    if operation == "add":
        offset = number
    elif operation == "subtract":
        scale, offset = (-1.0, number) if behind else (1.0, -number)
    elif operation == "multiply":
        scale = number
    elif behind or number == 0:
        _refuse(operation, *sides, "numbers are not divided by what layers give, and nothing by zero")
    else:
        scale = 1 / number
    if not math.isfinite(scale) or not math.isfinite(offset):
        _refuse(operation, *sides, "the number must be finite")
    if (scale, offset) == (1.0, 0.0):
        # As in sum([...]), which begins with 0.
        return tensor
    return _LAYERS["scale"](scale, offset)(tensor)


def _called(side: Any) -> str:
    tensor = getattr(side, "tensor", side)
    if isinstance(tensor, Arithmetic):
        layer: Any = vars(tensor).get("layer")
        return str(layer.name or type(layer).__name__)
    return repr(side) if isinstance(side, Real) else f"a {type(side).__name__}"


def _refuse(operation: str, left: Any, right: Any, why: str) -> NoReturn:
    raise TypeError(f"there is no layer for {_called(left)} {_SIGNS[operation]} {_called(right)}: {why}")
