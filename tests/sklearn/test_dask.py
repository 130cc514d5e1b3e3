"""Searches on a Dask cluster whose workers are processes: the same numbers, and no more threads than cores."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import joblib
import numpy as np
import pytest
from sklearn import model_selection

import fastnn
from fastnn.sklearn import MLPClassifier
from fastnn_ext.runtime import pool

distributed = pytest.importorskip("distributed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # what Dask and its server warn of is theirs
]

GRID = {"alpha": [1e-4, 1.0], "activation": ["relu", "tanh"]}
# Work for more than one thread, in training and in prediction: see `needs_threads`.
WIDE = {"hidden_layer_sizes": (256, 256), "max_iter": 1, "batch_size": 128, "random_state": 0}


def classifier(**parameters):
    return MLPClassifier(
        **{"hidden_layer_sizes": 8, "max_iter": 60, "learning_rate_init": 0.02, "random_state": 0} | parameters
    )


@pytest.fixture(scope="module")
def client():
    """Of a worker a core, each a process."""
    with (
        distributed.LocalCluster(
            n_workers=pool.available_threads(), threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def threads_in_use():
    """Of this process: its own, and those of the pool that have been needed so far."""
    return 1 + pool.started_threads()


def test_a_search_finds_what_it_finds_in_one_process(client, cancer):
    alone = model_selection.GridSearchCV(classifier(), GRID, cv=2).fit(*cancer)
    with joblib.parallel_config(backend="dask"):
        search = model_selection.GridSearchCV(classifier(), GRID, cv=2).fit(*cancer)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(search.predict_proba(cancer[0]), alone.predict_proba(cancer[0]))


def test_a_cross_validation_finds_what_it_finds_in_one_process(client, cancer):
    alone = model_selection.cross_val_score(classifier(), *cancer, cv=3)
    with joblib.parallel_config(backend="dask"):
        found = model_selection.cross_val_score(classifier(), *cancer, cv=3)
    np.testing.assert_array_equal(found, alone)


def score(alpha, x, y):
    return classifier(alpha=alpha).fit(x, y).score(x, y)


def test_tasks_of_dask_itself(client, cancer):
    x, y = client.scatter(cancer, broadcast=True)
    futures = client.map(score, GRID["alpha"], x=x, y=y)
    assert client.gather(futures) == [score(alpha, *cancer) for alpha in GRID["alpha"]]


def fitted_and_predicted():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4000, 256)), rng.integers(0, 2, 4000)
    return classifier(**WIDE).fit(x, y).score(x, y)


@pytest.mark.skipif(pool.available_threads() == 1, reason="one core has one thread in any case")
def test_workers_have_no_more_threads_than_there_are_cores(client):
    scores = client.gather([client.submit(fitted_and_predicted, pure=False, workers=[one]) for one in workers(client)])
    assert len(set(scores)) == 1
    used = client.run(threads_in_use)
    assert len(used) == pool.available_threads()
    assert sum(used.values()) <= pool.available_threads()
    # By itself, the same takes more than one: the test above says something.
    before = fastnn.get_num_threads()
    fastnn.set_num_threads(pool.available_threads())
    try:
        fitted_and_predicted()
    finally:
        fastnn.set_num_threads(before)
    assert threads_in_use() > 1


def workers(client):
    return list(client.scheduler_info()["workers"])


def threads_after_a_fit(told):
    if told is not None:
        fastnn.set_num_threads(told)
    fitted_and_predicted()
    return fastnn.get_num_threads()


@pytest.mark.parametrize(("told", "expected"), [(3, 3), (None, 1)])
def test_a_worker_that_is_told_how_many_threads_has_them(told, expected, monkeypatch):
    monkeypatch.delenv("FASTNN_NUM_THREADS", raising=False)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        assert processes.submit(threads_after_a_fit, told).result() == expected
