"""Descriptions of graphs that lie: each that no saved model has is refused, and the message names the file."""

import numpy as np
import pytest
from model_files import rewritten

import fastnn
from fastnn import Model
from fastnn.layers import Add, Concatenate, Dense, Input


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A file of a graph: dense, dense_1 (of dense), add (of both), dense_2 (of the second input), concatenate."""
    path = tmp_path_factory.mktemp("graph") / "model.safetensors"
    x, other = Input((4,)), Input((2,))
    hidden = Dense(3)(x)
    both = Add()([hidden, Dense(3)(hidden)])
    Model([x, other], {"all": Concatenate()([both, Dense(2)(other)])}, seed=0).save(path)
    return path


def node(number, value):
    return lambda header, told: told["nodes"].__setitem__(number, value)


def top(**changes):
    return lambda header, told: told.update(changes)


def doubled(times):
    """Concatenations of a value with itself, each twice as wide as the one before."""

    def change(header, told):
        last = len(told["nodes"]) - 1
        for number in range(times):
            told["layers"].append({"class": "layers.Concatenate", "axis": -1, "name": f"wide_{number}"})
            told["nodes"].append([len(told["layers"]) - 1, [last, last]])
            last += 1
        told["outputs"] = [{"name": "all", "node": last}]

    return change


CASES = {
    "a node that takes itself": (
        node(1, [1, [1]]),
        "node 1, a call of dense_1, takes the value of node 1, a call of dense_1, which does not come",
    ),
    "a node that takes a later one": (
        node(0, [0, [3]]),
        "node 0, a call of dense, takes the value of node 3, a call of dense_2, which does not come before it: calls "
        "of layers in a circle",
    ),
    "a circle through a node that is none": (
        lambda header, told: (node(0, [0, [3]])(header, told), node(3, "all")(header, told)),
        "takes the value of node 3, which does not",
    ),
    "a number beyond": (node(0, [0, [5]]), "node 0, a call of dense, has the number 5, but it must be from -2 to -1"),
    "an input that is not there": (node(0, [0, [-3]]), "a call of dense, has the number -3, but it must be from"),
    "a layer that is not there": (node(0, [9, [-1]]), "node 0 has the number 9, but it must be from 0 to 4"),
    "a negative layer": (node(0, [-1, [-1]]), "node 0 has the number -1"),
    "a layer that is true": (node(0, [True, [-1]]), "node 0 has the number True"),
    "a number that is a fraction": (node(0, [0, [-1.0]]), "node 0, a call of dense, has the number -1.0"),
    "a node without inputs": (node(0, [0, []]), "node 0 must be a layer's number and those of its inputs"),
    "a node that is text": (node(0, "dense"), "node 0 must be a layer's number"),
    "a node of three": (node(0, [0, [-1], 2]), "node 0 is an output of a call, but takes other values"),
    "a node of four": (node(0, [0, [-1], 0, 0]), "node 0 must be a layer's number"),
    "two inputs of a dense layer": (node(1, [1, [0, 0]]), "dense_1 takes one input, but is called on 2"),
    "one input of a sum": (node(2, [2, [0]]), "no output depends on node 1, a call of dense_1: leave it out"),
    "another width": (node(1, [1, [-2]]), "must have shape|inputs must have the same shape"),
    "layers in another order": (
        lambda header, told: (node(0, [1, [-1]])(header, told), node(1, [0, [0]])(header, told)),
        "must have shape",
    ),
    "a layer that is not called": (node(1, [0, [-1]]), "it has the layer dense_1, which is not called"),
    "no nodes": (top(nodes=[]), "an output has the number 4"),
    "nodes are text": (top(nodes="all"), "node 0 must be"),
    "too many nodes": (top(nodes=[[0, [-1]]] * 10_001), "it has 10001 calls of layers"),
    "no outputs": (top(outputs=[]), "its graph has no output"),
    "an output twice": (top(outputs=[{"name": "a", "node": 4}, {"name": "b", "node": 4}]), "or one twice"),
    "an output that is an input": (top(outputs=[{"name": "all", "node": -1}]), "an output has the number -1"),
    "an output that is not the last": (
        top(outputs=[{"name": "all", "node": 2}]),
        "no output depends on node 4, a call of concatenate",
    ),
    "an output without a name": (top(outputs=[{"node": 4}]), "it lacks 'name'"),
    "no inputs": (top(inputs=[]), "node 0, a call of dense, has the number -1"),
    "an input that nothing takes": (
        top(inputs=[{"name": "a", "shape": [4]}, {"name": "b", "shape": [2]}, {"name": "c", "shape": [2]}]),
        "no output depends on the input c: leave it out",
    ),
    "a large input": (
        top(inputs=[{"name": "a", "shape": [1 << 16, 1 << 16]}, {"name": "b", "shape": [2]}]),
        "numbers or more, which no sample has",
    ),
    "a shape that is text": (top(inputs=[{"name": "a", "shape": "4"}, {"name": "b", "shape": [2]}]), "input_shape"),
    "wider and wider": (doubled(80), "larger than any memory|which no sample has"),
    "wide enough": (doubled(30), "which no sample has"),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(saved, tmp_path, name):
    change, message = CASES[name]
    path = tmp_path / "hostile.safetensors"
    rewritten(saved, path, lambda header, told: change(header, told) and None)
    with pytest.raises(ValueError, match=message) as caught:
        fastnn.load_model(path)
    assert "hostile.safetensors" in str(caught.value)


def test_what_is_no_lie_is_read(saved, tmp_path):
    path = tmp_path / "same.safetensors"
    rewritten(saved, path, doubled(3))
    x = [np.ones((1, 4)), np.ones((1, 2))]
    (once,) = [fastnn.load_model(saved).predict(x)]
    assert np.array_equal(fastnn.load_model(path).predict(x), np.tile(once, 8))
