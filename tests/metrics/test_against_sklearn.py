"""Every metric against scikit-learn's, over random data with ties, missing classes, one class only and weights."""

import numpy as np
import pytest

from fastnn import metrics

sklearn_metrics = pytest.importorskip("sklearn.metrics")

# Both divide the same exact counts and average up to seven of them: a few roundings of 1.1e-16 each.
COUNTS = {"rel": 1e-14, "abs": 1e-15}
# Sums of 200 squares in double precision, in another order: at most 200 roundings, 2e-14.
SUMS = {"rel": 1e-13}

AVERAGES = ("macro", "micro", "weighted", None)
SCORES = {
    metrics.precision: sklearn_metrics.precision_score,
    metrics.recall: sklearn_metrics.recall_score,
    metrics.f1: sklearn_metrics.f1_score,
}
every_score = pytest.mark.parametrize("score", SCORES, ids=lambda score: score.__name__)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
weighted = pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
every_data = pytest.mark.parametrize("data", ["all classes", "missing", "disjoint", "one class", "binary"])


def labels(data, seed=0, samples=60):
    """True and predicted labels, and their number of classes."""
    rng = np.random.default_rng(seed)
    if data == "one class":
        return np.full(samples, 2), np.full(samples, 2), 3
    if data == "disjoint":
        return rng.integers(0, 2, samples), rng.integers(2, 4, samples), 4
    if data == "binary":
        return rng.integers(0, 2, samples), rng.integers(0, 2, samples), 2
    y_true, y_pred = rng.integers(0, 6, samples), rng.integers(0, 6, samples)
    if data == "missing":  # class 1 is never true, class 4 never predicted, class 5 neither
        y_true[(y_true == 1) | (y_true == 5)] = 0
        y_pred[(y_pred == 4) | (y_pred == 5)] = 3
    return y_true, y_pred, 6


def weights(use, samples=60):
    if not use:
        return None
    result = np.random.default_rng(9).random(samples)
    result[:5] = 0
    return result


@weighted
@every_data
def test_accuracy(data, weighted):
    y_true, y_pred, _ = labels(data)
    w = weights(weighted)
    expected = sklearn_metrics.accuracy_score(y_true, y_pred, sample_weight=w)
    assert metrics.accuracy(y_true, y_pred, sample_weight=w) == pytest.approx(expected, **COUNTS)


@weighted
@every_data
def test_confusion_matrix(data, weighted):
    y_true, y_pred, classes = labels(data)
    w = weights(weighted)
    expected = sklearn_metrics.confusion_matrix(y_true, y_pred, labels=range(classes), sample_weight=w)
    result = metrics.confusion_matrix(y_true, y_pred, num_classes=classes, sample_weight=w)
    assert result.shape == (classes, classes)
    assert result.dtype == (np.float64 if weighted else np.int64)
    np.testing.assert_allclose(result, expected, rtol=1e-14)


@weighted
@every_score
@pytest.mark.parametrize("zero_division", [0, 1, np.nan])
@pytest.mark.parametrize("average", AVERAGES)
@every_data
def test_precision_recall_and_f1(score, data, average, zero_division, weighted):
    y_true, y_pred, classes = labels(data)
    options = {"average": average, "zero_division": zero_division, "sample_weight": weights(weighted)}
    # scikit-learn's means cover the labels that occur; one number for each class needs them all named.
    every = {"labels": range(classes)} if average is None else {}
    expected = SCORES[score](y_true, y_pred, **every, **options)
    result = score(np.eye(classes)[y_true], y_pred, **options)
    np.testing.assert_allclose(result, expected, rtol=COUNTS["rel"], atol=COUNTS["abs"], equal_nan=True)


@weighted
@every_score
@pytest.mark.parametrize("case", ["mixed", "never true", "never predicted", "never"])
def test_binary(score, case, weighted):
    y_true, y_pred, _ = labels("binary")
    y_true = y_true * (case in ("mixed", "never predicted"))
    y_pred = y_pred * (case in ("mixed", "never true"))
    w = weights(weighted)
    expected = SCORES[score](y_true, y_pred, zero_division=0, sample_weight=w)
    result = score(y_true, y_pred, average="binary", sample_weight=w)
    assert result == pytest.approx(expected, **COUNTS)


@weighted
@both_dtypes
@pytest.mark.parametrize("k", [1, 2, 5, 6])
def test_top_k_accuracy_with_ties(k, dtype, weighted):
    y_true = labels("all classes")[0]
    scores = np.random.default_rng(1).integers(0, 4, (60, 6)).astype(dtype)
    assert any(len(set(row)) < 6 for row in scores)
    w = weights(weighted)
    # scikit-learn puts the last of equal scores first: in columns turned round that is our first.
    expected = np.average(
        [
            sklearn_metrics.top_k_accuracy_score([5 - label], row[None, ::-1], k=k, labels=range(6))
            if k < 6
            else 1.0  # it warns that this means nothing
            for label, row in zip(y_true, scores, strict=True)
        ],
        weights=w,
    )
    assert metrics.top_k_accuracy(y_true, scores, k, sample_weight=w) == pytest.approx(expected, **COUNTS)


@both_dtypes
@pytest.mark.parametrize("levels", [2, 10, 10**6], ids=["many ties", "ties", "few ties"])
@pytest.mark.parametrize("samples", [2, 3, 60, 1000])
def test_roc_auc_binary(samples, levels, dtype):
    rng = np.random.default_rng(samples)
    y_true = rng.permutation(np.arange(samples) % 3 == 0).astype(int)
    scores = (rng.integers(0, levels, samples) / levels).astype(dtype)
    expected = sklearn_metrics.roc_auc_score(y_true, scores)
    for form in (scores, scores[:, None], np.stack([1 - scores, scores], axis=1)):
        # scikit-learn adds up to a thousand trapezia: some 1e-13.
        assert metrics.roc_auc(y_true, form) == pytest.approx(expected, rel=1e-12)


@both_dtypes
def test_roc_auc_of_many_classes(dtype):
    rng = np.random.default_rng(4)
    y_true = rng.permutation(np.arange(300) % 5)
    scores = rng.random((300, 5)).round(1) + 0.1 + 0.3 * np.eye(5)[y_true]
    scores = (scores / scores.sum(axis=1, keepdims=True)).astype(dtype)
    expected = sklearn_metrics.roc_auc_score(y_true, scores, multi_class="ovr", average="macro")
    assert metrics.roc_auc(y_true, scores) == pytest.approx(expected, rel=1e-12)  # as above
    assert metrics.roc_auc(np.eye(5)[y_true], scores) == metrics.roc_auc(y_true, scores)


@weighted
@both_dtypes
@pytest.mark.parametrize("shape", [(60,), (60, 1), (60, 3)], ids=str)
@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error", "r2"])
def test_errors(name, shape, dtype, weighted):
    rng = np.random.default_rng(2)
    y_true = rng.normal(3, 1, shape).astype(dtype)
    y_pred = (y_true + rng.normal(0, 0.3, shape)).astype(dtype)
    w = weights(weighted)
    # scikit-learn stays in float32; we do not.
    exact = y_true.astype(np.float64), y_pred.astype(np.float64)
    expected = getattr(sklearn_metrics, name + "_score" * (name == "r2"))(*exact, sample_weight=w)
    assert getattr(metrics, name)(y_true, y_pred, sample_weight=w) == pytest.approx(expected, **SUMS)


def test_r2_of_constant_outputs():
    y_true = np.array([[1.0, 5.0, 5.0], [2.0, 5.0, 5.0], [3.0, 5.0, 5.0]])
    y_pred = np.array([[1.0, 5.0, 5.0], [2.0, 5.0, 6.0], [4.0, 5.0, 5.0]])
    assert metrics.r2(y_true, y_pred) == pytest.approx(sklearn_metrics.r2_score(y_true, y_pred), **SUMS)
