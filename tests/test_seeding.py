"""Tests draw the same in every run, where they give no seed themselves."""

import random

import numpy as np
import pytest
from seeding import seed_everything

import fastnn


def of_a_model():
    return fastnn.Sequential([fastnn.Dense(3, input_shape=(4,))]).parameters.copy()


def of_a_keras_script():
    keras = pytest.importorskip("fastnn.keras")
    return keras.Sequential([keras.layers.Dense(2, input_dim=3)]).get_weights()[0]


def of_torch():
    return pytest.importorskip("torch").nn.Linear(3, 2).weight.detach().numpy()


def of_keras():
    return np.asarray(pytest.importorskip("keras", minversion="3.0").random.uniform((3,)))


WAYS = {
    "python": random.random,
    "numpy": np.random.random,
    "generator": lambda: np.random.default_rng().random(),
    "notebook": lambda: fastnn.FCLayer(3, 2).weights,
    "model": of_a_model,
    "keras_script": of_a_keras_script,
    "torch": of_torch,
    "keras": of_keras,
}


@pytest.mark.parametrize("way", WAYS)
def test_one_name_gives_the_same_numbers(way):
    draw = WAYS[way]
    draw()  # only what is imported is seeded
    seed_everything("a test")
    drawn = [draw(), draw()]
    assert not np.array_equal(*drawn)
    seed_everything("a test")
    np.testing.assert_array_equal(drawn, [draw(), draw()])
    seed_everything("another test")
    assert not np.array_equal(drawn[0], draw())


def test_each_test_begins_with_its_name(request):
    drawn = [draw() for draw in (random.random, WAYS["generator"], WAYS["model"])]
    seed_everything(request.node.nodeid)
    for draw, before in zip((random.random, WAYS["generator"], WAYS["model"]), drawn, strict=True):
        np.testing.assert_array_equal(before, draw())
