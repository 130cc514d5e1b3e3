"""Keras opens what is written for it, and computes the same; what it has not is refused with the layer's name."""

import json
import zipfile

import numpy as np
import pytest

import fastnn
from fastnn import losses, metrics, optimizers
from fastnn.activations.registry import ACTIVATIONS
from fastnn.interop import from_keras, load_keras_weights, save_keras_weights, to_keras
from fastnn.layers import (
    ELU,
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Input,
    LayerNormalization,
    LeakyReLU,
    Rescaling,
    Softmax,
)
from fastnn.models import Sequential

pytest.importorskip("h5py")
# Keras' own, of NumPy's new arguments, and of models that are not compiled.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer:UserWarning"),
]

ENDINGS = ("keras", "h5", "hdf5")


def everything():
    """A model with something of all that Keras has, too, and numbers that are not its first."""
    model = Sequential(
        [
            Input((2, 3)),
            Rescaling(0.5, 0.1),
            Flatten(),
            Dense(5, "relu", kernel_regularizer="l2", name="first"),
            BatchNormalization(momentum=0.9, epsilon=0.01),
            Dense(5, {"name": "leaky_relu", "slope": 0.3}, use_bias=False, kernel_constraint="max_norm"),
            LayerNormalization(scale=False),
            LeakyReLU(0.05),
            Dropout(0.2, seed=3),
            ELU(0.5),
            GaussianNoise(0.1),
            Dense(4, {"name": "elu", "slope": 0.7}),
            Activation("swish"),
            Dense(3),
            Softmax(),
        ],
        seed=0,
        name="all",
    )
    rng = np.random.default_rng(0)
    model.set_weights([np.abs(rng.normal(size=array.shape)) for array in model.get_weights()])
    return model


def samples():
    return np.random.default_rng(1).normal(size=(6, 2, 3)).astype(np.float32)


def same(one, other):
    # Sums of some ten products in float32, through four layers.
    np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("ending", ENDINGS)
def test_keras_opens_it(ending, keras, tmp_path):
    model, path = everything(), tmp_path / f"model.{ending}"
    to_keras(model, path, own=b"something of its own")
    theirs = keras.models.load_model(path)
    same(theirs.predict(samples(), verbose=0), model.predict(samples()))
    assert theirs.name == "all"
    assert [layer.name for layer in theirs.layers] == [layer.name for layer in model.layers]
    assert theirs.layers[2].kernel_regularizer.l2 == pytest.approx(0.01)
    assert [theirs.layers[8 - 1].rate, theirs.layers[8 - 1].seed] == [0.2, 3]
    again = from_keras(path)
    np.testing.assert_array_equal(again.predict(samples()), model.predict(samples()))
    assert again.layers[2].kernel_regularizer == model.layers[2].kernel_regularizer
    assert again.layers[4].kernel_constraint == model.layers[4].kernel_constraint


@pytest.mark.parametrize("kind", [kind for kind in ACTIVATIONS if kind.name != "gelu_tanh"], ids=lambda kind: kind.name)
def test_activations(kind, keras, tmp_path):
    model = Sequential([Input((3,)), Dense(4, kind.name), Dense(4), Activation(kind.name)], seed=0)
    to_keras(model, tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    same(keras.models.load_model(tmp_path / "model.keras").predict(x, verbose=0), model.predict(x))


@pytest.mark.parametrize("ending", ENDINGS[:2])
def test_keras_goes_on_training(ending, keras, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)).astype(np.float32), rng.normal(size=(40, 1)).astype(np.float32)
    model = Sequential([Input((3,)), Dense(4, "tanh"), Dense(1)], seed=0)
    schedule = optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    model.compile(optimizers.SGD(schedule, clipnorm=0.5), losses.Huber(0.7), metrics=["mae"])
    to_keras(model, tmp_path / f"model.{ending}")
    theirs = keras.models.load_model(tmp_path / f"model.{ending}")
    for one in (model, theirs):
        one.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0)
    for mine, other in zip(model.get_weights(), theirs.get_weights(), strict=True):
        # Ten steps in float32.
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-5)
    np.testing.assert_allclose(model.evaluate(x, y), theirs.evaluate(x, y, verbose=0), rtol=1e-4)


@pytest.mark.parametrize("name", optimizers.CLASSES.values())
def test_optimizers(name, keras, tmp_path):
    optimizer = getattr(optimizers, name)()
    model = Sequential([Input((3,)), Dense(2, "softmax")], seed=0)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy", metrics.AUC(), metrics.F1Score()])
    to_keras(model, tmp_path / "model.keras")
    theirs = keras.models.load_model(tmp_path / "model.keras")
    if name == "LBFGS":
        assert not theirs.compiled
        return
    assert type(theirs.optimizer).__name__ == name
    assert float(theirs.optimizer.learning_rate) == pytest.approx(optimizer.learning_rate)


@pytest.mark.parametrize("name", [name for name in losses.CLASSES.values() if name != "Quantile"])
def test_losses(name, keras, tmp_path):
    model = Sequential([Input((3,)), Dense(2, "softmax")], seed=0)
    model.compile("sgd", getattr(losses, name)())
    to_keras(model, tmp_path / "model.keras")
    assert type(keras.models.load_model(tmp_path / "model.keras").loss).__name__ == name


@pytest.mark.parametrize(
    "compilation",
    [
        ("sgd", losses.Quantile(0.9), []),
        ("sgd", (lambda y_true, y_pred: 0.0, lambda y_true, y_pred: y_pred), []),
        ("sgd", "mse", [lambda y_true, y_pred: 0.0]),
        (optimizers.SGD(optimizers.schedules.OneCycle(0.1, 10)), "mse", []),
    ],
)
def test_what_keras_has_not_is_left_out_of_how_it_is_compiled(compilation, keras, tmp_path):
    model = Sequential([Input((3,)), Dense(2)], seed=0)
    optimizer, loss, watched = compilation
    model.compile(optimizer, loss, metrics=watched)
    for ending in ("keras", "h5"):
        to_keras(model, tmp_path / f"model.{ending}")
        theirs = keras.models.load_model(tmp_path / f"model.{ending}")
        assert not theirs.compiled
        same(theirs.predict(np.ones((1, 3)), verbose=0), model.predict(np.ones((1, 3))))


@pytest.mark.parametrize("ending", ["weights.h5", "h5", "hdf5"])
def test_weights_alone(ending, keras, tmp_path):
    model, path = everything(), tmp_path / f"model.{ending}"
    save_keras_weights(model, path)
    to_keras(everything(), tmp_path / "model.keras")
    theirs = keras.models.load_model(tmp_path / "model.keras")
    before = [array + 1 for array in theirs.get_weights()]
    theirs.set_weights(before)
    theirs.load_weights(path)
    for mine, other in zip(model.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)
    other = everything()
    other.set_weights([array + 1 for array in other.get_weights()])
    load_keras_weights(other, path)
    for mine, again in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, again)


def test_double_precision(keras, tmp_path):
    model = Sequential([Input((3,)), Dense(2, "tanh")], seed=0, dtype="float64")
    for ending in ENDINGS:
        to_keras(model, tmp_path / f"model.{ending}")
        again = from_keras(tmp_path / f"model.{ending}")
        assert again.dtype == np.float64
        np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])


class Own(Dense):
    pass


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (Dense(2, (np.tanh, np.cos), name="own"), "the layer own: its activation tanh is of your own"),
        (Dense(2, "gelu_tanh", name="near"), "the layer near: its activation is gelu_tanh, which Keras has as a func"),
        (fastnn.layers.GELUTanh(name="near"), "the layer near: its activation is gelu_tanh"),
    ],
)
def test_what_keras_has_not_is_refused(layer, words, tmp_path):
    model = Sequential([Input((3,)), layer])
    with pytest.raises(TypeError, match=words):
        to_keras(model, tmp_path / "model.keras")
    assert list(tmp_path.iterdir()) == []


def test_names_and_folders(tmp_path):
    model = Sequential([Input((3,)), Dense(2)])
    with pytest.raises(ValueError, match=r"the name of a model of Keras ends in \.keras, \.h5, \.hdf5, but it is"):
        to_keras(model, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"the name of the weights of Keras ends in \.h5, \.hdf5, but it is"):
        save_keras_weights(model, tmp_path / "model.keras")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        to_keras(model, tmp_path / "nowhere" / "model.keras")


def test_the_file_is_what_keras_writes(keras, tmp_path):
    model = everything()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    to_keras(model, tmp_path / "ours.keras")
    keras.models.load_model(tmp_path / "ours.keras").save(tmp_path / "theirs.keras")
    files = {}
    for name in ("ours", "theirs"):
        with zipfile.ZipFile(tmp_path / f"{name}.keras") as archive:
            assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
            files[name] = json.loads(archive.read("config.json"))
    for mine, other in zip(files["ours"]["config"]["layers"], files["theirs"]["config"]["layers"], strict=True):
        assert mine["class_name"] == other["class_name"]
        assert set(mine["config"]) <= set(other["config"]), "no option that Keras does not know"
