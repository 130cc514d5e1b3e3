"""Threads in the workers of a search: there are as many workers as cores, so that each has one."""

from __future__ import annotations

import functools
import multiprocessing
import os
import sys

from fastnn.threads import get_num_threads, set_num_threads
from fastnn_ext.runtime.pool import available_threads

__all__ = ["keep_to_one_thread", "threads_of"]


def threads_of(jobs: int | None) -> int | None:
    """Of a fit with this ``n_jobs``: None is as many as pay."""
    return 1 if jobs is None and _is_worker() else jobs


def keep_to_one_thread() -> None:
    """Let a worker process have one thread for predictions, too, unless somebody has said how many it has."""
    if _is_worker():
        _keep_to_one_thread(os.getpid())


def _is_worker() -> bool:
    return multiprocessing.parent_process() is not None or ("ray" in sys.modules and _is_worker_of_ray(os.getpid()))


@functools.cache
def _is_worker_of_ray(process: int) -> bool:
    # Ray starts its workers by itself. A process is one all its life, and then runs nothing before Ray is there.
    ray = sys.modules["ray"]
    # Of one where Ray does not run, to ask for the context would start it.
    if not ray.is_initialized():
        return False
    context = ray.get_runtime_context()
    return context.get_task_id() is not None or context.get_actor_id() is not None


@functools.cache
def _keep_to_one_thread(process: int) -> None:
    # Once a process, which may be the fork of another that has been here: what a user says later holds.
    if not os.environ.get("FASTNN_NUM_THREADS") and get_num_threads() == available_threads():
        set_num_threads(1)
