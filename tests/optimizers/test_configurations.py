"""Optimisers as plain data, and back."""

import json

import numpy as np
import pytest

import fastnn.keras as keras
from fastnn import optimizers
from fastnn.optimizers import CLASSES, schedules

RATES = [0.25, schedules.CosineDecay(0.5, 10)]


@pytest.mark.parametrize("name", sorted(set(CLASSES.values()) - {"LBFGS"}))
@pytest.mark.parametrize("rate", RATES, ids=["number", "schedule"])
def test_each_comes_back_from_json(name, rate):
    kind = getattr(optimizers, name)
    made = kind(learning_rate=rate, clipnorm=1.5)
    config = json.loads(json.dumps(made.get_config()))
    assert config["clipnorm"] == 1.5
    assert kind.from_config(config) == made


def test_as_keras_takes_them():
    adam = keras.optimizers.Adam(0.01, beta_1=0.8)
    assert keras.optimizers.Adam.from_config(adam.get_config()) == adam
    assert type(adam).from_config(adam.get_config()) == adam
    assert keras.optimizers.deserialize(keras.optimizers.serialize(adam)) == adam
    assert keras.optimizers.get({"class_name": "SGD", "config": {"learning_rate": 0.1}}).rate_in_velocity
    with pytest.raises(ValueError, match="has no 'Adams'"):
        keras.optimizers.deserialize({"class_name": "Adams", "config": {}})
    with pytest.raises(TypeError, match="use_ema"):
        keras.optimizers.Adam.from_config({"learning_rate": 0.1, "use_ema": True})


def test_a_function_of_ones_own_is_no_data():
    with pytest.raises(TypeError, match="function of your own"):
        optimizers.SGD(lambda step: 0.1 / (1 + step)).get_config()
    with pytest.raises(ValueError, match="must be a number or one of"):
        optimizers.SGD.from_config({"learning_rate": {"class_name": "Own", "config": {}}})


def test_gradients_must_fit_and_be_finite():
    weights = np.ones(2)
    for pairs, error in (([([1.0], weights)], TypeError), ([([1.0, np.nan], weights)], FloatingPointError)):
        with pytest.raises(error):
            optimizers.Adam().apply_gradients(pairs)
    assert weights.tolist() == [1, 1]
    with pytest.raises(TypeError, match="experimental"):
        optimizers.Adam().apply_gradients([], experimental=True)
