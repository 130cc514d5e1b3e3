"""Weights of classes: a key that no class has, and targets that name no class, are refused."""

import numpy as np
import pytest

from fastnn.layers import Dense, Input
from fastnn.models import Sequential

X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
BINARY = np.array([0, 1, 1, 0, 1, 0])
SIGNS = 2 * BINARY - 1
NUMBERS = np.array([0, 2, 1, 0, 2, 2])
ROWS = np.eye(3)[NUMBERS]

# Loss, outputs, activation, targets, keys that are taken, keys that are not.
TAKEN = {
    "binary": ("binary_crossentropy", 1, "sigmoid", BINARY, [0, 1], [-1, 2, 10]),
    "one class in the batch": ("binary_crossentropy", 1, "sigmoid", np.zeros(6), [0, 1], [2]),
    "hinge of signs": ("hinge", 1, "tanh", SIGNS, [-1, 1], [0, 2]),
    "hinge of 0 and 1": ("hinge", 1, "tanh", BINARY, [0, 1], [-1, 2]),
    "hinge, one class in the batch": ("hinge", 1, "tanh", np.ones(6), [-1, 0, 1], [2]),
    "squares of 0 and 1": ("mse", 1, "linear", BINARY, [0, 1], [-1, 2]),
    "squares of signs": ("mse", 1, "linear", SIGNS, [-1, 1], [0, 2]),
    "class numbers": ("sparse_categorical_crossentropy", 3, "softmax", NUMBERS, [0, 1, 2], [-1, 3]),
    "a class without samples": ("sparse_categorical_crossentropy", 4, "softmax", NUMBERS, [0, 3], [4]),
    "one-hot rows": ("categorical_crossentropy", 3, "softmax", ROWS, [0, 1, 2], [-1, 3, 10]),
    "probabilities": ("categorical_crossentropy", 3, "softmax", 0.9 * ROWS + 0.1 / 3, [0, 2], [3]),
    "one-hot rows, sigmoids": ("binary_crossentropy", 3, "sigmoid", ROWS, [0, 2], [3]),
    "one-hot rows, squares": ("mse", 3, "linear", ROWS, [0, 2], [3]),
    "rows of signs": ("hinge", 3, "tanh", 2 * ROWS - 1, [0, 2], [3]),
}
REFUSED = {
    "regression": ("mse", 1, "linear", np.array([0.5, 1, 2, 3, 4, 5]), "y holds 0.5"),
    "counts": ("poisson", 1, "softplus", np.array([3, 0, 1, 5, 2, 0]), "y holds 3"),
    "soft labels": ("binary_crossentropy", 1, "sigmoid", np.array([0, 1, 0.25, 1, 0, 1]), "y holds 0.25"),
    "several outputs": ("mse", 2, "linear", np.arange(12).reshape(6, 2) / 4, "sample 0 of y"),
    "several labels": ("binary_crossentropy", 3, "sigmoid", ROWS + np.roll(ROWS, 1, axis=1), "sample 0 of y"),
    "no label": ("binary_crossentropy", 3, "sigmoid", np.zeros((6, 3)), "sample 0 of y"),
}
WAYS = {
    "fit": lambda model, y, weights: model.fit(X, y, class_weight=weights, verbose=0),
    "train_on_batch": lambda model, y, weights: model.train_on_batch(X, y, class_weight=weights),
}


def model_of(loss, outputs, activation):
    model = Sequential([Input((3,)), Dense(outputs, activation)], seed=0)
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("case", "key"), [(case, key) for case, (*_, keys, _) in TAKEN.items() for key in keys], ids=str
)
def test_keys_that_are_classes(way, case, key):
    loss, outputs, activation, y, _, _ = TAKEN[case]
    by_class, plain = model_of(loss, outputs, activation), model_of(loss, outputs, activation)
    WAYS[way](by_class, y, {key: 3.0})
    WAYS[way](plain, y, None)
    there = key in (np.argmax(y, axis=1) if outputs > 1 and np.ndim(y) == 2 else y)
    assert (by_class.parameters == plain.parameters).all() != there


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("case", "key"), [(case, key) for case, (*_, keys) in TAKEN.items() for key in keys], ids=str)
def test_keys_that_no_class_has(way, case, key):
    loss, outputs, activation, y, _, _ = TAKEN[case]
    model = model_of(loss, outputs, activation)
    before = model.parameters.copy()
    with pytest.raises(ValueError, match=rf"class_weight has the key {key}, but classes are "):
        WAYS[way](model, y, {1: 1.0, key: 3.0})
    np.testing.assert_array_equal(model.parameters, before)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", REFUSED)
def test_targets_that_name_no_class(way, case):
    loss, outputs, activation, y, words = REFUSED[case]
    model = model_of(loss, outputs, activation)
    before = model.parameters.copy()
    with pytest.raises(ValueError, match=rf"class_weight is for .*{words}.*sample_weight"):
        WAYS[way](model, y, {0: 3.0})
    np.testing.assert_array_equal(model.parameters, before)


# Loss, outputs, activation, targets, each sample's class.
BOTH = {
    "one-hot rows": ("categorical_crossentropy", 3, "softmax", ROWS, NUMBERS),
    "class numbers": ("sparse_categorical_crossentropy", 3, "softmax", NUMBERS, NUMBERS),
    "one output": ("binary_crossentropy", 1, "sigmoid", BINARY, BINARY),
    "signs": ("hinge", 1, "tanh", SIGNS, SIGNS),
}
OWN = {
    "numbers": np.array([0.5, 2, 1, 0, 3, 0.25]),
    "float32": np.array([0.5, 2, 1, 0, 3, 0.25], np.float32),
    "whole": np.array([1, 2, 0, 4, 5, 3]),
    "a list": [0.5, 2, 1, 0, 3, 0.25],
    "a column": np.array([[0.5], [2], [1], [0], [3], [0.25]]),
}
BOTH_WAYS = {
    "fit": lambda model, y, **weights: model.fit(X, y, batch_size=4, epochs=2, verbose=0, **weights).history["loss"],
    "fit, validation split": lambda model, y, **weights: model.fit(
        X, y, batch_size=2, validation_split=0.34, verbose=0, **weights
    ).history["loss"],
    "train_on_batch": lambda model, y, **weights: [model.train_on_batch(X, y, **weights) for _ in range(3)],
}


@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("case", BOTH)
@pytest.mark.parametrize("way", BOTH_WAYS)
def test_weights_of_classes_and_of_samples_are_multiplied(way, case, own):
    loss, outputs, activation, y, classes = BOTH[case]
    factors = {classes.min(): 3.0, classes.max(): 0.5}
    product = np.ravel(OWN[own]) * np.array([factors.get(number, 1.0) for number in classes])
    results = []
    for weights in (
        {"sample_weight": product},
        {"sample_weight": OWN[own], "class_weight": factors},
        {"sample_weight": OWN[own]},
        {"class_weight": factors},
    ):
        model = model_of(loss, outputs, activation)
        results.append((BOTH_WAYS[way](model, y, **weights), model.parameters.tobytes()))
    # Quotients and products of powers of two and small whole numbers are exact.
    assert results[1] == results[0]
    assert results[2] != results[0] != results[3]
