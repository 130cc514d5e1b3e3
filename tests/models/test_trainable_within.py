"""What is frozen in models within models: it stays as it is, and is frozen in every file, description and copy."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
import fastnn.keras as ours
from fastnn.layers import BatchNormalization, Dense, Input
from fastnn.models import Model, Sequential, clone_model, model_from_json
from fastnn.models.leaves import leaf_layers

# Keras' own, of NumPy's new arguments.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(16, 4)), RNG.normal(size=(16, 2))
TOLD = {"dtype": "float64", "seed": 0}


def inner():
    layers = [Dense(4, "tanh", name="a"), BatchNormalization(name="b"), Dense(3, name="c")]
    return Sequential([Input((4,)), *layers], name="inner", **TOLD)


def chain():
    return Sequential([inner(), Dense(2, name="d")], **TOLD)


def graph():
    x = Input((4,))
    return Model(x, Dense(2, name="d")(inner()(x)), **TOLD)


def deeper():
    return Sequential([Sequential([inner(), Dense(3)], name="middle", **TOLD), Dense(2, name="d")], **TOLD)


def innermost(model):
    layer = model.layers[0]
    return innermost(layer.inner_model) if layer.inner_model is not None else model


def froze(*steps):
    """Assign in turn: what, and whether it trains."""

    def change(model):
        for find, value in steps:
            find(model).trainable = value

    return change


FREEZES = {
    "nothing": froze(),
    "a layer": froze((lambda m: innermost(m).layers[0], False)),
    "a normalisation": froze((lambda m: innermost(m).layers[1], False)),
    "the model within": froze((innermost, False)),
    "it as a layer": froze((lambda m: m.layers[0], False)),
    "the model within, but a layer of it": froze((innermost, False), (lambda m: innermost(m).layers[0], True)),
    "the whole": froze((lambda m: m, False)),
    "the whole, but a layer of it": froze((lambda m: m, False), (lambda m: m.layers[-1], True)),
    "the whole, and not any more": froze((lambda m: m, False), (lambda m: m, True)),
}
# Which layers of the innermost model learn then, and whether those around it do.
LEARN = {
    "nothing": ("abc", True),
    "a layer": ("bc", True),
    "a normalisation": ("ac", True),
    "the model within": ("", True),
    "it as a layer": ("", True),
    "the model within, but a layer of it": ("a", True),
    "the whole": ("", False),
    "the whole, but a layer of it": ("", False),
    "the whole, and not any more": ("abc", True),
}
every_case = pytest.mark.parametrize("freeze", FREEZES)


def said(model):
    """What the model, those within and all layers say."""
    found = [model.trainable]
    for layer in model.layers:
        found += [layer.trainable] if layer.inner_model is None else said(layer.inner_model)
    return found


def through_a_file(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    return fastnn.load_model(tmp_path / "model.safetensors")


WAYS = {
    "file": through_a_file,
    "copy": lambda model, _: copy.copy(model),
    "deepcopy": lambda model, _: copy.deepcopy(model),
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)),
    "clone_model": lambda model, _: clone_model(model),
    "to_json": lambda model, _: model_from_json(model.to_json()),
    "get_config": lambda model, _: type(model).from_config(model.get_config()),
}


@every_case
@pytest.mark.parametrize("make", [chain, graph, deeper])
def test_it_stays_in_every_copy(make, freeze, tmp_path):
    model = make()
    FREEZES[freeze](model)
    for way, copied in WAYS.items():
        again = copied(model, tmp_path)
        assert (said(again), again.frozen_layers) == (said(model), model.frozen_layers), way


def changed_by(train, model):
    """The layers that have an array that training changes, and how many numbers it changes by gradients."""
    layers = list(leaf_layers(model.layers))
    before = [layer.get_weights() for layer in layers]
    train(model)
    changed, count = [], 0
    for layer, old in zip(layers, before, strict=True):
        for variable, array in zip(layer.variables(), old, strict=True):
            if not np.array_equal(array, layer.arrays[variable.name]):
                changed.append(layer)
                count += array.size if variable.trainable else 0
    return set(changed), count


TRAININGS = {
    "fit": lambda model: model.fit(X, Y, epochs=1, verbose=0),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
    "apply_gradients": lambda model: model.apply_gradients(model.gradients(X, Y)),
}


@pytest.mark.parametrize("train", TRAININGS)
@pytest.mark.parametrize("make", [chain, graph, deeper])
def test_it_counts_from_the_next_training(make, train):
    """One model goes through all cases, so that what was frozen learns again."""
    model = make()
    model.compile("adam", "mse")
    for freeze, change in FREEZES.items():
        model.trainable = True
        change(model)
        changed, count = changed_by(TRAININGS[train], model)
        within, (learn, others) = innermost(model).layers, LEARN[freeze]
        around = set(leaf_layers(model.layers)) - set(within)
        expected = {layer for layer in within if layer.name in learn} | (around if others else set())
        if make is deeper and freeze == "it as a layer":
            # Of the whole: there, the innermost is one of two layers of that one.
            expected = {model.layers[-1]}
        assert changed == expected, freeze
        lines = []
        model.summary(print_fn=lines.append)
        assert lines[0].endswith(f"of which {count:,} are trained"), freeze


def test_a_frozen_normalisation_within_takes_its_moving_statistics():
    one = chain()
    one.compile("sgd", "mse")
    one.fit(X, Y, epochs=2, verbose=0)
    layers = [Dense(4, "tanh"), BatchNormalization(trainable=False), Dense(3), Dense(2)]
    plain = Sequential([Input((4,)), *layers], **TOLD)
    plain.set_weights(one.get_weights())
    innermost(one).layers[1].trainable = False
    for model in (one, plain):
        model.compile("sgd", "mse")
        model.fit(X, Y, epochs=2, batch_size=5, shuffle=False, verbose=0)
    for mine, other in zip(one.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def in_keras(keras, freeze):
    kinds = keras.layers
    layers = [kinds.Dense(4, activation="tanh", kernel_regularizer="l2"), kinds.BatchNormalization(), kinds.Dense(3)]
    within = keras.Sequential([keras.Input((4,)), *layers], name="inner")
    x = keras.Input((4,))
    model = keras.Model(x, kinds.Dense(2)(within(x)))
    freeze(model, within)
    return model


@pytest.mark.parametrize(
    "freeze",
    [
        lambda model, within: None,
        lambda model, within: setattr(within.layers[0], "trainable", False),
        lambda model, within: setattr(within, "trainable", False),
        lambda model, within: setattr(model, "trainable", False),
        lambda model, within: (setattr(within, "trainable", False), setattr(within.layers[0], "trainable", True)),
    ],
    ids=["nothing", "a layer", "the model within", "the whole", "the model within, but a layer of it"],
)
def test_lists_of_weights_are_those_of_keras(keras, freeze):
    mine, theirs = (in_keras(each, freeze) for each in (ours, keras))
    for name in ("trainable_weights", "non_trainable_weights"):
        shapes = [[tuple(array.shape) for array in getattr(model, name)] for model in (mine, theirs)]
        assert shapes[0] == shapes[1], name
        layer = [[tuple(array.shape) for array in getattr(model.get_layer("inner"), name)] for model in (mine, theirs)]
        assert layer[0] == layer[1], name
    assert len(mine.losses) == len(theirs.losses)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Dense(3),
        BatchNormalization,
        fastnn.layers.LayerNormalization,
        lambda: fastnn.layers.Embedding(3, 2),
        fastnn.layers.PReLU,
        lambda: fastnn.layers.Dropout(0.5),
        lambda: fastnn.layers.Rescaling(0.5),
        lambda: fastnn.layers.Activation("relu"),
        fastnn.layers.ReLU,
        fastnn.layers.Add,
        fastnn.layers.Normalization,
        fastnn.layers.StringLookup,
        lambda: fastnn.layers.Reshape((3,)),
    ],
)
def test_a_frozen_layer_is_frozen_in_its_configuration(make):
    layer = make()
    assert type(layer).from_config(layer.get_config()).trainable
    layer.trainable = False
    assert not type(layer).from_config(layer.get_config()).trainable
    with pytest.raises(TypeError, match="trainable must be True or False"):
        type(layer).from_config(layer.get_config() | {"trainable": "no"})
