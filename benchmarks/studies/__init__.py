"""The studies, one file each: how times and memory grow, where they scale, and how near the machine's limits they are.

A study's file has ``measure(quick, progress, results)``, which returns what the JSON file holds, ``describe(content)``,
which says it in lines, and ``draw(content, figure)``; one that documentation shows has ``markdown(content)``, too.
A new study is a file here and its name in `STUDIES`.
"""

import json
import pathlib
import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from benchmarks.jobs import Job
from benchmarks.process import Worker, started
from benchmarks.results import JobResult
from benchmarks.runner import check_agreement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["STUDIES", "Content", "Study", "save_study", "time_workers"]

STUDIES = (
    "growth",
    "scaling",
    "grid",
    "roofline",
    "features",
    "files",
    "estimators",
    "streams",
    "graphs",
    "ranks",
    "out_of_core",
)

Content = dict[str, Any]


class Study(Protocol):
    """What a study's file offers."""

    def measure(self, quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content: ...
    def describe(self, content: Content) -> str: ...
    def draw(self, content: Content, figure: "Figure") -> None: ...


def time_workers(job: Job, peers: Sequence[str], epochs: int, threads: int, rounds: int) -> dict[str, float]:
    """Median seconds of a round of every peer, after a warm-up round whose results must agree with the first peer's."""
    with started([Worker(job, peer, epochs, threads) for peer in peers]) as workers:
        first = workers[0].round()
        others = {worker.peer: worker.round().values for worker in workers[1:]}
        check_agreement(first.values, others, job.tolerance)
        seconds: dict[str, list[float]] = {worker.peer: [] for worker in workers}
        for _ in range(rounds):
            for worker in workers:
                seconds[worker.peer].append(worker.round().seconds)
    return {peer: statistics.median(times) for peer, times in seconds.items()}


def save_study(study: Study, content: Content, folder: pathlib.Path, name: str, *, plot: bool) -> None:
    """Write ``NAME.json`` and, if wanted, ``NAME.png``."""
    (folder / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    if plot:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(10, 4), layout="constrained")
        study.draw(content, figure)
        figure.savefig(folder / f"{name}.png", dpi=120)
