"""Searches by Ray's backend of joblib: the same numbers, and one thread in each of its workers."""

import os

import joblib
import numpy as np
import pytest
from sklearn import model_selection
from sklearn.base import BaseEstimator

import fastnn
from fastnn.sklearn import MLPClassifier, workers

ray = pytest.importorskip("ray")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # what Ray warns of is its own
]

GRID = {"alpha": [1e-4, 1.0], "activation": ["relu", "tanh"]}


def classifier():
    return MLPClassifier(8, max_iter=60, learning_rate_init=0.02, random_state=0)


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    """Two workers of this machine, which import what the tests import."""
    from ray.util.joblib import register_ray

    path = os.pathsep.join([os.path.dirname(os.path.dirname(fastnn.__file__)), os.path.dirname(__file__)])
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=100 << 20,
        runtime_env={"env_vars": {"PYTHONPATH": path}},
    )
    register_ray()
    yield "ray"
    ray.shutdown()


class Told(BaseEstimator):
    """Its score is how many threads a fit would take, and a process has after one."""

    def fit(self, x, y):
        self.threads_ = workers.threads_of(None)
        MLPClassifier(8, max_iter=1).fit(x, y)
        return self

    def score(self, x, y):
        return float(self.threads_ or 0) + 10 * fastnn.get_num_threads()


def test_a_search_finds_what_it_finds_in_one_process(backend, cancer):
    alone = model_selection.GridSearchCV(classifier(), GRID, cv=2).fit(*cancer)
    with joblib.parallel_config(backend=backend):
        search = model_selection.GridSearchCV(classifier(), GRID, cv=2, n_jobs=2).fit(*cancer)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(search.predict_proba(cancer[0]), alone.predict_proba(cancer[0]))


def test_workers_have_one_thread(backend, cancer):
    before = fastnn.get_num_threads()
    with joblib.parallel_config(backend=backend):
        found = model_selection.cross_val_score(Told(), *cancer, cv=2, n_jobs=2)
    assert found.tolist() == [11.0, 11.0]
    # Whoever asks is no worker.
    assert model_selection.cross_val_score(Told(), *cancer, cv=2).tolist() == [10.0 * before] * 2
