"""Names of columns where the first layer looks the data up: they are those of the frame, as everywhere else."""

import numpy as np
import pytest

from fastnn import Embedding, Flatten, Input, IntegerLookup, Model, Normalization, Sequential, StringLookup
from fastnn.layers import Dense

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
