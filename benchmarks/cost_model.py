"""A cost model of data-parallel training: what a step takes, from the work of a rank and the messages between ranks.

Of a network of p parameters, with b samples a step and n ranks, a step takes

    t = fixed + work p b / n + update p + messages,    messages = 2 latency log2(n) + 2 byte (n - 1) / n size p,

with the messages of a sum in halves (Thakur, Rabenseifner and Gropp 2005), each of size bytes a parameter.
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["Model", "Point", "errors", "fitted"]

SIZE = 4


@dataclasses.dataclass(frozen=True)
class Point:
    """A configuration, and the seconds of its step."""

    parameters: int
    batch: int
    ranks: int
    seconds: float = math.nan


@dataclasses.dataclass(frozen=True)
class Model:
    """The numbers of the formula, in seconds: of a step, a parameter and sample, a parameter, a message, a byte.

    Examples
    --------
    >>> model = Model(fixed=1e-3, work=1e-11, update=1e-9, latency=1e-4, byte=1e-9)
    >>> round(model.seconds(Point(10**6, 128, 1)), 6), round(model.seconds(Point(10**6, 128, 2)), 6)
    (0.00328, 0.00684)
    """

    fixed: float
    work: float
    update: float
    latency: float
    byte: float

    def seconds(self, point: Point) -> float:
        """Of a step."""
        return float(np.dot(_terms(point), dataclasses.astuple(self)))

    def efficiency(self, point: Point) -> float:
        """How much of n ranks' work a step is: the time of one rank over n times that of these."""
        return self.seconds(dataclasses.replace(point, ranks=1)) / (point.ranks * self.seconds(point))

    def over(self, *, bits: float, latency: float) -> "Model":
        """The same processors with a network of so many bits a second, and of this latency in seconds."""
        return dataclasses.replace(self, latency=latency, byte=8 / bits)

    def least_batch(self, parameters: int, ranks: int, efficiency: float = 0.5) -> int:
        """The smallest power of two as batch with this efficiency; 0 where none up to 2^40 has it.

        >>> Model(1e-3, 1e-11, 1e-9, 1e-4, 1e-9).least_batch(10**6, 8)
        8192
        """
        for power in range(41):
            if self.efficiency(Point(parameters, 1 << power, ranks)) >= efficiency:
                return 1 << power
        return 0


def _terms(point: Point) -> list[float]:
    p, n = point.parameters, point.ranks
    return [1.0, p * point.batch / n, float(p), 2 * math.log2(n), 2 * SIZE * p * (n - 1) / n]


def fitted(points: Sequence[Point]) -> Model:
    """The model with the least squares of relative errors, whose numbers are not negative.

    >>> true = Model(1e-3, 1e-11, 1e-9, 1e-4, 1e-9)
    >>> sizes = [(p, b, n) for p in (10**5, 10**6) for b in (64, 512) for n in (1, 2)]
    >>> found = fitted([Point(*size, true.seconds(Point(*size))) for size in sizes])
    >>> np.allclose(dataclasses.astuple(found), dataclasses.astuple(true))
    True
    """
    rows = np.array([[term / point.seconds for term in _terms(point)] for point in points])
    scales = np.abs(rows).max(axis=0)
    kept = [k for k in range(rows.shape[1]) if scales[k] > 0]
    while True:
        found = np.zeros(rows.shape[1])
        found[kept] = np.linalg.lstsq(rows[:, kept] / scales[kept], np.ones(len(rows)), rcond=None)[0] / scales[kept]
        if (found >= 0).all():
            return Model(*found.tolist())
        # What would be negative is too small to be seen beside the others.
        kept.remove(int(np.argmin(found * scales)))


def errors(model: Model, points: Iterable[Point]) -> list[float]:
    """How far predictions are from what was measured, relative to that."""
    return [model.seconds(point) / point.seconds - 1 for point in points]
