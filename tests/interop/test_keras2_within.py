"""A file that Keras 2.21 wrote: models within that are called twice, and whose values are outputs.

    x = keras.Input((3,))
    trunk = layers.Dense(2, activation="tanh")(x)
    graph = keras.Model(x, [layers.Dense(2)(trunk), layers.Dense(2)(trunk)])
    chain = keras.Sequential([layers.Dense(2, input_shape=(3,))])
    deferred = keras.Sequential([layers.Dense(2)])
    outer = keras.Input((3,))
    other = layers.Dense(3)(outer)
    (first, second), (third, fourth) = graph(outer), graph(other)
    ends = [layers.add([first, fourth]), third, chain(outer)]
    ends += [layers.add([chain(other), deferred(outer)]), deferred(other)]
    model = keras.Model(outer, ends)

Beside it lie rows, and what Keras gave for them.
"""

from pathlib import Path

import numpy as np
import pytest

from fastnn.interop import from_keras

FOLDER = Path(__file__).parent / "keras2"


def test_calls_of_models_within_are_counted_as_keras_2_does():
    pytest.importorskip("h5py")
    with np.load(FOLDER / "within.npz") as arrays:
        rows, *ends = arrays.values()
    found = from_keras(FOLDER / "within.h5").predict(rows)
    assert len(found) == len(ends) == 5
    for mine, theirs in zip(found, ends, strict=True):
        # Sums of three products in float32.
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-6)
