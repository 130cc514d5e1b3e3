"""Keras' backend: functions of arrays, of which metrics of one's own are made; values and functions of models."""

import numpy as np
import pytest

import fastnn.keras as keras
import fastnn.keras.tensorflow as tf
from fastnn.keras import backend as K
from fastnn.keras import layers
from fastnn.keras.layer_functions import LAYER_FUNCTIONS

X = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
Y = X[:, :1] - X[:, 1:2]


def rmse(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true)))


def recall_of(y_true, y_pred):
    hits = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    return hits / (K.sum(K.round(K.clip(y_true, 0, 1))) + K.epsilon())


def determination(y_true, y_pred):
    rest = K.sum(K.square(y_true - y_pred))
    return 1 - rest / (K.sum(K.square(y_true - K.mean(y_true))) + K.epsilon())


def right(y_true, y_pred):
    return K.mean(K.equal(K.argmax(y_true, axis=-1), K.argmax(y_pred, axis=-1)))


def test_metrics_of_ones_own():
    model = keras.Sequential([layers.Dense(1, input_dim=4, activation="sigmoid")])
    target = (Y > 0).astype(np.float32)
    model.compile("sgd", "mse", metrics=[rmse, recall_of, determination])
    found = model.evaluate(X, target, verbose=0, return_dict=True)
    outputs = model.predict(X)
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((outputs - target) ** 2)), rel=1e-5)
    assert found["recall_of"] == pytest.approx((outputs[target == 1] > 0.5).mean(), rel=1e-5)
    ratio = ((target - outputs) ** 2).sum() / ((target - target.mean()) ** 2).sum()
    assert found["determination"] == pytest.approx(1 - ratio, rel=1e-5)
    classes = keras.Sequential([layers.Dense(3, input_dim=4, activation="softmax")])
    rows = np.eye(3)[X[:, :3].argmax(axis=1)]
    classes.compile("sgd", "categorical_crossentropy", metrics=[right, "accuracy"])
    found = classes.evaluate(X, rows, verbose=0, return_dict=True)
    assert found["right"] == pytest.approx(found["accuracy"])


def test_functions_of_arrays():
    """Each has Keras' arguments, which are not always NumPy's."""
    x = X[:6]
    assert K.mean(x, axis=[0, 1]).shape == ()
    assert K.max(x, axis=1, keepdims=True).shape == (6, 1)
    np.testing.assert_array_equal(K.argmax(x), x.argmax(axis=-1))
    np.testing.assert_array_equal(tf.argmax(x), x.argmax(axis=0))
    np.testing.assert_array_equal(K.sqrt(np.array([-1e-12, 4.0])), [0, 2])
    np.testing.assert_array_equal(K.clip(x, -0.5, 0.5), np.clip(x, -0.5, 0.5))
    np.testing.assert_array_equal(K.dot(x, x.T), x @ x.T)
    np.testing.assert_array_equal(K.pow(x, 3), x**3)
    assert K.cast(x > 0, "float32").numpy().dtype == np.float32
    assert tf.reduce_mean(x).numpy() == pytest.approx(x.mean())
    symbolic = keras.Input((3,))
    for name in K.ARRAY_FUNCTIONS.keys() - LAYER_FUNCTIONS.keys() - {"cast"}:
        assert name in K.__all__
        with pytest.raises(TypeError, match=f"^{name} is a function of arrays, and no layer computes it"):
            getattr(K, name)(symbolic, symbolic)


def test_functions_of_what_layers_give():
    """Those that layers compute are the same of arrays."""
    x = keras.Input((4,))
    hidden = layers.Dense(3, activation="sigmoid")(x)
    computed = {
        "exp": K.exp(hidden), "abs": K.abs(hidden - 0.5), "log": K.log(hidden), "sqrt": K.sqrt(hidden),
        "sin": K.sin(hidden), "cos": K.cos(hidden), "square": K.square(hidden), "pow": K.pow(hidden, 2),
        "sum": K.sum(hidden, axis=-1, keepdims=True), "mean": K.mean(hidden, axis=1, keepdims=True),
        "clip": K.clip(hidden, 0.4, 0.6), "maximum": K.maximum(0.5, hidden), "minimum": K.minimum(hidden, 0.5),
    }  # fmt: skip
    given = keras.Model(x, hidden).predict(X)
    for name, tensor in computed.items():
        shifted = given - 0.5 if name == "abs" else given
        more = {"pow": (2,), "clip": (0.4, 0.6), "maximum": (0.5,), "minimum": (0.5,)}.get(name, ())
        over = {"axis": 1, "keepdims": True} if name in ("sum", "mean") else {}
        # Sums and differences of float32 in another order.
        np.testing.assert_allclose(
            keras.Model(x, tensor).predict(X), getattr(K, name)(shifted, *more, **over), rtol=1e-5, atol=1e-6
        )
    with pytest.raises(TypeError, match="summed over the numbers of a row, axis=-1 and keepdims=True"):
        K.sum(hidden)
    with pytest.raises(TypeError, match="cannot be cast to int32"):
        K.cast(hidden, "int32")
    with pytest.raises(TypeError, match="with a number, not array"):
        K.maximum(hidden, np.ones(3))


def test_values():
    model = keras.Sequential([layers.Dense(1, input_dim=4)])
    model.compile("adam", "mse")
    K.set_value(model.optimizer.learning_rate, 0.25)
    assert float(K.get_value(model.optimizer.learning_rate)) == 0.25
    K.set_value(model.layers[0].kernel, np.ones((4, 1)))
    np.testing.assert_array_equal(K.get_value(model.layers[0].kernel), np.ones((4, 1)))
    assert K.get_value(model.layers[0].kernel).base is None
    with pytest.raises(TypeError, match="set_value is for arrays of layers and a learning_rate, but this is a float"):
        K.set_value(0.5, 1)


def test_functions_of_models():
    model = keras.Sequential([layers.Dense(3, input_dim=4, activation="relu"), layers.Dropout(0.5), layers.Dense(1)])
    both = K.function([model.input], [model.layers[0].output, model.layers[-1].output])
    hidden, outputs = both([X])
    kernel, bias = model.layers[0].get_weights()
    np.testing.assert_allclose(hidden, np.maximum(X @ kernel + bias, 0), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(outputs, model.predict(X))
    np.testing.assert_array_equal(K.function(model.input, model.layers[0].output)(X), hidden)
    phase = K.function([model.layers[0].input, K.learning_phase()], [model.layers[-1].output])
    np.testing.assert_array_equal(phase([X, 0])[0], outputs)
    with pytest.raises(ValueError, match="the learning phase can be 0 alone"):
        phase([X, 1])
    with pytest.raises(ImportError, match="has no get_session, which Keras has: fastnn has no sessions"):
        _ = K.get_session


def test_what_tensorflow_has_beside():
    for name, words in (
        ("distribute", "leave it out"),
        ("Session", "TensorFlow 1"),
        ("lite", "to_c"),
    ):
        with pytest.raises(AttributeError, match=f"has no {name}: .*{words}"):
            getattr(tf, name)

    @tf.function(jit_compile=True)
    def double(x):
        return 2 * x

    assert double(2) == 4
    with pytest.raises(TypeError, match="has no argument 'input_signature'"):
        tf.function(input_signature=[])


def test_pictures_of_models(tmp_path):
    pytest.importorskip("matplotlib")
    model = keras.Sequential([layers.Dense(1, input_dim=4)])
    keras.utils.plot_model(model, to_file=tmp_path / "m.png", show_shapes=True, show_layer_names=True, rankdir="TB")
    assert (tmp_path / "m.png").stat().st_size > 1000
    with pytest.raises(TypeError, match="plot_model cannot have rankdir='LR': the picture goes from top to bottom"):
        keras.utils.plot_model(model, rankdir="LR")
    with pytest.raises(TypeError, match="plot_model has no argument 'dots'"):
        keras.utils.plot_model(model, dots=True)
    assert model.layers[0].activation.__name__ == "linear"
