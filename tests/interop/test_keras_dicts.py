"""Models whose outputs or inputs are dicts, which Keras goes through by sorted keys, whatever order they came in."""

import numpy as np
import pytest

import fastnn
from fastnn.interop import from_keras, load_keras_weights, save_keras_weights, to_keras
from fastnn.layers import Concatenate, Dense, Input

pytest.importorskip("h5py")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

X = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


def check(found, expected):
    """Two dicts of outputs, or two outputs."""
    if not isinstance(expected, dict):
        found, expected = {"": found}, {"": expected}
    assert found.keys() == expected.keys()
    for key, outputs in expected.items():
        # Sums of four products in float32.
        np.testing.assert_allclose(found[key], outputs, rtol=0, atol=1e-6)


def headed(sizes=(1, 1)):
    x = Input((4,))
    return fastnn.Model(x, {"q": Dense(sizes[0], name="a")(x), "p": Dense(sizes[1], name="b")(x)}, seed=0)


def outputs_of(model):
    return dict(zip(model.output_names, model.predict(X), strict=True))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("sizes", [(1, 1), (2, 3)])
def test_heads_are_written_each_to_its_name(keras, tmp_path, suffix, sizes):
    model = headed(sizes)
    to_keras(model, tmp_path / f"model{suffix}")
    check(keras.saving.load_model(tmp_path / f"model{suffix}").predict(X, verbose=0), outputs_of(model))
    again = from_keras(tmp_path / f"model{suffix}")
    assert again.output_names == ("q", "p")
    check(outputs_of(again), outputs_of(model))


@pytest.mark.parametrize("suffix", [".weights.h5"])
def test_weights_go_to_the_head_of_their_name(keras, tmp_path, suffix):
    model = headed()
    save_keras_weights(model, tmp_path / f"model{suffix}")
    x = keras.Input((4,))
    theirs = keras.Model(x, {"q": keras.layers.Dense(1, name="a")(x), "p": keras.layers.Dense(1, name="b")(x)})
    before = theirs.predict(X, verbose=0)
    theirs.save_weights(tmp_path / f"theirs{suffix}")
    theirs.load_weights(tmp_path / f"model{suffix}")
    check(theirs.predict(X, verbose=0), outputs_of(model))
    load_keras_weights(model, tmp_path / f"theirs{suffix}")
    check(outputs_of(model), before)


def test_dicts_of_a_model_within(keras, tmp_path):
    x = keras.Input((4,))
    inner = keras.Model(x, {"q": keras.layers.Dense(2)(x), "p": keras.layers.Dense(2)(x)})
    outer = keras.Input((4,))
    found = inner(outer)
    model = keras.Model(outer, keras.layers.Subtract()([found["q"], found["p"]]))
    model.save(tmp_path / "model.keras")
    for source in (model, tmp_path / "model.keras"):
        check(from_keras(source).predict(X), model.predict(X, verbose=0))


def test_a_model_within_is_written_by_sorted_keys(keras, tmp_path):
    x = Input((4,))
    model = fastnn.Model(x, Concatenate()(headed((2, 3))(x)), seed=1)
    to_keras(model, tmp_path / "model.keras")
    check(keras.saving.load_model(tmp_path / "model.keras").predict(X, verbose=0), model.predict(X))
    check(from_keras(tmp_path / "model.keras").predict(X), model.predict(X))


@pytest.mark.parametrize("form", [list, dict])
def test_towers_of_several_inputs(keras, tmp_path, form):
    """Keras writes a mask of None for each of them."""
    first, second = keras.Input((4,), name="z"), keras.Input((4,), name="y")
    ends = [keras.layers.Dense(2)(first), keras.layers.Dense(2)(second)]
    tower = keras.Model([first, second] if form is list else {"z": first, "y": second}, keras.layers.Subtract()(ends))
    inputs = [keras.Input((4,), name="c"), keras.Input((4,), name="d")]
    given = inputs if form is list else {"z": inputs[0], "y": inputs[1]}
    model = keras.Model(inputs, keras.layers.Dense(1)(tower(given)))
    model.save(tmp_path / "model.keras")
    data = [X, X[::-1].copy()]
    for source in (model, tmp_path / "model.keras"):
        check(from_keras(source).predict(data), model.predict(data, verbose=0))
