"""Small streams of dicts."""

import numpy as np
import pytest


@pytest.fixture
def stream():
    """A function that gives rows of named numbers with a target: a number, or one of three classes."""

    def make(count, names="abcd", seed=0, classes=False):
        rng = np.random.default_rng(seed)
        rows = [dict(zip(names, values.tolist(), strict=True)) for values in rng.normal(size=(count, len(names)))]
        sums = [sum(row.values()) for row in rows]
        return [
            (row, "low" if s < -1 else "high" if s > 1 else "middle") if classes else (row, s)
            for row, s in zip(rows, sums, strict=True)
        ]

    return make
