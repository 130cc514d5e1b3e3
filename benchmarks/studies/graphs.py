"""Graphs and loops of one's own: steps and gradients beside PyTorch, JAX and Keras, and beside simpler models of ours.

Each way has a process of its own with one thread; rounds of all alternate, and ratios are medians of those of a round.
"""

import importlib.metadata
import importlib.util
import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.graphs import JOBS, GraphJob
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.runner import check_agreement
from benchmarks.studies import Content
from benchmarks.studies.answering import Peer, started

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# float32 sums in orders of their own, over some hundred steps.
TOLERANCE = 2e-2
# By the files of `benchmarks.graphs`.
DISTRIBUTIONS = {"fastnn": ("fastnn-ext",), "torch": ("torch",), "jax": ("jax",), "keras": ("keras", "tensorflow")}


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    there = [module for module in DISTRIBUTIONS if importlib.util.find_spec(module) is not None]
    for module in DISTRIBUTIONS:
        if module not in there:
            progress(f"without {module}: it is not installed")
    jobs = {}
    for name, job in JOBS.items():
        progress(name)
        jobs[name] = _measure(name, job, [way for way in job.ways if job.ways[way].module in there], quick)
    installed = [name for module in there for name in DISTRIBUTIONS[module] if importlib.util.find_spec(_module(name))]
    return {
        "date": today(),
        "machine": describe_machine(),
        "versions": {name: importlib.metadata.version(name) for name in installed},
        "jobs": jobs,
    }


def _module(distribution: str) -> str:
    return distribution.removesuffix("-ext")


def _measure(name: str, job: GraphJob, ways: Sequence[str], quick: bool) -> dict[str, Any]:
    kind = "quick" if quick else "full"
    with started(Peer(way, 1, "benchmarks.graphs", [name, way, kind]) for way in ways) as peers:
        # The first round of each warms up, and tells whether they do the same.
        values = {peer.name: [peer.round()[1]] for peer in peers}
        alike = {way: value for way, value in values.items() if job.ways[way].alike}
        check_agreement(values["fastnn"], alike, TOLERANCE)
        rounds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(1 if quick else 9):
            for peer in peers:
                rounds[peer.name].append(peer.round()[0])
    return {
        "title": job.title,
        "microseconds": {way: 1e6 * statistics.median(times) for way, times in rounds.items()},
        "rounds": rounds,
        "ratios": {
            way: statistics.median(theirs / ours for theirs, ours in zip(times, rounds["fastnn"], strict=True))
            for way, times in rounds.items()
            if way != "fastnn"
        },
    }


def describe(content: Content) -> str:
    lines = []
    for name, job in content["jobs"].items():
        told = [f"{name}: fastnn {job['microseconds']['fastnn']:.3g} µs"]
        for way, ratio in job["ratios"].items():
            target = JOBS[name].ways[way].target
            asked = "" if target is None else f" (target {target:.2g}{', MISSED' * (ratio < target)})"
            told.append(f"{way} {ratio:.3g} times{asked}")
        lines.append(", ".join(told))
    return "\n".join(lines)


def markdown(content: Content) -> str:
    """A table for the documentation: our times, and how many times longer others take."""
    lines = ["| what | fastnn, µs | others, times as long |", "| --- | ---: | --- |"]
    for job in content["jobs"].values():
        others = ", ".join(f"{way} {ratio:.3g}" for way, ratio in job["ratios"].items())
        lines.append(f"| {job['title']} | {job['microseconds']['fastnn']:.3g} | {others} |")
    machine = content["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in content["versions"].items())
    rounds = min(len(job["rounds"]["fastnn"]) for job in content["jobs"].values())
    lines += [
        "",
        f"One thread, float32. Medians of {rounds} interleaved rounds; {machine['cpu']} with "
        f"{machine['instruction_set']}, Python {machine['python']}; {versions}; {content['date']}.",
    ]
    return "\n".join(lines)


def draw(content: Content, figure: "Figure") -> None:
    ax = figure.subplots()
    bars = [(name, way, ratio) for name, job in content["jobs"].items() for way, ratio in job["ratios"].items()]
    places = range(len(bars))
    drawn = ax.barh(places, [ratio for _, _, ratio in bars], color="tab:blue")
    ax.bar_label(drawn, fmt="%.3g", fontsize="small", padding=2)
    for place, (name, way, _) in enumerate(bars):
        target = JOBS[name].ways[way].target
        if target is not None:
            ax.plot([target, target], [place - 0.45, place + 0.45], color="black", linewidth=1)
    ax.axvline(1, color="tab:orange")
    ax.set_yticks(places, [f"{name}: {way}" for name, way, _ in bars], fontsize="small")
    ax.invert_yaxis()
    ax.set(xlabel="times as long as fastnn (black: what is asked for)", xscale="log")
    ax.spines[["top", "right"]].set_visible(False)
