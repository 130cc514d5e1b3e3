"""A loss that goes along with softmax or sigmoid, wherever in a graph or a model within the outputs come from."""

import numpy as np
import pytest

from fastnn.layers import (
    Activation,
    Average,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    Identity,
    Input,
    Maximum,
    Multiply,
    PReLU,
    Reshape,
    Subtract,
)
from fastnn.models import Model, Sequential

RNG = np.random.default_rng(0)
X, CLASSES = RNG.normal(size=(12, 4)), RNG.integers(0, 3, 12)
YES = (RNG.normal(size=(12, 3)) > 0) * 1.0
TOLD = {"dtype": "float64", "seed": 0}


def chain(*layers, **told):
    return Sequential([Input((4,)), *layers], **TOLD, **told)


def graph(make):
    x = Input((4,))
    return Model(x, make(x), **TOLD)


def behind(last, width=3):
    """A model that hands on what it takes, or applies an activation."""
    return Sequential([Input((width,)), last], name="behind", **TOLD)


def merged(merge):
    return lambda activation: graph(lambda x: merge()([Dense(3, activation)(x), Dense(3, activation)(x)]))


def read_by_another(value):
    return [value, Dense(1, name="other")(value)]


MODELS = {
    "alone": lambda act: chain(Dense(3, act)),
    "within": lambda act: chain(chain(Dense(3, act), name="inner")),
    "within a model within": lambda act: chain(chain(chain(Dense(3), Activation(act)), name="inner")),
    "an activation within": lambda act: chain(Dense(3), behind(Activation(act))),
    "in front of what hands it on": lambda act: chain(chain(Dense(3, act)), behind(Identity())),
    "in front of a graph that hands it on": lambda act: chain(
        Dense(3, act), Model(x := Input((3,)), Flatten()(Reshape((3, 1))(x)), name="behind", **TOLD)
    ),
    "in front of dropout": lambda act: chain(Dense(3, act), behind(Dropout(0.0))),
    "read by another layer": lambda act: graph(lambda x: read_by_another(Dense(3, act, name="it")(x))),
    "of a model read by another layer": lambda act: graph(
        lambda x: read_by_another(chain(Dense(3, act), name="it")(x))
    ),
    "an output twice": lambda act: graph(lambda x: [p := Dense(3, act)(x), Identity(name="other")(p)]),
    "the mean of two": merged(Average),
    "the largest of two": merged(Maximum),
    "the product of two": merged(Multiply),
    "the mean within": lambda act: chain(merged(Average)(act)),
}


def of_classes(p, y):
    return -np.log((p / p.sum(axis=1, keepdims=True))[np.arange(12), y]).mean()


def of_yes(p, y):
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


LOSSES = {
    "sparse_categorical_crossentropy": ("softmax", CLASSES, of_classes),
    "categorical_crossentropy": ("softmax", np.eye(3)[CLASSES], lambda p, y: of_classes(p, y.argmax(axis=1))),
    "binary_crossentropy": ("sigmoid", YES, of_yes),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", MODELS)
def test_loss_and_gradients(name, loss):
    activation, y, formula = LOSSES[loss]
    model = MODELS[name](activation)
    several = len(model.output_names) > 1
    targets = [y, X[:, : model.output_shapes[1][0]]] if several else y
    model.compile("sgd", [loss, "mse"] if several else loss)

    def value(x):
        found = model.evaluate(x, targets)
        return found[0] if several else found

    outputs = model.predict(X)
    expected = formula(outputs[0] if several else outputs, y)
    if several:
        expected += np.square(outputs[1] - targets[1]).mean()
    # Sums of dozens of numbers around 1, to sixteen digits.
    assert value(X) == pytest.approx(expected, rel=1e-12)
    step = 1e-5
    slopes = np.empty_like(X)
    for place in np.ndindex(X.shape):
        before, after = X.copy(), X.copy()
        before[place] -= step
        after[place] += step
        slopes[place] = (value(after) - value(before)) / (2 * step)
    # The error of the differences: the step squared, times third derivatives around 1.
    np.testing.assert_allclose(model.gradients(X, targets, inputs=True).inputs, slopes, rtol=0, atol=1e-8)


MISFITS = {
    "learned slopes": lambda: chain(Dense(3), PReLU()),
    "normalised": lambda: chain(Dense(3, "softmax"), BatchNormalization()),
    "a difference": lambda: merged(Subtract)("softmax"),
    "one of two": lambda: graph(lambda x: Average()([Dense(3, "softmax")(x), Dense(3)(x)])),
    "an input": lambda: Model(x := Input((3,)), Reshape((3,))(x)),
    "within": lambda: chain(chain(Dense(3)), behind(Identity())),
}


@pytest.mark.parametrize("name", MISFITS)
def test_what_may_be_negative_is_no_share(name):
    with pytest.raises(ValueError, match="the outputs are those of the activation linear, which may be negative"):
        MISFITS[name]().compile("sgd", "categorical_crossentropy")
