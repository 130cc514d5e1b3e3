"""Scaling: microseconds of a sample in training against the batch, the width and the threads.

The network is the mid job's, 784-128-10 with Adam, on the 1,000 images that ship with fastnn, five epochs; one thread
where threads are not what varies.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from benchmarks.jobs import JOBS, Job
from benchmarks.peers import PEERS
from benchmarks.process import available_cores
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.runner import runnable
from benchmarks.studies import Content, time_workers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024)
WIDTH_OF_THREADS = 512
COLOURS = {"fastnn": "tab:orange", "numpy": "tab:blue", "torch": "tab:green"}

BASE = dataclasses.replace(JOBS["mid"], name="scaling", source="mnist-sample", samples=1000, epochs=5)


def _with_width(width: int) -> Job:
    return dataclasses.replace(BASE, sizes=(BASE.sizes[0], width, BASE.sizes[-1]))


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    peers = ["numpy", "fastnn"] if quick else runnable(["numpy", "torch", "fastnn"], progress)
    threads = (1,) if quick else tuple(dict.fromkeys((1, available_cores())))
    batches: list[int] = [1, 32] if quick else list(BATCHES)
    widths: list[int] = [8] if quick else list(WIDTHS)
    large = dataclasses.replace(_with_width(WIDTH_OF_THREADS), batch_size=128)
    sweeps: dict[str, list[tuple[int, Job, int]]] = {
        "batch": [(size, dataclasses.replace(BASE, batch_size=size), 1) for size in batches],
        "width": [(width, _with_width(width), 1) for width in widths],
        "threads": [(number, large, number) for number in threads],
    }
    content: Content = {
        "date": today(),
        "machine": describe_machine(),
        "titles": {peer: PEERS[peer].title for peer in peers},
        "width_of_threads": WIDTH_OF_THREADS,
    }
    for name, points in sweeps.items():
        times: dict[str, list[float]] = {peer: [] for peer in peers}
        for number, job, count in points:
            progress(f"{name} {number}")
            seconds = time_workers(job, peers, job.epochs, count, rounds=1 if quick else 5)
            for peer in peers:
                times[peer].append(job.in_unit(seconds[peer], job.epochs))
        content[name] = {"values": [number for number, _, _ in points], "microseconds": times}
    return content


def describe(content: Content) -> str:
    lines = ["microseconds of a sample"]
    for name in ("batch", "width", "threads"):
        sweep = content[name]
        lines.append(f"{name:8}" + "".join(f"{value:>9}" for value in sweep["values"]))
        lines += [f"  {p:6}" + "".join(f"{t:9.2f}" for t in times) for p, times in sweep["microseconds"].items()]
    return "\n".join(lines)


def draw(content: Content, figure: "Figure") -> None:
    batch, width, threads = figure.subplots(1, 3, sharey=False)
    for ax, name, label in ((batch, "batch", "samples in a batch"), (width, "width", "hidden units")):
        sweep = content[name]
        for peer, times in sweep["microseconds"].items():
            ax.plot(sweep["values"], times, "o-", color=COLOURS[peer], label=content["titles"][peer], markersize=4)
        ax.set(xscale="log", yscale="log", xlabel=label, ylabel="microseconds of a sample")
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_formatter("{x:.0f}")
        ax.spines[["top", "right"]].set_visible(False)
    batch.set_title("784-128-10, one thread", fontsize="medium")
    width.set_title("784-width-10, batch 32, one thread", fontsize="medium")
    batch.legend(frameon=False, fontsize="small")
    sweep = content["threads"]
    peers = list(sweep["microseconds"])
    share = 0.8 / len(peers)
    for index, (peer, times) in enumerate(sweep["microseconds"].items()):
        places = [place + (index - (len(peers) - 1) / 2) * share for place in range(len(times))]
        bars = threads.bar(places, times, share, color=COLOURS[peer])
        threads.bar_label(bars, fmt="%.3g", fontsize="small")
    threads.set_xticks(range(len(sweep["values"])), [str(value) for value in sweep["values"]])
    threads.set(xlabel="threads", ylabel="microseconds of a sample")
    threads.set_title(f"784-{content['width_of_threads']}-10, batch 128", fontsize="medium")
    threads.spines[["top", "right"]].set_visible(False)
