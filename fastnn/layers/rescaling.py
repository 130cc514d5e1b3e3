"""The rescaling layer, ``x * scale + offset``: of inputs as they are read, so that bytes need no float copy."""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.scalars import finite_number
from fastnn.layers.arithmetic import stands_for
from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["Rescaling"]


@stands_for("scale")
class Rescaling(Layer):
    """``x * scale + offset``.

    Before all layers that compute, numbers are scaled as they are read, batch by batch: pictures of bytes, also in a
    memory-mapped file.

    Parameters
    ----------
    scale : float
        Such as 1 / 255.
    offset : float, default 0
        Any other than 0 makes zeros of the data count like all numbers, which costs time where they are many.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> Rescaling(1 / 255).offset
    0.0
    """

    def __init__(
        self,
        scale: float,
        offset: float = 0.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        self.scale, self.offset = finite_number(scale, "scale"), finite_number(offset, "offset")

    def lower(self, plan: Plan) -> None:
        if plan.value < 0 and not plan.is_shared(plan.value):
            # As the data are read.
            plan.rescale_input(self.scale, self.offset)
        else:
            plan.add_rescaling(self.scale, self.offset)

    def configuration(self) -> dict[str, Any]:
        return {"scale": self.scale, "offset": self.offset, **super().configuration()}
