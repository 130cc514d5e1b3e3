"""The jobs, one file each. A new job is a file here, a line in `JOBS`, and support for it in the peers it names."""

from benchmarks.jobs import notebook
from benchmarks.jobs.base import Job, Task

__all__ = ["JOBS", "Job", "Task"]

JOBS: dict[str, Job] = {job.name: job for job in (notebook.JOB,)}
