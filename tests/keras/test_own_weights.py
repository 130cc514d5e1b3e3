"""Weights that layers of a user's own add: those of dense layers, and all else refused."""

import numpy as np
import pytest

import fastnn.keras as keras
from fastnn.keras import backend as K

X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)


def layer_of(compute, with_bias=True):
    class Own(keras.layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight("w", (input_shape[-1], 2), initializer="ones")
            if with_bias:
                self.b = self.add_weight(name="b", shape=(2,), initializer="zeros", trainable=True)
            super().build(input_shape)

        def call(self, x):
            return compute(self, x)

    return Own(input_shape=(3,))


@pytest.mark.parametrize(
    ("compute", "with_bias"),
    [
        (lambda layer, x: K.dot(x, layer.w) + layer.b, True),
        (lambda layer, x: keras.activations.relu(layer.b + x @ layer.w), True),
        (lambda layer, x: keras.ops.matmul(x, layer.w), False),
    ],
)
def test_the_product_and_its_bias_are_a_dense_layer(compute, with_bias):
    model = keras.Sequential([layer_of(compute, with_bias), keras.layers.Dense(1)])
    assert [one.shape for one in model.get_weights()[:-2]] == [(3, 2), (2,)][: 1 + with_bias]
    own = model.layers[0].model
    own.w.assign(np.full((3, 2), 2.0))
    expected = (X @ np.full((3, 2), 2.0)).astype(np.float32)
    found = keras.Model(model.input, model.layers[0].output).predict(X)
    np.testing.assert_allclose(found, np.maximum(expected, 0) if (found >= 0).all() else expected, rtol=1e-5)
    before = own.w.numpy().copy()
    model.compile("sgd", "mse")
    model.fit(X, X[:, 0])
    assert not np.array_equal(own.w.numpy(), before)


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda layer, x: x @ layer.w, "is used in no product"),
        (lambda layer, x: (x @ layer.w + layer.b) * layer.b, "and nothing else"),
        (lambda layer, x: keras.layers.Concatenate()([x @ layer.w, x @ layer.w + layer.b]), "both with and without"),
        (lambda layer, x: x + layer.b, "and nothing else"),
    ],
)
def test_whatever_else_is_refused(compute, message):
    with pytest.raises(TypeError, match=message):
        keras.Sequential([layer_of(compute)])


@pytest.mark.parametrize(("shape", "message"), [((), "its shape is"), ((None, 2), "its shape is"), ((2, 2, 2), "its")])
def test_shapes_of_nothing_dense(shape, message):
    with pytest.raises(TypeError, match=message):
        layer_of(lambda layer, x: x).add_weight(shape=shape)
