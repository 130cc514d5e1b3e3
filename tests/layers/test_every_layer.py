"""Every public layer: it trains and freezes, is the same in files, copies and descriptions, and has right gradients."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.activations.registry import ACTIVATIONS
from fastnn.interop import from_keras, to_keras
from fastnn.layers import Dense, Flatten, Input
from fastnn.models import Model, clone_model, model_from_json

RNG = np.random.default_rng(0)
REGULARIZERS = {"kernel_regularizer": "l2", "bias_regularizer": "l1", "activity_regularizer": "l2"}


def adapted(layer, data):
    layer.adapt(data)
    return layer


# Each layer with arguments that are no defaults, where it has some, and the shapes of its inputs.
MAKERS = {
    "Dense": [(lambda: layers.Dense(3, "tanh", **REGULARIZERS), (4,)), (lambda: layers.Dense(3), (2, 4))],
    "Flatten": [(layers.Flatten, (2, 3))],
    "Reshape": [(lambda: layers.Reshape((3, -1)), (2, 3))],
    "Permute": [(lambda: layers.Permute((2, 1)), (2, 3))],
    "Identity": [(layers.Identity, (4,))],
    "Rescaling": [(lambda: layers.Rescaling(0.5, 0.25), (4,))],
    "Activation": [(lambda: layers.Activation("gelu"), (4,))],
    "Dropout": [(lambda: layers.Dropout(0.3), (4,))],
    "AlphaDropout": [(lambda: layers.AlphaDropout(0.3), (4,))],
    "GaussianDropout": [(lambda: layers.GaussianDropout(0.3), (4,))],
    "GaussianNoise": [(lambda: layers.GaussianNoise(0.3), (4,))],
    "ActivityRegularization": [(lambda: layers.ActivityRegularization(0.01, 0.02), (4,))],
    "BatchNormalization": [(lambda: layers.BatchNormalization(momentum=0.9, gamma_regularizer="l2"), (4,))],
    "LayerNormalization": [(lambda: layers.LayerNormalization(epsilon=0.01, beta_constraint="non_neg"), (4,))],
    "RMSNormalization": [(lambda: layers.RMSNormalization(), (4,))],
    "UnitNormalization": [(layers.UnitNormalization, (4,))],
    "Normalization": [(lambda: adapted(layers.Normalization(), RNG.normal(2, 3, size=(20, 4))), (4,))],
    "PReLU": [
        (lambda: layers.PReLU("ones"), (4,)),
        (layers.PReLU, (2, 3)),
        (lambda: layers.PReLU(shared_axes=(1,)), (2, 3)),
    ],
    "Embedding": [(lambda: layers.Embedding(5, 3), (2,))],
    "CategoryEncoding": [(lambda: layers.CategoryEncoding(5, "multi_hot"), (2,))],
    "StringLookup": [
        (lambda options=options: layers.StringLookup(vocabulary=["0", "2", "4"], **options), (2,))
        for options in ({}, {"num_oov_indices": 3}, {"mask_token": "1"})
    ],
    "IntegerLookup": [
        (lambda options=options: layers.IntegerLookup(vocabulary=[0, 2, 4], **options), (2,))
        for options in ({}, {"num_oov_indices": 2}, {"mask_token": 1})
    ],
    "Concatenate": [(layers.Concatenate, (4,), (3,))],
    "Dot": [(lambda: layers.Dot(normalize=True), (4,), (4,))],
    **{name: [(getattr(layers, name), (4,), (4,))] for name in ("Add", "Average", "Maximum", "Minimum", "Multiply")},
    "Subtract": [(layers.Subtract, (4,), (4,))],
    **{
        kind.layer.__name__: [(lambda kind=kind: kind.layer(*(one.example for one in kind.parameters)), (4,))]
        for kind in ACTIVATIONS
        if kind.layer
    },
}
CASES = {f"{name} {place}" if place else name: case for name, made in MAKERS.items() for place, case in enumerate(made)}
OF_CATEGORIES = {"Embedding", "CategoryEncoding", "StringLookup", "IntegerLookup"}
# These take an input as it comes, and no layer before them.
FIRST = OF_CATEGORIES | {"Rescaling"}
# What is otherwise in training than in prediction: no differences of `evaluate` tell their gradients.
DRAWING = {"Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "BatchNormalization"}


def test_the_table_has_all_layers():
    assert set(MAKERS) == set(layers.__all__) - {"Input", "Layer"}


def model_of(name, dtype="float64"):
    make, *shapes = CASES[name]
    kind = name.split()[0]
    tested = make()
    tested.name = "tested"
    begins = [Input(shape, dtype="string" if kind == "StringLookup" else None) for shape in shapes]
    # Behind weights, where it may stand there: then a gradient goes through it to them.
    given = begins if kind in FIRST else [Dense(x.shape[-1], name=f"before_{n}")(x) for n, x in enumerate(begins)]
    value = tested(given if len(given) > 1 else given[0])
    if kind in ("StringLookup", "IntegerLookup"):
        value = layers.Embedding(tested.vocabulary_size(), 2)(value)
    model = Model(begins, Dense(2)(Flatten()(value)), dtype=dtype, seed=0)
    model.compile("adam", "mse")
    return model, tested


def data_for(name):
    kind, shapes = name.split()[0], CASES[name][1:]
    rng = np.random.default_rng(1)
    if kind in OF_CATEGORIES:
        x = [rng.integers(0, 5, (12, *shape)) for shape in shapes]
    else:
        x = [rng.normal(size=(12, *shape)) for shape in shapes]
    if kind == "StringLookup":
        x = [one.astype(str) for one in x]
    return (x if len(x) > 1 else x[0]), rng.normal(size=(12, 2))


def bits(model):
    return [array.tobytes() for array in model.get_weights()]


every_case = pytest.mark.parametrize("name", CASES)


# Keras has them as functions of a name, or not at all.
NOT_IN_KERAS = {"GELUTanh"}


@every_case
def test_it_is_written_to_keras_and_read_again(name, tmp_path):
    pytest.importorskip("h5py")
    model, _ = model_of(name, "float32")
    if name.split()[0] in NOT_IN_KERAS:
        with pytest.raises(TypeError, match="the layer tested"):
            to_keras(model, tmp_path / "model.keras")
        return
    to_keras(model, tmp_path / "model.keras")
    x, _ = data_for(name)
    assert from_keras(tmp_path / "model.keras").predict(x).tobytes() == model.predict(x).tobytes()


@every_case
@pytest.mark.parametrize("frozen", [False, True])
def test_it_is_the_same_in_files_and_copies(name, frozen, tmp_path):
    model, tested = model_of(name, "float32")
    x, y = data_for(name)
    tested.trainable = not frozen
    before = [array.tobytes() for array in tested.get_weights()]
    model.fit(x, y, batch_size=5, verbose=0)
    # Of what learns, all that is not frozen has changed; lookups and statistics of data stay.
    learns = any(variable.trainable for variable in tested.variables())
    assert (before == [array.tobytes() for array in tested.get_weights()]) == (frozen or not learns)
    outputs = model.predict(x)
    model.save(tmp_path / "model.safetensors")
    copies = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    copies.append(fastnn.load_model(tmp_path / "model.safetensors"))
    made = [clone_model(model), model_from_json(model.to_json()), Model.from_config(model.get_config())]
    for one in made:
        one.set_weights(model.get_weights())
    for one in copies + made:
        again = one.get_layer("tested")
        assert type(again) is type(tested)
        assert again.trainable == tested.trainable
        # The one of the file has the weights, and not what they started from.
        told = [layer.get_config() for layer in (again, tested)]
        if one is copies[-1]:
            told = [{key: value for key, value in each.items() if "initializer" not in key} for each in told]
        assert told[0] == told[1]
        assert one.predict(x).tobytes() == outputs.tobytes()
    model.fit(x, y, batch_size=5, verbose=0)
    for one in copies:
        one.fit(x, y, batch_size=5, verbose=0)
        assert bits(one) == bits(model)
    alone = type(tested).from_config(tested.get_config())
    assert (alone.trainable, alone.get_config()) == (tested.trainable, tested.get_config())


@every_case
def test_its_arrays_are_attributes_that_are_written_into(name):
    _, tested = model_of(name)
    for called, array in tested.arrays.items():
        assert np.shares_memory(getattr(tested, called), array) or not array.size
        with pytest.raises(AttributeError, match=rf"layer.arrays\['{called}'\]\[:\] = ..."):
            setattr(tested, called, np.zeros(1))


@pytest.mark.parametrize("name", [name for name in CASES if name.split()[0] not in DRAWING])
def test_gradients_are_those_of_differences(name):
    model, _ = model_of(name)
    x, y = data_for(name)
    rng = np.random.default_rng(2)
    # Away from zeros, where an absolute value has no slope.
    for array in [array for layer in model.layers for array in layer.arrays.values()]:
        array += 0.3 * np.abs(rng.normal(size=array.shape))
    found = model.gradients(x, y, inputs=True)
    step = 1e-6

    def slope(array, place):
        values, old = [], array[place]
        for moved in (step, -step):
            array[place] = old + moved
            values.append(model.evaluate(x, y))
        array[place] = old
        return (values[0] - values[1]) / (2 * step)

    pairs = [(layer, variable.name) for layer in model.layers for variable in layer.variables() if variable.trainable]
    learn = {f"{layer.name}.{called}": layer.arrays[called] for layer, called in pairs}
    assert set(learn) == set(found.named)
    checked = [(array, found.named[called]) for called, array in learn.items()]
    if name.split()[0] not in OF_CATEGORIES:
        checked += zip(x, found.inputs, strict=True) if isinstance(x, list) else [(x, found.inputs)]
    for array, gradient in checked:
        slopes = np.array([slope(array, place) for place in np.ndindex(array.shape)]).reshape(array.shape)
        # Losses of dozens to sixteen digits, over twice a millionth.
        np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-6)
