"""Random weights whose variance depends on the size of the layer: what Glorot's, He's and LeCun's share."""

import numpy as np
from numpy.typing import NDArray

from fastnn.initializers.base import RandomInitializer

__all__ = ["Scaled", "truncated_normal"]

# The standard deviation of a standard normal distribution that is truncated at two standard deviations.
_TRUNCATED_DEVIATION = 0.87962566103423978


class Scaled(RandomInitializer):
    """Of variance ``scale`` over a fan: normal, truncated at two standard deviations, or uniform."""

    scale = 1.0
    uniform = False

    def fan(self, shape: tuple[int, ...]) -> float:
        """What the variance is divided by: by default fan_in, the number of inputs of a unit."""
        return float(shape[0])

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        variance = self.scale / max(1.0, self.fan(shape))
        return self.numbers(shape, self._generator(rng), variance, "uniform" if self.uniform else "truncated_normal")

    @staticmethod
    def numbers(
        shape: tuple[int, ...], rng: np.random.Generator, variance: float, distribution: str
    ) -> NDArray[np.float64]:
        """Of a distribution by the names of `VarianceScaling`, around 0."""
        if distribution == "uniform":
            limit = np.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)
        if distribution == "untruncated_normal":
            return float(np.sqrt(variance)) * rng.standard_normal(shape)
        return float(np.sqrt(variance) / _TRUNCATED_DEVIATION) * truncated_normal(shape, rng)


def truncated_normal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Standard normal numbers, drawn again beyond two standard deviations."""
    numbers = rng.standard_normal(shape)
    while (outside := np.abs(numbers) > 2).any():
        numbers[outside] = rng.standard_normal(int(outside.sum()))
    return numbers
