"""Files: saving and loading beside the bytes themselves, training from a mapped file, and from a sparse matrix.

Each compares two ways in alternate rounds of one process; times are medians.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.process import ROOT
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.studies import Content

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = ("model", "mapped", "sparse")


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    content: Content = {"date": today(), "machine": describe_machine()}
    for part in PARTS:
        progress(part)
        command = [sys.executable, "-m", "benchmarks.studies.file_times", part, "quick" if quick else "full"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        content[part] = json.loads(done.stdout)
    return content


def describe(content: Content) -> str:
    model, mapped, sparse = (content[part] for part in PARTS)
    ratio = (model["save"] + model["load"]) / (model["write"] + model["read"])
    by_sparse = {name: sparse[name] / sparse["sparse"] for name in ("every product", "dense")}
    slower = mapped["mapped"] / mapped["memory"] - 1
    return "\n".join(
        [
            f"a model of {model['megabytes']:.1f} MB, in milliseconds: save {model['save']:.2f} and load "
            f"{model['load']:.2f}, where writing the bytes to the disk takes {model['write']:.2f} and reading them "
            f"{model['read']:.2f}: {ratio:.2f} times",
            f"training on {mapped['megabytes']:.0f} MB of uint8, in milliseconds: from memory {mapped['memory']:.1f}, "
            f"from a mapped file {mapped['mapped']:.1f} ({slower:+.1%}); the process' own memory grew by "
            f"{mapped['own_growth']:.1f} MB",
            f"training on {sparse['samples']:,} rows of {sparse['columns']:,} columns, {sparse['density']:.0%} of them "
            f"filled, in milliseconds: every product {sparse['every product']:.1f}, a dense array "
            f"{sparse['dense']:.1f}, a sparse matrix {sparse['sparse']:.1f}: "
            f"{by_sparse['every product']:.1f} and {by_sparse['dense']:.1f} times",
        ]
    )


def draw(content: Content, figure: "Figure") -> None:
    bars: list[tuple[str, str, list[str]]] = [
        ("model", "a model's file", ["write", "save", "read", "load"]),
        ("mapped", "training on uint8", ["memory", "mapped"]),
        ("sparse", "training on 1 % filled", ["every product", "dense", "sparse"]),
    ]
    theirs = {"write", "read", "memory", "every product", "dense"}
    for ax, (part, title, names) in zip(figure.subplots(1, 3), bars, strict=True):
        values: list[Any] = [content[part][name] for name in names]
        colours = ["0.6" if name in theirs else "tab:orange" for name in names]
        ax.bar_label(ax.bar(names, values, color=colours), fmt="%.3g")
        ax.set(ylabel="milliseconds")
        ax.set_title(title, fontsize="medium")
        ax.spines[["top", "right"]].set_visible(False)
