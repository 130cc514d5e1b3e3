"""A number that has ``numpy()``, as a tensor of one number has in Keras."""

from __future__ import annotations

from typing import Any

__all__ = ["Number"]


class Number(float):
    """A float that gives itself by ``numpy()``, too.

    Examples
    --------
    >>> Number(0.5), Number(0.5).numpy()
    (0.5, 0.5)
    """

    def numpy(self) -> float:
        """The number as a plain float."""
        return float(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return float, (float(self),)
