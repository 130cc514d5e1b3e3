"""What all initializers share: equality, a description, the call, and a seed of their own."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import whole_number_or_none
from fastnn.checking.strict import Strict

__all__ = ["Initializer", "RandomInitializer"]


class Initializer(Strict):
    """A function of a shape, (fan_in, fan_out) for the kernel of a dense layer, and a generator.

    Those that draw at random take ``seed``, as Keras' do: a whole number, with which each call gives the same numbers.
    By default the model's generator draws, so that its own seed decides.

    Attributes
    ----------
    aliases : tuple of str
        Further names that users may write.
    """

    aliases: ClassVar[tuple[str, ...]] = ()

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


class RandomInitializer(Initializer):
    """One that draws: from a generator of its own where it has a seed, or else from the model's.

    Parameters
    ----------
    seed : int, optional
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = whole_number_or_none(seed, "seed", at_least=0)

    def _generator(self, rng: np.random.Generator) -> np.random.Generator:
        return rng if self.seed is None else np.random.default_rng(self.seed)
