"""What Keras keeps for a whole process: where seeds come from, and the type of new models' numbers."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from fastnn.checking.arrays import float_dtype
from fastnn.checking.scalars import whole_number

__all__ = ["SESSION", "Session"]


class Session:
    """The settings of a process that new models of `fastnn.keras` begin with.

    Attributes
    ----------
    floatx : str
        float32 or float64.

    Examples
    --------
    >>> session = Session()
    >>> session.next_seed() is None
    True
    """

    def __init__(self) -> None:
        self.floatx = "float32"
        self._seeds: np.random.Generator | None = None
        self._draws: np.random.Generator | None = None

    def set_floatx(self, value: Any) -> None:
        """Choose float32 or float64; raises TypeError or ValueError for anything else."""
        self.floatx = float_dtype(value).name

    def next_seed(self) -> int | None:
        """The seed of the next model: None, for a fresh one, before `set_random_seed`."""
        return None if self._seeds is None else int(self._seeds.integers(1 << 63))

    def generator(self, seed: int | None = None) -> np.random.Generator:
        """What draws numbers that a script asks for; a seed of its own gives the same each time."""
        if seed is not None:
            return np.random.default_rng(seed)
        if self._draws is None:
            self._draws = np.random.default_rng(self.next_seed())
        return self._draws

    def set_random_seed(self, seed: int) -> None:
        """Seed Python's and NumPy's generators, and those of all models made from now on."""
        number = whole_number(seed, "seed", at_least=0)
        random.seed(number)
        # Keras documents that it does: scripts shuffle their data with it.
        np.random.seed(number)  # noqa: NPY002
        self._seeds = np.random.default_rng(number)
        # Of its own, so that what a script draws changes no model.
        self._draws = np.random.default_rng([number, 1])


SESSION = Session()
