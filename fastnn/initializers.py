"""Initializers: the numbers that a layer's weights start from. Names and formulas are Keras'.

An initializer is a function of a shape (fan_in, fan_out) and a generator. One of your own is any such function.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.names import unknown_name
from fastnn.checking.scalars import finite_number, non_negative_number, whole_number
from fastnn.checking.strict import Strict

__all__ = [
    "Initializer",
    "Zeros",
    "Ones",
    "Constant",
    "RandomNormal",
    "RandomUniform",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
    "Orthogonal",
    "resolve",
]

# The standard deviation of a normal distribution cut off at two of them.
_CUT_OFF_DEVIATION = 0.87962566103423978


class Initializer(Strict):
    """What all initializers share: equality, a description, and the call.

    Those that draw at random take ``seed``, as Keras' do: a whole number, with which each call gives the same numbers.
    By default the model's generator draws, so that its own seed decides.
    """

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Numbers of ``shape`` in float64, whatever the layer's dtype, so that one seed gives one network."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(shape, rng) that returns an array")

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments as plain values, for saving."""
        return dict(vars(self))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __repr__(self) -> str:
        told = {name: value for name, value in vars(self).items() if value is not None}
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in told.items())})"


class _Random(Initializer):
    """One that draws: from a generator of its own where it has a seed."""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = None if seed is None else whole_number(seed, "seed", at_least=0)

    def _generator(self, rng: np.random.Generator) -> np.random.Generator:
        return rng if self.seed is None else np.random.default_rng(self.seed)


class Zeros(Initializer):
    """All 0.

    >>> Zeros()((2,), np.random.default_rng(0))
    array([0., 0.])
    """

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return np.zeros(shape)


class Ones(Initializer):
    """All 1.

    >>> Ones()((2,), np.random.default_rng(0))
    array([1., 1.])
    """

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return np.ones(shape)


class Constant(Initializer):
    """All one number.

    >>> Constant(0.5)((2,), np.random.default_rng(0))
    array([0.5, 0.5])
    """

    def __init__(self, value: float = 0.0) -> None:
        self.value = finite_number(value, "value")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return np.full(shape, self.value)


class RandomNormal(_Random):
    """Normal with this mean and standard deviation.

    >>> RandomNormal(stddev=0.0)((2,), np.random.default_rng(0))
    array([0., 0.])
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = finite_number(mean, "mean"), non_negative_number(stddev, "stddev")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return self.mean + self.stddev * self._generator(rng).standard_normal(shape)


class RandomUniform(_Random):
    """Uniform from minval to maxval.

    >>> RandomUniform(1.0, 1.0)((2,), np.random.default_rng(0))
    array([1., 1.])
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = finite_number(minval, "minval"), finite_number(maxval, "maxval")
        if self.minval > self.maxval:
            raise ValueError(f"minval must be at most maxval, but they are {self.minval} and {self.maxval}")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        return self._generator(rng).uniform(self.minval, self.maxval, shape)


class _Scaled(_Random):
    """Of variance ``scale`` over a fan: normal, cut off at two standard deviations, or uniform."""

    scale = 1.0
    uniform = False

    def fan(self, shape: tuple[int, ...]) -> float:
        return float(shape[0])

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        rng = self._generator(rng)
        variance = self.scale / max(1.0, self.fan(shape))
        if self.uniform:
            limit = np.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)
        return float(np.sqrt(variance) / _CUT_OFF_DEVIATION) * _cut_off_normal(shape, rng)


class GlorotUniform(_Scaled):
    """Uniform, of variance ``2 / (fan_in + fan_out)`` (Glorot and Bengio 2010, equation 16).

    >>> bool(np.abs(GlorotUniform()((50, 50), np.random.default_rng(0))).max() <= np.sqrt(6 / 100))
    True
    """

    uniform = True

    def fan(self, shape: tuple[int, ...]) -> float:
        return (shape[0] + shape[-1]) / 2


class GlorotNormal(GlorotUniform):
    """The same, normal.

    >>> round(float(GlorotNormal()((500, 500), np.random.default_rng(0)).std()), 3)
    0.045
    """

    uniform = False


class HeUniform(_Scaled):
    """Uniform, of variance ``2 / fan_in``: for rectified units (He et al. 2015, equation 10).

    >>> HeUniform()((3, 2), np.random.default_rng(0)).shape
    (3, 2)
    """

    scale = 2.0
    uniform = True


class HeNormal(HeUniform):
    """The same, normal.

    >>> round(float(HeNormal()((500, 500), np.random.default_rng(0)).std()), 3)
    0.063
    """

    uniform = False


class LecunUniform(_Scaled):
    """Uniform, of variance ``1 / fan_in`` (LeCun et al. 1998).

    >>> LecunUniform()((3, 2), np.random.default_rng(0)).shape
    (3, 2)
    """

    uniform = True


class LecunNormal(LecunUniform):
    """The same, normal: what self-normalising networks of `SELU` need.

    >>> round(float(LecunNormal()((500, 500), np.random.default_rng(0)).std()), 3)
    0.045
    """

    uniform = False


class Orthogonal(_Random):
    """A random matrix whose columns, or rows where there are fewer, are orthogonal (Saxe et al. 2014), times ``gain``.

    >>> q = Orthogonal()((3, 2), np.random.default_rng(0))
    >>> np.allclose(q.T @ q, np.eye(2))
    True
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = finite_number(gain, "gain")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        if len(shape) != 2:
            raise ValueError(f"an orthogonal matrix must have two dimensions, but the shape is {shape}")
        tall = self._generator(rng).standard_normal((max(shape), min(shape)))
        q, r = np.linalg.qr(tall)
        # The signs make the distribution uniform, whatever LAPACK chose.
        scaled: NDArray[np.float64] = self.gain * q * np.sign(np.diagonal(r))
        return scaled if shape[0] >= shape[1] else scaled.T


def _cut_off_normal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Standard normal numbers, drawn again beyond two standard deviations."""
    numbers = rng.standard_normal(shape)
    while (outside := np.abs(numbers) > 2).any():
        numbers[outside] = rng.standard_normal(int(outside.sum()))
    return numbers


_BY_NAME: dict[str, type[Initializer]] = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "lecun_normal": LecunNormal,
    "lecun_uniform": LecunUniform,
    "orthogonal": Orthogonal,
}


def resolve(initializer: Any) -> Callable[[tuple[int, ...], np.random.Generator], Any]:
    """The initializer that a user means: one of a name or class, or a function of (shape, rng).

    Raises
    ------
    TypeError, ValueError
        If it is none; the message lists the names and the nearest.

    Examples
    --------
    >>> resolve("he_normal")
    HeNormal()
    >>> resolve("glorot")
    Traceback (most recent call last):
    ValueError: initializer 'glorot' is unknown; did you mean 'glorot_normal'? Expected one of zeros, ones, ...
    """
    if isinstance(initializer, str):
        found = _BY_NAME.get(initializer.lower())
        if found is None:
            raise unknown_name("initializer", initializer, _BY_NAME, "a function of (shape, rng)")
        return found()
    if isinstance(initializer, type) and issubclass(initializer, Initializer):
        return initializer()
    if not callable(initializer):
        raise TypeError(f"an initializer must be a name or a function of (shape, rng), but it is {initializer!r}")
    function: Callable[[tuple[int, ...], np.random.Generator], Any] = initializer
    return function
