"""The jobs. A new job is an entry in a file here, a place in `JOBS`, and support for it in the peers it names."""

from benchmarks.jobs import prediction, training
from benchmarks.jobs.base import Job, Task

__all__ = ["JOBS", "Job", "Task"]

JOBS: dict[str, Job] = {job.name: job for job in (*training.JOBS, *prediction.JOBS)}
