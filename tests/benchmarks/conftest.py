"""A small result to print, plot and save, and a job of every kind small enough to do at once."""

import dataclasses

import pytest

from benchmarks.jobs import JOBS
from benchmarks.results import JobResult, PeerResult


@pytest.fixture
def result():
    def peer(name, rounds):
        return PeerResult(name, name.title(), f"{name} 1", threads=1, loss=0.02, rounds=rounds)

    return JobResult(
        name="notebook",
        title="A job",
        samples=1000,
        epochs=2,
        date="2025-01-31",
        machine={"cpu": "CPU", "cores": 2, "system": "Linux", "python": "3.12", "numpy": "2.0", "compiler": "GCC 14"},
        reference_loss=0.02,
        peers=[peer("notebook", [300.0, 100.0, 200.0]), peer("fastnn", [2.0, 2.5, 9.0])],
    )


@pytest.fixture
def small_job():
    """A function from a job's name to the same job on 70 samples of the images that ship with the package, or fewer."""

    def small(name):
        job = JOBS[name]
        if job.source == "mnist-bytes" and job.missing:
            pytest.skip(job.missing)
        samples = min(70, job.samples)
        return dataclasses.replace(
            job,
            source="mnist-sample" if job.source == "mnist" else job.source,
            samples=samples,
            batch_size=min(job.batch_size, samples),
        )

    return small
