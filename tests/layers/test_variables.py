"""``layer.variables`` as a method of fastnn, and as Keras' list of arrays."""

import numpy as np
import pytest

from fastnn import Sequential
from fastnn.layers import BatchNormalization, Dense, Dropout, Input, LayerNormalization, PReLU


@pytest.fixture
def model():
    return Sequential([Input(3), Dense(4), BatchNormalization(), LayerNormalization(), PReLU(), Dropout(0.1), Dense(2)])


def test_variables_are_the_arrays_and_a_method(model):
    for layer in model.layers:
        assert len(layer.variables) == len(layer.weights) == len(layer.variables())
        for one, other, told in zip(layer.variables, layer.weights, layer.variables(), strict=True):
            assert np.shares_memory(one, other)
            assert one.shape == told.shape
    first, last = model.layers[0], model.layers[-1]
    assert [one.shape for one in first.variables + last.variables] == [(3, 4), (4,), (4, 2), (2,)]
    assert [one.shape for one in [*first.variables]] == [(3, 4), (4,)]
    first.variables[1].assign(np.ones(4))
    assert first.bias.tolist() == [1.0] * 4


def test_an_overridden_method_is_a_list_as_well():
    class Own(Dense):
        def variables(self):
            return super().variables()

    model = Sequential([Input(3), Own(2)])
    assert [one.shape for one in model.layers[0].variables] == [(3, 2), (2,)]
    assert [one.name for one in model.layers[0].variables()] == ["kernel", "bias"]
    assert not Dense(2).variables
    assert Own.variables.__name__ == "variables"
