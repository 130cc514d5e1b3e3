"""Features: what `fastnn.Sequential` adds to the bare engine, and what dropout, normalisation and augmentation cost.

Dropout and batch normalisation are those of each hidden layer of the keras and the mid job's networks, with one thread,
beside Keras and PyTorch with the same layers.
"""

import dataclasses
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.jobs import JOBS, Job
from benchmarks.peers import PEERS
from benchmarks.process import ROOT, Worker, started
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.runner import check_agreement, runnable
from benchmarks.studies import Content

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGES = 60_000
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout": {"dropout": 0.2},
    "batch normalisation": {"batch_normalization": True},
}
COLOURS = {"fastnn-model": "tab:orange", "torch": "tab:green", "keras": "tab:red", "scipy": "tab:blue"}
# float32 sums of batches' variances, in orders of their own, over hundreds of steps; a wrong formula is far more off.
TOLERANCE = 2e-2


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    peers = ["fastnn-model"] if quick else ["fastnn-model", *runnable(["torch", "keras"], progress)]
    layers = {}
    for name in ("keras", "mid"):
        job = dataclasses.replace(JOBS[name], source="mnist-sample", samples=1000, epochs=1 if quick else 5)
        progress(f"layers in the {name} job's network")
        layers[name] = _layers(job, peers, rounds=1 if quick else 7)
    progress("fit beside the bare engine")
    fit = _answer("fit_overhead", "quick" if quick else "full")
    images, rounds = (1000, 1) if quick else (IMAGES, 3)
    augmentation = {}
    for peer in peers if quick else [*peers, "scipy"]:
        progress(f"augmentation by {peer}")
        augmentation[peer] = _answer("augmentation", peer, str(images), str(rounds))["seconds"]
    return {
        "date": today(),
        "machine": describe_machine(),
        "titles": {peer: PEERS[peer].title for peer in peers} | {"scipy": "SciPy"},
        "layers": layers,
        "fit": fit,
        "images": images,
        "augmentation": augmentation,
    }


def _layers(job: Job, peers: Sequence[str], rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds of a sample by variant and peer; rounds of all alternate."""
    jobs = {variant: dataclasses.replace(job, **options) for variant, options in VARIANTS.items()}
    places = [(variant, peer) for variant in jobs for peer in peers]
    seconds: dict[tuple[str, str], list[float]] = {place: [] for place in places}
    with started([Worker(jobs[variant], peer, job.epochs, threads=1) for variant, peer in places]) as workers:
        for variant in jobs:
            # The first round of each; masks of dropout are each library's own.
            values = {p: w.round().values for (v, p), w in zip(places, workers, strict=True) if v == variant}
            if variant != "dropout":
                check_agreement(values[peers[0]], values, TOLERANCE)
        for _ in range(rounds):
            for place, worker in zip(places, workers, strict=True):
                seconds[place].append(worker.round().seconds)
    medians = {place: job.in_unit(statistics.median(times), job.epochs) for place, times in seconds.items()}
    return {variant: {peer: medians[variant, peer] for peer in peers} for variant in jobs}


def _answer(module: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.studies.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"benchmarks.studies.{module} failed: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def describe(content: Content) -> str:
    lines = []
    for name, variants in content["layers"].items():
        lines.append(f"{name} network, microseconds of a sample (and of the plain network's)")
        for variant, times in variants.items():
            cells = (f"{peer} {time:.2f} ({time / variants['plain'][peer]:.2f})" for peer, time in times.items())
            lines.append(f"  {variant:20}" + "  ".join(cells))
    for name, times in content["fit"].items():
        told = ", ".join(f"{what} {time:.3f} ({time / times['engine'] - 1:+.1%})" for what, time in times.items())
        lines.append(f"{name} training, microseconds of a sample: {told}")
    seconds = ", ".join(f"{peer} {time:.2f}" for peer, time in content["augmentation"].items())
    lines.append(f"augmentation of {content['images']:,} images, seconds on one thread: {seconds}")
    return "\n".join(lines)


def draw(content: Content, figure: "Figure") -> None:
    layers, fit, augmentation = figure.subplots(1, 3)
    names = [(name, variant) for name in content["layers"] for variant in VARIANTS]
    peers = list(content["layers"]["keras"]["plain"])
    share = 0.8 / len(peers)
    for index, peer in enumerate(peers):
        places = [place + (index - (len(peers) - 1) / 2) * share for place in range(len(names))]
        times = [content["layers"][name][variant][peer] for name, variant in names]
        bars = layers.bar(places, times, share, color=COLOURS[peer], label=content["titles"][peer])
        layers.bar_label(bars, fmt="%.2g", fontsize="x-small")
    layers.set_yscale("log")
    # Room for the legend above the longest bar.
    layers.set_ylim(top=10 * max(max(variants["plain"].values()) for variants in content["layers"].values()))
    labels = [f"{name}\n{variant.replace('batch normalisation', 'batch norm')}" for name, variant in names]
    layers.set_xticks(range(len(names)), labels, fontsize="x-small", rotation=45, ha="right")
    layers.set_ylabel("microseconds of a sample")
    layers.set_title("layers, one thread", fontsize="medium")
    layers.legend(frameon=False, fontsize="x-small")
    times = content["fit"]["long"]
    fit.bar_label(fit.bar(list(times), list(times.values()), color="tab:orange"), fmt="%.3f", fontsize="small")
    fit.set(ylabel="microseconds of a sample")
    fit.set_title("fit beside the bare engine", fontsize="medium")
    seconds = content["augmentation"]
    bars = augmentation.bar(
        [content["titles"][peer].split(" (")[0] for peer in seconds],
        list(seconds.values()),
        color=[COLOURS[peer] for peer in seconds],
    )
    augmentation.bar_label(bars, fmt="%.2f", fontsize="small")
    augmentation.tick_params(axis="x", labelrotation=20, labelsize="x-small")
    augmentation.set(ylabel="seconds")
    augmentation.set_title(f"augmentation of {content['images']:,} images", fontsize="medium")
    for ax in (layers, fit, augmentation):
        ax.spines[["top", "right"]].set_visible(False)
