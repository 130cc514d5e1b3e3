"""Normalisations by data in files of Keras, both ways: what was learnt, and what they were made with."""

import numpy as np
import pytest

import fastnn.keras as ours
from fastnn.interop import from_keras

X = (np.random.default_rng(0).normal(size=(30, 3)) * [1, 10, 100] + [5, 0, -40]).astype(np.float32)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


def model_of(keras, graph):
    """An adapted one, one of all numbers, and one that is given numbers."""
    first, middle = keras.layers.Normalization(), keras.layers.Normalization(axis=None)
    first.adapt(X)
    middle.adapt(X[:, :2])
    chain = [first, keras.layers.Dense(4, activation="tanh"), middle]
    given = keras.layers.Normalization(mean=[1.0, 2.0, 0.0, 1.0], variance=[4.0, 1.0, 2.0, 1.0])
    chain += [given, keras.layers.Dense(2)]
    if not graph:
        return keras.Sequential([keras.Input((3,)), *chain])
    begin = value = keras.Input((3,))
    for layer in chain:
        value = layer(value)
    return keras.Model(begin, value)


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_files_go_both_ways(keras, graph, name, tmp_path):
    pytest.importorskip("h5py")
    theirs, own = model_of(keras, graph), model_of(ours, graph)
    theirs.save(tmp_path / f"theirs_{name}")
    expected = theirs.predict(X, verbose=0)
    # Float32 in another order of operations.
    np.testing.assert_allclose(ours.models.load_model(tmp_path / f"theirs_{name}").predict(X), expected, 1e-4, 1e-5)
    np.testing.assert_allclose(from_keras(theirs).predict(X), expected, 1e-4, 1e-5)
    own.save(tmp_path / f"own_{name}")
    again = keras.models.load_model(tmp_path / f"own_{name}")
    np.testing.assert_allclose(again.predict(X, verbose=0), own.predict(X), 1e-4, 1e-5)


@pytest.mark.parametrize("name", ["own.weights.h5", "own.h5"])
def test_weights_alone_have_what_was_learnt(keras, name, tmp_path):
    pytest.importorskip("h5py")
    own = model_of(ours, False)
    own.save_weights(tmp_path / name)
    other = model_of(ours, False)
    other.layers[0].adapt(X * 2)
    other.load_weights(tmp_path / name)
    np.testing.assert_array_equal(other.predict(X), own.predict(X))


def test_all_numbers_have_one_mean():
    layer = ours.layers.Normalization(axis=None)
    layer.adapt(X)
    np.testing.assert_allclose(layer(X), (X - X.mean()) / X.std(), rtol=1e-5, atol=1e-6)
    assert float(np.squeeze(layer.mean)) == pytest.approx(float(X.mean()), rel=1e-5)
    with pytest.raises(ValueError, match="axis must be -1"):
        ours.layers.Normalization(axis=1)
    with pytest.raises(ValueError, match="with axis=None mean and variance are numbers"):
        ours.layers.Normalization(axis=None, mean=[1.0, 2.0], variance=[1.0, 1.0])
