"""What training leaves as it is, in models within models: Keras' files have it, with the arrays of each layer."""

import itertools

import numpy as np
import pytest

from fastnn import Model, Sequential, layers
from fastnn.interop import from_keras, load_keras_weights, save_keras_weights, to_keras
from fastnn.models.leaves import leaf_layers

pytest.importorskip("h5py")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

X = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
KINDS = ("chain", "graph", "two deep", "two of the same names")
# Which are frozen: the batch normalisation, the first dense layer, the model around them. The older format alone has
# arrays in an order that depends on it.
CASES = [
    *itertools.product(KINDS, [(True, False, False), (False, True, False), (False, True, True)], ["h5"]),
    *itertools.product(("graph", "two deep"), [(False, True, False), (False, False, True)], ["keras"]),
]


def blocks(place, kind, frozen, name="inner"):
    """A model of one batch normalisation and two dense layers, of fastnn or of Keras."""
    parts, sequential, graph = place
    normal, first, whole = frozen
    one, two, three = parts.BatchNormalization(name="b"), parts.Dense(4, name="d"), parts.Dense(4, name="e")
    one.trainable, two.trainable = not normal, not first
    x = parts.Input((4,))
    made = graph(x, parts.Add()([two(one(x)), three(x)]), name=name) if kind == "graph" else None
    made = made or sequential([x, one, two, three], name=name)
    if whole:
        made.trainable = False
    return made


def model_of(place, kind, frozen):
    parts, sequential, _ = place
    if kind in ("chain", "graph"):
        inner = [blocks(place, kind, frozen)]
    else:
        several = [blocks(place, "graph", frozen)]
        several += [blocks(place, "chain", frozen, "other")] if kind == "two of the same names" else []
        inner = [sequential([parts.Input((4,)), *several, parts.BatchNormalization(name="last")], name="middle")]
    model = sequential([parts.Input((4,)), parts.Dense(4, name="first"), *inner, parts.Dense(2, name="end")])
    if place is OURS:
        model.build()
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.2, 0.7, size=array.shape) for array in model.get_weights()])
    return model


OURS = (layers, Sequential, Model)


def trained(model):
    """How many numbers of a model of ours training changes."""
    still = {id(array) for array in model.frozen_arrays()}
    pairs = [(one, layer.arrays[one.name]) for layer in leaf_layers(model.layers) for one in layer.variables()]
    return sum(array.size for one, array in pairs if one.trainable and id(array) not in still)


def same(one, other):
    # Sums of four products in float32, through five layers.
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("kind", "frozen", "ending"), CASES)
def test_ours_in_keras_and_back(kind, frozen, ending, keras, tmp_path):
    model, path = model_of(OURS, kind, frozen), tmp_path / f"model.{ending}"
    expected = model.predict(X)
    to_keras(model, path)
    theirs = keras.models.load_model(path, compile=False)
    same(theirs.predict(X, verbose=0), expected)
    assert sum(int(np.prod(array.shape)) for array in theirs.trainable_weights) == trained(model)
    again = from_keras(path)
    same(again.predict(X), expected)
    assert trained(again) == trained(model)
    weights = tmp_path / ("own.h5" if ending == "h5" else "own.weights.h5")
    save_keras_weights(model, weights)
    theirs.set_weights([np.ones_like(array) for array in theirs.get_weights()])
    theirs.load_weights(weights)
    same(theirs.predict(X, verbose=0), expected)
    for source in (weights, path):
        other = model_of(OURS, kind, frozen)
        other.set_weights([np.ones_like(array) for array in other.get_weights()])
        load_keras_weights(other, source)
        np.testing.assert_array_equal(other.predict(X), expected)


# Keras cannot write two layers of one name to the older format.
@pytest.mark.parametrize(("kind", "frozen", "ending"), [case for case in CASES if case[0] != KINDS[-1]])
def test_keras_models_here(kind, frozen, ending, keras, tmp_path):
    model, path = model_of((keras.layers, keras.Sequential, keras.Model), kind, frozen), tmp_path / f"model.{ending}"
    model.save(path)
    ours, numbers = from_keras(path), sum(int(np.prod(array.shape)) for array in model.trainable_weights)
    same(ours.predict(X), model.predict(X, verbose=0))
    assert trained(ours) == trained(from_keras(model)) == numbers
    nested = model_of(OURS, kind, frozen)
    nested.set_weights([np.ones_like(array) for array in nested.get_weights()])
    load_keras_weights(nested, path)
    same(nested.predict(X), model.predict(X, verbose=0))


def test_a_layer_that_trains_in_a_model_that_does_not(keras, tmp_path):
    """Keras writes its arrays first; the names tell whose they are."""
    inner = blocks((keras.layers, keras.Sequential, keras.Model), "chain", (False, False, True))
    inner.layers[1].trainable = True
    middle = keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(4, name="dd")], name="middle")
    model = keras.Sequential([keras.Input((4,)), middle])
    model.set_weights([np.random.default_rng(0).uniform(0.2, 0.7, array.shape) for array in model.get_weights()])
    model.save(tmp_path / "model.h5")
    same(from_keras(tmp_path / "model.h5").predict(X), model.predict(X, verbose=0))


def test_what_a_frozen_model_says_its_layers_say(tmp_path, keras):
    """Keras forgets it of a Sequential."""
    model = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2)])
    model.trainable = False
    model.layers[1].trainable = True
    for ending in ("keras", "h5"):
        to_keras(model, tmp_path / f"model.{ending}")
        assert keras.models.load_model(tmp_path / f"model.{ending}", compile=False).trainable_weights == []


def test_arrays_of_other_names_are_not_taken(tmp_path):
    import h5py

    model = Sequential([layers.Input((4,)), layers.Dense(4)])
    model.build()
    save_keras_weights(model, tmp_path / "own.h5")
    with h5py.File(tmp_path / "own.h5", "a") as file:
        group = file["dense"]
        group["dense/gamma"] = group["dense/bias"][()]
        group.attrs["weight_names"] = [b"dense/kernel", b"dense/gamma"]
    with pytest.raises(ValueError, match="or call them otherwise"):
        load_keras_weights(model, tmp_path / "own.h5")
