"""Metric objects: the same values as the functions, from each form of truth that training hands over."""

import numpy as np
import pytest

import fastnn
from fastnn import metrics

OBJECTS = {
    "accuracy": metrics.Accuracy,
    "binary_accuracy": metrics.BinaryAccuracy,
    "categorical_accuracy": metrics.CategoricalAccuracy,
    "sparse_categorical_accuracy": metrics.SparseCategoricalAccuracy,
    "top_k_categorical_accuracy": metrics.TopKCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy": metrics.SparseTopKCategoricalAccuracy,
    "precision": metrics.Precision,
    "recall": metrics.Recall,
    "f1_score": metrics.F1Score,
    "auc": metrics.AUC,
    "mean_squared_error": metrics.MeanSquaredError,
    "mean_absolute_error": metrics.MeanAbsoluteError,
    "r2_score": metrics.R2Score,
}
CLASSIFYING = [name for name in OBJECTS if name not in ("mean_squared_error", "mean_absolute_error", "r2_score")]
TRUTHS = {
    "float32 rows": lambda labels: np.eye(6, dtype=np.float32)[labels],
    "float64 rows": lambda labels: np.eye(6)[labels],
    "uint8 rows": lambda labels: np.eye(6, dtype=np.uint8)[labels],
    "boolean rows": lambda labels: np.eye(6, dtype=np.bool_)[labels],
    "strided rows": lambda labels: np.repeat(np.eye(6)[labels], 2, axis=1)[:, ::2],
    "int64": lambda labels: labels[:, None],
    "int32": lambda labels: labels[:, None].astype(np.int32),
    "uint8": lambda labels: labels[:, None].astype(np.uint8),
    "flat": lambda labels: labels,
    "float32": lambda labels: labels[:, None].astype(np.float32),
    "list": lambda labels: labels.tolist(),
}
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def batch(dtype=np.float64, samples=80):
    """Labels of six classes, and probabilities with ties that are right more often than not."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 6, samples)
    favourites = np.where(rng.random(samples) < 0.6, labels, rng.integers(0, 6, samples))
    scores = rng.integers(1, 5, (samples, 6)) + 12 * np.eye(6)[favourites] * rng.integers(0, 2, (samples, 1))
    return labels, (scores / scores.sum(axis=1, keepdims=True)).astype(dtype)


def by_hand(name, labels, y_pred):
    """What the object means, from the functions and plain NumPy."""
    rows, decisions = np.eye(6)[labels], y_pred > 0.5
    functions = {
        "binary_accuracy": lambda: np.mean(decisions == rows),
        "top_k_categorical_accuracy": lambda: metrics.top_k_accuracy(labels.tolist(), y_pred.tolist(), 5),
        "precision": lambda: np.sum(decisions * rows) / np.sum(decisions),
        "recall": lambda: np.sum(decisions * rows) / np.sum(rows),
        "f1_score": lambda: metrics.f1(labels, y_pred, average="macro"),
        "auc": lambda: metrics.roc_auc(rows.ravel(), y_pred.ravel()),
    }
    functions["sparse_top_k_categorical_accuracy"] = functions["top_k_categorical_accuracy"]
    return functions.get(name, lambda: np.mean(y_pred.argmax(axis=1) == labels))()


@both_dtypes
@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("name", CLASSIFYING)
def test_every_form_of_truth(name, truth, dtype):
    labels, y_pred = batch(dtype)
    assert np.any(y_pred > 0.5)
    result = OBJECTS[name]()(TRUTHS[truth](labels), y_pred)
    assert isinstance(result, float)
    # Quotients of the same whole numbers, rounded once or, for a mean over six classes, a few times.
    assert result == pytest.approx(by_hand(name, labels, y_pred), rel=1e-14)
    assert 0 < result < 1


@both_dtypes
@pytest.mark.parametrize("truth_dtype", [np.uint8, np.float32, np.float64, np.int64])
@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("mean_squared_error", metrics.mean_squared_error),
        ("mean_absolute_error", metrics.mean_absolute_error),
        ("r2_score", metrics.r2),
    ],
)
def test_errors_are_those_of_the_functions(name, function, truth_dtype, dtype):
    labels, y_pred = batch(dtype)
    y_true = np.eye(6, dtype=truth_dtype)[labels]
    # The same sums: the functions only turn both into float64 first, which is exact.
    assert OBJECTS[name]()(y_true, y_pred) == function(y_true, y_pred)


@both_dtypes
@pytest.mark.parametrize("truth_dtype", [np.uint8, np.float32, np.float64, np.int64])
def test_one_output(truth_dtype, dtype):
    rng = np.random.default_rng(6)
    y_true, y_pred = rng.integers(0, 2, (50, 1)).astype(truth_dtype), rng.random((50, 1)).astype(dtype)
    y_pred[:4] = 0.5  # not above one half
    labels, decided = y_true[:, 0].astype(int), (y_pred[:, 0] > 0.5).astype(int)
    binary = {"average": "binary"}
    assert metrics.Accuracy()(y_true, y_pred) == np.mean(labels == decided)
    assert metrics.BinaryAccuracy()(y_true, y_pred) == np.mean(labels == decided)
    assert metrics.Precision()(y_true, y_pred) == metrics.precision(labels, decided, **binary)
    assert metrics.Recall()(y_true, y_pred) == metrics.recall(labels, decided, **binary)
    assert metrics.F1Score()(y_true, y_pred) == metrics.f1(labels, decided, **binary)
    assert metrics.AUC()(y_true, y_pred) == metrics.roc_auc(labels, y_pred)


def test_arguments():
    labels, y_pred = batch()
    rows = np.eye(6)[labels]
    assert metrics.BinaryAccuracy(threshold=0.2)(rows, y_pred) == np.mean((y_pred > 0.2) == rows)
    assert metrics.TopKCategoricalAccuracy(k=2)(rows, y_pred) == metrics.top_k_accuracy(labels, y_pred, 2)
    column = {"thresholds": 0.2, "class_id": 3}
    chosen = y_pred[:, 3] > 0.2
    assert metrics.Precision(**column)(labels, y_pred) == np.mean(labels[chosen] == 3)
    assert metrics.Recall(**column)(rows, y_pred) == np.mean(chosen[labels == 3])
    for average in ("micro", "weighted"):
        assert metrics.F1Score(average)(rows, y_pred) == metrics.f1(labels, y_pred, average=average)
    assert metrics.AUC(multi_label=True)(labels, y_pred) == pytest.approx(metrics.roc_auc(labels, y_pred), rel=1e-14)


def test_f1_with_a_threshold_counts_each_output():
    y_true = np.array([[1, 0, 1], [0, 1, 1]], np.uint8)
    y_pred = np.array([[0.9, 0.8, 0.3], [0.1, 0.9, 0.8]])
    # Column by column: 1, 2 / (2 + 1), 2 / (1 + 2).
    assert metrics.F1Score(threshold=0.5)(y_true, y_pred) == pytest.approx((1 + 2 / 3 + 2 / 3) / 3, rel=1e-15)


@pytest.mark.parametrize("truth_dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("threshold", [0.1, 0.7])  # one is rounded up in float32, one down
def test_a_threshold_has_the_precision_of_the_predictions(threshold, truth_dtype):
    y_pred = np.full((4, 1), threshold, np.float32)
    assert metrics.BinaryAccuracy(threshold=threshold)(np.zeros((4, 1), truth_dtype), y_pred) == 1.0
    assert metrics.F1Score(threshold=threshold)(np.ones((4, 1), truth_dtype), y_pred) == 0.0


def test_without_anything_to_judge():
    zeros, y_pred = np.zeros((3, 1)), np.full((3, 1), 0.2)
    assert metrics.Precision()(zeros, y_pred) == 0.0
    assert metrics.Recall()(zeros, y_pred) == 0.0
    assert np.isnan(metrics.AUC()(zeros, y_pred))
    assert np.isnan(metrics.AUC(multi_label=True)(zeros, y_pred))
    assert np.isnan(metrics.R2Score()(zeros[:1], y_pred[:1]))


def test_areas_of_outputs_with_one_truth_only_are_left_out():
    y_true, y_pred = np.array([[1, 0], [0, 0], [1, 0]]), np.array([[0.9, 0.1], [0.2, 0.3], [0.1, 0.2]])
    assert metrics.AUC(multi_label=True)(y_true, y_pred) == 0.5


@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error"])
def test_nan_is_not_hidden(name):
    assert np.isnan(OBJECTS[name]()(np.zeros((2, 2)), np.array([[0, np.nan], [0, 0]])))


@pytest.mark.parametrize("name", [*CLASSIFYING, "r2_score"])
def test_nan_is_refused(name):
    y_pred = np.eye(6)
    y_pred[3, 3] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        OBJECTS[name]()(np.eye(6), y_pred)


@pytest.mark.parametrize("name", OBJECTS)
def test_shapes_that_do_not_fit(name):
    with pytest.raises(ValueError, match="y_true"):
        OBJECTS[name]()(np.eye(6), np.eye(7)[:6])
    with pytest.raises(ValueError, match=r"y_true|y has"):
        OBJECTS[name]()(np.zeros((5, 1), int), np.eye(6))


@pytest.mark.parametrize("name", CLASSIFYING)
@pytest.mark.parametrize("label", [-1, 6])
def test_labels_that_are_no_class(name, label):
    with pytest.raises(ValueError, match=f"holds the label {label}"):
        OBJECTS[name]()(np.array([[label], [0]]), np.eye(6)[:2])


@pytest.mark.parametrize("name", OBJECTS)
def test_names_and_configurations(name):
    metric = OBJECTS[name]()
    assert metric.name == name
    assert OBJECTS[name](name="mine").name == "mine"
    configuration = metric.configuration()
    assert OBJECTS[name](**configuration).configuration() == configuration
    assert repr(metric) == f"{OBJECTS[name].__name__}({', '.join(f'{k}={v!r}' for k, v in configuration.items())})"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: metrics.Accuracy(name=3), TypeError, "name must be a string, but it is 3"),
        (lambda: metrics.Accuracy(name=""), ValueError, "name must not be empty"),
        (lambda: metrics.BinaryAccuracy(threshold="high"), TypeError, "threshold must be a number"),
        (lambda: metrics.BinaryAccuracy(threshold=np.nan), ValueError, "threshold must be finite"),
        (lambda: metrics.Precision(thresholds=True), TypeError, "thresholds must be a number"),
        (lambda: metrics.Precision(class_id=-1), ValueError, "class_id must be at least 0, but it is -1"),
        (lambda: metrics.TopKCategoricalAccuracy(k=0), ValueError, "k must be at least 1, but it is 0"),
        (lambda: metrics.F1Score(average=None), ValueError, "average is None"),
        (lambda: metrics.AUC(multi_label=1), TypeError, "multi_label must be True or False"),
        (lambda: metrics.FunctionMetric(3), TypeError, "function of .* but it is 3"),
        (lambda: metrics.Recall(class_id=2)(np.eye(2), np.eye(2)), ValueError, "a column for class_id 2"),
        (lambda: metrics.CategoricalAccuracy()([0], [[0.5]]), ValueError, "For one output use BinaryAccuracy"),
        (lambda: metrics.Metric("mine")([0], [0]), NotImplementedError, "Metric has no compute"),
    ],
)
def test_refusals(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_batch_of_real_predictions(mnist, notebook_network):
    (x, y), _ = mnist
    y_pred = fastnn.predict(notebook_network(), x)
    assert metrics.Accuracy()(y, y_pred) == np.mean(y.argmax(axis=1) == y_pred.argmax(axis=1))
