"""What constraints share: what they were made with, a call on an array, and how the engine is told."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.convert import to_dense_array
from fastnn.checking.strict import Strict
from fastnn_ext.engine.plan import Plan

__all__ = ["Constraint", "NormConstraint"]


class Constraint(Strict):
    """What an array of weights satisfies after every step."""

    def __call__(self, w: ArrayLike) -> Any:
        """The array that satisfies it, of the same shape."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(w)")

    def lower(self, plan: Plan, array: NDArray[Any]) -> None:
        """Tell the engine of it, for an array of an operation of the plan."""
        raise NotImplementedError(f"{type(self).__name__} cannot be lowered to the engine")

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments as plain values, for saving."""
        return dict(vars(self))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in vars(self).items())})"


class NormConstraint(Constraint):
    """Bounds of Euclidean norms along an axis: 0 of a kernel are the weights into each unit.

    Parameters
    ----------
    axis : int, default 0
        0 or 1, or -1 for the last; 0 of an array of one dimension.
    """

    def __init__(self, axis: int = 0) -> None:
        # Keras takes a list of axes, too.
        given = axis[0] if isinstance(axis, list | tuple) and len(axis) == 1 else axis
        if isinstance(given, bool) or given not in (0, 1, -1):
            raise ValueError(f"axis must be 0, 1 or -1, but it is {axis!r}")
        self.axis = int(given)

    def bounds(self) -> tuple[float, float, float]:
        """The least and largest norm, and the share of the way there that a step goes."""
        raise NotImplementedError(f"{type(self).__name__} has no bounds")

    def __call__(self, w: ArrayLike) -> Any:
        array = to_dense_array(w, "w")
        if array.dtype.kind != "f" or array.dtype.itemsize < 4:
            # Whole numbers would stay whole, and what half precision holds is too small for this.
            array = array.astype(np.float64)
        low, high, rate = self.bounds()
        norms = np.sqrt(np.square(array).sum(axis=self._axis_of(array), keepdims=True))
        desired = rate * np.clip(norms, low, high) + (1 - rate) * norms
        outside = (norms < low) | (norms > high)
        return array * np.where(outside, desired / np.maximum(norms, 1e-30), 1).astype(array.dtype)

    def lower(self, plan: Plan, array: NDArray[Any]) -> None:
        low, high, rate = self.bounds()
        # An array of one dimension is a row to the engine.
        plan.limit_norms(array, self._axis_of(array) == array.ndim - 1, low, high, rate)

    def _axis_of(self, array: NDArray[Any]) -> int:
        if self.axis >= array.ndim:
            raise ValueError(f"{self!r} is for matrices, but the array has shape {array.shape}: write axis=0")
        return self.axis % array.ndim
