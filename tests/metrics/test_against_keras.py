"""Each metric has Keras' value, also on targets that it was not made for, or refuses them."""

import numpy as np
import pytest

from fastnn import metrics
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

RNG = np.random.default_rng(0)
SAMPLES = 12
NUMBERS = np.tile([2, 0, 1, 1, 0, 2], 2)
BINARY = np.tile([0, 1, 1, 0, 1, 0], 2)
ONE = RNG.random((SAMPLES, 1)).astype(np.float32)
THREE = RNG.random((SAMPLES, 3)).astype(np.float32)
ROWS = np.eye(3, dtype=np.float32)[NUMBERS]


def column(values):
    return np.asarray(values, np.float32).reshape(-1, 1)


# Targets and outputs.
ONE_OUTPUT = {
    "0 and 1": (column(BINARY), ONE),
    "bytes": (BINARY.astype(np.uint8)[:, None], ONE),
    "booleans": (BINARY.astype(bool)[:, None], ONE),
    "whole numbers": (column(np.tile([3, 0, 1, 5, 2, 0], 2)), ONE),
    "real numbers": (RNG.normal(size=(SAMPLES, 1)).astype(np.float32), ONE),
    "from 0 to 1": (RNG.random((SAMPLES, 1)).astype(np.float32), ONE),
    "-1 and 1": (column(2 * BINARY - 1), ONE),
    "-1 and 1, any outputs": (column(2 * BINARY - 1), RNG.normal(size=(SAMPLES, 1)).astype(np.float32)),
    "all 0": (column(np.zeros(SAMPLES)), ONE * np.float32(0.4)),
    "all 1": (column(np.ones(SAMPLES)), ONE),
}
ROWS_OF_THREE = {
    "one-hot rows": (ROWS, THREE),
    "rows of bytes": (ROWS.astype(np.uint8), THREE),
    "several labels": ((RNG.random((SAMPLES, 3)) > 0.5).astype(np.float32), THREE),
    "probabilities": (RNG.dirichlet([1, 1, 1], SAMPLES).astype(np.float32), THREE),
    "rows of real numbers": (RNG.normal(size=(SAMPLES, 3)).astype(np.float32), THREE),
    "rows of -1 and 1": (2 * ROWS - 1, THREE),
    "rows of whole numbers": (RNG.integers(0, 6, (SAMPLES, 3)).astype(np.float32), THREE),
    "rows of 0": (np.zeros((SAMPLES, 3), np.float32), THREE * np.float32(0.4)),
}
CLASS_NUMBERS = {
    "class numbers": (NUMBERS, THREE),
    "a column of class numbers": (NUMBERS[:, None], THREE),
    "class numbers as floats": (column(NUMBERS), THREE),
}
NO_CLASSES = {
    "numbers beyond the classes": (NUMBERS + 1, THREE),
    "negative numbers": (NUMBERS - 1, THREE),
    "halves": (column(NUMBERS + 0.5), THREE),
}
TARGETS = ONE_OUTPUT | ROWS_OF_THREE | CLASS_NUMBERS | NO_CLASSES
# Neither 0 nor 1: no decisions.
UNDECIDED = [
    *("whole numbers", "real numbers", "from 0 to 1", "-1 and 1", "-1 and 1, any outputs"),
    *("probabilities", "rows of real numbers", "rows of -1 and 1", "rows of whole numbers"),
]
ALL_ALIKE = ["all 0", "all 1", "rows of 0"]
CLASSES_OF_HINGE = ["0 and 1", "bytes", "booleans", "one-hot rows", "rows of bytes", "several labels"]
CLASSES_OF_HINGE += ["-1 and 1", "-1 and 1, any outputs", "rows of -1 and 1"]
DECIDING = {"Precision", "Recall", "F1Score", "AUC"}
# Losses of rows of numbers.
ERRORS = ["MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "LogCoshError", "CosineSimilarity"]
BY_COLUMN = {"MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError", "R2Score", *ERRORS}

# Ours; Keras', where it is another one; arguments of both, and those of Keras' alone.
METRICS = {
    "Accuracy": ({}, {}),
    "BinaryAccuracy": ({}, {}),
    "BinaryAccuracy, 0.3": ({"threshold": 0.3}, {}),
    "CategoricalAccuracy": ({}, {}),
    "SparseCategoricalAccuracy": ({}, {}),
    "TopKCategoricalAccuracy": ({"k": 2}, {}),
    "SparseTopKCategoricalAccuracy": ({"k": 2}, {}),
    "Precision": ({}, {}),
    "Precision, 0.3": ({"thresholds": 0.3}, {}),
    "Recall": ({}, {}),
    "F1Score": ({"average": "macro"}, {}),
    "F1Score, micro": ({"average": "micro"}, {}),
    "F1Score, weighted": ({"average": "weighted"}, {}),
    "F1Score, 0.5": ({"average": "macro", "threshold": 0.5}, {}),
    "AUC": ({}, {"num_thresholds": 5000}),
    "MeanSquaredError": ({}, {}),
    "RootMeanSquaredError": ({}, {}),
    "MeanAbsoluteError": ({}, {}),
    "R2Score": ({}, {}),
    **{name: ({}, {}) for name in (*ERRORS, "SquaredHinge", "CategoricalHinge")},
}


def refuses(name, case):
    """The words of the refusal, where there is one."""
    if name == "SquaredHinge" and case not in (*CLASSES_OF_HINGE, *CLASS_NUMBERS, *ALL_ALIKE):
        return "takes classes -1 and 1, or 0 and 1, but y_true holds"
    if name == "SquaredHinge" and case in CLASS_NUMBERS:
        return "takes classes -1 and 1|become rows by fastnn.to_categorical"
    if case in NO_CLASSES:
        if name in BY_COLUMN:
            return "[Cc]lass (labels|numbers) become rows by fastnn.to_categorical"
        return "expected labels|expected class labels"
    if case in CLASS_NUMBERS:
        return "become rows by fastnn.to_categorical" if name in BY_COLUMN else None
    if case in ONE_OUTPUT and "Categorical" in name and name != "CategoricalHinge":
        return "expected two columns or more|expected scores of all classes"
    return "takes targets 0 and 1, but y_true holds" if name in DECIDING and case in UNDECIDED else None


def in_keras(keras, name, arguments, more, y_true, y_pred):
    """Keras' value, with class numbers as one-hot rows: where it takes none, it compares shapes that do not belong."""
    if name == "Accuracy":  # what the name "accuracy" means to its compile
        name = "BinaryAccuracy" if y_pred.shape[1] == 1 else "CategoricalAccuracy"
    if name == "F1Score" and y_pred.shape[1] == 1 and "threshold" not in arguments:
        arguments = arguments | {"threshold": 0.5}  # Keras' default makes each output a positive decision
    if y_true.shape != y_pred.shape:
        y_true = np.eye(y_pred.shape[1], dtype=np.float32)[y_true.astype(int).ravel()]
    metric = getattr(keras.metrics, name.removeprefix("Sparse"))(**arguments, **more)
    metric.update_state(y_true, y_pred)
    return float(np.mean(metric.result()))


@pytest.mark.parametrize("case", TARGETS)
@pytest.mark.parametrize("label", METRICS)
def test_every_metric_on_every_kind_of_target(keras_over_any, label, case):
    name, (arguments, more) = label.partition(",")[0], METRICS[label]
    y_true, y_pred = TARGETS[case]
    metric, words = getattr(metrics, name)(**arguments), refuses(name, case)
    if words is not None:
        with pytest.raises(ValueError, match=words):
            metric(y_true, y_pred)
    elif name == "AUC" and case in ALL_ALIKE:
        # No pair to compare: scikit-learn has no number for it either, Keras has 0.
        assert np.isnan(metric(y_true, y_pred))
    else:
        expected = in_keras(keras_over_any, name, arguments, more, y_true, y_pred)
        # Keras computes in float32, and the area from thresholds.
        assert metric(y_true, y_pred) == pytest.approx(expected, rel=1e-5, abs=1e-3 if name == "AUC" else 2e-6)


def test_each_kind_is_refused_or_compared():
    told = [refuses(label.partition(",")[0], case) is None for label in METRICS for case in TARGETS]
    assert sum(told) > 200


def test_the_sentences_that_started_it(keras_over_any):
    keras = keras_over_any
    y_true, y_pred = column([3, 0, 1, 5, 2]), column([0.9, 0.1, 0.8, 0.7, 0.6])
    theirs = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(1.0)])
    theirs.compile(loss="mse", metrics=["accuracy"])
    expected = theirs.evaluate(y_pred, y_true, verbose=0)[1]
    assert expected == pytest.approx(0.4, abs=1e-6)
    ours = Sequential([Input((1,)), Dense(1, kernel_initializer="ones")])
    for name in ("accuracy", "acc", "binary_accuracy"):
        ours.compile("sgd", "mse", metrics=[name])
        assert ours.evaluate(y_pred, y_true)[1] == 0.4


def regression(metric, outputs=1):
    model = Sequential([Input((3,)), Dense(outputs)], seed=0)
    model.compile("sgd", "mse", metrics=[metric])
    rng = np.random.default_rng(1)
    return model, rng.normal(size=(20, 3)).astype(np.float32), rng.normal(size=(20, outputs)).astype(np.float32)


def test_a_regression_is_never_accurate():
    model, x, y = regression("acc")
    assert model.fit(x, y, epochs=2, validation_split=0.25).history["acc"] == [0, 0]
    assert model.train_on_batch(x, y)[1] == 0


WAYS = {
    "fit": lambda model, x, y: model.fit(x, y),
    "fit of batches": lambda model, x, y: model.fit(iter([(x, y)])),
    "validation data": lambda model, x, y: model.fit(x, np.zeros_like(y), validation_data=(x, y)),
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y),
    "evaluate": lambda model, x, y: model.evaluate(x, y),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("metric", ["precision", "recall", "f1_score", "auc", metrics.Recall(class_id=0)])
def test_a_regression_without_decisions_is_refused_before_the_first_step(metric, way):
    model, x, y = regression(metric)
    before = model.parameters.copy()
    with pytest.raises(ValueError, match="takes targets 0 and 1, but y_true holds"):
        WAYS[way](model, x, y)
    np.testing.assert_array_equal(model.parameters, before)


@pytest.mark.parametrize("way", ["fit", "train_on_batch", "evaluate"])
@pytest.mark.parametrize("metric", ["mse", "mae", "r2_score"])
def test_class_numbers_beside_errors_are_refused_before_the_first_step(metric, way):
    model = Sequential([Input((3,)), Dense(3, "softmax")], seed=0)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[metric])
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"takes targets of shape \(samples, 3\), one for each output"):
        WAYS[way](model, np.ones((SAMPLES, 3), np.float32), NUMBERS)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_metric_of_one_class_looks_at_its_column_alone():
    y_true = np.array([[1.0, 0.3], [0.0, 0.7]])
    assert metrics.Precision(class_id=0)(y_true, np.array([[0.9, 0.1], [0.2, 0.8]])) == 1
    with pytest.raises(ValueError, match="the metric precision takes targets 0 and 1, but y_true holds"):
        metrics.Precision(class_id=1)(y_true, np.array([[0.9, 0.1], [0.2, 0.8]]))
