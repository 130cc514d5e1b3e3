"""The learning rate is a number, and may be assigned to in place."""

import copy
import json
import pickle

import numpy as np
import pytest

from fastnn import optimizers
from fastnn.layers import Dense, Input
from fastnn.models import Sequential


def test_assigning_in_place_changes_the_optimizer():
    optimizer = optimizers.Adam(0.5)
    rate = optimizer.learning_rate
    rate.assign(0.25)
    assert (optimizer.learning_rate, optimizer.rate_at(7), rate) == (0.25, 0.25, 0.5)
    optimizer.learning_rate.assign(np.float32(0.125))
    assert (optimizer.learning_rate, optimizer.learning_rate.numpy()) == (0.125, 0.125)
    assert "learning_rate=0.125" in repr(optimizer)


@pytest.mark.parametrize(("value", "error"), [(-1, ValueError), (np.nan, ValueError), ("high", TypeError)])
def test_what_is_no_rate(value, error):
    optimizer = optimizers.SGD(0.5)
    with pytest.raises(error, match="learning_rate"):
        optimizer.learning_rate.assign(value)
    assert optimizer.learning_rate == 0.5


def test_it_is_a_float_to_everybody_else():
    rate = optimizers.SGD(0.5).learning_rate
    assert (isinstance(rate, float), repr(rate), json.dumps([rate]), f"{rate:.2f}") == (True, "0.5", "[0.5]", "0.50")
    assert type(pickle.loads(pickle.dumps(rate))) is float
    assert type(rate * 2) is float


def test_copies_have_a_rate_of_their_own():
    optimizer = optimizers.SGD(0.5)
    for again in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        again.learning_rate.assign(0.25)
        assert (again.learning_rate, optimizer.learning_rate) == (0.25, 0.5)
    taken = optimizers.Adam(optimizer.learning_rate)
    taken.learning_rate.assign(0.125)
    assert optimizer.learning_rate == 0.5


def test_the_next_step_has_it():
    x, y = np.ones((1, 2)), np.zeros(1)
    models = [Sequential([Input((2,)), Dense(1)], seed=0, dtype="float64") for _ in range(2)]
    for model, rate in zip(models, (0.5, 0.01), strict=True):
        model.compile(optimizers.SGD(rate), "mse")
        model.optimizer.learning_rate.assign(0.01)
        model.train_on_batch(x, y)
    np.testing.assert_array_equal(models[0].parameters, models[1].parameters)


def test_a_schedule_is_not_assigned_in_place():
    schedule = optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)
    assert optimizers.SGD(schedule).learning_rate is schedule
