"""Models within models whose samples are no rows: they compute, train and are kept as the layers alone are."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn.layers import Add, Concatenate, Dense, Flatten, Input, Permute, Reshape
from fastnn.models import Model, Sequential, clone_model, model_from_json

RNG = np.random.default_rng(0)
TOLD = {"dtype": "float64", "seed": 0, "name": "inner"}


def skip():
    x = Input((2, 3))
    return Model(x, Add()([x, Dense(3, "tanh")(x)]), **TOLD)


def two_inputs():
    x, y = Input((2, 3)), Input((3, 2))
    return Model([x, y], Add()([Permute((2, 1))(x), Dense(2, "tanh")(y)]), **TOLD)


INNER = {
    "dense between permuting and reshaping": lambda: Sequential(
        [Input((2, 3)), Permute((2, 1)), Dense(4, "tanh"), Reshape((2, 6))], **TOLD
    ),
    "a way round": skip,
    "two inputs": two_inputs,
    "flatten alone": lambda: Sequential([Input((2, 3)), Flatten()], **TOLD),
    "reshape alone": lambda: Sequential([Input((6,)), Reshape((2, 3))], **TOLD),
    "permute alone": lambda: Sequential([Input((2, 3)), Permute((2, 1))], **TOLD),
}


def graph_around(inner):
    begins = [Input(shape) for shape in inner.input_shapes]
    return Model(begins, Dense(2)(Flatten()(inner(begins))), dtype="float64", seed=1)


def behind_layers(inner):
    x = Input((5,))
    made = [Reshape(shape)(Dense(6)(x)) for shape in inner.input_shapes]
    return Model(x, inner(made), dtype="float64", seed=1)


def called_twice(inner):
    begins = [Input(shape) for shape in inner.input_shapes]
    both = [Flatten()(inner(given)) for given in (begins, [Permute((2, 1))(one) for one in begins[::-1]])]
    return Model(begins, Dense(2)(Concatenate()(both)), dtype="float64", seed=1)


def first_of_a_chain(inner):
    return Sequential([inner, Flatten(), Dense(2)], dtype="float64", seed=1)


def alone(inner):
    return Sequential([inner], dtype="float64", seed=1)


def deeper(inner):
    return Sequential([Sequential([inner], name="middle", dtype="float64"), Flatten(), Dense(2)], dtype="float64")


AROUND = [graph_around, behind_layers, called_twice, first_of_a_chain, alone, deeper]
# A chain has one input, and two ways round a model of two inputs have shapes that fit.
CASES = [
    (name, around)
    for name in INNER
    for around in AROUND
    if (around in (graph_around, behind_layers) or name != "two inputs")
    and (around is not called_twice or name == "two inputs")
] + [("two inputs", called_twice)]


def differences(model, data, y, step=1e-6):
    found = []
    for array in data:
        slopes = np.empty_like(array)
        for place in np.ndindex(array.shape):
            values, old = [], array[place]
            for moved in (step, -step):
                array[place] = old + moved
                values.append(model.evaluate(data if len(data) > 1 else data[0], y))
            array[place] = old
            slopes[place] = (values[0] - values[1]) / (2 * step)
        found.append(slopes)
    return found


@pytest.mark.parametrize(("name", "around"), CASES)
def test_shapes_within(name, around, tmp_path):
    model = around(INNER[name]())
    data = [RNG.normal(size=(5, *shape)) for shape in model.input_shapes]
    x = data if len(data) > 1 else data[0]
    # Outputs, and so targets, are rows.
    y = RNG.normal(size=(5, np.prod(model.output_shape)))
    model.compile("sgd", "mse")
    found = model.gradients(x, y, inputs=True).inputs
    for one, other in zip(found if len(data) > 1 else [found], differences(model, data, y), strict=True):
        # Losses around 1 to sixteen digits, over twice a millionth.
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-8)
    model.fit(x, y, epochs=1, verbose=0)
    outputs = model.predict(x)
    assert outputs.shape == y.shape
    model.save(tmp_path / "model.safetensors")
    again = [fastnn.load_model(tmp_path / "model.safetensors"), copy.copy(model), pickle.loads(pickle.dumps(model))]
    for made in (model_from_json(model.to_json()), clone_model(model)):
        made.set_weights(model.get_weights())
        again.append(made)
    for made in again:
        assert (made.input_shape, made.output_shape) == (model.input_shape, model.output_shape)
        assert np.array_equal(made.predict(x), outputs)
    lines = []
    model.summary(print_fn=lines.append)
    shape = model.get_layer("inner").output_shape if around is not deeper else model.layers[0].output_shape
    assert str((None, *shape)) in lines[0]
