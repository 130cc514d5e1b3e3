"""The plots: a job as one bar a peer, and all jobs beside each other.

The axis is logarithmic because the peers lie orders of magnitude apart.
"""

import math
import pathlib
import typing
from collections.abc import Sequence

from benchmarks.report import factor, rounded
from benchmarks.results import JobResult

if typing.TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 3
OURS, THEIRS = "tab:orange", "tab:blue"


def plot_result(result: JobResult, ax: "Axes | None" = None) -> "Axes":
    """Draw the medians with their range from minimum to maximum.

    Parameters
    ----------
    result : JobResult
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    """
    if ax is None:
        from matplotlib.figure import Figure

        ax = Figure(figsize=(8, 1.2 + 0.6 * len(result.peers)), layout="constrained").subplots()
    medians = [peer.median for peer in result.peers]
    spread = [
        [peer.median - peer.minimum for peer in result.peers],
        [peer.maximum - peer.median for peer in result.peers],
    ]
    colours = [OURS if peer is result.baseline else THEIRS for peer in result.peers]
    titles = [peer.title + ("*" if peer.differs else "") for peer in result.peers]
    ax.barh(titles, medians, xerr=spread, color=colours, ecolor="0.25", capsize=3)
    ax.set_xscale("log")
    ax.invert_yaxis()
    # The numbers stand to the right of the longest bar's label too.
    ax.set_xlim(min(medians) / 3, max(peer.maximum for peer in result.peers) * 6)
    unit, ratios = result.unit.split()[0], result.ratios()
    for index, peer in enumerate(result.peers):
        ratio = f"  ({factor(ratios[peer.name])}×)" if ratios and peer is not result.baseline else ""  # noqa: RUF001
        ax.annotate(
            f"{_few_digits(peer.median)} {unit}{ratio}",
            (peer.maximum, index),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    ax.set_xlabel(f"{result.unit} (logarithmic; shorter is faster)")
    ax.set_title(result.title, fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _few_digits(number: float) -> str:
    return f"{number:.3g}" if number < 1000 else rounded(number)


def plot_ratios(result: JobResult, ax: "Axes") -> "Axes":
    """Draw how many times fastnn's time every other peer takes, as bars from 1, to the left for faster ones."""
    ratios, baseline = result.ratios(), result.baseline
    assert baseline is not None
    others = [peer for peer in result.peers if peer is not baseline]
    lengths = [ratios[peer.name] - 1 for peer in others]
    ax.barh([peer.name + ("*" if peer.differs else "") for peer in others], lengths, left=1, color=THEIRS)
    ax.set_xscale("log")
    ax.invert_yaxis()
    ax.axvline(1, color=OURS, linewidth=3)
    for index, peer in enumerate(others):
        ax.annotate(
            f"{factor(ratios[peer.name])}×",  # noqa: RUF001
            (max(ratios[peer.name], 1), index),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
        )
    ax.set_title(f"{result.name}: fastnn {_few_digits(baseline.median)} {result.unit}", fontsize="medium", loc="left")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def save_plot(result: JobResult, path: pathlib.Path) -> None:
    """Write the plot as a PNG file."""
    figure = plot_result(result).get_figure(root=True)
    assert figure is not None
    figure.savefig(path, dpi=120)


def save_summary(results: Sequence[JobResult], path: pathlib.Path) -> None:
    """Write a PNG file with the ratios of every job that fastnn took part in with another peer."""
    from matplotlib.figure import Figure

    compared = [result for result in results if len(result.ratios()) > 1]
    if not compared:
        return
    rows = math.ceil(len(compared) / COLUMNS)
    tallest = max(len(result.peers) for result in compared)
    figure = Figure(figsize=(4.4 * COLUMNS, rows * (0.7 + 0.24 * tallest)), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True).ravel()
    for result, ax in zip(compared, axes, strict=False):
        # A shared axis would be labelled in the last row alone, which is not full.
        plot_ratios(result, ax).tick_params(labelbottom=True)
    every = [ratio for result in compared for ratio in result.ratios().values()]
    axes[0].set_xlim(min(every) / 1.5, max(every) * 4)
    for ax in axes[len(compared) :]:
        ax.set_visible(False)
    figure.supxlabel(
        "times fastnn's time (logarithmic; a bar to the left of the line is faster than fastnn)", fontsize="medium"
    )
    figure.savefig(path, dpi=110)
