"""Ranks: a training that processes share over MPI beside that of one, what messages cost, and larger clusters.

Runs of all configurations alternate; a step's time is the median of its rounds. A cost model is fitted to most of them,
and tried on the others.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.cost_model import Model, Point, errors, fitted
from benchmarks.links import hosts, missing
from benchmarks.process import ROOT, THREAD_VARIABLES
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.studies import Content

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Ranks, threads of each, samples of a step, hidden units.
FITTED = [(ranks, 1, batch, 512) for batch in (128, 512, 2048) for ranks in (1, 2)]
FITTED += [(ranks, 1, 512, width) for width in (128, 1024) for ranks in (1, 2)]
TRIED = [(2, 1, 1024, 512), (1, 1, 256, 256), (2, 1, 256, 256)]
THREADED = [(1, 2, 512, 512)]
QUICK = [(1, 1, 64, 16), (2, 1, 64, 16)]
# What a training comes to with fewer and smaller messages.
MODES: dict[str, list[str]] = {
    "exact": [],
    "half precision": ["--half-precision"],
    **{f"{steps} local steps": ["--local-steps", str(steps)] for steps in (4, 16, 64)},
    "half precision, 16 local steps": ["--half-precision", "--local-steps", "16"],
}
# Between hosts that are network namespaces, for `tc`.
RATES = {"1 Gbit/s": "1gbit", "10 Gbit/s": "10gbit", "no limit": None}
LINKED = {name: MODES[name] for name in ("exact", "half precision", "16 local steps")}
CLUSTERS = (8, 64, 512, 4096)
# Bits a second, and seconds of a message: Ethernet with TCP.
LINKS = {"1 Gbit/s": (1e9, 50e-6), "10 Gbit/s": (1e10, 30e-6), "100 Gbit/s": (1e11, 20e-6)}


def launcher() -> str | None:
    """``mpiexec`` of this environment, or the system's."""
    beside = pathlib.Path(sys.executable).with_name("mpiexec")
    return str(beside) if beside.exists() else shutil.which("mpiexec")


def run(ranks: int, threads: int, *options: str, through: Sequence[str] = ()) -> dict[str, Any]:
    """A run of `benchmarks.ranks`, with further options of mpiexec."""
    start = []
    if ranks > 1:
        command = launcher()
        if command is None:
            raise RuntimeError("there is no mpiexec: pip install fastnn-ext[mpi]")
        start = [command, *through, "-n", str(ranks)]
    done = subprocess.run(
        [*start, sys.executable, "-m", "benchmarks.ranks", "--threads", str(threads), *options],
        cwd=ROOT,
        env=os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{ranks} ranks ended with exit status {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    configurations = QUICK if quick else [*FITTED, *TRIED, *THREADED]
    rows: dict[tuple[int, int, int, int], list[dict[str, Any]]] = {one: [] for one in configurations}
    small = ["--samples", "256", "--rounds", "1"] if quick else []
    for round_ in range(1 if quick else 5):
        for ranks, threads, batch, width in configurations:
            progress(f"round {round_ + 1}, {ranks} ranks, batch {batch}, {width} units")
            found = run(ranks, threads, "--batch", str(batch), "--width", str(width), *small)
            rows[ranks, threads, batch, width].append(found)
    modes = {}
    for name, options in list(MODES.items())[: 2 if quick else None]:
        progress(name)
        more = small or ["--epochs", "5", "--rounds", "1"]
        found = run(2, 1, "--judge", *options, *more)
        modes[name] = {key: found.get(key) for key in ("seconds", "sums", "loss", "val_loss", "val_accuracy")}
    links: dict[str, dict[str, Any]] = {}
    lacking = missing()
    for name, rate in RATES.items():
        if lacking is not None:
            progress(f"without links: {lacking}")
            break
        with hosts(2, rate) as through:
            for mode, options in list(LINKED.items())[: 1 if quick else None]:
                progress(f"two hosts, {name}, {mode}")
                found = run(2, 1, *options, *small, through=through)
                links.setdefault(name, {})[mode] = {key: found[key] for key in ("seconds", "sums")}
    return {
        "date": today(),
        "machine": describe_machine(),
        "runs": [
            {
                **dict(zip(("ranks", "threads", "batch", "width"), one, strict=True)),
                "parameters": found[0]["parameters"],
                "source": found[0]["source"],
                "seconds": statistics.median(each["seconds"] for each in found),
                "sums": statistics.median(each["sums"] for each in found),
            }
            for one, found in rows.items()
        ],
        "modes": modes,
        "links": links,
    }


def _points(content: Content, which: Sequence[tuple[int, int, int, int]]) -> list[Point]:
    return [
        Point(row["parameters"], row["batch"], row["ranks"], row["seconds"])
        for row in content["runs"]
        if (row["ranks"], row["threads"], row["batch"], row["width"]) in which
    ]


def speedups(content: Content) -> list[tuple[dict[str, Any], float]]:
    """Each run of several ranks, and how many times as fast it is as one process."""
    alone = {(row["batch"], row["width"]): row for row in content["runs"] if row["ranks"] == row["threads"] == 1}
    return [
        (row, alone[row["batch"], row["width"]]["seconds"] / row["seconds"])
        for row in content["runs"]
        if row["ranks"] * row["threads"] > 1 and (row["batch"], row["width"]) in alone
    ]


def model_of(content: Content) -> Model | None:
    """Fitted to what is meant for it; None where not all of it was measured."""
    points = _points(content, FITTED)
    return fitted(points) if len(points) == len(FITTED) else None


def describe(content: Content) -> str:
    lines = ["784-width-width-10 with Adam: milliseconds of a step"]
    lines.append(" ranks threads  batch  width    step    sums  times")
    times = {id(row): f"{value:6.2f}" for row, value in speedups(content)}
    for row in content["runs"]:
        lines.append(
            f"{row['ranks']:6}{row['threads']:8}{row['batch']:7}{row['width']:7}{1e3 * row['seconds']:8.2f}"
            f"{1e3 * row['sums']:8.2f}{times.get(id(row), '')}"
        )
    lines.append("two ranks, batch 512: milliseconds of a step, loss, and of other images loss and accuracy")
    for name, found in content["modes"].items():
        judged = "" if found["val_loss"] is None else f"{found['val_loss']:8.4f}{found['val_accuracy']:8.4f}"
        lines.append(f"{name:32}{1e3 * found['seconds']:8.2f}{found['loss']:8.4f}{judged}")
    if content["links"]:
        lines.append("two hosts, batch 512: milliseconds of a step, and of it in sums")
        for link, modes in content["links"].items():
            for name, found in modes.items():
                lines.append(f"{link:12}{name:20}{1e3 * found['seconds']:8.2f}{1e3 * found['sums']:8.2f}")
    model = model_of(content)
    if model is not None:
        lines += _projection(model, content)
    return "\n".join(lines)


def _projection(model: Model, content: Content) -> list[str]:
    numbers = ", ".join(f"{name} {value:.3g}" for name, value in dataclasses.asdict(model).items())
    tried = errors(model, _points(content, TRIED))
    inside = max(map(abs, errors(model, _points(content, FITTED))))
    lines = [
        f"cost model, in seconds: {numbers}",
        f"largest error where fitted {inside:.1%}; elsewhere {', '.join(f'{error:+.1%}' for error in tried)}",
        "samples of a step from which on hosts work at half of their speed, and steps a second there:",
        "            " + "".join(f"{count:>20}" for count in CLUSTERS),
    ]
    parameters = next(row["parameters"] for row in content["runs"] if row["width"] == 512)
    for link, (bits, latency) in LINKS.items():
        linked, cells = model.over(bits=bits, latency=latency), []
        for count in CLUSTERS:
            batch = linked.least_batch(parameters, count)
            cells.append(f"{batch:>12}{1 / linked.seconds(Point(parameters, batch, count)):8.1f}")
        lines.append(f"{link:12}" + "".join(cells))
    return lines


def draw(content: Content, figure: "Figure") -> None:
    left, right = figure.subplots(1, 2)
    rows = speedups(content)
    names = [f"{row['ranks']} x {row['threads']}\n{row['batch']}\n{row['width']}" for row, _ in rows]
    bars = left.bar(range(len(rows)), [value for _, value in rows], color="tab:orange")
    left.bar_label(bars, fmt="%.2f", fontsize="small")
    left.set_xticks(range(len(rows)), names, fontsize="x-small")
    left.set(xlabel="ranks x threads, batch, hidden units", ylabel="times as fast as one thread")
    seconds = [1e3 * row["seconds"] for row, _ in rows]
    sums = [1e3 * row["sums"] for row, _ in rows]
    right.bar(range(len(rows)), seconds, color="tab:orange", label="step")
    right.bar(range(len(rows)), sums, color="tab:blue", label="of it in sums")
    right.set_xticks(range(len(rows)), names, fontsize="x-small")
    right.set(ylabel="milliseconds of a step")
    right.legend(frameon=False, fontsize="small")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
