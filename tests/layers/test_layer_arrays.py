"""The arrays of layers as attributes: what is written into them is the model's, and nothing else is."""

import copy
import pickle

import numpy as np
import pytest

from fastnn.layers import BatchNormalization, Dense, Dropout, Input, LayerNormalization
from fastnn.models import Sequential


@pytest.fixture
def model():
    return Sequential([Input((3,)), Dense(2), BatchNormalization(), LayerNormalization()], seed=0)


def test_each_array_is_an_attribute(model):
    for layer in model.layers:
        for name, array in layer.arrays.items():
            assert np.shares_memory(getattr(layer, name), array)
        assert [part.tolist() for part in layer.weights] == [array.tolist() for array in layer.arrays.values()]
    model.layers[0].bias[0] = 5
    assert model.get_weights()[1].tolist() == [5, 0]


def test_assign_writes_into_the_model(model):
    dense = model.layers[0]
    assert dense.kernel.assign(np.ones((3, 2))) is not dense.kernel
    dense.bias.assign([1, 2]).assign_add([1, 1])
    dense.bias.assign_sub([0, 3])
    np.testing.assert_array_equal(model.predict(np.zeros((1, 3))), model.predict(np.zeros((1, 3))))
    np.testing.assert_array_equal(model.get_weights()[0], np.ones((3, 2)))
    np.testing.assert_array_equal(model.get_weights()[1], [2, 0])


def test_what_is_computed_from_an_array_is_another(model):
    kernel = model.layers[0].kernel
    for other in (kernel * 2, -kernel, np.abs(kernel), kernel.numpy(), kernel.sum(axis=0)):
        assert type(other) is np.ndarray
        assert not np.shares_memory(other, kernel)
    assert isinstance(kernel.sum(), np.float32)
    assert np.shares_memory(kernel[0], kernel)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (np.ones((3, 3)), ValueError, r"must have shape \(3, 2\), but its shape is \(3, 3\)"),
        (np.full((3, 2), np.nan), ValueError, "finite"),
        (np.full((3, 2), 1e300), ValueError, "too large for float32"),
        (np.full((3, 2), "a"), TypeError, "real numbers"),
        (0.0, ValueError, r"must have shape \(3, 2\)"),
    ],
)
def test_what_does_not_fit_changes_nothing(model, value, error, words):
    dense, before = model.layers[0], model.get_weights()
    with pytest.raises(error, match=words):
        dense.kernel.assign(value)
    with pytest.raises(error, match=f"the kernel of dense.*{words}"):
        dense.set_weights([value, np.ones(2)])
    with pytest.raises(ValueError, match=r"dense has 2 arrays \(kernel, bias\), but there are 1 weights"):
        dense.set_weights([np.ones((3, 2))])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_set_weights_of_a_layer(model):
    dense = model.layers[0]
    dense.set_weights([np.arange(6).reshape(3, 2), [7, 8]])
    assert dense.get_weights()[0].tolist() == [[0, 1], [2, 3], [4, 5]]
    # Views of its own arrays are read before they are written.
    dense.set_weights([dense.kernel[::-1], dense.bias[::-1]])
    assert dense.get_weights()[0].tolist() == [[4, 5], [2, 3], [0, 1]]
    assert dense.bias.tolist() == [8, 7]


def test_before_the_model_is_built():
    with pytest.raises(
        AttributeError, match="a Dense has no attribute 'kernel': it has arrays once its model is built"
    ):
        _ = Dense(2).kernel
    with pytest.raises(RuntimeError, match="is not built"):
        Dense(2).set_weights([])
    with pytest.raises(AttributeError, match=r"a Dropout has no attribute 'kernels'$"):
        _ = Dropout(0.5).kernels
    assert Dense(2).weights == []


def test_copies_have_their_own(model):
    for other in (copy.copy(model), pickle.loads(pickle.dumps(model))):
        other.layers[0].bias.assign([9, 9])
        assert other.get_weights()[1].tolist() == [9, 9]
    assert model.layers[0].bias.tolist() == [0, 0]
