"""What averages over classes count, held to scikit-learn: classes without truth, without predictions, without both."""

import numpy as np
import pytest

from fastnn import metrics
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

sklearn_metrics = pytest.importorskip("sklearn.metrics")

AVERAGES = ("macro", "micro", "weighted")
# True and predicted class numbers, of four outputs.
CLASSES = {
    "all occur": ([0, 1, 2, 3, 1, 0], [0, 1, 1, 3, 2, 0]),
    "one is never true": ([0, 1, 2, 2, 1, 0], [0, 1, 3, 3, 2, 0]),
    "one is never predicted": ([0, 1, 2, 3, 1, 0], [0, 1, 1, 2, 2, 0]),
    "one is neither": ([0, 1, 2, 2, 1, 0], [0, 1, 1, 2, 2, 0]),
    "nothing is right": ([0, 1, 0, 1], [1, 0, 2, 2]),
    "one alone": ([2, 2], [2, 2]),
}
# True and decided rows, where each output is a decision of its own.
DECISIONS = {
    "several": ([[1, 1, 0], [0, 1, 0], [1, 0, 1]], [[1, 0, 0], [0, 1, 1], [1, 0, 1]]),
    "one is never true": ([[1, 0], [0, 0], [1, 0]], [[1, 1], [0, 0], [0, 1]]),
    "one is never decided": ([[1, 1], [0, 0], [1, 0]], [[1, 0], [0, 0], [0, 0]]),
    "one is neither": ([[1, 0], [0, 0], [1, 0]], [[1, 0], [0, 0], [0, 0]]),
    "nothing is positive": ([[0, 0], [0, 0]], [[0, 0], [0, 0]]),
}


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("case", CLASSES)
def test_f1_of_classes(case, average):
    true, predicted = map(np.array, CLASSES[case])
    outputs = np.eye(4)[predicted]
    expected = sklearn_metrics.f1_score(true, predicted, average=average, zero_division=0)
    metric = metrics.F1Score(average)
    # The same few counts, divided and averaged in another order.
    assert metric.compute(true, outputs) == pytest.approx(expected, rel=1e-14)
    assert metric.compute(np.eye(4)[true], outputs) == pytest.approx(expected, rel=1e-14)
    assert metrics.f1(true, outputs, average=average) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("case", DECISIONS)
def test_f1_of_decisions(case, average):
    true, decided = map(np.array, DECISIONS[case])
    expected = sklearn_metrics.f1_score(true, decided, average=average, zero_division=0)
    assert metrics.F1Score(average, threshold=0.5)(true, decided.astype(float)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize(
    ("true", "predicted"), [([0, 0], [0, 0]), ([1, 0], [0, 0]), ([0, 0], [1, 0]), ([1, 0], [1, 0]), ([1, 1], [1, 0])]
)
def test_one_output(true, predicted, average):
    expected = sklearn_metrics.f1_score(true, predicted, zero_division=0)
    y_true, y_pred = np.array(true, float)[:, None], np.array(predicted, float)[:, None]
    assert metrics.F1Score(average)(y_true, y_pred) == pytest.approx(expected, rel=1e-14)
    for ours, theirs in (
        (metrics.Precision(), sklearn_metrics.precision_score),
        (metrics.Recall(), sklearn_metrics.recall_score),
    ):
        assert ours(y_true, y_pred) == theirs(true, predicted, zero_division=0)


@pytest.mark.parametrize("threshold", [None, 0.5])
@pytest.mark.parametrize("outputs", [1, 3])
def test_where_nothing_is_positive_all_three_are_0(outputs, threshold):
    model = Sequential([Input((2,)), Dense(outputs, "sigmoid", kernel_initializer="zeros")])
    model.compile("sgd", "binary_crossentropy", metrics=["precision", "recall", metrics.F1Score(threshold=threshold)])
    assert model.evaluate(np.ones((5, 2)), np.zeros((5, outputs)))[1:] == [0, 0, 0]


def test_a_class_that_occurs_nowhere_counts_by_its_column_alone_where_each_is_a_decision():
    true, decided = np.array([[1, 0], [1, 0]]), np.array([[0.9, 0.1], [0.8, 0.2]])
    assert metrics.F1Score()(true, decided) == 1
    assert metrics.F1Score(threshold=0.5)(true, decided) == 0.5
