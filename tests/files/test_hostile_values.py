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


def told(**changes):
    return lambda header, told: told["callbacks"].update(changes)


def callback(kind="EarlyStopping", **changes):
    """A callback in the file, with a state of which something is another."""
    states = {
        "EarlyStopping": {"wait": 1, "best": 0.5, "best_epoch": 0, "stopped_epoch": 0, "best_weights": None},
        "ReduceLROnPlateau": {"wait": 1, "cooldown_counter": 0, "best": None},
        "ModelCheckpoint": {"best": 0.5, "batches": 0},
        "LearningRateScheduler": {"epoch": 1, "rate": 0.1},
        "CSVLogger": {"names": ["loss"], "rows": 1, "found": False},
        "TensorBoard": {"batches": 3},
    }
    entry = {"kind": kind, "settings": {}, "state": {**states[kind], **changes}, "told": True}
    return lambda header, told: told["callbacks"]["callbacks"].append(entry)


def entry(**changes):
    made = {"kind": "Own", "settings": {}, "state": {}, "told": True, **changes}
    return lambda header, told: told["callbacks"]["callbacks"].append(made)


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
    "unknown optimizer": (compiled(optimizer={"class": "optimizers.Ftrl"}), "its optimizer is of the unknown class"),
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
    "a number": (layer(activation={"name": "elu", "alpha": -1.0}), "the alpha of an activation must be"),
    "a number is null": (layer(activation={"name": "elu", "alpha": None}), "alpha of an activation must be a number"),
    "a number is text": (layer(activation={"name": "elu", "alpha": "1"}), "alpha of an activation must be a number"),
    "a number is infinite": (layer(activation={"name": "elu", "alpha": math.inf}), "layer 0 has alpha=inf"),
    "a number of nothing": (layer(activation={"slope": 1.0}), "must have a name"),
    "a number of another": (layer(activation={"name": "elu", "negative_slope": 1.0}), "a name and its alpha"),
    "a number too many": (layer(activation={"name": "relu", "alpha": 1.0}), "must have a name and nothing else"),
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
    "picture": (top(input_shape=[3, 1]), "'dense.kernel' must have shape (1, 4), but its shape is (3, 4)"),
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
    "fewer values than epochs": (history(epoch=[0, 1, 2]), "the history's 'loss' has 2 values, but for 3 epochs"),
    "epochs of nothing": (history(epochs={"auc": [0]}), "the history has epochs of 'auc', but no values"),
    "epochs of too many": (history(epochs={"loss": [0]}), "the history's 'loss' has 2 values, but for 1 epochs"),
    "epochs of a fraction": (history(epochs={"loss": [0, 0.5]}), "'loss' must hold numbers"),
    "epochs of some are a list": (history(epochs=[1]), "the history's epochs must be a dict"),
    "history is text": (top(history="good"), "cannot be loaded"),
    "metadata is a list": (top(metadata=[["a", 1]]), "metadata must be a dict"),
    "metadata is text": (top(metadata=""), "metadata must be a dict"),
    "metadata is none": (top(metadata=None), "metadata must be a dict"),
    # Callbacks.
    "callbacks are text": (top(callbacks="none"), "cannot be loaded"),
    "callbacks are a list": (top(callbacks=[1]), "cannot be loaded"),
    "callbacks are a number": (told(callbacks=3), "its callbacks must be a list of at most"),
    "too many callbacks": (told(callbacks=[{}] * 10_001), "its callbacks must be a list of at most"),
    "a callback is text": (told(callbacks=["EarlyStopping"]), "cannot be loaded"),
    "a callback is empty": (told(callbacks=[{}]), "it lacks 'kind'"),
    "told of an epoch below 0": (told(epoch=-1), "its callbacks were told of the epoch -1"),
    "told of half an epoch": (told(epoch=0.5), "its callbacks were told of the epoch 0.5"),
    "told of words": (told(logs={"loss": "0.5"}), "its callbacks were told of {'loss': '0.5'}"),
    "told of truths": (told(logs={"loss": True}), "its callbacks were told of {'loss': True}"),
    "told of a list": (told(logs=[1]), "its callbacks were told of [1]"),
    "kind is a number": (entry(kind=3), "what it says of the callback 3 is damaged"),
    "kind is a list": (entry(kind=["EarlyStopping"]), "is damaged"),
    "settings are a list": (entry(settings=[1]), "what it says of the callback 'Own' is damaged"),
    "state is a list": (entry(state=[1]), "what it says of the callback 'Own' is damaged"),
    "told is a number": (entry(told=1), "what it says of the callback 'Own' is damaged"),
    "an array that is not there": (entry(state={"a": {"array": "callbacks/0"}}), "the array 'callbacks/0', which is"),
    "an array of a layer": (entry(state={"a": {"array": "dense.kernel"}}), "the array 'dense.kernel', which is not"),
    "an array by a list": (entry(state={"a": {"array": ["callbacks/0"]}}), "which is not there"),
    "a state of nothing": (entry(kind="EarlyStopping"), "the state of EarlyStopping must have wait, best, best_epoch"),
    "more in a state": (callback(more=1), "the state of EarlyStopping must have wait, best, best_epoch, stopped_epoch"),
    "patience below 0": (callback(wait=-1), "EarlyStopping has wait=-1, but it must be a whole number of at least 0"),
    "patience is a fraction": (callback(wait=0.5), "EarlyStopping has wait=0.5"),
    "patience is true": (callback(wait=True), "EarlyStopping has wait=True"),
    "patience is large": (callback(wait=1 << 63), "EarlyStopping has wait=9223372036854775808"),
    "best is NaN": (callback(best=math.nan), "EarlyStopping has best=nan, but it must be a number or none"),
    "best is text": (callback(best="0.5"), "EarlyStopping has best='0.5'"),
    "stopped at NaN": (callback(stopped_epoch=math.nan), "EarlyStopping has stopped_epoch=nan"),
    "best epoch is none": (callback(best_epoch=None), "EarlyStopping has best_epoch=None"),
    "weights are numbers": (callback(best_weights=[1.0]), "EarlyStopping has best_weights=[1.0], but it must be"),
    "weights are text": (callback(best_weights="callbacks/0"), "EarlyStopping has best_weights='callbacks/0'"),
    "no weights at all": (callback(best_weights=[]), "the weights in the state of EarlyStopping are not of"),
    "cooldown below 0": (callback("ReduceLROnPlateau", cooldown_counter=-1), "has cooldown_counter=-1"),
    "best of a plateau": (callback("ReduceLROnPlateau", best=[1]), "ReduceLROnPlateau has best=[1]"),
    "best of a checkpoint": (callback("ModelCheckpoint", best=math.nan), "ModelCheckpoint has best=nan"),
    "batches": (callback("ModelCheckpoint", batches=-1), "ModelCheckpoint has batches=-1"),
    "rate": (callback("LearningRateScheduler", rate="0.1"), "LearningRateScheduler has rate='0.1'"),
    "names of a log": (callback("CSVLogger", names=[1]), "CSVLogger has names=[1], but it must be a list of names"),
    "rows of a log": (callback("CSVLogger", rows=-1), "CSVLogger has rows=-1"),
    "a log is found": (callback("CSVLogger", found=1), "CSVLogger has found=1, but it must be true or false"),
    "batches of a board": (callback("TensorBoard", batches=None), "TensorBoard has batches=None"),
    "names are text": (top(feature_names="abc"), "feature_names must be a list of strings, or None"),
    "names are numbers": (top(feature_names=["a", 1, "c"]), "feature_names must be strings, but one is 1"),
    "names are lists": (top(feature_names=[["a"], ["b"], ["c"]]), "feature_names must be strings"),
    "two names": (top(feature_names=["a", "b"]), "feature_names must be as many as the model has inputs, 3"),
    "names of a dict": (top(feature_names=3), "feature_names must be a list of strings"),
    # What is not there.
    "no format": (without("format"), "is no model saved by fastnn: it lacks 'format'"),
    "no layers": (without("layers"), "it lacks 'layers'"),
    "no class": (without("layers", 0, "class"), "its layers are not all layers"),
    "no units": (without("layers", 0, "units"), "units"),
    "no state": (without("state"), "it lacks 'state'"),
    "no generator": (without("state", "generator"), "it lacks 'generator'"),
    "no history": (without("history"), "it lacks 'history'"),
    "no epoch": (without("callbacks", "epoch"), "it lacks 'epoch'"),
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


def test_states_of_callbacks_that_would_have_been_loaded(good):
    for kind in ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint", "LearningRateScheduler", "CSVLogger"):
        rewritten(good, good.with_name("fine.safetensors"), lambda *parts, kind=kind: callback(kind)(*parts))
        assert fastnn.load_model(good.with_name("fine.safetensors")).resumption.callbacks[0].kind == kind


def test_files_of_before_callbacks_and_names_were_kept(good):
    def change(header, told):
        del told["callbacks"], told["feature_names"], told["history"]["epochs"]

    old = fastnn.load_model(rewritten(good, good.with_name("old.safetensors"), change))
    assert old.feature_names is None
    assert old.history.epochs_of("loss") == [0, 1]
    # A training of its own.
    assert old.fit(*data(), initial_epoch=2, epochs=3).epoch == [2]


def with_best_weights(path):
    """A file whose early stopping has weights, and what it takes to write it again."""
    from fastnn.callbacks import EarlyStopping
    from fastnn.files.tensors import TensorFile

    model = fastnn.Sequential([fastnn.layers.Input((3,)), fastnn.layers.Dense(2)], seed=0)
    model.compile("sgd", "mse")
    model.fit(*data(), epochs=1, callbacks=[EarlyStopping("loss", restore_best_weights=True)])
    model.save(path)
    with TensorFile(path) as file:
        arrays = {each: file.read(each) for each in file.shapes}
        return arrays, {key: file.metadata[key] for key in ("format", "fastnn", "checksum")}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a["callbacks/0"].fill(np.nan), "EarlyStopping has best_weights="),
        (lambda a: a.update({"callbacks/0": np.zeros((9, 9), np.float32)}), "are not of the model's shapes"),
        (lambda a: a.update({"callbacks/0": np.zeros((3, 2))}), "is float64, but the model is float32"),
        (lambda a: a.pop("callbacks/1"), "has the array 'callbacks/1', which is not there"),
        (lambda a: a.update({"callbacks/2": np.zeros(3, np.float32)}), "belong to no callback: callbacks/2"),
        (lambda a: a.update({"callbacks/x": np.zeros(3, np.float32)}), "belong to no callback: callbacks/x"),
    ],
)
def test_arrays_of_callbacks(tmp_path, change, words):
    from fastnn.files.tensors import write_tensors

    path = tmp_path / "weights.safetensors"
    arrays, texts = with_best_weights(path)
    assert fastnn.load_model(path).resumption.callbacks[0].state["best_weights"][0].shape == (3, 2)
    change(arrays)
    write_tensors(path, arrays, texts)
    refused(path, words)


def test_an_array_of_callbacks_that_is_named_twice(tmp_path):
    # A million names of one array would take a million times its memory.
    path = tmp_path / "weights.safetensors"
    with_best_weights(path)

    def change(header, told):
        weights = told["callbacks"]["callbacks"][0]["state"]["best_weights"]
        weights[1] = weights[0]

    rewritten(path, path, change)
    refused(path, "the array 'callbacks/0', which is not there or not next")
