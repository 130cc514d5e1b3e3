"""The barrier's time beside jobs, and jobs that are measured again when it changes."""

import dataclasses

import pytest

from benchmarks import barrier
from benchmarks.jobs import JOBS
from benchmarks.report import text_table
from benchmarks.results import load_result

JOB = JOBS["notebook"]


def measured(result, times, monkeypatch, cores=2):
    """What is measured when the barrier takes these times, one after the other; how often; and what is told."""
    monkeypatch.setattr(barrier, "available_cores", lambda: cores)
    runs, lines, times = [], [], iter(times)

    def measure():
        runs.append(None)
        return result

    return barrier.with_barrier(JOB, measure, lines.append, lambda: next(times)), len(runs), lines


@pytest.mark.parametrize(
    ("times", "kept", "runs"),
    [([60, 90], [60, 90], 1), ([60, 500, 480, 510], [480, 510], 2), ([500, 60, 60, 500], [60, 500], 2)],
)
def test_a_job_is_measured_again_once_when_the_barrier_changed(result, times, kept, runs, monkeypatch, tmp_path):
    threaded = dataclasses.replace(result, peers=[dataclasses.replace(peer, threads=2) for peer in result.peers])
    done, count, lines = measured(threaded, times, monkeypatch)
    assert (done.barrier, count) == (kept, runs)
    assert dataclasses.replace(done, barrier=[]) == threaded
    assert sum("measured again" in line for line in lines) == runs - 1
    assert f"{kept[0]} ns before and {kept[1]} ns after" in lines[-1]
    assert f"a meeting of two threads {kept[0]} ns" in text_table(done)
    done.save(tmp_path / "r.json")
    assert load_result(tmp_path / "r.json") == done


def test_jobs_of_one_thread_are_not_measured_again(result, monkeypatch):
    alone = dataclasses.replace(result, peers=[dataclasses.replace(peer, threads=1) for peer in result.peers])
    done, count, _ = measured(alone, [60, 500], monkeypatch)
    assert (done.barrier, count) == ([60, 500], 1)
    assert "meeting" not in text_table(done)


def test_one_core_has_no_barrier(result, monkeypatch):
    done, count, lines = measured(result, [], monkeypatch, cores=1)
    assert (done, count, lines) == (result, 1, [])


def test_the_barrier_takes_time():
    assert 0 < barrier.barrier_time() < 1e9
