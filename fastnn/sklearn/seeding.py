"""The random numbers of scikit-learn's estimators, from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray
from sklearn.utils import check_random_state

__all__ = ["random_state_of", "seeded"]

LARGEST_SEED = 2**32 - 1


class _Overwritten(ISeedSequence):
    """A state that the seed takes the place of."""

    state = np.ones(624, np.uint32)

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        return self.state


def seeded(seed: int) -> np.random.RandomState:
    """``RandomState(seed)``, which first draws a state from the system: a third of its time here.

    >>> seeded(3).randint(1000) == np.random.RandomState(3).randint(1000)
    True
    """
    # NumPy's stubs know no seed sequences but its own.
    unseeded: Any = _Overwritten()
    made = np.random.RandomState(np.random.MT19937(unseeded))
    made.seed(seed)
    return made


def random_state_of(given: Any) -> np.random.RandomState:
    """What scikit-learn makes of an argument ``random_state``, with its errors."""
    if isinstance(given, int | np.integer) and 0 <= given <= LARGEST_SEED:
        return seeded(int(given))
    checked: np.random.RandomState = check_random_state(given)
    return checked
