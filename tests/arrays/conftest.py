"""What the tests of the kinds of data share: a small model that learns from whatever they give it."""

import numpy as np
import pytest

from fastnn import Sequential
from fastnn.layers import Dense

SAMPLES, FEATURES = 40, 5


@pytest.fixture
def learned():
    """A function that trains a model of its own on data, and returns losses, weights and predictions bit by bit."""

    def learn(x, y, *, loss="mse", outputs=1, dtype=np.float32, **options):
        last = "softmax" if loss == "sparse_categorical_crossentropy" else None
        model = Sequential([Dense(7, "tanh"), Dense(outputs, last)], seed=1, dtype=dtype)
        model.compile(optimizer="adam", loss=loss)
        history = model.fit(x, y, epochs=3, batch_size=8, **options)
        weights = b"".join(array.tobytes() for array in model.get_weights())
        return history.history, weights, model.predict(x).tobytes(), model.evaluate(x, y)

    return learn


@pytest.fixture
def numbers():
    """x of shape (40, 5) and y of shape (40, 1), float32."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(SAMPLES, FEATURES)).astype(np.float32)
    return x, x[:, :1] - 2 * x[:, 1:2]
