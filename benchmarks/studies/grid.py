"""The grid: how many times as long as fastnn its fastest peer takes, over widths, batches, dense and sparse inputs.

The network is 784-width-width-10 with ReLU and softmax, trained by SGD on cross-entropy for a few batches, or asked for
predictions; peers with as many threads as fastnn. Below 1, a peer is faster.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.jobs import Job
from benchmarks.jobs.data import FILLED
from benchmarks.peers import PEERS as TITLES
from benchmarks.process import Worker, available_cores, started
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.runner import check_agreement, runnable
from benchmarks.studies import Content

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTHS = (8, 32, 128, 512, 2048)
BATCHES = (1, 8, 64, 512, 4096)
SOURCES = {"dense": "gaussian-classes", f"{FILLED:.0%} filled": "sparse-classes"}
GOALS: tuple[Literal["train", "predict"], ...] = ("train", "predict")
PEERS = {"train": ("numpy", "torch", "fastnn"), "predict": ("numpy", "torch", "onnxruntime", "fastnn")}
# A round takes about this long at this speed, and each call beside its arithmetic some microseconds. Cores that others
# share change their speed by a third for seconds on end: the best of many short rounds, in two sweeps over all cells
# that are minutes apart, tells more than of few.
SECONDS, SPEED, CALL = 0.03, 30e9, 30e-6
SWEEPS, ROUNDS = 2, 4
# Rounds this long say enough after the second.
LONG_ROUND = 0.25


def cell(goal: Literal["train", "predict"], source: str, width: int, batch: int) -> Job:
    """The job of a cell: as many batches as take some hundredths of a second."""
    job = Job(
        name="grid",
        title=f"784-{width}-{width}-10 network, batch {batch}",
        goal=goal,
        sizes=(784, width, width, 10),
        source=source,
        samples=batch,
        epochs=1,
        quick_epochs=1,
        peers=PEERS[goal],
        batch_size=batch,
        loss="cross_entropy",
        learning_rate=0.01,
    )
    batches = SECONDS / (job.operations * batch / SPEED + CALL)
    return Job(**job.as_dict() | {"samples": batch * max(1, min(200, round(batches)))})


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    widths, batches = ((8,), (1, 64)) if quick else (WIDTHS, BATCHES)
    peers = ["numpy", "fastnn"] if quick else runnable(PEERS["predict"], progress)
    threads = (1,) if quick else tuple(dict.fromkeys((1, available_cores())))
    cells = [
        cell(goal, source, width, batch)
        for goal in GOALS
        for source in SOURCES.values()
        for width in widths
        for batch in batches
    ]
    workers = [Worker(cells[0], peer, 1, number) for peer in peers if peer in PEERS["train"] for number in threads]
    first = next((job for job in cells if job.goal == "predict"), cells[0])
    workers += [Worker(first, peer, 1, number) for peer in peers if peer not in PEERS["train"] for number in threads]
    content: Content = {
        "date": today(),
        "machine": describe_machine(),
        "widths": list(widths),
        "batches": list(batches),
        "cells": [],
    }
    with started(workers):
        content["versions"] = {worker.peer: worker.version for worker in workers}
        for sweep in range(1 if quick else SWEEPS):
            found = []
            for job in cells:
                progress(f"sweep {sweep + 1}: {job.goal}, {job.source}, {job.title}")
                found += _measured(job, [w for w in workers if w.peer in job.peers], 1 if quick else ROUNDS)
            content["cells"] = [_best(*pair) for pair in zip(content["cells"] or found, found, strict=True)]
    return content


def _best(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The same cell with every peer's least time."""
    times = other["microseconds"]
    return one | {"microseconds": {peer: min(time, times[peer]) for peer, time in one["microseconds"].items()}}


def _measured(job: Job, workers: Sequence[Worker], rounds: int) -> list[dict[str, Any]]:
    """For each number of threads, the least seconds of every peer in rounds that take turns."""
    for worker in workers:
        worker.take(job, 1)
    warm_up = {f"{worker.peer}, {worker.threads}": worker.round() for worker in workers}
    outcomes = {name: done.values for name, done in warm_up.items()}
    check_agreement(next(iter(outcomes.values())), outcomes, job.tolerance)
    longest = max(done.seconds for done in warm_up.values())
    seconds: dict[int, dict[str, float]] = {worker.threads: {} for worker in workers}
    for _ in range(rounds if longest < LONG_ROUND else min(rounds, 2)):
        for worker in workers:
            least = seconds[worker.threads]
            least[worker.peer] = min(least.get(worker.peer, float("inf")), worker.round().seconds)
    [source] = [name for name, loaded in SOURCES.items() if loaded == job.source]
    return [
        {
            "goal": job.goal,
            "inputs": source,
            "width": job.sizes[1],
            "batch": job.batch_size,
            "threads": threads,
            "microseconds": {peer: round(1e6 * time / job.samples, 4) for peer, time in times.items()},
        }
        for threads, times in seconds.items()
    ]


def ratio(measured: dict[str, Any]) -> float:
    """How many times as long as fastnn a cell's fastest peer takes.

    Examples
    --------
    >>> ratio({"microseconds": {"numpy": 3.0, "torch": 2.5, "fastnn": 1.0}})
    2.5
    """
    times = measured["microseconds"]
    return float(min(time for peer, time in times.items() if peer != "fastnn") / times["fastnn"])


def describe(content: Content) -> str:
    cells = sorted(content["cells"], key=ratio)
    lost = [one for one in cells if ratio(one) < 1]
    lines = [
        f"a peer is faster in {len(lost)} of {len(cells)} cells; the median is "
        f"{ratio(cells[len(cells) // 2]):.2f} times fastnn's time"
    ]
    for one in lost:
        times = one["microseconds"]
        fastest = min(times, key=times.__getitem__)
        lines.append(
            f"  {one['goal']}, {one['inputs']}, width {one['width']}, batch {one['batch']}, {one['threads']} threads: "
            f"{TITLES[fastest].title} {times[fastest]:.4g} µs a sample, fastnn {times['fastnn']:.4g}"
        )
    return "\n".join(lines)


def draw(content: Content, figure: "Figure") -> None:
    from matplotlib.colors import LogNorm

    threads = sorted({one["threads"] for one in content["cells"]})
    figure.set_size_inches(3.2 * len(SOURCES) * len(threads), 6.4)
    axes = figure.subplots(len(GOALS), len(threads) * len(SOURCES), squeeze=False, sharex=True, sharey=True)
    panels = [(number, source) for number in threads for source in SOURCES]
    for row, goal in zip(axes, GOALS, strict=True):
        for ax, (number, source) in zip(row, panels, strict=True):
            found = {
                (one["width"], one["batch"]): ratio(one)
                for one in content["cells"]
                if (one["goal"], one["threads"], one["inputs"]) == (goal, number, source)
            }
            values = [[found[width, batch] for batch in content["batches"]] for width in content["widths"]]
            # White where both take as long, orange where a peer is faster.
            ax.imshow(values, cmap="PuOr", norm=LogNorm(1 / 16, 16), origin="lower", aspect="auto")
            for y, line in enumerate(values):
                for x, value in enumerate(line):
                    ink = "white" if value > 6 or value < 1 / 6 else "black"
                    ax.text(x, y, f"{value:.2g}", ha="center", va="center", color=ink, fontsize="small")
            ax.set_title(f"{goal}, {source}, {number} thread{'s' * (number > 1)}", fontsize="medium")
            ax.set_xticks(range(len(content["batches"])), [f"{batch}" for batch in content["batches"]])
            ax.set_yticks(range(len(content["widths"])), [f"{width}" for width in content["widths"]])
            if goal == GOALS[-1]:
                ax.set_xlabel("batch")
            if (number, source) == panels[0]:
                ax.set_ylabel("units of both hidden layers")
    figure.suptitle("time of the fastest peer over fastnn's: purple, fastnn is faster", fontsize="medium")
