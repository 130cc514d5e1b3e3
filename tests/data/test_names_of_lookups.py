"""Names of columns where the first layer looks the data up: they are those of the frame, as everywhere else."""

import numpy as np
import pytest

from fastnn import Embedding, Flatten, Input, IntegerLookup, Model, Normalization, Sequential, StringLookup, load_model
from fastnn.layers import Add, Dense
from fastnn.models import clone_model

Y = np.array([[1.0], [2.0], [3.0]])


def strings():
    return [Input((2,), dtype="string"), StringLookup(vocabulary=["r", "g", "b"]), Embedding(4, 2), Flatten()]


def whole_numbers():
    return [Input((2,)), IntegerLookup(vocabulary=[5, 6, 7]), Embedding(4, 2), Flatten()]


def standardized():
    lookup = Normalization()
    lookup.adapt(np.array([[5, 1], [6, 2], [7, 3]]))
    return [Input((2,)), lookup]


FIRST = {
    "strings": (strings, (["r", "g", "b"], ["g", "g", "r"])),
    "whole numbers": (whole_numbers, ([5, 6, 7], [7, 7, 5])),
    "standardized": (standardized, ([5, 6, 7], [7, 7, 5])),
}


def trained(first, x, graph=False):
    layers = [*first(), Dense(1)]
    if graph:
        value = layers[0]
        for layer in layers[1:]:
            value = layer(value)
        model = Model(layers[0], value, seed=0)
    else:
        model = Sequential(layers, seed=0)
    model.compile("sgd", "mse")
    model.fit(x, Y, verbose=0)
    return model


def steps(model, call):
    call()
    return model.parameters


WAYS = {
    "predict": lambda model, x: model.predict(x),
    "evaluate": lambda model, x: model.evaluate(x, Y),
    "test_on_batch": lambda model, x: model.test_on_batch(x, Y),
    "train_on_batch": lambda model, x: steps(model, lambda: model.train_on_batch(x, Y)),
    "fit": lambda model, x: steps(model, lambda: model.fit(x, Y, epochs=2, verbose=0)),
    "batches": lambda model, x: steps(model, lambda: model.fit(iter([(x, Y)]), verbose=0)),
    "gradients": lambda model, x: model.gradients(x, Y).parameters,
    "backward": lambda model, x: model.backward(x, Y).parameters,
}
LIBRARIES = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "table"}


@pytest.mark.parametrize("graph", [False, True], ids=["chain", "graph"])
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("first", FIRST)
def test_columns_go_by_name(first, library, graph):
    make = getattr(pytest.importorskip(library), LIBRARIES[library])
    layers, (a, b) = FIRST[first]
    frame, reordered, other = make({"a": a, "b": b}), make({"b": b, "a": a}), make({"a": a, "c": b})
    for way, call in WAYS.items():
        model, same = (trained(layers, frame, graph) for _ in range(2))
        assert model.feature_names == ("a", "b")
        with pytest.raises(ValueError, match=r"lacks the column 'b' that the model was trained on, and has 'c'"):
            call(model, other)
        assert np.array_equal(call(model, reordered), call(same, frame)), way
    with pytest.raises(ValueError, match=r"lacks the column 'b'"):
        model.jacobian(other)


def adapted(frame, kind):
    """A model whose first layer was adapted to a frame, and which was trained on nothing yet."""
    layer = Normalization(name="scale")
    layer.adapt(frame)
    if kind == "chain":
        model = Sequential([Input((2,)), layer, Dense(1)], seed=0)
    elif kind == "within":
        model = Sequential([Input((2,)), Sequential([Input((2,)), layer]), Dense(1)], seed=0)
    else:
        x, other = Input((2,), name="x"), Input((2,), name="other")
        inputs = [x] if kind == "graph" else [x, other]
        value = layer(x) if kind == "graph" else Add()([layer(x), other])
        model = Model(inputs, Dense(1)(value), seed=0)
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("kind", ["chain", "graph", "several", "within"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_columns_go_by_the_names_that_a_layer_was_adapted_to(library, kind, tmp_path):
    make = getattr(pytest.importorskip(library), LIBRARIES[library])
    a, b = [5.0, 6, 7], [70.0, 70, 50]
    frame, reordered, other = make({"a": a, "b": b}), make({"b": b, "a": a}), make({"a": a, "c": b})
    model = adapted(frame, kind)
    wrapped = (lambda x: {"x": x, "other": np.zeros((3, 2))}) if kind == "several" else lambda x: x
    expected = model.predict(wrapped(np.array([a, b]).T))
    model.save(tmp_path / "model.safetensors")
    for one in (model, load_model(tmp_path / "model.safetensors")):
        assert one.feature_names == (None if kind == "several" else ("a", "b"))
        for way in WAYS.values():
            with pytest.raises(ValueError, match=r"lacks the column 'b' that the model was trained on, and has 'c'"):
                way(one, wrapped(other))
        assert np.array_equal(one.predict(wrapped(reordered)), expected)
        assert np.array_equal(one.predict(wrapped(frame)), expected)
    one, same = adapted(frame, kind), adapted(frame, kind)
    one.fit(wrapped(reordered), Y, verbose=0)
    same.fit(wrapped(frame), Y, verbose=0)
    assert [array.tobytes() for array in one.get_weights()] == [array.tobytes() for array in same.get_weights()]
    assert clone_model(one).feature_names == one.feature_names


def test_a_layer_that_is_adapted_to_another_order_later():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [5.0, 6, 7], "b": [70.0, 70, 50]})
    model = adapted(frame, "chain")
    model.fit(frame, Y, verbose=0)
    model.layers[0].adapt(frame[["b", "a"]])
    with pytest.raises(ValueError, match=r"scale was adapted to the columns 'b', 'a', but the model was trained on"):
        model.predict(frame)
    model.layers[0].adapt(frame)
    model.predict(frame)
    # Without names, by place.
    model.layers[0].adapt(frame.to_numpy())
    assert model.layers[0].feature_names is None
    assert model.feature_names == ("a", "b")


NAMES = {
    "a string": ({"mean": [0.0, 1.0], "variance": [1.0, 1.0], "feature_names": "ab"}, TypeError, "list of strings"),
    "too many": ({"mean": [0.0], "variance": [1.0], "feature_names": ["a", "b"]}, ValueError, "there are 2 of them"),
    "of nothing": ({"feature_names": ["a", "b"]}, ValueError, "mean is None"),
}


@pytest.mark.parametrize("what", NAMES)
def test_names_that_fit_no_columns(what):
    given, error, message = NAMES[what]
    with pytest.raises(error, match=message):
        Normalization(**given)
