"""The rescaling layer: inputs become ``input * scale + offset`` as they are read, so that bytes need no float copy."""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.scalars import finite_number
from fastnn.layers.arithmetic import stands_for
from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["Rescaling"]


@stands_for("scale")
class Rescaling(Layer):
    """``x * scale + offset``: before all layers that compute.

    Pictures of bytes, also in a memory-mapped file, are scaled batch by batch as they are read.

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

    scales_input = True

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
        if plan.value >= 0:
            raise ValueError(
                f"{self.name} must come before all layers that compute: it scales the data as they are read"
            )
        plan.rescale_input(self.scale, self.offset)

    def configuration(self) -> dict[str, Any]:
        return {"scale": self.scale, "offset": self.offset, **super().configuration()}
