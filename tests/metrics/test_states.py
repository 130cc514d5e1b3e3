"""Metrics by themselves: batches, weights, results and resets are Keras'; what it has not, scikit-learn's."""

import copy
import math
import pickle

import numpy as np
import pytest

from fastnn import losses, metrics
from fastnn.layers import Dense, Input
from fastnn.metrics.names import METRICS
from fastnn.models import Sequential

RNG = np.random.default_rng(0)
SAMPLES = 30
# Of one size: Keras over JAX compiles each size anew.
BATCHES = [slice(0, 10), slice(10, 20), slice(20, SAMPLES)]
LABELS = RNG.integers(3, size=SAMPLES)
SHARES = RNG.dirichlet([1, 1, 1], SAMPLES)
DECISIONS = RNG.integers(2, size=(SAMPLES, 1)).astype(float)
CHANCES = np.round(RNG.random((SAMPLES, 1)), 1)  # with ties
WEIGHTS = RNG.random(SAMPLES) * RNG.integers(2, size=SAMPLES)
DATA = {
    "classes": (np.eye(3)[LABELS], SHARES),
    "numbers of classes": (LABELS, SHARES),
    "decisions": (DECISIONS, CHANCES),
    "several decisions": (RNG.integers(2, size=(SAMPLES, 3)).astype(float), SHARES),
    "numbers": (RNG.normal(size=(SAMPLES, 2)), RNG.normal(size=(SAMPLES, 2))),
    "positive numbers": (RNG.random((SAMPLES, 2)) + 0.5, RNG.random((SAMPLES, 2)) + 0.5),
}
# Ours, arguments of both, arguments of Keras' alone, and the data.
IN_KERAS = {
    "BinaryAccuracy": ({"threshold": 0.3}, {}, "several decisions"),
    "CategoricalAccuracy": ({}, {}, "classes"),
    "SparseCategoricalAccuracy": ({}, {}, "numbers of classes"),
    "TopKCategoricalAccuracy": ({"k": 2}, {}, "classes"),
    "SparseTopKCategoricalAccuracy": ({"k": 2}, {}, "numbers of classes"),
    "Precision": ({}, {}, "decisions"),
    "Precision, thresholds": ({"thresholds": [0.25, 0.55]}, {}, "several decisions"),
    "Precision, class_id": ({"class_id": 1}, {}, "classes"),
    "Recall, thresholds": ({"thresholds": [0.25, 0.55, 0.95]}, {}, "decisions"),
    "TruePositives": ({}, {}, "decisions"),
    "FalsePositives": ({"thresholds": 0.35}, {}, "several decisions"),
    "TrueNegatives, thresholds": ({"thresholds": [0.25, 0.55]}, {}, "decisions"),
    "FalseNegatives": ({"thresholds": None}, {}, "decisions"),
    "F1Score": ({"average": "weighted"}, {}, "classes"),
    "FBetaScore": ({"average": "macro", "beta": 2.0}, {}, "classes"),
    "FBetaScore, micro": ({"average": "micro", "beta": 0.5, "threshold": 0.4}, {}, "several decisions"),
    "AUC": ({}, {"num_thresholds": 5000}, "decisions"),
    "AUC, PR": ({"curve": "PR"}, {"num_thresholds": 50_000}, "decisions"),
    "AUC, PR, labels": ({"curve": "PR", "multi_label": True}, {"num_thresholds": 50_000}, "several decisions"),
    "MeanSquaredError": ({}, {}, "numbers"),
    "RootMeanSquaredError": ({}, {}, "numbers"),
    "MeanAbsoluteError": ({}, {}, "numbers"),
    "R2Score": ({}, {}, "numbers"),
    "MeanAbsolutePercentageError": ({}, {}, "numbers"),
    "MeanSquaredLogarithmicError": ({}, {}, "positive numbers"),
    "LogCoshError": ({}, {}, "numbers"),
    "CosineSimilarity": ({}, {}, "numbers"),
    "Hinge": ({}, {}, "decisions"),
    "SquaredHinge": ({}, {}, "decisions"),
    "CategoricalHinge": ({}, {}, "classes"),
    "Poisson": ({}, {}, "positive numbers"),
    "KLDivergence": ({}, {}, "classes"),
    "BinaryCrossentropy": ({"label_smoothing": 0.1}, {}, "several decisions"),
    "BinaryCrossentropy, logits": ({"from_logits": True}, {}, "decisions"),
    "CategoricalCrossentropy": ({}, {}, "classes"),
    "SparseCategoricalCrossentropy": ({"from_logits": True}, {}, "numbers of classes"),
}


def data_of(case):
    y_true, y_pred = DATA[IN_KERAS[case][2]]
    # The divergence of what is certain is infinite but for Keras' limits.
    return y_true, y_pred


def ours_of(case):
    return getattr(metrics, case.partition(",")[0])(**IN_KERAS[case][0])


def close(case, ours, theirs):
    # Keras computes in float32, and areas from thresholds.
    tolerance = {"rtol": 2e-5, "atol": 1e-3} if "AUC" in case else {"rtol": 2e-5, "atol": 2e-6}
    np.testing.assert_allclose(ours, np.asarray(theirs), **tolerance)


@pytest.mark.parametrize("case", IN_KERAS)
def test_batches_weights_and_resets_are_those_of_keras(keras_over_any, case):
    arguments, more, _ = IN_KERAS[case]
    y_true, y_pred = data_of(case)
    ours = ours_of(case)
    theirs = getattr(keras_over_any.metrics, case.partition(",")[0])(**arguments, **more)
    for rows in BATCHES[:2]:
        for metric in (ours, theirs):
            assert metric.update_state(y_true[rows], y_pred[rows], WEIGHTS[rows]) is None
    close(case, ours.result(), theirs.result())
    rows = BATCHES[2]
    weights = WEIGHTS[rows]
    close(case, ours(y_true[rows], y_pred[rows], sample_weight=weights), theirs(y_true[rows], y_pred[rows], weights))
    for metric in (ours, theirs):
        metric.reset_state()
    # Without weights.
    assert ours(y_true[rows], y_pred[rows]) is not None
    theirs.update_state(y_true[rows], y_pred[rows])
    close(case, ours.result(), theirs.result())


@pytest.mark.parametrize("kind", ["torch", "lists", "pandas", "Fortran order"])
@pytest.mark.parametrize("case", IN_KERAS)
def test_other_arrays_give_what_numpys_give(case, kind):
    make = {
        "torch": lambda array: pytest.importorskip("torch").tensor(array),
        "lists": lambda array: array.tolist(),
        "Fortran order": np.asfortranarray,
        "pandas": lambda array: pytest.importorskip("pandas").DataFrame(array) if array.ndim > 1 else array,
    }[kind]
    pair = data_of(case)
    found, expected = ours_of(case), ours_of(case)
    for weights in (None, WEIGHTS):
        one, other = found(*map(make, pair), weights), expected(*pair, weights)
        assert np.asarray(one).tolist() == np.asarray(other).tolist()


IN_SKLEARN = ["matthews", "matthews of decisions", "kappa", "kappa, linear", "kappa, quadratic", "ROC", "accuracy"]
IN_SKLEARN += ["brier", "brier of classes"]


def sklearn_cases():
    scores = pytest.importorskip("sklearn.metrics")
    classes, decided = SHARES.argmax(axis=1), (CHANCES > 0.5).astype(int)
    binary = DECISIONS[:, 0].astype(int)

    def kappa(weights):
        return metrics.CohenKappa(weights), lambda w: scores.cohen_kappa_score(
            LABELS, classes, weights=weights, sample_weight=w
        )

    return {
        "matthews": (
            (metrics.MatthewsCorrelation(), lambda w: scores.matthews_corrcoef(LABELS, classes, sample_weight=w)),
            (LABELS, SHARES),
        ),
        "matthews of decisions": (
            (metrics.MatthewsCorrelation(), lambda w: scores.matthews_corrcoef(binary, decided, sample_weight=w)),
            (DECISIONS, CHANCES),
        ),
        "kappa": (kappa(None), (LABELS, SHARES)),
        "kappa, linear": (kappa("linear"), (LABELS, SHARES)),
        "kappa, quadratic": (kappa("quadratic"), (LABELS, SHARES)),
        "brier": (
            (metrics.BrierScore(), lambda w: scores.brier_score_loss(binary, CHANCES[:, 0], sample_weight=w)),
            (DECISIONS, CHANCES),
        ),
        "brier of classes": (
            (metrics.BrierScore(), lambda w: scores.brier_score_loss(LABELS, SHARES, sample_weight=w)),
            (LABELS, SHARES),
        ),
        "ROC": (
            (metrics.AUC(), lambda w: scores.roc_auc_score(binary, CHANCES[:, 0], sample_weight=w)),
            (DECISIONS, CHANCES),
        ),
        "accuracy": (
            (metrics.Accuracy(), lambda w: scores.accuracy_score(LABELS, classes, sample_weight=w)),
            (LABELS, SHARES),
        ),
    }


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("case", IN_SKLEARN)
def test_what_scikit_learn_has(case, weighted):
    (metric, expected), (y_true, y_pred) = sklearn_cases()[case]
    weights = WEIGHTS if weighted else None
    for rows in BATCHES:
        metric.update_state(y_true[rows], y_pred[rows], None if weights is None else weights[rows])
    # Thirty sums in another order.
    assert metric.result() == pytest.approx(expected(weights), rel=1e-12)
    assert metric.compute(y_true, y_pred, weights) == pytest.approx(expected(weights), rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
def test_log_loss(weighted):
    scores = pytest.importorskip("sklearn.metrics")
    weights = WEIGHTS if weighted else None
    for y_true, y_pred in ((LABELS, SHARES), (DECISIONS[:, 0], np.clip(CHANCES, 0, 1))):
        expected = scores.log_loss(y_true, np.asarray(y_pred).squeeze(), sample_weight=weights)
        assert metrics.log_loss(y_true, y_pred, sample_weight=weights) == pytest.approx(expected, rel=1e-12)


def test_calibration_by_hand():
    # Three bins: (0, 1/3], (1/3, 2/3] and (2/3, 1]; the predicted class, its probability, and whether it is right.
    y_true = [1, 0, 1, 1, 0]
    y_pred = [0.6, 0.6, 0.9, 0.8, 0.1]
    right, confidence = np.array([1, 0, 1, 1, 1]), np.array([0.6, 0.6, 0.9, 0.8, 0.9])
    expected = abs(right[:2].mean() - confidence[:2].mean()) * 2 / 5
    expected += abs(right[2:].mean() - confidence[2:].mean()) * 3 / 5
    # A few sums.
    assert metrics.expected_calibration_error(y_true, y_pred, n_bins=3) == pytest.approx(expected, rel=1e-12)
    assert metrics.ExpectedCalibrationError(3)(y_true, y_pred) == pytest.approx(expected, rel=1e-12)
    weights = [1.0, 1.0, 0.0, 0.0, 0.0]
    assert metrics.expected_calibration_error(y_true, y_pred, 3, sample_weight=weights) == pytest.approx(0.1, rel=1e-12)
    assert metrics.expected_calibration_error([0, 1], np.eye(2)) == 0


def test_the_mean_of_values(keras_over_any):
    ours, theirs = metrics.Mean(), keras_over_any.metrics.Mean()
    calls = [((3.0,), {}), (([1.0, 2.0, 6.0],), {}), (([1.0, 2.0],), {"sample_weight": [0.5, 2.0]})]
    calls += [((np.ones((2, 3)),), {"sample_weight": [1.0, 0.0]}), ((7.0,), {"sample_weight": 0.5})]
    for arguments, named in calls:
        # float32 in Keras.
        assert ours(*arguments, **named) == pytest.approx(float(theirs(*arguments, **named)), rel=1e-6)
    ours.reset_state()
    assert math.isnan(ours.result())


@pytest.mark.parametrize("name", METRICS.names())
def test_a_metric_that_has_counted_is_copied_with_its_state_and_described_without(name):
    metric = METRICS[name]()
    before = repr(metric), metric.configuration()
    y_true, y_pred = (np.tile([[0.0], [1.0]], (1, 6)), np.tile([[0.1], [0.2]], (1, 6)))
    if name in ("matthews_correlation", "cohen_kappa", "brier_score", "expected_calibration_error"):
        y_true, y_pred = y_true[:, :1], y_pred[:, :1]
    if "categorical" in name or name in ("accuracy", "kl_divergence"):
        y_true = np.eye(6)[:2]
    assert math.isnan(metric.result())
    metric.update_state(y_true, y_pred)
    value = metric.result()
    assert (repr(metric), metric.configuration()) == before
    for again in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        np.testing.assert_equal(again.result(), value)
        again.reset_state()
        assert math.isnan(again.result())
    np.testing.assert_equal(metric.result(), value)


def test_a_batch_that_is_refused_is_not_counted():
    for metric in (metrics.MeanSquaredError(), metrics.AUC(), metrics.Precision(), metrics.F1Score()):
        metric.update_state(DECISIONS, CHANCES)
        before = metric.result()
        with pytest.raises(ValueError, match="y_true"):
            metric.update_state(DECISIONS[:5], CHANCES)
        with pytest.raises(ValueError, match="sample_weight"):
            metric.update_state(DECISIONS, CHANCES, -WEIGHTS)
        metric.update_state(DECISIONS, CHANCES, np.zeros(SAMPLES))
        assert metric.result() == before
    area = metrics.AUC()
    area.update_state(DECISIONS, CHANCES)
    with pytest.raises(ValueError, match="the shape of the batches before"):
        area.update_state(*DATA["several decisions"])


def test_training_leaves_the_state_alone():
    metric = metrics.MeanAbsoluteError()
    metric.update_state([[0.0]], [[5.0]])
    model = Sequential([Input((2,)), Dense(1)], seed=0)
    model.compile("sgd", "mse", metrics=[metric])
    x = np.ones((4, 2), np.float32)
    history = model.fit(x, np.zeros(4), epochs=2)
    assert metric.result() == 5
    assert history.history["mean_absolute_error"][0] != 5


class OfCalls(metrics.Metric):
    """As it was always written."""

    def __init__(self, name="own"):
        super().__init__(name)

    def __call__(self, y_true, y_pred):
        return float(np.abs(y_true - y_pred).max())


class OfStates(metrics.Metric):
    """As in Keras."""

    larger_is_better = False

    def __init__(self, name="own"):
        super().__init__(name)
        self.largest = 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.largest = max(self.largest, float(np.abs(y_true - y_pred).max()))

    def result(self):
        return self.largest

    def reset_state(self):
        self.largest = 0.0


class OfCompute(metrics.Metric):
    def __init__(self, name="own"):
        super().__init__(name)

    def compute(self, y_true, y_pred):
        return float(np.abs(y_true - y_pred).max())


def largest(y_true, y_pred):
    return np.abs(y_true - y_pred).max()


@pytest.mark.parametrize("make", [OfCalls, OfStates, OfCompute, lambda: metrics.FunctionMetric(largest, "own")])
def test_metrics_of_ones_own(make):
    metric = make()
    metric.update_state(np.array([[1.0]]), np.array([[4.0]]))
    metric.update_state(np.array([[1.0]]), np.array([[2.0]]))
    assert metric.result() == 3
    metric.reset_state()
    metric.update_state(np.array([[1.0]]), np.array([[2.0]]))
    assert metric.result() == 1
    model = Sequential([Input((2,)), Dense(1)], seed=0)
    model.compile("sgd", "mse", metrics=[make()])
    x, y = np.ones((4, 2), np.float32), np.arange(4.0)
    assert model.evaluate(x, y)[1] == pytest.approx(np.abs(model.predict(x)[:, 0] - y).max(), rel=1e-6)  # float32


def test_weights_and_functions():
    by_sample = metrics.FunctionMetric(lambda y_true, y_pred: np.abs(y_true - y_pred)[:, 0], "by_sample")
    assert by_sample(np.zeros((2, 1)), np.array([[1.0], [5.0]]), sample_weight=[3.0, 1.0]) == 2
    with pytest.raises(ValueError, match="it must return one number for each"):
        metrics.FunctionMetric(largest)(np.zeros((2, 1)), np.ones((2, 1)), sample_weight=[1.0, 2.0])
    with pytest.raises(TypeError, match="the metric own knows no sample_weight"):
        OfCalls().update_state(np.zeros((2, 1)), np.ones((2, 1)), sample_weight=[1.0, 2.0])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: metrics.Mean(), TypeError, "judges no outputs"),
        (lambda: metrics.Precision([0.1, 0.2]), ValueError, "gives an array of 2, but a history holds single numbers"),
        (lambda: metrics.Recall([]), ValueError, "thresholds must hold at least one number"),
        (lambda: metrics.AUC(curve="pr"), ValueError, "curve must be 'ROC' or 'PR', but it is 'pr'"),
        (lambda: metrics.FBetaScore(beta=0), ValueError, "beta must be above 0"),
        (lambda: metrics.CohenKappa("cubic"), ValueError, "weights is 'cubic'"),
        (lambda: metrics.ExpectedCalibrationError(0), ValueError, "n_bins must be at least 1"),
        (lambda: metrics.BinaryCrossentropy(from_logits=1), TypeError, "from_logits must be True or False"),
        (lambda: metrics.brier_score([0, 1], [[0.5, 0.4], [0.5, 0.5]]), ValueError, "row 0 of y_pred sums to 0.9"),
        (lambda: metrics.log_loss([0, 1], [-1.0, 2.0]), ValueError, "expected probabilities from 0 to 1"),
        (lambda: metrics.log_loss([0, 2], [0.1, 0.2]), ValueError, "y_true holds the label 2"),
        (lambda: metrics.Mean()(["a"]), TypeError, "values must hold real numbers"),
        (lambda: metrics.Mean()([1.0], sample_weight=[-1.0]), ValueError, "sample_weight must be finite, not negative"),
    ],
)
def test_refusals(make, error, message):
    model = Sequential([Input((2,)), Dense(1, "sigmoid")], seed=0)
    with pytest.raises(error, match=message):
        model.compile("sgd", "mse", metrics=[make()])
    assert model.loss is None


@pytest.mark.parametrize(
    ("metric", "larger"),
    [
        (metrics.MatthewsCorrelation, True),
        (metrics.cohen_kappa, True),
        (metrics.brier_score, False),
        (metrics.BinaryCrossentropy, False),
        (metrics.FalsePositives, False),
        (metrics.TruePositives, True),
        (losses.mean_absolute_error, False),
        (losses.huber, False),
        (losses.cosine_similarity, False),
    ],
)
def test_directions(metric, larger):
    assert metrics.resolve(metric, 2).larger_is_better is larger


def test_functions_of_losses_are_metrics_of_their_names():
    assert type(metrics.resolve(losses.mean_absolute_error, 1)) is metrics.MeanAbsoluteError
    huber = metrics.resolve(losses.huber, 1)
    assert (huber.name, huber.compute([[0.0], [0.0]], [[3.0], [1.0]])) == ("huber", 1.5)
    cosine = metrics.resolve(losses.cosine_similarity, 2)
    assert cosine.compute([[1.0, 0.0]], [[2.0, 0.0]]) == -1
