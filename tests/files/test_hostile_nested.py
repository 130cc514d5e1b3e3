"""Descriptions of models within models that lie: each that no saved model has is refused, with the file's name."""

import copy

import pytest
from model_files import rewritten

import fastnn
from fastnn import Model, Sequential
from fastnn.layers import Add, Dense, Input


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A file of a chain within a graph: the graph's layers are inner, dense and add."""
    path = tmp_path_factory.mktemp("nested") / "model.safetensors"
    x = Input((4,))
    inner = Sequential([Input((4,)), Dense(3, name="first"), Dense(2, name="last")], name="inner")
    Model(x, Add()([inner(x), Dense(2)(x)]), seed=0).save(path)
    return path


def within(**changes):
    return lambda header, told: told["layers"][0]["model"].update(changes)


def without(name):
    return lambda header, told: told["layers"][0]["model"].pop(name)


def deep(times):
    """Models within models, each a layer of the next."""

    def change(header, told):
        entry = told["layers"][0]
        for number in range(times):
            model = {"name": "m", "dtype": "float32", "input_shape": [4], "layers": [entry | {"name": f"l{number}"}]}
            entry = {"class": "models.saving.nested.model_layer", "name": "inner", "model": model}
        told["layers"][0] = entry

    return change


def repeated(header, told):
    told["layers"][0]["model"]["layers"].append(copy.deepcopy(told["layers"][0]["model"]["layers"][1]))


def shares(number):
    """The layer behind the model is that of this number, of those that were made before: first, last, inner."""
    return lambda header, told: told["layers"].__setitem__(1, {"shared": number})


def ever_more(header, told):
    """Each model calls the one before twice, and holds a few words of the file."""
    chain = told["layers"][0]["model"]
    chain["layers"][1]["units"] = 4
    entry = told["layers"][0]
    for number in range(60):
        nodes = [[0, [-1]], [0, [0]]]
        graph = {"inputs": [{"name": "x", "shape": [4]}], "nodes": nodes, "outputs": [{"name": "y", "node": 1}]}
        model = {"name": "m", "dtype": "float32", **graph, "layers": [entry]}
        entry = {"class": "models.saving.nested.model_layer", "name": f"inner_{number}", "model": model}
    told["layers"][0] = entry


def ever_more_chains(header, told):
    """Each chain has both before it, which it says in a few words."""
    chain = told["layers"][0]["model"]
    chain["layers"][1]["units"] = 4
    layers = [told["layers"][0], {"class": "layers.Dense", "units": 4, "name": "d"}]
    # In the order in which they are made: first, last, inner, d.
    known = [2, 3]
    for number in range(60):
        within = {"name": "m", "dtype": "float32", "input_shape": [4], "layers": [{"shared": one} for one in known]}
        layers.append({"class": "models.saving.nested.model_layer", "name": f"c_{number}", "model": within})
        known = [known[1], 4 + number]
    told["layers"] = layers
    told["nodes"] = [[number, [number - 1]] for number in range(len(layers))]
    told["outputs"] = [{"name": "y", "node": len(layers) - 1}]


CASES = {
    "no layers": (within(layers=[]), "not all layers with names"),
    "no list of layers": (within(layers=3), "cannot be made"),
    "layers that are numbers": (within(layers=[1]), "not all layers with names"),
    "another dtype": (within(dtype="float64"), "is float64, and shares its weights"),
    "no dtype": (within(dtype="int8"), "its dtype is 'int8'"),
    "a huge input": (within(input_shape=[1 << 40]), "numbers or more, which no sample has"),
    "another input": (within(input_shape=[5]), r"takes samples of shape \(5,\)|must have shape"),
    "no input": (without("input_shape"), "it lacks|cannot be made"),
    "an input of no shape": (within(input_shape=None), "the model inner within it has no input_shape"),
    "no name": (without("name"), "it lacks|cannot be made"),
    "two layers of one name": (repeated, "names of layers must differ"),
    "a graph of nothing": (within(nodes=[], inputs=[], outputs=[]), "cannot be loaded"),
    "no model": (lambda header, told: told["layers"][0].pop("model"), "cannot be made"),
    "a model that is a number": (lambda header, told: told["layers"][0].update(model=7), "cannot be made"),
    "a class with a real model": (
        lambda header, told: told["layers"][0].update({"class": "models.nested.ModelLayer"}),
        "model must be a model",
    ),
    "an array that is not there": (deep(1), "it lacks the array"),
    "models without end": (deep(200), "cannot be loaded"),
    "a shared layer that is not there": (shares(3), "layer 1 shares layer 3, but there are 3 before it"),
    "a shared layer before the first": (shares(-1), "layer 1 shares layer -1"),
    "a shared layer that is true": (shares(True), "layer 1 shares layer True"),
    "a shared layer that is a name": (shares("first"), "layer 1 shares layer 'first'"),
    "the same layer twice": (shares(2), "names of layers must differ"),
    "calls without end": (ever_more, "it calls layers more than 20,000 times"),
    "chains that share without end": (ever_more_chains, "it calls layers more than 20,000 times"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_no_model_has_is_refused(name, saved, tmp_path):
    change, message = CASES[name]
    path = tmp_path / "hostile.safetensors"
    rewritten(saved, path, lambda header, told: change(header, told) and None)
    with pytest.raises(ValueError, match=message) as refusal:
        fastnn.load_model(path)
    assert "hostile.safetensors" in str(refusal.value)
