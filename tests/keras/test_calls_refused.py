"""Calls of classes of one's own that are no graphs of layers: each is refused by its line, and nothing has changed."""

import copy

import numpy as np
import pytest

import fastnn.keras as ours
import fastnn.keras.tensorflow as tf

X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)


def model_of(function, **attributes):
    """A model whose call is this function of it and of x."""

    class Mine(ours.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.dropout = ours.layers.Dense(4), ours.layers.Dropout(0.5)
            for name, value in attributes.items():
                setattr(self, name, value)

        call = function

    return Mine()


def asks_for_more(self, x, training=False):
    return self.dense(self.dense(x)) if training else self.dense(x)


def decides(self, x):
    hidden = self.dense(x)
    if hidden:
        return hidden
    return x


def compares(self, x):
    return self.dense(x) if x > 0 else x


REFUSED = {
    "an if of numbers": (decides, TypeError, r"Mine\.call .*'if hidden:': a symbolic tensor has no numbers"),
    "a comparison": (compares, TypeError, r"'>' not supported .*keras\.ops"),
    "NumPy's function": (lambda self, x: np.exp(self.dense(x)), TypeError, "has no numbers for exp"),
    "an attribute of numbers": (lambda self, x: self.dense(x).numpy(), TypeError, "no attribute 'numpy'"),
    "a layer that is none": (lambda self, x: self.dnese(x), TypeError, "has no attribute 'dnese'"),
    "a product by an array": (lambda self, x: self.dense(x) * X[0], TypeError, r"there is no layer for Dense \*"),
    "a part": (lambda self, x: x[:, 0], TypeError, "no layer that takes a part"),
    "a function of TensorFlow": (lambda self, x: tf.matmul(x, x), TypeError, "multiplies by weights"),
    "weights made each time": (lambda self, x: ours.layers.Dense(3)(x), TypeError, "makes a Dense with weights of"),
    "dropout in prediction": (lambda self, x: self.dropout(x, training=True), TypeError, "cannot be called with tra"),
    "no dropout in training": (lambda self, x: self.dropout(x, training=False), TypeError, "cannot be called with tr"),
    "another thing in training": (asks_for_more, TypeError, "computes in training what it does not in prediction"),
    "nothing": (lambda self, x: None, TypeError, r"what Mine\.call returns must be"),
    "numbers": (lambda self, x: 3.0, TypeError, r"what Mine\.call returns must be"),
    "what came in": (lambda self, x: x, ValueError, "is an input and an output"),
    "shapes that do not fit": (lambda self, x: self.dense(x) + ours.layers.Dense(3)(x), ValueError, "the same shape"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_graph_is_refused(name):
    function, error, message = REFUSED[name]
    model = model_of(function)
    for _ in range(2):
        with pytest.raises(error, match=message):
            model(X)
    # As it was: another call is described as if nothing had been.
    type(model).call = lambda self, x: self.dense(x)
    assert model(X[:, :2]).shape == (40, 4)


def test_the_line_is_told():
    with pytest.raises(TypeError) as told:
        model_of(decides)(X)
    line = decides.__code__.co_firstlineno + 2
    assert f"in line {line} of {__file__}" in str(told.value)


def test_what_a_class_may_not_have():
    with pytest.raises(TypeError, match=r"has a method train_step, .*model\.gradients"):

        class Trains(ours.Model):
            def train_step(self, data):
                return {}

    class Weighs(ours.Model):
        def build(self, input_shape):
            self.w = self.add_weight(shape=(input_shape[-1], 3))

        def call(self, x):
            return x

    with pytest.raises(AttributeError, match=r"add_weight.*write a Dense"):
        Weighs()(ours.Input((3,)))

    class Nothing(ours.layers.Layer):
        pass

    with pytest.raises(TypeError, match=r"Nothing needs a call\(self, x\)"):
        Nothing()
    with pytest.raises(TypeError, match="Nothing has no argument 'units': it takes name"):
        Nothing(units=3)


def test_a_call_and_a_graph():
    """Which of them counts, nobody can know; a build beside a graph is the user's."""

    class Both(ours.Model):
        def __init__(self, **given):
            super().__init__(**given)

        def call(self, x):
            return x

    x = ours.Input((4,))
    with pytest.raises(TypeError, match=r"Both has a call, .*cannot be given inputs and outputs as well"):
        Both(inputs=x, outputs=ours.layers.Dense(1)(x))

    class Built(ours.Model):
        def __init__(self):
            super().__init__(x, ours.layers.Dense(1)(x))

        def build(self, input_shape=None):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        Built().build()


def test_a_model_that_is_not_built_says_so():
    model = model_of(lambda self, x: self.dropout(self.dense(x)))
    assert "not built" in model._repr_html_()
    unknown = (
        model.get_weights,
        lambda: model.weights,
        lambda: ours.models.clone_model(model),
        lambda: copy.copy(model),
    )
    for ask in (*unknown, lambda: model.layers[0], lambda: list(model.layers), lambda: len(model.layers)):
        with pytest.raises(RuntimeError, match=r"layers of this Mine are known once it is built: call build"):
            ask()
    for ask in (model.summary, model.count_params, model.build, lambda: model.save_weights("x"), lambda: model.inputs):
        with pytest.raises(ValueError, match="the shape of a sample is not known: call build"):
            ask()
    model.trainable = False
    model.build((None, 4))
    assert model.trainable_weights == []
    assert not any(layer.trainable for layer in model.layers)
