"""The learning-rate scheduler: the function's rates are those that training uses, and the history tells them."""

import math

import numpy as np
import pytest

from fastnn import optimizers
from fastnn.callbacks import LearningRateScheduler


def test_training_uses_the_rates_of_the_function(make_model, data):
    x, y = data
    asked = []

    def schedule(epoch, lr):
        asked.append((epoch, lr))
        return 0.1 / (epoch + 1)

    scheduled = make_model(optimizer=optimizers.SGD(0.5))
    history = scheduled.fit(x, y, epochs=3, batch_size=8, callbacks=[LearningRateScheduler(schedule)])
    rates = [0.1, 0.1 / 2, 0.1 / 3]
    assert history.history["learning_rate"] == rates
    assert asked == [(0, 0.5), (1, 0.1), (2, 0.1 / 2)]
    by_hand = make_model(optimizer=optimizers.SGD(0.5))
    for rate in rates:
        by_hand.optimizer.learning_rate = rate
        by_hand.fit(x, y, batch_size=8)
    assert np.array_equal(scheduled.parameters, by_hand.parameters)


def test_the_epoch_is_counted_from_the_first_one(make_model, data):
    asked = []
    scheduler = LearningRateScheduler(lambda epoch, lr: asked.append(epoch) or lr)
    make_model().fit(*data, epochs=5, initial_epoch=3, callbacks=[scheduler])
    assert asked == [3, 4]


def test_numpy_numbers_are_numbers(make_model, data):
    model = make_model()
    model.fit(*data, callbacks=[LearningRateScheduler(lambda epoch, lr: np.float32(0.25))])
    assert model.optimizer.learning_rate == 0.25


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (None, TypeError, r"what schedule\(0, 0.5\) returns must be a number, but it is None"),
        ("0.1", TypeError, r"what schedule\(0, 0.5\) returns must be a number, but it is '0.1'"),
        (math.nan, ValueError, r"what schedule\(0, 0.5\) returns must be finite and not negative, but it is nan"),
        (-0.1, ValueError, r"what schedule\(0, 0.5\) returns must be finite and not negative, but it is -0.1"),
    ],
)
def test_what_the_function_returns_is_checked(make_model, data, returned, error, message):
    model = make_model(optimizer=optimizers.SGD(0.5))
    with pytest.raises(error, match=message):
        model.fit(*data, callbacks=[LearningRateScheduler(lambda epoch, lr: returned)])
    assert model.optimizer.learning_rate == 0.5


def test_verbose_tells_the_rates(make_model, data, capsys):
    scheduler = LearningRateScheduler(lambda epoch, lr: 0.1 / (1 + epoch), verbose=1)
    make_model().fit(*data, epochs=2, callbacks=[scheduler])
    assert capsys.readouterr().out == "epoch 1: learning rate 0.1\nepoch 2: learning rate 0.05\n"


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match=r"schedule must be a function of \(epoch, lr\) that returns a rate, but it is"):
        LearningRateScheduler(0.1)
