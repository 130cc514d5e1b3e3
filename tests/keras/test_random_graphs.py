"""Random graphs in Keras and here, in float64: outputs, gradients, and fifty steps of training.

``FASTNN_RANDOM_GRAPHS`` says how many.
"""

import importlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from fastnn.interop import from_keras
from fastnn.optimizers import SGD

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))
from random_graphs import ACTIVATIONS, NORMALIZATIONS, data_of, random_calls

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning"),
    pytest.mark.filterwarnings("ignore:You are using a softmax over axis:UserWarning"),
]
SAMPLES, STEPS, RATE = 12, 50, 0.01


@pytest.fixture
def doubles(keras):
    """Keras with double precision."""
    # Other tests of this process may have chosen a policy.
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    if keras.config.backend() == "jax":
        jax = pytest.importorskip("jax")
        with jax.enable_x64(True):
            yield keras
    else:
        yield keras
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def keras_graph(keras, seed):
    """Without what Keras rounds to float32: over JAX tanh and roots, over TensorFlow the constant of GELU."""
    rng = np.random.default_rng(seed)
    kept = [name for name in ACTIVATIONS if name != "gelu"]
    if keras.config.backend() == "jax":
        kept.remove("tanh")
        others = kept, "sigmoid", ("Identity",)
    else:
        others = kept, "tanh", NORMALIZATIONS
    model = keras.Model(*random_calls(keras.layers, keras.Sequential, keras.Model, rng, True, *others))
    weights = model.get_weights()
    model.set_weights([random_weight(array, rng) for array in weights])
    return model


def random_weight(array, rng):
    """Of any size that keeps numbers as large as they are; what a variance may be, too."""
    if array.ndim == 2:
        return rng.normal(size=array.shape, scale=1.4 / np.sqrt(len(array)))
    return rng.uniform(0.3, 1, size=array.shape)


def name_of(variable):
    """Without the model that it is in: Keras numbers the layers of all models."""
    return ".".join(variable.path.split("/")[-2:])


def squared_error(keras):
    """The mean of all squares: over JAX that of Keras multiplies by a reciprocal that it rounds to float32."""

    class SquaredError(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.sum(keras.ops.square(y_pred - y_true), axis=-1) / (SAMPLES * y_pred.shape[-1])

    return SquaredError(reduction="sum", dtype="float64")


def each(outputs):
    if isinstance(outputs, dict):
        return list(outputs.values())
    return outputs if isinstance(outputs, list) else [outputs]


def gradients_of(keras, model, x, y):
    """Keras' gradients of the sum of mean squared errors by layer and variable, as it trains."""
    error = squared_error(keras)

    def loss_of(outputs):
        return sum(error(part, one) for one, part in zip(each(outputs), y, strict=True))

    if keras.config.backend() == "jax":
        jax = importlib.import_module("jax")
        other = [variable.value for variable in model.non_trainable_variables]

        def loss(values):
            outputs, _ = model.stateless_call(values, other, x, training=True)
            return loss_of(outputs)

        found = jax.jit(jax.grad(loss))([variable.value for variable in model.trainable_variables])
        return dict(zip(map(name_of, model.trainable_variables), found, strict=True))
    tensorflow = importlib.import_module("tensorflow")
    with tensorflow.GradientTape() as tape:
        value = loss_of(model(x, training=True))
    sources = {name_of(variable): variable.value for variable in model.trainable_variables}
    # A table's gradient comes as rows.
    found = tape.gradient(value, sources)
    return {name: 0 if one is None else tensorflow.convert_to_tensor(one) for name, one in found.items()}


def close(one, other):
    # Some hundred roundings in float64, fifty times over.
    one, other = np.asarray(one), np.asarray(other)
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-10 * max(1, np.abs(other).max()))


@pytest.mark.parametrize("seed", range(int(os.environ.get("FASTNN_RANDOM_GRAPHS", "3"))))
def test_outputs_gradients_and_training_are_those_of_keras(seed, doubles):
    theirs = keras_graph(doubles, seed)
    ours = from_keras(theirs)
    assert ours.dtype == np.float64
    x = data_of(ours, SAMPLES, seed)
    rng = np.random.default_rng(seed)
    y = [rng.normal(size=(SAMPLES, *shape)) for shape in ours.output_shapes]
    given, targets = x if len(x) > 1 else x[0], y if len(y) > 1 else y[0]
    for one, other in zip(each(ours.predict(given)), each(theirs.predict(given, verbose=0)), strict=True):
        close(one, other)

    ours.compile(SGD(RATE), "mse")
    wanted = gradients_of(doubles, theirs, x if len(x) > 1 else x[0], y)
    found = ours.gradients(given, targets).named
    for name, gradient in found.items():
        close(gradient, wanted.pop(name))
    # Of a model within, what leads to no output of the graph is not taken over.
    assert not any(np.any(gradient) for gradient in wanted.values())

    names = list(theirs.output) if isinstance(theirs.output, dict) else None
    error = squared_error(doubles)
    theirs.compile(doubles.optimizers.SGD(RATE), error if names is None else dict.fromkeys(names, error))
    for _ in range(STEPS):
        ours.train_on_batch(given, targets)
        theirs.train_on_batch(given, targets if names is None else dict(zip(names, y, strict=True)))
    again = from_keras(theirs)
    for one, other in zip(ours.get_weights(), again.get_weights(), strict=True):
        close(one, other)
