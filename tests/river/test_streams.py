"""Estimators among river's own: pipelines, evaluation, ensembles, pickles and mini-batches."""

import pickle

import numpy as np
import pandas
import polars
import pytest
from river import datasets, ensemble, evaluate, linear_model, metrics, preprocessing

from fastnn import load_model
from fastnn.river import MLPClassifier, MLPRegressor


def scaled(estimator):
    return preprocessing.StandardScaler() | estimator


def test_it_learns_what_a_line_does_not():
    samples = list(datasets.Bananas())[:2000]
    scores = [
        evaluate.progressive_val_score(samples, scaled(model), metrics.Accuracy()).get()
        for model in (MLPClassifier(seed=0), linear_model.LogisticRegression())
    ]
    # 0.70 to 0.72 for seeds 0 to 9, against 0.55.
    assert scores[0] > scores[1] + 0.12


def test_a_regression_with_a_scaled_target():
    model = scaled(preprocessing.TargetStandardScaler(regressor=MLPRegressor(seed=0)))
    score = evaluate.progressive_val_score(datasets.TrumpApproval(), model, metrics.MAE()).get()
    # 0.56 to 0.60 for seeds 0 to 9.
    assert score < 0.8


def test_an_ensemble_of_them(stream):
    model = ensemble.BaggingClassifier(MLPClassifier((4,)), n_models=2, seed=0)
    for x, y in stream(50, classes=True):
        model.learn_one(x, y)
    assert set(model.predict_proba_one(x)) == {"low", "middle", "high"}


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_a_pickle_learns_on_with_the_same_numbers(kind, stream):
    classes = kind is MLPClassifier
    whole = kind(seed=0)
    for x, y in stream(20, "ab", classes=classes):
        whole.learn_one(x, y)
    copy = pickle.loads(pickle.dumps(whole))
    for x, y in stream(20, "abcd", seed=1, classes=classes):
        whole.learn_one(x, y)
        copy.learn_one(x, y)
    for one, other in zip(whole.model.get_weights(), copy.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_network_is_a_model_like_any_other(stream, tmp_path):
    estimator = MLPClassifier(seed=0)
    for x, y in stream(30, classes=True):
        estimator.learn_one(x, y)
    estimator.model.save(tmp_path / "model.safetensors")
    model = load_model(tmp_path / "model.safetensors")
    frame = pandas.DataFrame([x])[["c", "a", "d", "b"]]
    # The names are those of the stream; its float32 sum is 1 to the last digits.
    assert model.predict(frame)[0] == pytest.approx(list(estimator.predict_proba_one(x).values()), rel=1e-6)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_frame_is_learnt_as_batches_of_its_rows(kind, size, stream):
    rows = stream(20, classes=kind is MLPClassifier)
    frame, targets = pandas.DataFrame([x for x, _ in rows]), [y for _, y in rows]
    many, parts = kind(seed=0, batch_size=size), kind(seed=0, batch_size=20)
    many.learn_many(frame, pandas.Series(targets))
    for start in range(0, 20, size):
        parts.learn_many(frame[start : start + size], pandas.Series(targets[start : start + size]))
    for one, other in zip(many.model.get_weights(), parts.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_count_samples(stream):
    rows = stream(6)
    frame, targets = pandas.DataFrame([x for x, _ in rows]), pandas.Series([y for _, y in rows])
    # Plain descent on a mean: twice the weight is twice the step.
    twice, weighed, each = (MLPRegressor((4,), optimizer="sgd", seed=0) for _ in range(3))
    for row, weight in zip(rows, (1, 2, 0, 1, 0.5, 1), strict=True):
        each.learn_one(*row, w=weight)
    weighed.learn_many(frame, targets, w=pandas.Series([1, 2, 0, 1, 0.5, 1]))
    twice.learn_many(frame, targets, w=2)
    assert each.predict_one(rows[0][0]) == weighed.predict_one(rows[0][0]) != twice.predict_one(rows[0][0])


FRAMES = {"pandas": pandas, "polars": polars}


@pytest.mark.parametrize("library", FRAMES)
def test_frames_of_either_kind_come_back_as_such(library, stream):
    kinds = FRAMES[library]
    rows = stream(20, classes=True)
    frame = kinds.DataFrame([x for x, _ in rows])
    classifier, regressor = MLPClassifier(seed=0), MLPRegressor(seed=0)
    classifier.learn_many(frame, kinds.Series([y for _, y in rows]))
    regressor.learn_many(frame, kinds.Series(name="sums", **{"data" if library == "pandas" else "values": range(20)}))
    part = frame[["d", "a"]][3:8]
    dicts = [{name: rows[number][0][name] for name in "da"} for number in range(3, 8)]

    classes, numbers = classifier.predict_many(part), regressor.predict_many(part)
    probabilities = classifier.predict_proba_many(part)
    assert type(classes) is type(numbers) is kinds.Series
    assert type(probabilities) is kinds.DataFrame
    assert numbers.name == "sums"
    assert classes.to_list() == [classifier.predict_one(x) for x in dicts]
    assert numbers.to_list() == [regressor.predict_one(x) for x in dicts]
    for number, x in enumerate(dicts):
        expected = classifier.predict_proba_one(x)
        for label, value in expected.items():
            assert list(probabilities[label])[number] == pytest.approx(value, rel=1e-12)
    if library == "pandas":
        assert list(classes.index) == list(numbers.index) == list(probabilities.index) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_frames_before_anything_was_learnt_and_without_rows(kind, stream):
    frame = pandas.DataFrame([x for x, _ in stream(3)])
    estimator = kind(seed=0)
    assert estimator.predict_many(frame).to_list() == ([None] * 3 if kind is MLPClassifier else [0, 0, 0])
    assert estimator.model is None
    estimator.learn_many(frame, pandas.Series([1, 2, 1]))
    assert len(estimator.predict_many(frame[:0])) == 0
    before = estimator.predict_many(frame).to_list()
    estimator.learn_many(frame[:0], pandas.Series([], dtype=int))
    assert estimator.predict_many(frame).to_list() == before
