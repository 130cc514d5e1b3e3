"""Growth: how fit time and memory grow with the data. Time should be linear, memory the data and a constant.

Time is that of the dense job's network on 1,000 to 60,000 samples, and for 1 to 8 epochs; memory that of a classifier
with Adam, each fit in a process of its own.
"""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.jobs import JOBS
from benchmarks.process import ROOT
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.studies import Content, time_workers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLES = (1000, 2000, 5000, 10_000, 20_000, 40_000, 60_000)
EPOCHS = (1, 2, 4, 8)
QUICK_SAMPLES = (1000, 4000)
QUICK_EPOCHS = (1, 2)


def line_through(sizes: Sequence[float], values: Sequence[float]) -> tuple[float, float, float]:
    """The line nearest to ``values`` in relative terms, and the largest relative distance from it.

    Returns
    -------
    start, slope, deviation : float

    Examples
    --------
    >>> start, slope, deviation = line_through([1, 2, 4], [3.0, 5.0, 9.0])
    >>> round(start, 6), round(slope, 6), round(deviation, 6)
    (1.0, 2.0, 0.0)
    """
    measured = np.asarray(values, dtype=float)
    slope, start = np.polyfit(np.asarray(sizes, dtype=float), measured, 1, w=1 / measured)
    line = start + slope * np.asarray(sizes)
    return float(start), float(slope), float(np.abs(measured / line - 1).max())


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    samples, epochs = (QUICK_SAMPLES, QUICK_EPOCHS) if quick else (SAMPLES, EPOCHS)
    rounds = 1 if quick else 5
    by_samples = []
    for number in samples:
        progress(f"{number} samples")
        by_samples.append(_milliseconds(number, 1, rounds))
    middle = samples[len(samples) // 2]
    by_epochs = []
    for number in epochs:
        progress(f"{number} epochs")
        by_epochs.append(_milliseconds(middle, number, rounds))
    memory = []
    for number in samples:
        progress(f"memory of {number} samples")
        memory.append(_memory(number))
    return {
        "date": today(),
        "machine": describe_machine(),
        "network": JOBS["dense"].title,
        "samples": list(samples),
        "milliseconds_by_samples": by_samples,
        "deviation_by_samples": line_through(samples, by_samples)[2],
        "epochs": list(epochs),
        "samples_an_epoch": middle,
        "milliseconds_by_epochs": by_epochs,
        "deviation_by_epochs": line_through(epochs, by_epochs)[2],
        "memory": memory,
    }


def _milliseconds(samples: int, epochs: int, rounds: int) -> float:
    job = dataclasses.replace(JOBS["dense"], samples=samples)
    return 1e3 * time_workers(job, ["fastnn"], epochs, threads=1, rounds=rounds)["fastnn"]


def _memory(samples: int) -> dict[str, int]:
    """What `benchmarks.studies.fit_memory` measures, in bytes."""
    command = [sys.executable, "-m", "benchmarks.studies.fit_memory", str(samples)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, int] = json.loads(done.stdout)
    return measured


def describe(content: Content) -> str:
    memory = content["memory"]
    grown = [(row["peak"] - row["before"]) / 1e6 for row in memory]
    expected = memory[0]["parameters"] * (1 + memory[0]["slots"]) / 1e6
    return (
        f"fit time is linear in samples within {content['deviation_by_samples']:.1%} "
        f"({content['samples'][0]:,} to {content['samples'][-1]:,}) and in epochs within "
        f"{content['deviation_by_epochs']:.1%} (up to {content['epochs'][-1]})\n"
        f"a fit takes {min(grown):.1f} to {max(grown):.1f} MB beside {memory[0]['data'] / 1e6:.0f} to "
        f"{memory[-1]['data'] / 1e6:.0f} MB of data; weights and the optimizer's averages are {expected:.1f} MB"
    )


def draw(content: Content, figure: "Figure") -> None:
    samples, epochs, memory = figure.subplots(1, 3)
    for ax, sizes, times, label in (
        (samples, content["samples"], content["milliseconds_by_samples"], "samples"),
        (epochs, content["epochs"], content["milliseconds_by_epochs"], "epochs"),
    ):
        start, slope, deviation = line_through(sizes, times)
        ax.plot([0, sizes[-1]], [start, start + slope * sizes[-1]], color="0.6", zorder=1)
        ax.scatter(sizes, times, color="tab:orange", zorder=2)
        ax.set(xlabel=label, ylabel="milliseconds of a fit", xlim=(0, None), ylim=(0, None))
        ax.set_title(f"time by {label}: linear within {deviation:.1%}", fontsize="medium")
    data = [row["data"] / 1e6 for row in content["memory"]]
    memory.plot(data, data, color="0.6", label="data alone")
    peaks = [(row["data"] + row["peak"] - row["before"]) / 1e6 for row in content["memory"]]
    memory.scatter(data, peaks, color="tab:orange", label="data and fit, peak", zorder=2)
    memory.set(xlabel="megabytes of data", ylabel="megabytes of memory", xlim=(0, None), ylim=(0, None))
    memory.set_title("peak memory", fontsize="medium")
    memory.legend(frameon=False)
    for ax in (samples, epochs, memory):
        ax.spines[["top", "right"]].set_visible(False)
