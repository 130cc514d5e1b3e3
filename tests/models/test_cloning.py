"""Models of the same layers with first weights of their own."""

import numpy as np
import pytest

import fastnn
import fastnn.keras as keras
from fastnn import clone_model
from fastnn.initializers import GlorotUniform
from fastnn.layers import Add, BatchNormalization, Dense, Dropout, Input


def chain():
    layers = [Dense(6, "relu", kernel_initializer="he_normal", bias_regularizer="l2"), BatchNormalization()]
    return fastnn.Sequential(
        [Input((4,)), *layers, Dropout(0.2, seed=3), Dense(2)], seed=0, dtype="float64", name="mine"
    )


def graph():
    x = Input((4,), name="x")
    shared = Dense(4, "tanh", trainable=False)
    hidden = shared(x)
    return fastnn.Model(x, {"one": Dense(1)(Add()([shared(hidden), hidden])), "two": Dense(2)(hidden)}, seed=0)


def unbuilt():
    return fastnn.Sequential([Dense(3), Dense(1)], seed=0)


def in_keras():
    return keras.Sequential([keras.layers.Dense(3, input_dim=4, trainable=False), keras.layers.Dense(1)], name="mine")


def nested():
    encoder = fastnn.Sequential([Input((4,)), Dense(3, "tanh", trainable=False)], name="encoder", seed=0)
    x = Input((4,))
    return fastnn.Model(x, Dense(4, name="decoder")(encoder(x)), seed=0)


MODELS = [nested, chain, graph, unbuilt, in_keras]


@pytest.mark.parametrize("make", MODELS)
def test_a_clone_has_the_same_layers_and_arrays_of_its_own(make):
    model = make()
    clone = clone_model(model)
    assert type(clone) is type(model)
    assert (clone.name, clone.dtype, clone.built, clone.trainable) == (
        *(model.name, model.dtype, model.built, model.trainable),
    )
    for one, other in zip(model.layers, clone.layers, strict=True):
        assert one is not other
        assert repr(one.configuration()).split(" at 0x")[0] == repr(other.configuration()).split(" at 0x")[0]
        assert (one.input_shape, one.output_shape) == (other.input_shape, other.output_shape)
    if not model.built:
        return
    if make is not in_keras:
        assert clone.architecture() == model.architecture()
    for one, other in zip(model.get_weights(), clone.get_weights(), strict=True):
        # Kernels alone are drawn.
        assert (one.ndim == 2) == (not np.array_equal(one, other))
    before = model.get_weights()
    clone.set_weights([np.zeros(array.shape) for array in clone.get_weights()])
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_initialisers_come_along():
    model = fastnn.Sequential([Input((50,)), Dense(40, kernel_initializer=GlorotUniform(seed=5)), Dense(1)])
    clone = clone_model(model)
    np.testing.assert_array_equal(*(one.layers[0].kernel for one in (model, clone)))
    # 400 numbers of variance 2 / fan_in and 1 / fan_in apart from one another.
    normal = fastnn.Sequential([Input((400,)), Dense(400, kernel_initializer="he_normal")])
    assert clone_model(normal).layers[0].kernel.var() == pytest.approx(2 / 400, rel=0.05)


def test_trained_models_are_cloned_untrained():
    model = chain()
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(20, 4))
    model.fit(x, x[:, :2], epochs=1, verbose=0)
    clone = clone_model(model)
    assert clone.optimizer is None
    assert clone.history is None
    assert not clone.layers[1].moving_mean.any()
    clone.compile("adam", "mse")
    clone.fit(x, x[:, :2], epochs=1, verbose=0)
    assert not np.array_equal(clone.predict(x), model.predict(x))


def test_a_class_of_ones_own_gives_one_of_the_package():
    class Mine(fastnn.Sequential):
        def __init__(self, size):
            super().__init__([Input((4,)), Dense(size)])

    clone = clone_model(Mine(3))
    assert type(clone) is fastnn.Sequential
    assert clone.output_shape == (3,)


def test_anything_else_is_refused():
    with pytest.raises(TypeError, match="model must be a model of fastnn, but it is 3"):
        clone_model(3)


def test_models_within_are_cloned_too():
    model = nested()
    clone = clone_model(model)
    assert clone.layers[0].model is not model.layers[0].model
    kernels = [one.layers[0].model.layers[0].kernel for one in (model, clone)]
    assert not np.array_equal(*kernels)
    assert not clone.layers[0].model.layers[0].trainable
    clone.set_weights([np.zeros(array.shape) for array in clone.get_weights()])
    assert not clone.predict(np.ones((1, 4))).any()
    assert model.predict(np.ones((1, 4))).any()
