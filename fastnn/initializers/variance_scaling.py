"""Random weights whose variance depends on the size of the layer: what Glorot's, He's and LeCun's share."""

import numpy as np
from numpy.typing import NDArray

from fastnn.initializers.base import RandomInitializer

__all__ = ["VarianceScaling", "truncated_normal"]

# The standard deviation of a standard normal distribution that is truncated at two standard deviations.
_TRUNCATED_DEVIATION = 0.87962566103423978


class VarianceScaling(RandomInitializer):
    """Of variance ``scale`` over a fan: normal, truncated at two standard deviations, or uniform."""

    scale = 1.0
    uniform = False

    def fan(self, shape: tuple[int, ...]) -> float:
        """What the variance is divided by: by default fan_in, the number of inputs of a unit."""
        return float(shape[0])

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        rng = self._generator(rng)
        variance = self.scale / max(1.0, self.fan(shape))
        if self.uniform:
            limit = np.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)
        return float(np.sqrt(variance) / _TRUNCATED_DEVIATION) * truncated_normal(shape, rng)


def truncated_normal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Standard normal numbers, drawn again beyond two standard deviations."""
    numbers = rng.standard_normal(shape)
    while (outside := np.abs(numbers) > 2).any():
        numbers[outside] = rng.standard_normal(int(outside.sum()))
    return numbers
