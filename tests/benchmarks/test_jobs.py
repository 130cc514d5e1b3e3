"""The jobs as data: their arrays, their units, and their way to another process."""

import json

import numpy as np
import pytest

from benchmarks.jobs import JOBS, Job
from benchmarks.jobs.data import gaussian, mnist_missing


@pytest.mark.parametrize("name", JOBS)
def test_a_job_survives_the_way_to_a_worker(name):
    assert Job(**json.loads(json.dumps(JOBS[name].as_dict()))) == JOBS[name]


def test_a_task_has_the_jobs_shapes(small_job):
    task = small_job("keras").make(epochs=3, threads=2)
    assert task.rows.shape == (70, 784)
    assert task.y.shape == (70, 10)
    assert [weights.shape for weights, _ in task.parameters] == [(784, 20), (20, 20), (20, 10)]
    assert {array.dtype for array in (task.x, task.y, *task.parameters[0])} == {np.dtype(np.float32)}
    assert task.batches == [slice(0, 32), slice(32, 64), slice(64, 70)]
    np.testing.assert_array_equal(np.eye(10)[task.labels], task.y)


def test_dense_data_has_no_zeros_and_is_the_same_every_time():
    x, y = gaussian(1000, (100, 64, 1))
    assert np.all(x != 0)
    assert y.shape == (1000, 1)
    for first, again in zip((x, y), gaussian(1000, (100, 64, 1)), strict=True):
        np.testing.assert_array_equal(first, again)


def test_missing_data_is_said_and_not_downloaded(tmp_path, monkeypatch):
    monkeypatch.delenv("FASTNN_DATA", raising=False)
    monkeypatch.setenv("FASTNN_CACHE", str(tmp_path))
    assert "make data" in mnist_missing()
    assert "make data" in JOBS["mid"].missing
    assert JOBS["notebook"].missing is None


def test_times_are_given_in_the_jobs_unit():
    # One second for two epochs of 60,000 samples, for two passes over 100 calls, for two calls.
    assert JOBS["keras60k"].in_unit(1.0, 2) == pytest.approx(1e6 / 120_000)
    assert JOBS["predict-one-small"].in_unit(1.0, 2) == pytest.approx(5000)
    assert JOBS["predict-10k-wide"].in_unit(1.0, 2) == pytest.approx(500)
