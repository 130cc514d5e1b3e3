"""Losses that are functions of a user's own: what they are trained by, and what is refused."""

import numpy as np
import pytest

import fastnn
import fastnn.keras as keras
from fastnn.keras import backend as K
from fastnn.keras import layers, ops

RNG = np.random.default_rng(1)
X = RNG.normal(size=(24, 3))
Y = X.sum(axis=1)


def made(loss, outputs=1, **options):
    model = keras.Sequential([layers.Dense(4, "tanh", input_dim=3), layers.Dense(outputs)], seed=3)
    model.compile("adam", loss, **options)
    return model


def squares(y_true, y_pred):
    return K.mean(K.square(y_pred - y_true), axis=-1)


@pytest.mark.parametrize("weights", [None, np.linspace(0, 2, 24)])
def test_the_same_as_the_loss_of_the_package(weights):
    own, ours = (made(loss).fit(X, Y, epochs=3, batch_size=8, sample_weight=weights) for loss in (squares, "mse"))
    np.testing.assert_allclose(own.history["loss"], ours.history["loss"], rtol=1e-5)


def test_targets_come_in_the_type_and_shape_of_outputs():
    seen = []

    def looking(y_true, y_pred):
        seen.append((y_true.shape, str(y_true.dtype), y_pred.shape))
        return squares(y_true, y_pred)

    made(looking).train_on_batch(X, (Y > 0).astype(int))
    assert set(seen) == {((24, 1), "float32", (24, 1))}


def test_one_number_for_all_takes_no_weights():
    model = made(lambda y_true, y_pred: K.mean(K.abs(y_pred - y_true)))
    model.fit(X, Y)
    with pytest.raises(ValueError, match="must return one number for each sample"):
        model.fit(X, Y, sample_weight=np.ones(24) * 2)


def test_what_does_not_depend_on_outputs_is_refused():
    with pytest.raises(TypeError, match="does not depend on y_pred, but by comparisons"):
        made(lambda y_true, y_pred: K.mean(K.round(y_pred) - y_true)).fit(X, Y)
    with pytest.raises(TypeError, match=r"would lose it: write functions of keras\.ops"):
        made(lambda y_true, y_pred: K.mean(y_true) - float(K.mean(y_pred))).fit(X, Y)


class Empty(keras.losses.Loss):
    """Without what gives its values."""


def test_a_class_with_a_call():
    class Fourth(keras.losses.Loss):
        def __init__(self, scale):
            super().__init__(name="fourth")
            self.scale = scale

        def call(self, y_true, y_pred):
            return ops.mean(self.scale * (y_true - y_pred) ** 4, axis=-1)

    loss = Fourth(2.0)
    assert isinstance(loss, keras.losses.Loss)
    assert isinstance(keras.losses.MeanSquaredError(), keras.losses.Loss)
    assert loss(np.zeros((2, 1)), np.array([[1.0], [2.0]])) == 17
    model = made(loss)
    assert model.loss.name == "fourth"
    losses = model.fit(X, Y, epochs=20).history["loss"]
    assert losses[-1] < losses[0]
    with pytest.raises(TypeError, match="needs a call"):
        Empty()


def test_files_know_them_by_their_names(tmp_path):
    pytest.importorskip("h5py")
    model = made(squares, metrics=[squares])
    model.fit(X, Y)
    for name in ("model.keras", "model.h5", "model.safetensors"):
        model.save(tmp_path / name)
        again = keras.models.load_model(tmp_path / name, custom_objects={"squares": squares})
        assert again.evaluate(X, Y) == model.evaluate(X, Y)
        again.fit(X, Y)
        with pytest.raises(ValueError, match="squares"):
            keras.models.load_model(tmp_path / name)


def test_fastnn_itself_asks_for_the_gradient():
    with pytest.raises(TypeError, match="needs its gradient too"):
        fastnn.Sequential([fastnn.Dense(1, input_shape=(3,))]).compile("adam", squares)
