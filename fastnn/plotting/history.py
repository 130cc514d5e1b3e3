"""The curves of a training: loss and metrics, epoch by epoch, for training and validation."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy

from fastnn.callbacks.history import History
from fastnn.plotting.canvas import COLOURS, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_history(history: History | Mapping[str, Sequence[float]], *, figure: "Figure | None" = None) -> "Figure":
    """Draw the loss and each metric over the epochs, from epoch 1, with validation dashed beside training.

    Parameters
    ----------
    history : History or dict of list of float
        What ``model.fit`` returned, or its ``history``, which does not tell the epochs: its lists begin with the first.
        Each name has Axes of its own, with "val_" and the name in the same. A value that is not finite is left out.
    figure : matplotlib Figure, optional
        An empty one to draw into.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    TypeError
        When it is no history.
    ValueError
        When it has no epoch, or a name without a list of numbers.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = plot_history({"loss": [0.9, 0.5], "val_loss": [1.0, 0.8], "accuracy": [0.6, 0.9]}, figure=Figure())
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['loss', 'accuracy']
    """
    curves = history.history if isinstance(history, History) else history
    if not isinstance(curves, Mapping):
        raise TypeError(
            f"history must be what model.fit returned, or its history, but it is of type {type(history).__name__}"
        )
    if not curves:
        raise ValueError("the history has no epochs yet: train the model with fit first")
    arrays = {name: numpy.asarray(values, dtype=float) for name, values in curves.items()}
    for name, values in arrays.items():
        if values.ndim != 1 or values.size == 0:
            raise ValueError(f"history[{name!r}] must be a list of at least one number, but it is {curves[name]!r}")
    names = list(dict.fromkeys(name.removeprefix("val_") for name in arrays))
    figure, places = panels(figure, len(names), (4.8, 3.6))

    from matplotlib.ticker import MaxNLocator

    for name, ax in zip(names, places, strict=True):
        for key, label, style, colour in (
            (name, "training", "-", COLOURS[0]),
            (f"val_{name}", "validation", "--", COLOURS[1]),
        ):
            if key not in arrays:
                continue
            finite = numpy.isfinite(arrays[key])
            numbers = history.epochs_of(key) if isinstance(history, History) else range(len(finite))
            epochs = (numpy.array(numbers) + 1)[finite]
            # Where epochs are left out, marks tell which there are.
            marker = None if finite.all() and len(epochs) > 1 and (numpy.diff(epochs) == 1).all() else "o"
            ax.plot(epochs, arrays[key][finite], style, color=colour, label=label, linewidth=2, marker=marker)
        if name == "loss":
            ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
        ax.set_xlabel("epoch")
        ax.set_ylabel(name)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.grid(alpha=0.3)
        ax.legend()
    return figure
