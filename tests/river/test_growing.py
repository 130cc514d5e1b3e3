"""Features and classes that come and go: what a network knows stays, and learns on as if all had been there before."""

import numpy as np
import pandas
import pytest

from fastnn import optimizers
from fastnn.layers import Dense, Input
from fastnn.models import Sequential
from fastnn.river import MLPClassifier, MLPRegressor

RULES = {
    "sgd": lambda: optimizers.SGD(0.05),
    "momentum": lambda: optimizers.SGD(0.005, momentum=0.9),
    "nesterov": lambda: optimizers.SGD(0.005, momentum=0.9, nesterov=True),
    "adagrad": lambda: optimizers.Adagrad(0.05, initial_accumulator_value=0.3),
    "rmsprop": lambda: optimizers.RMSprop(0.01),
    "adam": lambda: optimizers.Adam(0.01),
    "amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True),
    "nadam": lambda: optimizers.Nadam(0.01),
    "schedule": lambda: optimizers.Adam(optimizers.schedules.ExponentialDecay(0.01, 5, 0.5)),
}


def weights_of(estimator):
    return [array.copy() for array in estimator.model.get_weights()]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_grown_network_learns_as_one_that_had_all_inputs_from_the_beginning(rule, dtype, stream):
    first, later = stream(15, "bd"), stream(15, "abcd", seed=1)
    estimator = MLPRegressor((5,), optimizer=RULES[rule](), dtype=dtype, seed=0)
    # A sample that counts nothing moves no weight.
    estimator.learn_one(*first[0], w=0)
    start = weights_of(estimator)
    for x, y in first:
        estimator.learn_one(x, y)
    estimator.learn_one(first[0][0] | dict.fromkeys("ac", 0.0), first[0][1])
    assert estimator.feature_names == ["b", "d", "a", "c"]
    start[0] = np.concatenate([start[0], estimator.model.get_weights()[0][2:]])

    whole = Sequential([Input((4,)), Dense(5, "relu"), Dense(1)], dtype=dtype)
    whole.set_weights(start)
    whole.compile(RULES[rule](), "mse")

    def learn(x, y, weight):
        row = np.array([[x.get(name, 0.0) for name in "bdac"]], dtype)
        whole.train_on_batch(row, np.array([[y]], dtype), sample_weight=weight)

    learn(*first[0], [0.0])
    for x, y in [*first, first[0]]:
        learn(x, y, None)
    for x, y in later:
        estimator.learn_one(x, y)
        learn(x, y, None)
    # The same operations on the same numbers.
    for grown, expected in zip(estimator.model.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(grown, expected)


@pytest.mark.parametrize("names", ["abcde", "edcba", "azbcd"])
def test_a_new_feature_changes_nothing_where_it_is_absent(names, stream):
    rows = stream(20)
    estimator = MLPRegressor((6,), optimizer="sgd", seed=0)
    for x, y in rows:
        estimator.learn_one(x, y)
    before = [estimator.predict_one(x) for x, _ in rows]
    estimator.learn_one(dict.fromkeys(names, 1.5), 0.0, w=0)
    assert [estimator.predict_one(x) for x, _ in rows] == before
    assert estimator.feature_names == [*"abcd", *sorted(set(names) - set("abcd"))]
    assert estimator.model.feature_names == tuple(estimator.feature_names)
    # It has an effect where it is there: its weights are no zeros.
    new = next(iter(set(names) - set("abcd")))
    assert estimator.predict_one(rows[0][0] | {new: 3.0}) != before[0]


def test_weights_of_a_new_feature_are_those_of_the_initializer(stream):
    estimator = MLPRegressor((200,), seed=0)
    estimator.learn_one(*stream(1)[0], w=0)
    estimator.learn_one(dict.fromkeys(range(96), 0.0), 0.0, w=0)
    new = estimator.model.get_weights()[0][4:]
    # Glorot's bound for all inputs that there are now.
    bound = np.sqrt(6 / (100 + 200))
    assert 0.98 * bound < abs(new).max() <= bound


def test_absent_features_count_zero_and_unknown_ones_nothing_in_predictions(stream):
    rows = stream(20)
    estimator = MLPRegressor(seed=0)
    for x, y in rows:
        estimator.learn_one(x, y)
    whole, part = {**rows[0][0], "c": 0, "a": 0.0}, {name: rows[0][0][name] for name in "db"}
    assert estimator.predict_one(part) == estimator.predict_one(whole)
    assert estimator.predict_one({**whole, "unknown": 1e3}) == estimator.predict_one(whole)
    assert estimator.feature_names == list("abcd")


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_learning_may_begin_with_no_features_or_with_one(kind):
    estimator = kind(seed=0)
    for x in ({}, {"b": 1.0}, {"a": 2.0, "b": 1}, {}):
        estimator.learn_one(x, 1)
        estimator.predict_one(x)
    assert estimator.feature_names == ["b", "a"]
    assert estimator.model.input_shape == (2,)


def test_names_need_not_be_strings(stream):
    estimator = MLPRegressor(seed=0)
    names = [("word", 1), 3, "three", 2.5, None]
    estimator.learn_one(dict.fromkeys(names, 1.0), 1.0)
    assert set(estimator.feature_names) == set(names)
    assert estimator.model.feature_names is None


def test_a_default_dict_does_not_grow(stream):
    import collections

    estimator = MLPRegressor(seed=0)
    estimator.learn_one({"a": 1.0, "b": 2.0}, 1.0)
    x = collections.defaultdict(float, {"a": 1.0, "z": 2.0})
    assert estimator.predict_one(x) == estimator.predict_one({"a": 1.0})
    assert set(x) == {"a", "z"}


def test_new_classes_get_outputs_and_old_ones_keep_their_weights(stream):
    rows = stream(60, classes=True)
    estimator = MLPClassifier((6,), optimizer="sgd", seed=0)
    for x, _ in rows:
        estimator.learn_one(x, "low")
    assert estimator.model.output_shape == (2,)
    # Even where the output without a class takes it all.
    estimator.model.layers[-1].arrays["bias"][1] = 1e4
    assert estimator.predict_proba_one(rows[0][0]) == {"low": 1.0}
    assert estimator.predict_proba_many(pandas.DataFrame([rows[0][0]]))["low"].to_list() == [1.0]
    assert estimator.predict_one(rows[0][0]) == "low"
    estimator.model.layers[-1].arrays["bias"][1] = -1.0
    before = weights_of(estimator)
    estimator.learn_one(rows[0][0], "high", w=0)
    assert all(map(np.array_equal, before, weights_of(estimator)))
    estimator.learn_one(rows[0][0], "middle", w=0)
    after = weights_of(estimator)
    assert estimator.classes == ["low", "high", "middle"]
    assert estimator.model.output_shape == (3,)
    assert all(map(np.array_equal, before[:2], after[:2]))
    assert np.array_equal(after[2][:, :2], before[2])
    assert np.array_equal(after[3], [*before[3], 0])
    assert after[2][:, 2].all()


def test_all_classes_are_learnt_whenever_they_come(stream):
    rows = stream(1500, classes=True)
    # At first one class, then two, then all.
    order = [row for row in rows[:100] if row[1] == "low"]
    order += [row for row in rows[100:300] if row[1] != "high"] + rows[300:]
    estimator = MLPClassifier(seed=0)
    for x, y in order:
        estimator.learn_one(x, y)
    right = [estimator.predict_one(x) == y for x, y in stream(300, seed=1, classes=True)]
    # 0.93 to 0.94 for seeds 0 to 9.
    assert np.mean(right) > 0.9


def test_a_learning_rate_changed_on_the_way_holds_after_growth(stream):
    rule = optimizers.SGD(0.1)
    estimator = MLPRegressor((3,), optimizer=rule, seed=0)
    estimator.learn_one({"a": 1.0}, 1.0)
    rule.learning_rate = 0.0
    before = weights_of(estimator)
    estimator.learn_one({"a": 1.0}, 5.0)
    estimator.learn_one({"a": 1.0, "b": 1.0}, 5.0)
    assert np.array_equal(estimator.model.get_weights()[0][:1], before[0])
    assert estimator.model.optimizer is rule
