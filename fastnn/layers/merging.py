"""Layers of several inputs, which bring together what other layers give."""

from collections.abc import Sequence
from typing import Any, ClassVar

from fastnn.checking.scalars import true_or_false
from fastnn.checking.shapes import Shape
from fastnn.layers.arithmetic import stands_for
from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import OperationKind

__all__ = ["Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"]


class Merge(Layer):
    """What layers of several inputs share; use a subclass, on a list of what it merges.

    Parameters
    ----------
    name : str, optional
        As in `Layer`.

    Attributes
    ----------
    input_shape : tuple of tuples of int, or None
        Of a sample of each input.
    """

    kind: ClassVar[OperationKind]
    # Whether it gives no negative number where it takes none.
    keeps_sign: ClassVar[bool] = True

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name)

    def shape_of_inputs(self, shapes: Sequence[Shape]) -> Any:
        return tuple(shapes)

    def output_for(self, input_shape: Any) -> Shape:
        if len(input_shape) < 2 or not all(isinstance(shape, tuple) for shape in input_shape):
            raise ValueError("it merges at least two inputs, and is called on a list of them in a fastnn.Model")
        return self.merged(input_shape)

    def merged(self, shapes: Sequence[Shape]) -> Shape:
        """The shape of a sample that at least two of these are merged to; ValueError where they cannot be."""
        if any(shape != shapes[0] for shape in shapes):
            raise ValueError("its inputs must have the same shape")
        return shapes[0]

    def merged_activation(self, given: Sequence[str | None]) -> str:
        """As `output_activation`, where these are those of the inputs: the first, where none gives negative numbers."""
        # Not at import: the files of activations have their layers.
        from fastnn.activations.registry import ACTIVATIONS

        kinds = [ACTIVATIONS.get(name) for name in given if name is not None]
        known = [kind.name for kind in kinds if kind is not None and not kind.negative]
        return known[0] if self.keeps_sign and len(known) == len(given) else "linear"

    def lower_on(self, plan: Plan, values: Sequence[int]) -> None:
        plan.add_merge(self.kind, values)


@stands_for("add")
class Add(Merge):
    """The sum of its inputs, number by number: a way round other layers, such as in a residual network.

    >>> from fastnn.layers import Dense, Input
    >>> x = Input((8,))
    >>> Add()([x, Dense(8)(x)]).shape
    (None, 8)
    """

    kind = OperationKind.ADD


@stands_for("subtract")
class Subtract(Merge):
    """The first of two inputs less the second.

    >>> from fastnn.layers import Input
    >>> Subtract()([Input((8,)), Input((8,))]).shape
    (None, 8)
    """

    kind = OperationKind.SUBTRACT
    keeps_sign = False

    def merged(self, shapes: Sequence[Shape]) -> Shape:
        if len(shapes) != 2:
            raise ValueError(f"it takes two inputs, but is called on {len(shapes)}")
        return super().merged(shapes)


@stands_for("multiply")
class Multiply(Merge):
    """The product of its inputs, number by number.

    >>> from fastnn.layers import Input
    >>> Multiply()([Input((8,)), Input((8,))]).shape
    (None, 8)
    """

    kind = OperationKind.MULTIPLY


class Average(Merge):
    """The mean of its inputs, number by number.

    >>> from fastnn.layers import Input
    >>> Average()([Input((8,)), Input((8,))]).shape
    (None, 8)
    """

    kind = OperationKind.AVERAGE


class Maximum(Merge):
    """The largest of its inputs, number by number; the gradient goes to the first that has it.

    >>> from fastnn.layers import Input
    >>> Maximum()([Input((8,)), Input((8,))]).shape
    (None, 8)
    """

    kind = OperationKind.MAXIMUM


class Minimum(Merge):
    """The smallest of its inputs, number by number; the gradient goes to the first that has it.

    >>> from fastnn.layers import Input
    >>> Minimum()([Input((8,)), Input((8,))]).shape
    (None, 8)
    """

    kind = OperationKind.MINIMUM


class Concatenate(Merge):
    """Its inputs, rows of any length, side by side.

    Parameters
    ----------
    axis : int, default -1
        Keras' argument: -1, or 1, which is the same of rows.
    name : str, optional
        As in `Layer`.

    Examples
    --------
    >>> from fastnn.layers import Input
    >>> Concatenate()([Input((8,)), Input((3,))]).shape
    (None, 11)
    """

    kind = OperationKind.CONCATENATE

    def __init__(self, axis: int = -1, *, name: str | None = None) -> None:
        super().__init__(name=name)
        if isinstance(axis, bool) or axis not in (-1, 1):
            raise ValueError(f"axis must be -1, the numbers of a row, but it is {axis!r}")
        self.axis = int(axis)

    def merged(self, shapes: Sequence[Shape]) -> Shape:
        if any(len(shape) != 1 for shape in shapes):
            raise ValueError("its inputs must be rows: put a Flatten() before it")
        return (sum(shape[0] for shape in shapes),)

    def configuration(self) -> dict[str, Any]:
        return {"axis": self.axis, **super().configuration()}


class Dot(Merge):
    """The sum of the products of two rows, number by number; with ``normalize`` the cosine of their angle.

    Parameters
    ----------
    axes : int, default 1
        Keras' argument: 1, or -1, which is the same of rows.
    normalize : bool, default False
        Whether both rows are divided by their lengths first; a row of zeros stays one.
    name : str, optional
        As in `Layer`.

    Examples
    --------
    >>> from fastnn.layers import Input
    >>> Dot(normalize=True)([Input((8,)), Input((8,))]).shape
    (None, 1)
    """

    kind = OperationKind.DOT

    def __init__(self, axes: int = 1, normalize: bool = False, *, name: str | None = None) -> None:
        super().__init__(name=name)
        if isinstance(axes, bool) or axes not in (-1, 1):
            raise ValueError(f"axes must be 1, the numbers of a row, but it is {axes!r}")
        self.axes, self.normalize = int(axes), true_or_false(normalize, "normalize")

    def merged(self, shapes: Sequence[Shape]) -> Shape:
        if len(shapes) != 2:
            raise ValueError(f"it takes two inputs, but is called on {len(shapes)}")
        if len(shapes[0]) != 1:
            raise ValueError("its inputs must be rows: put a Flatten() before it")
        super().merged(shapes)
        return (1,)

    def lower_on(self, plan: Plan, values: Sequence[int]) -> None:
        if self.normalize:
            width = self.needs_shape()[0][0]  # type: ignore[index]
            values = [plan.add_unit_normalization(width, 1e-12, inputs=value) for value in values]
        super().lower_on(plan, values)

    def configuration(self) -> dict[str, Any]:
        return {"axes": self.axes, "normalize": self.normalize, **super().configuration()}
