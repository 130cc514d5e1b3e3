"""The roofline: how near the jobs come to what the machine can do, from the results' medians and the machine's peaks.

A job's GFLOP/s count its products alone, zeros included: six operations a weight and sample to train, two to predict.
Its intensity divides them by the bytes that a step cannot do without: data in, weights and optimizer's averages in
and out.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.jobs import JOBS, Job
from benchmarks.machine_peak import MachinePeak, measure_peak
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.studies import Content

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PEERS = {"fastnn": "tab:orange", "numpy": "tab:blue"}
SLOTS = {"sgd": 0, "rmsprop": 1, "adam": 2}
BYTES = 4
# Points nearer than this factor share a label.
NEAR = 1.25


def intensity(job: Job) -> float:
    """Operations a byte of one step, every number read or written once.

    Examples
    --------
    >>> round(intensity(JOBS["predict-one-wide"]), 2), round(intensity(JOBS["predict-10k-wide"]), 1)
    (0.5, 388.4)
    """
    weights = job.operations // (2 if job.goal == "predict" else 6)
    data = job.batch_size * (job.sizes[0] + job.sizes[-1])
    # In training, weights and averages are read and written.
    passes = 1 if job.goal == "predict" else 2 * (1 + SLOTS[job.optimizer])
    return job.operations * job.batch_size / (BYTES * (data + weights * passes))


def gflops(job: Job, median: float) -> float:
    """Billions of operations a second, from a median in the job's unit."""
    seconds_in_unit = 1e-3 if job.unit.startswith("ms") else 1e-6
    samples = 1 if job.unit.endswith("sample") else job.batch_size
    return job.operations * samples / (median * seconds_in_unit) / 1e9


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    known = [result for result in results if result.name in JOBS]
    if not known:
        raise ValueError("the roofline needs the results of other jobs: run python -m benchmarks --jobs notebook first")
    progress("peak of the machine")
    peak = measure_peak(0.02 if quick else 0.3)
    points = [
        {
            "job": result.name,
            "peer": peer.name,
            "threads": peer.threads,
            "intensity": intensity(JOBS[result.name]),
            "gflops": gflops(JOBS[result.name], peer.median),
        }
        for result in known
        for peer in result.peers
        if peer.name in PEERS
    ]
    return {"date": today(), "machine": describe_machine(), "peak": peak.as_dict(), "points": points}


def describe(content: Content) -> str:
    peak = content["peak"]
    lines = [
        f"peak with {peak['threads']} threads: {peak['gflops']:.0f} GFLOP/s, {peak['cache_bandwidth']:.0f} GB/s from "
        f"cache, {peak['memory_bandwidth']:.0f} GB/s from memory"
    ]
    lines += [
        f"{p['job']:18} {p['peer']:8} {p['gflops']:7.1f} GFLOP/s, {p['gflops'] / peak['gflops']:4.0%} of the peak"
        for p in content["points"]
    ]
    return "\n".join(lines)


def together(points: Sequence[Content]) -> list[tuple[list[str], tuple[float, float]]]:
    """Names of points that lie so close that their labels would cover each other, and the place of the first."""
    groups: list[tuple[list[str], tuple[float, float]]] = []
    for point in points:
        place = (point["intensity"], point["gflops"])
        for names, (x, y) in groups:
            if max(place[0] / x, x / place[0]) < NEAR and max(place[1] / y, y / place[1]) < NEAR:
                names.append(point["job"])
                break
        else:
            groups.append(([point["job"]], place))
    return groups


def draw(content: Content, figure: "Figure") -> None:
    ax = figure.subplots()
    peak = MachinePeak(**content["peak"])
    points = content["points"]
    low, high = (bound(point["intensity"] for point in points) for bound in (min, max))
    span = np.geomspace(low / 4, high * 4, 200)
    for bandwidth, name, style in (
        (peak.cache_bandwidth, "cache", "--"),
        (peak.memory_bandwidth, "memory", "-"),
    ):
        roof = [peak.roof(x, bandwidth) for x in span]
        ax.plot(span, roof, style, color="0.4", label=f"{name}, {bandwidth:.0f} GB/s")
    for name, colour in PEERS.items():
        chosen = [point for point in points if point["peer"] == name]
        ax.scatter([p["intensity"] for p in chosen], [p["gflops"] for p in chosen], color=colour, label=name, zorder=2)
    for names, place in together([point for point in points if point["peer"] == "fastnn"]):
        ax.annotate(", ".join(names), place, xytext=(6, 4), textcoords="offset points", fontsize="small")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="floating-point operations a byte",
        ylabel="GFLOP/s",
    )
    ax.set_title(
        f"{peak.gflops:.0f} GFLOP/s at most with {peak.threads} threads; products with zeros count, done or not",
        fontsize="medium",
    )
    ax.legend(frameon=False, loc="lower right")
    ax.spines[["top", "right"]].set_visible(False)
