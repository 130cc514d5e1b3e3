"""What the estimators have beyond scikit-learn's."""

import math
import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from fastnn import Sequential, load_model
from fastnn.callbacks import Callback, EarlyStopping, LearningRateScheduler, ReduceLROnPlateau, TerminateOnNaN
from fastnn.layers import Dense, Dropout, LeakyReLU
from fastnn.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_activations_of_the_package_one_a_layer(cancer):
    activations = ["gelu", LeakyReLU(0.2), "logistic"]
    estimator = MLPClassifier((5, 4, 3), activations, max_iter=5, random_state=0).fit(*cancer)
    dense = [layer for layer in estimator.model_.layers if isinstance(layer, Dense)]
    assert [layer.activation.name for layer in dense] == ["gelu", "leaky_relu", "sigmoid", "sigmoid"]
    assert dense[1].activation.numbers == (0.2,)
    # The parameter stays the user's, for clones and further fits.
    clone(estimator).fit(*cancer)
    estimator.fit(*cancer)


def test_dropout_is_drawn_from_the_random_state(cancer):
    def fitted(seed):
        estimator = MLPClassifier((20, 10), dropout=[0.4, 0], max_iter=10, random_state=seed)
        return estimator.fit(*cancer)

    one = fitted(0)
    assert [layer.rate for layer in one.model_.layers if isinstance(layer, Dropout)] == [0.4]
    assert one.loss_curve_ == fitted(0).loss_curve_ != fitted(1).loss_curve_
    assert not np.allclose(
        one.loss_curve_, MLPClassifier((20, 10), max_iter=10, random_state=0).fit(*cancer).loss_curve_
    )


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_class_weights_are_weights_of_samples(wine, solver):
    x, y = wine
    parameters = {"hidden_layer_sizes": (6,), "solver": solver, "max_iter": 10, "random_state": 0}
    weights = {"barolo": 2.0, "barbera": 0.5}
    by_class = MLPClassifier(class_weight=weights, **parameters).fit(x, y)
    by_sample = MLPClassifier(**parameters).fit(x, y, [weights.get(label, 1.0) for label in y])
    # The same numbers go to the engine.
    np.testing.assert_array_equal(by_class.predict_proba(x), by_sample.predict_proba(x))
    balanced = MLPClassifier(class_weight="balanced", **parameters).fit(x, y)
    counts = {label: (y == label).sum() for label in np.unique(y)}
    same = MLPClassifier(**parameters).fit(x, y, [len(y) / 3 / counts[label] for label in y])
    # The same weights but for their last digits, after ten line searches.
    np.testing.assert_allclose(balanced.predict_proba(x), same.predict_proba(x), rtol=1e-9, atol=1e-12)


def test_class_weights_in_partial_fit(wine):
    x, y = wine
    estimator = MLPClassifier((4,), class_weight={"barolo": 0.0}, random_state=0)
    estimator.partial_fit(x[y == "barbera"], y[y == "barbera"], classes=np.unique(y))
    before = estimator.coefs_[0].copy()
    estimator.partial_fit(x[:9], y[:9])
    assert not np.array_equal(estimator.coefs_[0], before)
    with pytest.raises(ValueError, match="'balanced' needs all samples at once: pass partial_fit a dict"):
        estimator.set_params(class_weight="balanced").partial_fit(x, y)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_validation_data_are_scored(diabetes, solver):
    x, y = diabetes
    estimator = MLPRegressor(hidden_layer_sizes=5, solver=solver, max_iter=6, random_state=0)
    weights = np.linspace(0.5, 2, 142)
    estimator.fit(x[:300], y[:300], validation_data=(x[300:], y[300:], weights))
    assert len(estimator.model_.history.history["val_score"]) == estimator.n_iter_ == 6
    score = estimator.score(x[300:], y[300:], weights)
    assert estimator._first.progress.validation_scores[-1] == pytest.approx(score, rel=1e-12)
    if solver == "adam":
        assert estimator.best_validation_score_ is None, "nothing was chosen by it"


def test_early_stopping_by_validation_data_and_its_weights(diabetes):
    x, y = diabetes
    parameters = {"hidden_layer_sizes": 20, "early_stopping": True, "learning_rate_init": 0.02, "random_state": 0}
    data = {"validation_data": (x[300:], y[300:])}
    best = MLPRegressor(n_iter_no_change=5, **parameters).fit(x[:300], y[:300], **data)
    last = MLPRegressor(n_iter_no_change=5, restore_best_weights=False, **parameters).fit(x[:300], y[:300], **data)
    assert best.validation_scores_ == last.validation_scores_
    assert best.score(x[300:], y[300:]) == pytest.approx(max(best.validation_scores_), rel=1e-12)
    assert last.score(x[300:], y[300:]) == pytest.approx(best.validation_scores_[-1], rel=1e-12)
    assert best.validation_scores_[-1] < best.best_validation_score_


def test_n_iter_no_change_may_be_infinite(cancer):
    assert MLPClassifier((3,), max_iter=30, tol=1e9, n_iter_no_change=math.inf).fit(*cancer).n_iter_ == 30


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype(cancer, dtype):
    x, y = cancer
    estimator = MLPClassifier((3,), dtype=dtype, max_iter=2, random_state=0).fit(x, y)
    assert {array.dtype.name for array in [*estimator.coefs_, estimator.predict_proba(x)]} == {dtype}


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_callbacks(cancer, solver):
    class Teller(Callback):
        seen = ()

        def on_epoch_end(self, epoch, logs):
            type(self).seen += ((epoch, logs["loss"]),)
            self.model.stop_training = epoch == 3

    estimator = MLPClassifier((3,), solver=solver, callbacks=[Teller()], random_state=0).fit(*cancer)
    assert Teller.seen == tuple(enumerate(estimator.loss_curve_))
    assert estimator.n_iter_ == 4


def test_callbacks_of_the_package(cancer):
    stopping = EarlyStopping(monitor="loss", patience=0, min_delta=10.0, restore_best_weights=False)
    assert MLPClassifier((3,), callbacks=[stopping]).fit(*cancer).n_iter_ == 2


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_callbacks_set_the_learning_rate(cancer, solver):
    def fitted(rate, callbacks=None, **options):
        parameters = {"solver": solver, "learning_rate_init": rate, "max_iter": 4, "random_state": 0}
        return MLPClassifier((3,), callbacks=callbacks, **parameters | options).fit(*cancer)

    scheduler = LearningRateScheduler(lambda epoch, rate: 0.01)
    found = fitted(0.001, [scheduler], warm_start=True)
    expected = fitted(0.01, warm_start=True)
    assert found.loss_curve_ == expected.loss_curve_
    assert found.model_.history.history["learning_rate"] == [0.01] * 4
    # The optimiser goes on with its state, and with that rate.
    again = found.set_params(callbacks=None).fit(*cancer)
    assert again.loss_curve_ == expected.fit(*cancer).loss_curve_
    still = fitted(0.001, [LearningRateScheduler(lambda epoch, rate: 0.0)])
    assert still.loss_curve_ == pytest.approx([still.loss_] * 4, rel=1e-6)
    plateau = ReduceLROnPlateau(monitor="loss", min_delta=9.0, patience=1)
    assert fitted(0.01, [plateau]).model_.optimizer.learning_rate == pytest.approx(1e-5)


class Failing(Callback):
    def on_epoch_end(self, epoch, logs):
        self.model.optimizer.learning_rate = 0.5
        raise KeyError


def overflowing(y):
    y = y.copy()
    y[-1] = 1e200
    return y


FAILURES = {
    "a callback": (KeyError, {"callbacks": [Failing()]}, lambda y: y),
    "numbers that overflow": (ValueError, {}, overflowing),
    "another rate, and a callback": (
        KeyError,
        {"callbacks": [Failing()], "learning_rate_init": 2e-5},
        lambda y: y,
    ),
}


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("incremental", [False, True])
@pytest.mark.parametrize("case", FAILURES)
def test_what_failed_leaves_no_trace_in_what_follows(cancer, solver, incremental, case):
    x, y = cancer[0], cancer[0] @ np.arange(30.0)
    error, changed, data = FAILURES[case]

    def going_on(fails):
        estimator = MLPRegressor(hidden_layer_sizes=(3,), solver=solver, batch_size=20, max_iter=2, random_state=0)
        estimator.set_params(warm_start=not incremental, learning_rate_init=1e-5)
        go_on = estimator.partial_fit if incremental else estimator.fit
        go_on(x, y)
        if fails:
            before = {name: estimator.get_params()[name] for name in changed}
            with pytest.raises(error):
                getattr(estimator.set_params(**changed), go_on.__name__)(x, data(y))
            estimator.set_params(**before)
        # The order of samples goes on in scikit-learn's generator, from the same number in each call.
        go_on(x, y)
        model = estimator.model_
        return [*(array.tobytes() for array in estimator.coefs_), model.optimizer.learning_rate, model.history.history]

    assert going_on(fails=True) == going_on(fails=False)


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_termination_on_nan(cancer, solver):
    x, _ = cancer
    ending = TerminateOnNaN()
    options = {"hidden_layer_sizes": (3,), "solver": solver, "callbacks": [ending], "random_state": 0}
    estimator = MLPRegressor(**options).fit(x, np.full(len(x), 1e200))
    assert "not finite" in str(ending.failure)
    assert all(np.isfinite(array).all() for array in estimator.coefs_)
    assert estimator.n_iter_ == 0
    assert estimator.loss_curve_ == []


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_callbacks_are_told_of_validation(cancer, solver):
    class Teller(Callback):
        told = ()

        def on_test_begin(self, logs=None):
            type(self).told += ("begin",)

        def on_test_end(self, logs=None):
            type(self).told += (logs["score"],)

    x, y = cancer
    estimator = MLPClassifier((3,), solver=solver, callbacks=[Teller()], random_state=0, max_iter=3)
    estimator.fit(x, y, validation_data=(x, y))
    assert Teller.told[1::2] == tuple(estimator.validation_scores_)
    assert Teller.told[::2] == ("begin",) * 3


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_members_are_averaged(cancer, kind):
    x, y = cancer
    many = kind(hidden_layer_sizes=4, n_members=3, max_iter=5, random_state=1, early_stopping=True).fit(x, y)
    first, second, third = (model.predict(x) for model in many.models_)
    assert not np.allclose(first, second)
    assert not np.allclose(second, third)
    found = many.predict_proba(x)[:, 1:] if kind is MLPClassifier else many.predict(x)[:, None]
    np.testing.assert_allclose(found, (first + second + third) / 3, rtol=1e-12)
    # The first is the network that is alone otherwise, and threads change nothing.
    alone = kind(hidden_layer_sizes=4, max_iter=5, random_state=1, early_stopping=True).fit(x, y)
    np.testing.assert_array_equal(alone.coefs_[0], many.coefs_[0])
    again = kind(hidden_layer_sizes=4, n_members=3, max_iter=5, random_state=1, early_stopping=True, n_jobs=1)
    np.testing.assert_array_equal(again.fit(x, y).models_[2].predict(x), third)


def test_members_go_on(cancer):
    x, y = cancer
    many = MLPClassifier((4,), n_members=2, random_state=0).partial_fit(x, y, classes=[0, 1])
    before = [model.get_weights()[0] for model in many.models_]
    many.partial_fit(x, y)
    assert all(not np.array_equal(old, model.get_weights()[0]) for old, model in zip(before, many.models_, strict=True))
    with pytest.raises(ValueError, match="has 2 networks and cannot go on with n_members=3"):
        many.set_params(n_members=3).partial_fit(x, y)


def test_attributes_are_views_of_a_model_like_any_other(wine, tmp_path):
    x, y = wine
    estimator = MLPClassifier((6, 5), max_iter=5, random_state=0).fit(x, y)
    assert isinstance(estimator.model_, Sequential)
    assert np.shares_memory(estimator.coefs_[1], estimator.model_.parameters)
    assert estimator.model_.history.history["loss"] == estimator.loss_curve_
    np.testing.assert_array_equal(estimator.model_.predict(x), estimator.predict_proba(x))
    estimator.model_.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(load_model(tmp_path / "model.safetensors").predict(x), estimator.predict_proba(x))
    # It trains on by itself, too.
    estimator.model_.fit(x, np.searchsorted(estimator.classes_, y), epochs=1, verbose=0)


def test_a_pickle_goes_on_with_the_optimiser(cancer):
    x, y = cancer
    here = MLPClassifier((4,), random_state=0).partial_fit(x, y, classes=[0, 1]).partial_fit(x[:1], y[:1])
    there = pickle.loads(pickle.dumps(here))
    for estimator in (here, there):
        for row in range(5):
            estimator.partial_fit(x[row : row + 1], y[row : row + 1])
    np.testing.assert_array_equal(here.coefs_[0], there.coefs_[0])


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_rows_are_as_dense_ones(cancer, container, solver):
    x, y = cancer
    x = np.where(np.abs(x) > 1, x, 0)
    parameters = {"solver": solver, "early_stopping": True, "max_iter": 10, "random_state": 0}
    dense = MLPClassifier((5,), **parameters).fit(x, y)
    found = MLPClassifier((5,), **parameters).fit(container(x), y)
    # Two orders of the same sums.
    np.testing.assert_allclose(found.predict_proba(container(x)), dense.predict_proba(x), rtol=1e-9)


def test_a_step_sees_a_parameter_that_changes(diabetes):
    x, y = diabetes
    estimator = MLPRegressor(hidden_layer_sizes=4, solver="sgd", random_state=0)
    for _ in range(3):
        estimator.partial_fit(x[:1], y[:1])
    assert estimator._stepping.training is not None, "rows take the short way"
    before = estimator.coefs_[0].copy()
    estimator.set_params(learning_rate_init=1e-300).partial_fit(x[:1], y[:1])
    np.testing.assert_array_equal(estimator.coefs_[0], before)


def test_verbose_tells_each_epoch(cancer, capsys):
    MLPClassifier((3,), max_iter=2, verbose=True, early_stopping=True, random_state=0).fit(*cancer)
    told = capsys.readouterr().out
    assert told.startswith("Iteration 1, loss = ")
    assert told.count("Validation score: ") == 2


def test_an_interrupted_fit_keeps_what_it_has(cancer):
    class Interrupting(Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch == 2:
                raise KeyboardInterrupt

    estimator = MLPClassifier((3,), callbacks=[Interrupting()], random_state=0)
    with pytest.warns(UserWarning, match="interrupted"):
        estimator.fit(*cancer)
    assert estimator.n_iter_ == 3
