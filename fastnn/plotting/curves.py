"""The error curve: how the error of training fell, epoch by epoch."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy

from fastnn.plotting.canvas import COLOURS, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_error_curve(
    errors: Sequence[float] | Mapping[str, Sequence[float]],
    *,
    ylabel: str = "mean error of a sample",
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the errors of each epoch, from epoch 1.

    Parameters
    ----------
    errors : sequence of float, or mapping of name to sequence
        What `fastnn.train` returned; several runs with their names get a legend.
    ylabel : str
        What the error is.
    ax : matplotlib Axes, optional

    Raises
    ------
    ValueError
        When a curve is empty, not one-dimensional or not finite.

    Examples
    --------
    >>> plot_error_curve([])
    Traceback (most recent call last):
    ...
    ValueError: errors must be a list of at least one finite number, but it is []
    """
    from matplotlib.ticker import MaxNLocator

    curves = dict(errors) if isinstance(errors, Mapping) else {"": errors}
    if not curves:
        raise ValueError("errors must have at least one curve, but it is {}")
    for name, values in curves.items():
        array = numpy.asarray(values, dtype=float)
        if array.ndim != 1 or array.size == 0 or not numpy.isfinite(array).all():
            label = f"errors[{name!r}]" if name else "errors"
            raise ValueError(f"{label} must be a list of at least one finite number, but it is {values!r}")
    ax = axes(ax)
    for index, (name, values) in enumerate(curves.items()):
        style = ("-", "--", ":", "-.")[index % 4]
        epochs = range(1, len(values) + 1)
        marker = "o" if len(values) == 1 else None
        ax.plot(epochs, values, style, color=COLOURS[index % len(COLOURS)], label=name or None, marker=marker)
    ax.set_xlabel("epoch")
    ax.set_ylabel(ylabel)
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3)
    if any(curves):
        ax.legend()
    return ax
