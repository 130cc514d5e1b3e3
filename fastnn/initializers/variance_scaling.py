"""Random weights of any scale: what the initializers of Glorot, He and LeCun are special cases of."""

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import non_negative_number
from fastnn.initializers.base import RandomInitializer
from fastnn.initializers.scaled import Scaled

__all__ = ["VarianceScaling"]

_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


class VarianceScaling(RandomInitializer):
    """Of variance ``scale / n``, where n is a number of inputs or outputs of the layer, or the mean of both.

    Parameters
    ----------
    scale : float, default 1
        Above 0.
    mode : {"fan_in", "fan_out", "fan_avg"}, default "fan_in"
    distribution : {"truncated_normal", "untruncated_normal", "uniform"}, default "truncated_normal"
        A normal one, drawn again beyond two standard deviations, or not; "normal" is the former, as in Keras.
    seed : int, optional
        With it, each call gives the same numbers.

    Examples
    --------
    >>> import numpy as np
    >>> numbers = VarianceScaling(3.0, "fan_avg", "uniform")((40, 60), np.random.default_rng(0))
    >>> bool(np.abs(numbers).max() <= np.sqrt(3 * 3 / 50))
    True
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        self.scale = non_negative_number(scale, "scale")
        if self.scale == 0:
            raise ValueError("scale must be above 0, but it is 0")
        distribution = "truncated_normal" if distribution == "normal" else distribution
        for name, value, known in (("mode", mode, _MODES), ("distribution", distribution, _DISTRIBUTIONS)):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, but it is {value!r}")
        self.mode, self.distribution = mode, distribution

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        fan = {"fan_in": shape[0], "fan_out": shape[-1], "fan_avg": (shape[0] + shape[-1]) / 2}[self.mode]
        return Scaled.numbers(shape, self._generator(rng), self.scale / max(1.0, fan), self.distribution)
