"""The architecture of a model as data: a new model of it is made of the same layers, and nothing in it runs."""

import json

import numpy as np
import pytest

import fastnn
from fastnn.initializers import Constant, HeNormal
from fastnn.layers import Activation, BatchNormalization, Dense, Dropout, Flatten, Input, LeakyReLU, PReLU, Rescaling
from fastnn.models import Sequential, model_from_json


def cube(x):
    return x**3


def cube_prime(x):
    return 3 * x**2


def own_activation():
    return Sequential([Input((3,)), Dense(2), Activation((cube, cube_prime))], name="own")


MODELS = {
    "all kinds": lambda: Sequential(
        [
            Input((2, 2)),
            Rescaling(0.5, 1.0),
            Flatten(),
            Dense(5, "relu", kernel_regularizer="l2", kernel_initializer="he_normal", name="first"),
            BatchNormalization(momentum=0.9),
            Dropout(0.3),
            LeakyReLU(0.1),
            Dense(3, "softmax"),
        ],
        name="kinds",
        dtype="float64",
    ),
    "initialisers": lambda: Sequential(
        [Input((3,)), Dense(2, kernel_initializer=HeNormal(seed=1), bias_initializer="ones"), PReLU(Constant(0.5))]
    ),
    "an input shape of the first layer": lambda: Sequential([Dense(2, input_shape=(4,)), Dense(1)]),
    "not built": lambda: Sequential([Dense(2), Dense(1)]),
    "a model within that is not built": lambda: Sequential([Dense(2), Sequential([Dense(3), Dense(2)], name="within")]),
    "no layers": lambda: Sequential(),
    "own activation": own_activation,
}
OWN = {"cube": (cube, cube_prime)}


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_of_its_description_is_made_of_the_same(kind):
    model = MODELS[kind]()
    text = model.to_json(indent=2)
    assert json.loads(text)["config"] == json.loads(json.dumps(model.get_config()))
    for again in (model_from_json(text, OWN), Sequential.from_config(model.get_config(), OWN)):
        assert again.get_config() == model.get_config()
        assert (again.name, again.dtype, again.input_shape, again.built) == (
            *(model.name, model.dtype, model.input_shape),
            model.built,
        )
        if model.built:
            again.set_weights(model.get_weights())
            x = np.random.default_rng(0).normal(size=(5, *model.input_shape))
            np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_arrays_start_as_they_did():
    model = MODELS["initialisers"]()
    for again in (model_from_json(model.to_json()), Sequential.from_config(model.get_config())):
        # All of these are the same in each call.
        for one, other in zip(again.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    within = Sequential([model, Dense(1)])
    np.testing.assert_array_equal(model_from_json(within.to_json()).layers[0].get_weights()[0], model.layers[0].kernel)


def halves(shape, rng):
    return np.full(shape, 0.5)


def test_an_initialiser_of_ones_own_is_kept_by_name():
    text = Sequential([Input((3,)), Dense(2, kernel_initializer=halves)]).to_json()
    assert (model_from_json(text, {"halves": halves}).layers[0].kernel == 0.5).all()
    with pytest.raises(ValueError, match="'halves', which is no part of fastnn but a function or object of your own"):
        model_from_json(text)


def test_a_class_of_ones_own_makes_its_own():
    class Mine(Sequential):
        pass

    again = Mine.from_config(Mine([Input((2,)), Dense(1)]).get_config())
    assert type(again) is Mine


GOOD = Sequential([Input((3,)), Dense(2, name="a")], name="m").get_config()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda config: None, TypeError, "config must be what get_config gave, a dict, but it is a NoneType"),
        (lambda config: {}, ValueError, "config must be what get_config gave, with name"),
        (lambda config: config | {"more": 1}, ValueError, "but it has .*more"),
        (lambda config: config | {"layers": "Dense"}, ValueError, "config must be what get_config gave"),
        (
            lambda config: config | {"layers": [{"class": "os.system"}]},
            ValueError,
            "layer 0 of config is of the unknown",
        ),
        (
            lambda config: config | {"layers": [{"class": "losses.Huber"}]},
            ValueError,
            "layer 0 of config must be a layer",
        ),
        (lambda config: config | {"layers": [3]}, ValueError, "layer 0 of config must be a layer, but it is 3"),
        (lambda config: config | {"layers": [{"class": "layers.Dense"}]}, ValueError, "cannot be made"),
        (lambda config: config | {"layers": [{"own": "exec"}]}, ValueError, "pass custom_objects"),
        (lambda config: config | {"input_shape": [0]}, ValueError, "input_shape of config"),
        (lambda config: config | {"dtype": "int8"}, TypeError, "dtype must be float32 or float64"),
    ],
)
def test_what_is_no_configuration(change, error, message):
    with pytest.raises(error, match=message):
        Sequential.from_config(change(dict(GOOD)))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (3, TypeError, "json_string must be the text of model.to_json"),
        ("{", ValueError, "json_string is no JSON"),
        ("[]", ValueError, "with the format 'fastnn-architecture-1'"),
        ('{"class_name": "Sequential", "config": {}}', ValueError, "read by fastnn.interop.from_keras"),
        ('{"format": "fastnn-architecture-1", "class_name": "Sequential"}', TypeError, "but it is a NoneType"),
    ],
)
def test_what_is_no_such_text(text, error, message):
    with pytest.raises(error, match=message):
        model_from_json(text)


def test_layers_of_ones_own_cannot_be_described():
    class Own(Dense):
        pass

    with pytest.raises(TypeError, match="of your own class Own"):
        Sequential([Input((3,)), Own(2)]).to_json()


def test_single_batches_are_what_all_give():
    rng = np.random.default_rng(0)
    model = Sequential([Input((3,)), Dense(4, "relu"), Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", "mse", metrics=["mae"], steps_per_execution=8)
    x, y, weights = rng.normal(size=(9, 3)), rng.integers(2, size=9), rng.random(9)
    assert model.test_on_batch(x, y) == model.evaluate(x, y)
    assert model.test_on_batch(x, y, weights, return_dict=True) == model.evaluate(
        x, y, sample_weight=weights, return_dict=True
    )
    np.testing.assert_array_equal(model.predict_on_batch(x), model.predict(x))
    before = model.get_weights()
    with pytest.raises(ValueError, match="y"):
        model.test_on_batch(x, y[:5])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (1.5, TypeError), ("auto", TypeError)])
def test_steps_per_execution_is_checked_though_it_has_no_effect(value, error):
    model = Sequential([Input((3,)), Dense(1)], seed=0)
    with pytest.raises(error, match="steps_per_execution"):
        model.compile("sgd", "mse", steps_per_execution=value)
    assert model.loss is None
    assert "steps_per_execution" in fastnn.Sequential.compile.__doc__
