"""Descriptions that lie: each value that no saved model has is refused, and the message names the file."""

import json
import math

import numpy as np
import pytest
from model_files import assembled, data, parts, refused, rewritten

import fastnn


def layer(**changes):
    return lambda header, told: told["layers"][0].update(changes)


def replaced_layer(value):
    return lambda header, told: told["layers"].__setitem__(0, value)


def top(**changes):
    return lambda header, told: told.update(changes)


def compiled(**changes):
    return lambda header, told: told["compiled"].update(changes)


def optimizer(**changes):
    return lambda header, told: told["compiled"]["optimizer"].update(changes)


def state(**changes):
    return lambda header, told: told["state"].update(changes)


def generator(**changes):
    return lambda header, told: told["state"]["generator"].update(changes)


def history(**changes):
    return lambda header, told: told["history"].update(changes)


def without(*path):
    def change(header, told):
        for key in path[:-1]:
            told = told[key]
        del told[path[-1]]

    return change


def second_layer_named(name):
    return lambda header, told: told["layers"][1].update(name=name)


def philox(**changes):
    four = {"counter": [1] * 4, "key": [1] * 2}
    told = {
        "bit_generator": "Philox",
        "state": four,
        "buffer": [0] * 4,
        "buffer_pos": 4,
        "has_uint32": 0,
        "uinteger": 0,
    }
    return state(generator={**told, **changes})


def twister(key, place):
    return state(generator={"bit_generator": "MT19937", "state": {"key": key, "pos": place}})


LIES = {
    # What things are.
    "format": (top(format="fastnn-model-2"), "its format is 'fastnn-model-2'"),
    "format is a list": (top(format=["fastnn-model-1"]), "its format is"),
    "dtype": (top(dtype="float64"), "the array 'dense.kernel' is float32, but the model is float64"),
    "dtype is none": (top(dtype=None), "its dtype is None"),
    "dtype is large": (top(dtype="V1000000000000"), "its dtype is 'V1000000000000'"),
    "dtype is complex": (top(dtype="complex64"), "its dtype is 'complex64'"),
    "dtype is a record": (top(dtype=[["a", "f8"]]), "its dtype is"),
    "name": (top(name=""), "name must be a string that is not empty"),
    "name is a list": (top(name=["small"]), "name must be a string"),
    "layers are none": (top(layers=[]), "its layers are not all layers with names"),
    "layers are text": (top(layers="Dense"), "its layers are not all layers with names"),
    "layers are a number": (top(layers=3), "cannot be loaded"),
    "a layer is a loss": (replaced_layer({"class": "losses.MeanSquaredError"}), "its layers are not all layers"),
    "a layer is a text": (replaced_layer("Dense"), "its layers are not all layers"),
    "a layer is one's own": (replaced_layer({"own": "x"}), "layer 0 uses 'x', which is no part of fastnn"),
    "unknown layer": (layer(**{"class": "layers.Conv2D"}), "layer 0 is of the unknown class 'layers.Conv2D'"),
    "class is a list": (layer(**{"class": ["layers.Dense"]}), "unknown class"),
    "class is none": (layer(**{"class": None}), "unknown class"),
    "base class": (layer(**{"class": "layers.Layer"}), "unknown class"),
    "own is a list": (layer(activation={"own": ["relu"]}), "cannot be loaded"),
    "unknown loss": (compiled(loss={"class": "losses.CTC"}), "its loss is of the unknown class 'losses.CTC'"),
    "unknown optimizer": (compiled(optimizer={"class": "optimizers.Lion"}), "its optimizer is of the unknown class"),
    "unknown metric": (compiled(metrics=[{"class": "metrics.Best"}]), "its metrics is of the unknown class"),
    "a loss is an optimizer": (compiled(loss={"class": "optimizers.Adam"}), "loss must be a name"),
    "an optimizer is a layer": (compiled(optimizer={"class": "layers.ReLU"}), "optimizer must be a name"),
    "a rate is a metric": (optimizer(learning_rate={"class": "metrics.Accuracy"}), "cannot be loaded"),
    "an argument of compile": (compiled(run_eagerly=True), "run_eagerly"),
    "compiled is a list": (top(compiled=[1, 2]), "cannot be loaded"),
    # Arguments.
    "units": (layer(units=-4), "units must be"),
    "units are text": (layer(units="4"), "units must be"),
    "units are a fraction": (layer(units=4.5), "units must be"),
    "units are true": (layer(units=True), "units must be"),
    "units are NaN": (layer(units=math.nan), "layer 0 has units=nan"),
    "unknown argument": (layer(shell="true"), "layer 0, a layers.Dense, cannot be made"),
    "unknown activation": (layer(activation="rleu"), "did you mean 'relu'"),
    "slope": (layer(activation={"name": "leaky_relu", "slope": -1.0}), "the slope of an activation must be"),
    "slope is infinite": (layer(activation={"name": "leaky_relu", "slope": math.inf}), "layer 0 has slope=inf"),
    "slope of nothing": (layer(activation={"slope": 1.0}), "must have a name and a slope"),
    "regularizer": (layer(kernel_regularizer={"class": "regularizers.L1L2", "l1": -1.0}), "l1 must be finite"),
    "constraint": (layer(kernel_constraint={"class": "constraints.MaxNorm", "max_value": 0}), "max_value must be"),
    "bias": (layer(use_bias="no"), "use_bias must be True or False"),
    "no bias": (layer(use_bias=False), "it has arrays that belong to no layer: dense.bias"),
    "rate is NaN": (optimizer(learning_rate=math.nan), "its optimizer has learning_rate=nan"),
    "rate is negative": (optimizer(learning_rate=-1.0), "learning_rate must be finite and not negative"),
    "beta": (optimizer(beta_1=1.0), "beta_1 must be below 1"),
    "numbers in a list": (
        optimizer(learning_rate={"class": "optimizers.schedules.PiecewiseConstantDecay", "boundaries": [1],
                                 "values": [1.0, math.inf]}),
        "its optimizer has values=inf",
    ),
    # Names.
    "name with a slash": (layer(name="a/b"), "name must have no slash"),
    "name of a path": (layer(name="../../etc/passwd"), "name must have no slash"),
    "name of another system's path": (layer(name="..\\..\\a"), "name must have no slash"),
    "name with NUL": (layer(name="dense\0"), "name must have no slash, backslash or control character"),
    "name with a line's end": (layer(name="dense\n"), "name must have no slash, backslash or control character"),
    "name with half a character": (layer(name="dense\ud800"), "name must have no slash"),
    "empty name": (layer(name=""), "name must be a string that is not empty"),
    "no name": (layer(name=None), "its layers are not all layers with names"),
    "same name": (second_layer_named("dense"), "names of layers must differ"),
    "other name": (second_layer_named("other"), "it lacks the array 'other.kernel'"),
    # Shapes.
    "shape": (top(input_shape=[4]), "'dense.kernel' must have shape (4, 4), but its shape is (3, 4)"),
    "no shape": (top(input_shape=[]), "input_shape must have at least one size"),
    "shape is NaN": (top(input_shape=[math.nan]), "input_shape must be a tuple of integers"),
    "negative shape": (top(input_shape=[-3]), "input_shape must have sizes of at least 1"),
    "shape is none": (top(input_shape=None), "input_shape must be a tuple of integers"),
    "picture": (top(input_shape=[3, 1]), "put a Flatten() before it"),
    # State.
    "seed": (state(seed=-1), "seed is -1"),
    "seed is large": (state(seed=1 << 63), "seed is 9223372036854775808"),
    "seed is text": (state(seed="1"), "seed is '1'"),
    "step": (state(step=1 << 63), "step is 9223372036854775808"),
    "step is a fraction": (state(step=0.5), "step is 0.5"),
    "product": (state(momentum_product=1.5), "momentum_product is 1.5"),
    "product is text": (state(momentum_product="0.5"), "momentum_product is '0.5'"),
    "product is NaN": (state(momentum_product=math.nan), "momentum_product is nan"),
    "arrays": (state(arrays=4), "it has arrays that belong to no layer: optimizer/4"),
    "arrays are negative": (state(arrays=-1), "arrays is -1"),
    "rule without arrays": (compiled(optimizer={"class": "optimizers.SGD"}), "the optimizer's arrays have shapes"),
    "rule with fewer": (compiled(optimizer={"class": "optimizers.RMSprop"}), "the optimizer's arrays have shapes"),
    # Generators.
    "generator": (generator(bit_generator="RandomState"), "its generator of random numbers is a 'RandomState'"),
    "generator is a module": (generator(bit_generator="os"), "its generator of random numbers is a 'os'"),
    "generator is a list": (state(generator=[1]), "its generator of random numbers is a None"),
    "state of 129 bits": (generator(state={"state": 1 << 128, "inc": 1}), "has state="),
    "state is negative": (generator(state={"state": -1, "inc": 1}), "has state=-1"),
    "state is a fraction": (generator(state={"state": 0.5, "inc": 1}), "has state=0.5"),
    "state is text": (generator(state={"state": "1", "inc": 1}), "has state='1'"),
    "increment": (generator(state={"state": 0, "inc": 0}), "an even increment"),
    "state lacks": (generator(state={"state": 1}), "must have state, inc in its state"),
    "state has more": (generator(more=1), "must have bit_generator, state, has_uint32, uinteger in its state"),
    "half a number": (generator(uinteger=1 << 32), "has uinteger="),
    "two half numbers": (generator(has_uint32=2), "has has_uint32=2"),
    "short key": (twister([1] * 623, 0), "must have 624 numbers in its key"),
    "long key": (twister([1] * 625, 0), "must have 624 numbers in its key"),
    "no key": (twister([], 0), "must have 624 numbers in its key"),
    "key of zeros": (twister([0] * 624, 0), "a key of zeros"),
    "key of large numbers": (twister([1 << 64] * 624, 0), "has key="),
    "key of NaN": (twister([math.nan] * 624, 0), "has key=nan"),
    "place behind the key": (twister([1] * 624, 625), "has pos=625"),
    "place before the key": (twister([1] * 624, -1), "has pos=-1"),
    "place is text": (twister([1] * 624, "1"), "has pos='1'"),
    "short buffer": (philox(buffer=[0]), "must have 4 numbers in its buffer"),
    "place behind the buffer": (philox(buffer_pos=5), "has buffer_pos=5"),
    "short state": (
        state(generator={"bit_generator": "SFC64", "state": {"state": [1]}, "has_uint32": 0, "uinteger": 0}),
        "must have 4 numbers in its state",
    ),
    # History and metadata.
    "history of words": (history(history={"loss": ["0.5", "0.4"]}), "'loss' must hold numbers, but one is '0.5'"),
    "history of truths": (history(history={"loss": [True]}), "'loss' must hold numbers"),
    "history of one number": (history(history={"loss": 0.5}), "'loss' must be a list of numbers"),
    "history of lists": (history(history=[[1, 2]]), "cannot be loaded"),
    "history of large numbers": (history(history={"loss": [10**400]}), "too large"),
    "epochs": (history(epoch=[0.5]), "'epoch' must hold numbers"),
    "epochs are text": (history(epoch="01"), "'epoch' must be a list"),
    "params": (history(params=[["a", 1]]), "the history's params must be a dict"),
    "history is text": (top(history="good"), "cannot be loaded"),
    "metadata is a list": (top(metadata=[["a", 1]]), "metadata must be a dict"),
    "metadata is text": (top(metadata=""), "metadata must be a dict"),
    "metadata is none": (top(metadata=None), "metadata must be a dict"),
    # What is not there.
    "no format": (without("format"), "is no model saved by fastnn: it lacks 'format'"),
    "no layers": (without("layers"), "it lacks 'layers'"),
    "no class": (without("layers", 0, "class"), "its layers are not all layers"),
    "no units": (without("layers", 0, "units"), "units"),
    "no state": (without("state"), "it lacks 'state'"),
    "no generator": (without("state", "generator"), "it lacks 'generator'"),
    "no history": (without("history"), "it lacks 'history'"),
    "no metadata": (without("metadata"), "it lacks 'metadata'"),
    "no compilation": (without("compiled"), "it lacks 'compiled'"),
    "no loss": (without("compiled", "loss"), "loss is missing"),
    "no metrics": (without("compiled", "metrics"), "it lacks 'metrics'"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_lies_are_refused(good, lie):
    change, words = LIES[lie]
    refused(rewritten(good, good.with_name("lie.safetensors"), lambda *parts: change(*parts)), words)


def test_the_unchanged_file_would_have_been_loaded(good):
    rewritten(good, good.with_name("lie.safetensors"), lambda header, told: None)
    assert fastnn.load_model(good.with_name("lie.safetensors")).name == "small"


@pytest.mark.parametrize("text", ["", "null", "[]", "3", '"text"', "{", "{} {}", "NaN", "{'format': 1}", "9" * 5000])
def test_descriptions_that_are_none(good, text):
    header, _, arrays = parts(good.read_bytes())
    good.write_bytes(assembled(header, text, arrays))
    refused(good, "good.safetensors")


@pytest.mark.parametrize("key", ["fastnn", "checksum", "fastnn-checksums"])
@pytest.mark.parametrize("value", [None, "", "{}", "[]", "12", '{"dense.kernel": 1}'])
def test_metadata_of_the_header(good, key, value):
    # The checksum of the description is not made right here.
    header, _, arrays = parts(good.read_bytes())
    if value is None:
        del header["__metadata__"][key]
    else:
        header["__metadata__"][key] = value
    text = json.dumps(header).encode()
    good.write_bytes(len(text).to_bytes(8, "little") + text + arrays)
    refused(good, "good.safetensors")


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["dense.kernel", "dense_1.bias", "optimizer/3"])
def test_arrays_that_are_not_finite(good, name, number):
    from fastnn.files.tensors import TensorFile, write_tensors

    with TensorFile(good) as file:
        arrays = {each: file.read(each) for each in file.shapes}
        told = {key: file.metadata[key] for key in ("format", "fastnn", "checksum")}
    arrays[name].reshape(-1)[-1] = number
    write_tensors(good, arrays, told)
    refused(good, f"the array '{name}' holds NaN or infinity")


def test_arrays_of_other_shapes(good):
    from fastnn.files.tensors import TensorFile, write_tensors

    with TensorFile(good) as file:
        arrays = {each: file.read(each) for each in file.shapes}
        told = {key: file.metadata[key] for key in ("format", "fastnn", "checksum")}
    for name in arrays:
        for other in (arrays[name].reshape(-1, 1), arrays[name][:1], np.zeros((0,), np.float32)):
            write_tensors(good, arrays | {name: other}, told)
            refused(good, "shape")
        write_tensors(good, {each: array for each, array in arrays.items() if each != name}, told)
        refused(good, "good.safetensors")
    write_tensors(good, arrays | {"dense.gamma": np.zeros(4, np.float32)}, told)
    refused(good, "it has arrays that belong to no layer: dense.gamma")


def test_a_refused_optimizer_is_no_matter_for_prediction(good):
    path = rewritten(
        good, good.with_name("lie.safetensors"), lambda h, told: compiled(optimizer={"class": "x"})(h, told)
    )
    refused(path, "unknown class 'x'")
    x, _ = data()
    expected = fastnn.load_model(good).predict(x)
    assert fastnn.load_model(path, compile=False).predict(x).tobytes() == expected.tobytes()
