"""Averaged weights: the average of all batches, in place for validation, or from each epoch's end."""

import numpy as np
import pytest

from fastnn.callbacks import Callback, SwapEMAWeights
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 3)), RNG.normal(size=(12, 1))


def compiled():
    model = Sequential([Input((3,)), Dense(1)], seed=0, dtype="float64")
    model.compile("sgd", "mse")
    return model


class Weights(Callback):
    """Keeps the weights after each batch, in validations and at the ends of epochs."""

    def __init__(self):
        self.batches, self.validations, self.epochs = [], [], []

    def on_train_batch_end(self, batch, logs):
        self.batches.append(self.model.get_weights())

    def on_test_batch_end(self, batch, logs=None):
        self.validations.append(self.model.get_weights())

    def on_epoch_end(self, epoch, logs):
        self.epochs.append(self.model.get_weights())


def averages(batches, momentum):
    """The average after each batch."""
    found = [batches[0]]
    for weights in batches[1:]:
        found.append([momentum * old + (1 - momentum) * new for old, new in zip(found[-1], weights, strict=True)])
    return found


def close(weights, expected):
    for one, other in zip(weights, expected, strict=True):
        # Two products and a sum.
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_the_average_and_where_it_is(swap_on_epoch):
    swap, weights, model, plain = SwapEMAWeights(swap_on_epoch, momentum=0.7), Weights(), compiled(), compiled()
    model.fit(X, Y, epochs=3, batch_size=5, validation_data=(X, Y), callbacks=[swap, weights], shuffle=False)
    plain.fit(X, Y, epochs=3, batch_size=5, shuffle=False)
    expected = averages(weights.batches, 0.7)
    # Three batches an epoch, and as many of each validation.
    for epoch in range(3):
        close(weights.validations[3 * epoch], expected[3 * epoch + 2])
        close(weights.epochs[epoch], (expected if swap_on_epoch else weights.batches)[3 * epoch + 2])
    close(swap.averages, expected[-1])
    # The training is the same.
    close(weights.batches[-1], plain.get_weights())
    close(model.get_weights(), expected[-1] if swap_on_epoch else plain.get_weights())


def test_evaluations_by_themselves():
    swap, model = SwapEMAWeights(momentum=0.9), compiled()
    model.fit(X, Y, epochs=2, callbacks=[swap])
    before, plain = model.get_weights(), model.evaluate(X, Y)
    averaged = model.evaluate(X, Y, callbacks=[swap])
    assert averaged != plain
    close(model.get_weights(), before)
    with pytest.raises(ValueError, match="y"):
        model.evaluate(X, Y[:3], callbacks=[swap])
    close(model.get_weights(), before)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"swap_on_epoch": 1}, TypeError, "swap_on_epoch must be True or False"),
        ({"momentum": 1.0}, ValueError, "momentum must be below 1"),
        ({"momentum": -0.1}, ValueError, "momentum must be finite and not negative"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        SwapEMAWeights(**arguments)
