"""Metrics that weigh samples, beside those that do not: values, names, order and files as in Keras."""

import numpy as np
import pytest

import fastnn
import fastnn.keras as ours
from fastnn.layers import Dense, Input
from fastnn.metrics import MeanAbsoluteError

# Keras' own, of NumPy's new arguments.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 4)).astype(np.float32)
Y = (X[:, :1] + RNG.normal(size=(48, 1)) > 0).astype(np.float32)
WEIGHTS = RNG.uniform(0, 3, 48)


def binary(metrics=("accuracy", "mse"), weighted=("accuracy", "mae")):
    model = fastnn.Sequential([Input((4,)), Dense(5, "tanh"), Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", "binary_crossentropy", metrics=list(metrics), weighted_metrics=list(weighted))
    return model


def by_hand(model, x, y, weights):
    p = model.predict(x)
    right = ((p > 0.5) == y)[:, 0]
    return {
        "accuracy": right.mean(),
        "mse": np.mean((p - y) ** 2),
        "weighted_accuracy": np.average(right, weights=weights),
        "mae": np.average(np.abs(p - y)[:, 0], weights=weights),
    }


def test_evaluation_weighs_those_alone_that_ask_for_it():
    model = binary()
    for batch_size in (None, 10):
        found = model.evaluate(X, Y, sample_weight=WEIGHTS, batch_size=batch_size, return_dict=True)
        assert list(found) == ["loss", "accuracy", "mse", "weighted_accuracy", "mae"]
        for name, value in by_hand(model, X, Y, WEIGHTS).items():
            # Sums of 48 numbers, in float32 outputs.
            assert found[name] == pytest.approx(value, rel=1e-6), name
    batches = [(X[:20], Y[:20], WEIGHTS[:20]), (X[20:], Y[20:])]
    found = model.evaluate(iter(batches), return_dict=True)
    partly = np.concatenate([WEIGHTS[:20], np.ones(28)])
    for name, value in by_hand(model, X, Y, partly).items():
        assert found[name] == pytest.approx(value, rel=1e-6), name
    found = model.test_on_batch(X, Y, WEIGHTS, return_dict=True)
    assert found["mae"] == pytest.approx(by_hand(model, X, Y, WEIGHTS)["mae"], rel=1e-6)


def test_training_weighs_them_in_all_ways():
    frozen = binary()
    frozen.trainable = False
    expected = by_hand(frozen, X, Y, WEIGHTS)
    ways = {
        "arrays": frozen.fit(X, Y, sample_weight=WEIGHTS, batch_size=10, verbose=0).history,
        "batches": frozen.fit(iter([(X[:20], Y[:20], WEIGHTS[:20]), (X[20:], Y[20:], WEIGHTS[20:])])).history,
        "validation": frozen.fit(X, Y, validation_data=(X, Y, WEIGHTS), verbose=0).history,
    }
    for way, history in ways.items():
        for name, value in expected.items():
            found = history[f"val_{name}" if way == "validation" else name][0]
            assert found == pytest.approx(value, rel=1e-6), (way, name)
    found = frozen.train_on_batch(X, Y, WEIGHTS, return_dict=True)
    assert found["weighted_accuracy"] == pytest.approx(expected["weighted_accuracy"], rel=1e-6)
    by_class = frozen.fit(X, Y, class_weight={0: 3.0, 1: 0.5}, verbose=0).history
    expected = by_hand(frozen, X, Y, np.where(Y[:, 0] > 0, 0.5, 3.0))
    assert by_class["mae"][0] == pytest.approx(expected["mae"], rel=1e-6)


def in_keras(k):
    model = k.Sequential([k.Input((4,)), k.layers.Dense(3, "tanh"), k.layers.Dense(1, "sigmoid")])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=array.shape, scale=0.5) for array in model.get_weights()])
    metrics = {"metrics": ["mae", "mse"], "weighted_metrics": ["mse", k.metrics.BinaryAccuracy(name="right")]}
    model.compile(k.optimizers.SGD(0.05), "binary_crossentropy", **metrics, jit_compile=False)
    return model


def test_names_order_and_values_are_those_of_keras(keras):
    found = []
    for k in (ours, keras):
        model = in_keras(k)
        validation = {"validation_data": (X, Y, WEIGHTS), "validation_batch_size": 16}
        how = {"batch_size": 16, "shuffle": False, "verbose": 0}
        history = model.fit(X, Y, sample_weight=WEIGHTS, **how, **validation).history
        scores = model.evaluate(X, Y, sample_weight=WEIGHTS, batch_size=16, verbose=0, return_dict=True)
        found.append((history, scores, model.evaluate(X, Y, sample_weight=WEIGHTS, batch_size=16, verbose=0)))
    mine, theirs = found
    # Keras sorts a history's and a dict's names, but not the list's.
    assert set(mine[0]) == set(theirs[0])
    for name, values in theirs[0].items():
        # The loss of Keras with weights is their mean over batches; outputs are rounded to float32.
        np.testing.assert_allclose(mine[0][name], values, rtol=2e-5, err_msg=name)
    assert set(mine[1]) == set(theirs[1])
    for name, value in theirs[1].items():
        assert mine[1][name] == pytest.approx(value, rel=2e-5), name


def graph():
    x = Input((4,))
    model = fastnn.Model(x, {"one": Dense(1)(x), "two": Dense(2)(x)}, seed=0)
    metrics = {"metrics": {"one": "mae"}, "weighted_metrics": {"one": ["mae"], "two": ["mse"]}}
    model.compile("sgd", "mse", **metrics)
    return model


def test_outputs_of_graphs_have_weights_of_their_own():
    model = graph()
    targets = {"one": X[:, 0], "two": X[:, :2]}
    weights = {"one": WEIGHTS, "two": WEIGHTS[::-1]}
    found = model.evaluate(X, targets, sample_weight=weights, return_dict=True)
    assert list(found) == ["loss", "one_loss", "two_loss", "one_mae", "one_weighted_mae", "two_mse"]
    one, two = model.predict(X)
    # Sums of 48 numbers, in float32 outputs.
    errors = np.abs(one[:, 0] - X[:, 0])
    assert found["one_mae"] == pytest.approx(errors.mean(), rel=1e-6)
    assert found["one_weighted_mae"] == pytest.approx(np.average(errors, weights=WEIGHTS), rel=1e-6)
    squares = np.mean((two - X[:, :2]) ** 2, axis=1)
    assert found["two_mse"] == pytest.approx(np.average(squares, weights=WEIGHTS[::-1]), rel=1e-6)
    alone = model.evaluate(X, targets, sample_weight={"one": None, "two": WEIGHTS}, return_dict=True)
    assert alone["one_weighted_mae"] == alone["one_mae"]


LABELS = RNG.integers(0, 3, 48)


def two_outputs(k, metrics, weighted):
    x = k.Input((4,))
    hidden = k.layers.Dense(5, activation="tanh")(x)
    ends = [k.layers.Dense(1, "sigmoid", name="a")(hidden), k.layers.Dense(3, "softmax", name="b")(hidden)]
    model = k.Model(x, ends)
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=array.shape, scale=0.5) for array in model.get_weights()])
    losses = ["binary_crossentropy", "sparse_categorical_crossentropy"]
    model.compile(k.optimizers.SGD(0.05), losses, metrics=metrics, weighted_metrics=weighted, jit_compile=False)
    return model


def all_numbers(model, weights):
    """What evaluation, training and validation give: by name, and as a list in its order."""
    given, targets = {"sample_weight": weights}, [Y, LABELS]
    how, validation = {"batch_size": 16, "shuffle": False, "verbose": 0}, (X, targets, weights)
    named = [
        model.evaluate(X, targets, batch_size=16, verbose=0, return_dict=True, **given),
        model.test_on_batch(X, targets, return_dict=True, **given),
        model.fit(X, targets, epochs=2, **how, **given, validation_data=validation, validation_batch_size=16).history,
        model.train_on_batch(X, targets, return_dict=True, **given),
    ]
    return named, model.evaluate(X, targets, batch_size=48, verbose=0, **given)


SOME = np.where(np.arange(48) % 3 == 0, 0.0, WEIGHTS)


@pytest.mark.parametrize("weights", [[WEIGHTS, WEIGHTS[::-1]], [SOME, SOME[::-1]]], ids=["all", "some of them zeros"])
@pytest.mark.parametrize(
    ("metrics", "weighted"),
    [
        ([["mae"], ["accuracy"]], [["mse"], ["accuracy"]]),
        ({"a": "mae"}, {"b": ["accuracy", "sparse_categorical_crossentropy"]}),
        (None, [["mae"], ["accuracy"]]),
        ([[], ["accuracy"]], [["mae"], []]),
    ],
    ids=["lists", "dicts", "weighted alone", "of one output each"],
)
def test_several_outputs_are_those_of_keras(keras, metrics, weighted, weights):
    models = [two_outputs(k, metrics, weighted) for k in (ours, keras)]
    (mine, listed), (theirs, expected) = (all_numbers(model, weights) for model in models)
    for one, other in zip(mine, theirs, strict=True):
        assert set(one) == set(other)
        for name, value in other.items():
            # As above: a few steps in float32.
            np.testing.assert_allclose(one[name], value, rtol=5e-5, err_msg=name)
    # Keras sorts those of an output by their names, in which order these are.
    np.testing.assert_allclose(listed, expected, rtol=5e-5)


def test_files_of_several_outputs_keep_their_order(tmp_path):
    x = Input((4,))
    model = fastnn.Model(x, {"one": Dense(1)(x), "two": Dense(2)(x)}, seed=0)
    both = {"one": ["mae"], "two": ["mse"]}
    model.compile("sgd", "mse", metrics=both, weighted_metrics=both)
    model.save(tmp_path / "model.safetensors")
    again = fastnn.load_model(tmp_path / "model.safetensors")
    names = ["one_mae", "one_weighted_mae", "two_mse", "two_weighted_mse"]
    assert [metric.name for metric in again.metrics] == [metric.name for metric in model.metrics] == names


@pytest.mark.parametrize("make", [binary, graph])
def test_files_have_them(make, tmp_path):
    model = make()
    model.save(tmp_path / "model.safetensors")
    again = fastnn.load_model(tmp_path / "model.safetensors")
    y = Y if make is binary else {"one": X[:, 0], "two": X[:, :2]}
    weights = {"sample_weight": WEIGHTS, "return_dict": True}
    assert again.evaluate(X, y, **weights) == model.evaluate(X, y, **weights)
    assert [repr(metric) for metric in again.metrics] == [repr(metric) for metric in model.metrics]
    again.compile("adam", again.loss, metrics=again.metrics)
    assert again.evaluate(X, y, **weights) == model.evaluate(X, y, **weights)


def test_keras_files_have_them(tmp_path):
    model = in_keras(ours)
    model.save(tmp_path / "model.keras")
    again = ours.models.load_model(tmp_path / "model.keras")
    assert again.metrics_names == model.metrics_names == ["loss", "mae", "mse", "weighted_mse", "right"]


def test_samples_that_all_count_nothing():
    model = binary()
    found = model.evaluate(X, Y, sample_weight=np.zeros(48), return_dict=True)
    assert np.isnan([found["weighted_accuracy"], found["mae"]]).all()
    assert np.isfinite([found["accuracy"], found["mse"]]).all()


def largest_error(y_true, y_pred):
    return np.max(np.abs(y_true - y_pred))


@pytest.mark.parametrize(
    ("weighted", "message"),
    [
        (["acuracy"], "did you mean 'accuracy'"),
        ([MeanAbsoluteError("loss")], "two values would be called 'loss'"),
        (["mae", "mae"], "two values would be called 'mae'"),
    ],
)
def test_what_makes_no_sense_is_refused(weighted, message):
    with pytest.raises(ValueError, match=message):
        binary(weighted=weighted)


def test_a_function_of_ones_own_gives_a_number_for_each_sample():
    def errors(y_true, y_pred):
        return np.abs(y_true - y_pred)[:, 0]

    found = binary((), [errors]).evaluate(X, Y, sample_weight=WEIGHTS, return_dict=True)
    expected = by_hand(binary(), X, Y, WEIGHTS)["mae"]
    assert found["errors"] == pytest.approx(expected, rel=1e-6)
    with pytest.raises(ValueError, match="to be weighed by sample, it must return one number for each"):
        binary((), [largest_error]).evaluate(X, Y, sample_weight=WEIGHTS)
