"""The plot: a result as one bar a peer, on a logarithmic axis because the peers lie orders of magnitude apart."""

import pathlib
import typing

from benchmarks.results import BASELINE, JobResult

if typing.TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    colours = ["tab:orange" if peer.name == BASELINE else "tab:blue" for peer in result.peers]
    ax.barh([peer.title for peer in result.peers], medians, xerr=spread, color=colours, ecolor="0.25", capsize=3)
    ax.set_xscale("log")
    ax.invert_yaxis()
    # The numbers stand to the right of the longest bar's label too.
    ax.set_xlim(min(medians) / 3, max(peer.maximum for peer in result.peers) * 6)
    for index, (peer, ratio) in enumerate(zip(result.peers, _ratio_texts(result), strict=True)):
        ax.annotate(
            f"{peer.median:.3g} µs{ratio}",
            (peer.maximum, index),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    ax.set_xlabel("microseconds per training sample (logarithmic; shorter is faster)")
    ax.set_title(result.title, fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _ratio_texts(result: JobResult) -> list[str]:
    ratios = result.ratios()
    return [f"  ({ratios[p.name]:.1f}×)" if ratios and p.name != BASELINE else "" for p in result.peers]  # noqa: RUF001


def save_plot(result: JobResult, path: pathlib.Path) -> None:
    """Write the plot as a PNG file."""
    figure = plot_result(result).get_figure(root=True)
    assert figure is not None
    figure.savefig(path, dpi=120)
