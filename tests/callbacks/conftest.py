"""What tests of callbacks share: small real models on seeded data, some of it noise that can only be overfitted."""

import numpy as np
import pytest

from fastnn.layers import Dense
from fastnn.models import Sequential


@pytest.fixture
def make_model():
    """A function of seed and optimizer that makes a compiled model with two inputs and one output."""

    def make(seed=0, optimizer="adam", metrics=("mae",)):
        model = Sequential([Dense(6, "tanh", input_shape=(2,)), Dense(1)], seed=seed)
        model.compile(optimizer, "mse", metrics=metrics)
        return model

    return make


@pytest.fixture
def data():
    """40 samples of a plane."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 2)).astype("float32")
    return x, (x @ np.array([[0.5], [-1.0]])).astype("float32")


@pytest.fixture
def noise():
    """Targets that have nothing to do with the inputs, for training and for validation: the validation loss rises."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(60, 2)).astype("float32"), rng.normal(size=(60, 1)).astype("float32")
    return (x[:20], y[:20]), (x[20:], y[20:])


@pytest.fixture
def feed(make_model):
    """A function that tells a callback of epochs with recorded values until it ends training.

    It returns the model and the number of epochs told.
    """

    def tell(callback, name, values, model=None):
        model = model or make_model(optimizer="sgd", metrics=("mae", "accuracy"))
        model.build()
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, value in enumerate(values):
            # Weights by which the epoch can be told.
            model.set_weights([np.full(array.shape, epoch) for array in model.get_weights()])
            callback.on_epoch_end(epoch, {name: value})
            if model.stop_training:
                break
        callback.on_train_end()
        return model, epoch + 1

    return tell
