"""Ranks: a training that processes share over MPI beside that of one, what messages cost, and larger clusters.

Runs of all configurations alternate; a step's time is the median of its rounds. A cost model is fitted to most of them,
and tried on the others.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.links import hosts, missing
from benchmarks.process import ROOT, THREAD_VARIABLES
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.studies import Content
from benchmarks.studies.ranks_tables import FITTED, LINKS, TRIED, markdown, speedups

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["describe", "draw", "launcher", "markdown", "measure", "run"]

# Ranks, threads of each, samples of a step, hidden units.
THREADED = [(1, 2, 512, 512)]
QUICK = [(1, 1, 64, 16), (2, 1, 64, 16)]
ROUNDS = 3
# Seconds, many times what a run takes.
PATIENCE = 300
# What a training comes to with fewer and smaller messages.
MODES: dict[str, list[str]] = {
    "exact": [],
    "half precision": ["--half-precision"],
    **{f"{steps} local steps": ["--local-steps", str(steps)] for steps in (4, 16, 64)},
    "half precision, 16 local steps": ["--half-precision", "--local-steps", "16"],
}
# Between hosts that are network namespaces.
DEEP = ["--layers", "4", "--width", "1024", "--samples", "5120"]
LINKED: dict[str, list[str]] = {
    "exact": [],
    "exact, no overlap": ["--no-overlap"],
    "half precision": MODES["half precision"],
    "16 local steps": MODES["16 local steps"],
    "4 x 1,024 units": DEEP,
    "4 x 1,024 units, no overlap": [*DEEP, "--no-overlap"],
}


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
    try:
        done = subprocess.run(
            [*start, sys.executable, "-m", "benchmarks.ranks", "--threads", str(threads), *options],
            cwd=ROOT,
            env=os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{ranks} ranks did not end in {PATIENCE} seconds: {' '.join(options)}") from None
    if done.returncode:
        raise RuntimeError(f"{ranks} ranks ended with exit status {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    configurations = QUICK if quick else [*FITTED, *TRIED, *THREADED]
    rows: dict[tuple[int, int, int, int], list[dict[str, Any]]] = {one: [] for one in configurations}
    small = ["--samples", "256", "--rounds", "1"] if quick else []
    for round_ in range(1 if quick else ROUNDS):
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
        "links": _linked(list(LINKED.items())[: 1 if quick else None], small, progress),
    }


def _linked(
    modes: Sequence[tuple[str, list[str]]], small: Sequence[str], progress: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Two hosts on links of these speeds, without what fails; nothing where the machine refuses them."""
    lacking = missing()
    if lacking is not None:
        progress(f"without links: {lacking}")
        return {}
    links: dict[str, dict[str, Any]] = {}
    for name, link in LINKS.items():
        if link.shaped is None:
            continue
        with hosts(2, link.shaped) as through:
            for mode, options in modes:
                progress(f"two hosts, {name}, {mode}")
                try:
                    found = run(2, 1, "--epochs", "1", "--rounds", "5", *options, *small, through=through)
                except RuntimeError as error:
                    # What has been measured before is not lost with it.
                    progress(f"left out: {error}")
                    continue
                links.setdefault(name, {})[mode] = {
                    key: found[key] for key in ("parameters", "batch", "seconds", "sums")
                }
    return links


def describe(content: Content) -> str:
    return f"\n{markdown(content)}"


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
