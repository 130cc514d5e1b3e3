"""Arithmetic of symbolic tensors: the layers that it stands for, with Keras' numbers, and what is refused."""

import numpy as np
import pytest

import fastnn
import fastnn.keras as ours
from fastnn.layers import Add, Dense, Input, Multiply, Rescaling, Subtract
from fastnn.models import Model

# Keras' own, of NumPy's new arguments.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

X = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)

# Of an input and what two layers give: the expression, and the layer that it stands for.
EXPRESSIONS = {
    "x + y": (lambda x, y, z: x + y, Add),
    "y + x": (lambda x, y, z: y + x, Add),
    "x - y": (lambda x, y, z: x - y, Subtract),
    "y - z": (lambda x, y, z: y - z, Subtract),
    "y * z": (lambda x, y, z: y * z, Multiply),
    "x * x": (lambda x, y, z: x * x, Multiply),
    "y ** 2": (lambda x, y, z: y**2, Multiply),
    "sum([x, y, z])": (lambda x, y, z: sum([x, y, z]), Add),
    "x + y * z - y": (lambda x, y, z: x + y * z - y, Subtract),
    "np.add(y, z)": (lambda x, y, z: y + z, Add),
}
SCALED = {
    "2 * x": lambda x: 2 * x,
    "x * 2.5": lambda x: x * 2.5,
    "x / 255": lambda x: x / 255,
    "x + 1": lambda x: x + 1,
    "1 + x": lambda x: 1 + x,
    "x - 0.5": lambda x: x - 0.5,
    "1 - x": lambda x: 1 - x,
    "-x": lambda x: -x,
    "x / 127.5 - 1": lambda x: x / 127.5 - 1,
}


def of_layers(k, expression):
    x = k.Input((4,))
    y, z = k.layers.Dense(4, activation="tanh")(x), k.layers.Dense(4, activation="sigmoid")(x)
    return k.Model(x, k.layers.Dense(2)(expression(x, y, z)))


def of_an_input(k, expression):
    x = k.Input((4,))
    return k.Model(x, k.layers.Dense(2)(expression(x)))


def numbers(model, seed=1):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=array.shape, scale=0.5) for array in model.get_weights()])
    return np.asarray(model(X))


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_layers_are_combined_as_in_keras(keras, name):
    expression, kind = EXPRESSIONS[name]
    models = [of_layers(k, expression) for k in (ours, keras)]
    assert type(models[0].layers[-2]) is kind
    # Sums of a few numbers around 1 in float32.
    np.testing.assert_allclose(*map(numbers, models), rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", SCALED)
def test_inputs_are_scaled_as_in_keras(keras, name, tmp_path):
    models = [of_an_input(k, SCALED[name]) for k in (ours, keras)]
    assert isinstance(models[0].layers[1], Rescaling)
    outputs = numbers(models[0])
    np.testing.assert_allclose(outputs, numbers(models[1]), rtol=0, atol=2e-6)
    x = Input((4,))
    model = Model(x, Dense(2)(SCALED[name](x)), seed=0)
    model.save(tmp_path / "model.safetensors")
    assert np.array_equal(fastnn.load_model(tmp_path / "model.safetensors").predict(X), model.predict(X))


def test_what_changes_nothing_needs_no_layer():
    y = Dense(4)(Input((4,)))
    for same in (y + 0, 0 + y, y - 0, y * 1, 1 * y, y / 1):
        assert same is y
    assert np.add(y, y).layer is not y.layer
    # NumPy's numbers, on either side.
    scaled = np.float64(2) * Input((4,)) - np.int32(1)
    assert (scaled.inputs[0].layer.scale, scaled.layer.offset) == (2.0, -1.0)


def hidden():
    return Dense(4, name="hidden")(Input((4,)))


REFUSED = {
    "y / z": (lambda: hidden() / hidden(), "no layer for hidden / hidden: powers and quotients"),
    "1 / x": (lambda: 1 / Input((4,)), "no layer for 1 / Input: numbers are not divided"),
    "x / 0": (lambda: Input((4,)) / 0, "nothing by zero"),
    "x * inf": (lambda: Input((4,)) * float("inf"), "the number must be finite"),
    "x * True": (lambda: Input((4,)) * True, "Input \\* True: it takes what layers give, and numbers"),
    "y ** 3": (lambda: hidden() ** 3, r"no layer for hidden \*\* 3: .* an Activation of your own"),
    "y @ z": (lambda: hidden() @ hidden(), r"Dense\(units\) multiplies by weights, and Dot\(\)"),
    "y[0]": (lambda: hidden()[0], "no layer that takes a part of hidden: .* an Input of its own"),
    "an array": (lambda: hidden() + np.ones(4), "no layer for hidden \\+ a ndarray"),
    "an array before it": (lambda: np.ones(4) + hidden(), "no layer for a ndarray \\+ hidden"),
    "a word": (lambda: hidden() + "y", "no layer for hidden \\+ a str"),
    "np.exp": (lambda: np.exp(hidden()), "a symbolic tensor has no numbers for exp"),
    "its items": (lambda: list(hidden()), "not iterable"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_layer_computes_is_refused(name):
    refused, message = REFUSED[name]
    with pytest.raises(TypeError, match=message):
        refused()


def test_other_shapes_are_not_combined():
    x = Input((4,))
    with pytest.raises(ValueError, match=r"its inputs must have the same shape \(one gives \(4,\), two gives \(3,\)\)"):
        Dense(4, name="one")(x) + Dense(3, name="two")(x)
