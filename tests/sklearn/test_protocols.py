"""The estimators inside scikit-learn's own tools, and joblib's."""

import multiprocessing

import joblib
import matplotlib
import numpy as np
import pandas
import polars
import pytest
import sklearn
from sklearn import model_selection
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from fastnn.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

GOOD = 0.9


def classifier(**parameters):
    return MLPClassifier(
        **{"hidden_layer_sizes": 8, "max_iter": 60, "learning_rate_init": 0.02, "random_state": 0} | parameters
    )


def test_clones_are_equal_and_unfitted(cancer):
    estimator = classifier(activation=["gelu"], class_weight={0: 2.0, 1: 1.0}, n_members=2).fit(*cancer)
    copied = clone(estimator)
    assert copied.get_params() == estimator.get_params()
    assert not hasattr(copied, "model_")
    np.testing.assert_array_equal(copied.fit(*cancer).coefs_[0], estimator.coefs_[0])


def test_pipelines_and_transformers_of_columns(cancer):
    x, y = cancer
    frame = pandas.DataFrame(x, columns=[f"x{number}" for number in range(30)])
    columns = ColumnTransformer([("a", StandardScaler(), ["x0", "x1", "x2"]), ("b", MinMaxScaler(), ["x20", "x7"])])
    pipeline = make_pipeline(columns, classifier()).fit(frame, y)
    assert pipeline.score(frame, y) > GOOD
    assert pipeline.predict_proba(frame).shape == (200, 2)


@pytest.mark.parametrize("frame", [pandas.DataFrame, polars.DataFrame], ids=["pandas", "polars"])
def test_frames(cancer, frame):
    x, y = cancer
    data = frame({"a": x[:, 0], "b": x[:, 1]})
    estimator = classifier().fit(data, y)
    assert estimator.model_.feature_names == tuple(estimator.feature_names_in_) == ("a", "b")
    np.testing.assert_array_equal(estimator.predict_proba(data)[:, 1:], estimator.model_.predict(data))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        estimator.predict(x[:, :2])


class OneThread(BaseEstimator):
    """Tells how many threads an estimator would take where it is fitted."""

    def fit(self, x, y):
        from fastnn.sklearn.workers import threads_of

        self.threads_ = threads_of(None)
        return self

    def score(self, x, y):
        return float(self.threads_ == 1)


def test_searches_over_processes(cancer):
    grid = {"alpha": [1e-4, 1.0], "activation": ["relu", "tanh"]}
    alone = model_selection.GridSearchCV(classifier(), grid, cv=2).fit(*cancer)
    search = model_selection.GridSearchCV(classifier(), grid, cv=2, n_jobs=2).fit(*cancer)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])
    assert search.best_score_ > GOOD
    # As many workers as cores, and one thread in each.
    workers = model_selection.cross_val_score(OneThread(), *cancer, cv=2, n_jobs=2)
    assert workers.tolist() == [1.0, 1.0]
    assert multiprocessing.parent_process() is None
    assert model_selection.cross_val_score(OneThread(), *cancer, cv=2).tolist() == [0.0, 0.0]


def test_halving_search(cancer):
    search = model_selection.HalvingGridSearchCV(
        classifier(), {"alpha": [1e-4, 1.0, 1e3]}, resource="max_iter", max_resources=30, cv=2, random_state=0
    )
    assert search.fit(*cancer).best_params_["alpha"] < 1e3


def test_cross_validation_and_learning_curves(cancer):
    assert model_selection.cross_val_score(classifier(), *cancer, cv=3).min() > GOOD
    _, train, test = model_selection.learning_curve(classifier(), *cancer, cv=2, train_sizes=[0.3, 1.0])
    assert train.shape == test.shape == (2, 2)
    assert test.min() > 0.8


@pytest.mark.parametrize(
    "wrapped",
    [
        CalibratedClassifierCV(classifier(), cv=2),
        VotingClassifier([("a", classifier()), ("b", classifier(solver="lbfgs"))], voting="soft", n_jobs=2),
        BaggingClassifier(classifier(), 3, random_state=0),
    ],
    ids=lambda wrapped: type(wrapped).__name__,
)
def test_ensembles_of_scikit_learn(wrapped, cancer):
    assert wrapped.fit(*cancer).score(*cancer) > GOOD


def test_several_outputs(wine):
    x, y = wine
    labels = np.column_stack([y, np.where(x[:, 0] > 0, "strong", "light")])
    found = MultiOutputClassifier(classifier()).fit(x, labels).predict(x)
    assert (found == labels).mean() > GOOD


def test_inspection(cancer):
    matplotlib.use("Agg")
    x, y = cancer
    estimator = classifier().fit(x, y)
    importance = permutation_importance(estimator, x, y, n_repeats=2, random_state=0).importances_mean
    assert importance.shape == (30,)
    assert importance.max() > 0
    display = PartialDependenceDisplay.from_estimator(estimator, x, [0, 3], grid_resolution=5)
    assert display.axes_.size == 2


def test_joblib_files(cancer, tmp_path):
    estimator = classifier(n_members=2).fit(*cancer)
    joblib.dump(estimator, tmp_path / "estimator")
    loaded = joblib.load(tmp_path / "estimator")
    np.testing.assert_array_equal(loaded.predict_proba(cancer[0]), estimator.predict_proba(cancer[0]))


def test_metadata_routing(cancer):
    x, y = cancer
    weights = np.where(y == 1, 5.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = classifier().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(MinMaxScaler(), estimator).fit(x, y, sample_weight=weights)
    plain = classifier().fit(MinMaxScaler().fit_transform(x), y, weights)
    np.testing.assert_array_equal(pipeline[-1].coefs_[0], plain.coefs_[0])


def test_a_regressor_in_a_pipeline(diabetes):
    pipeline = make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=8, alpha=5.0, solver="lbfgs", random_state=0)
    )
    assert model_selection.cross_val_score(pipeline, *diabetes, cv=3).mean() > 0.4
