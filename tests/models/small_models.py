"""Small data and a small model, for the tests of fits."""

import numpy as np

from fastnn.layers import Dense, Input
from fastnn.models import Sequential


def data(samples=50, classes=3, seed=0, dtype=np.float32):
    """Four Gaussian columns, and one-hot classes that are linear in them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, 4)).astype(dtype)
    labels = (x @ rng.normal(size=(4, classes))).argmax(axis=1)
    return x, np.eye(classes, dtype=dtype)[labels]


def model(seed=0, dtype="float32", optimizer="adam", loss="categorical_crossentropy", metrics=("accuracy",), classes=3):
    """A compiled classifier of such data."""
    made = Sequential([Input((4,)), Dense(8, "tanh"), Dense(classes, "softmax")], seed=seed, dtype=dtype)
    made.compile(optimizer, loss, metrics=metrics)
    return made
