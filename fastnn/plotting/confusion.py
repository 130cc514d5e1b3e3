"""The confusion matrix: which class was taken for which."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy
from numpy.typing import ArrayLike

from fastnn.plotting.canvas import axes, class_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    class_names: Sequence[str] | None = None,
    normalize: bool = False,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw how many samples of each true class (rows) were predicted as each class (columns).

    Parameters
    ----------
    y_true, y_pred : array-like
        Class numbers (samples,) or rows of probabilities (samples, classes).
    class_names : sequence of str, optional
        One for each class.
    normalize : bool, default False
        Shares of each true class instead of counts.
    ax : matplotlib Axes, optional

    Raises
    ------
    ValueError
        When lengths differ or names are too few.

    Examples
    --------
    >>> plot_confusion_matrix([0, 1], [0])
    Traceback (most recent call last):
    ...
    ValueError: y_true and y_pred must have one length, but theirs are 2 and 1
    """
    true, predicted = class_numbers(y_true, "y_true"), class_numbers(y_pred, "y_pred")
    if len(true) != len(predicted):
        raise ValueError(f"y_true and y_pred must have one length, but theirs are {len(true)} and {len(predicted)}")
    widths = [numpy.shape(y)[1] for y in (y_true, y_pred) if numpy.ndim(y) == 2]
    classes = max(true.max() + 1, predicted.max() + 1, *widths) if widths else max(true.max(), predicted.max()) + 1
    if class_names is not None and len(class_names) != classes:
        raise ValueError(f"class_names must have {classes} names, but has {len(class_names)}")
    counts = numpy.zeros((classes, classes))
    numpy.add.at(counts, (true, predicted), 1)
    totals = counts.sum(axis=1, keepdims=True)
    shares = numpy.divide(counts, totals, out=numpy.zeros_like(counts), where=totals > 0)

    ax = axes(ax, (max(4.8, 0.6 * classes + 1.2), max(4.0, 0.55 * classes + 1.0)))
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in numpy.ndindex(*counts.shape):
        share = shares[row, column]
        text = f"{share:.2f}" if normalize else f"{counts[row, column]:.0f}"
        # On a dark cell black cannot be read.
        colour = "white" if share > 0.55 else "black" if counts[row, column] else "#BBBBBB"
        ax.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    names = list(map(str, range(classes))) if class_names is None else list(class_names)
    turned = 45 if max(map(len, names)) > 3 else 0
    ax.set_xticks(range(classes), names, rotation=turned, ha="right" if turned else "center")
    ax.set_yticks(range(classes), names)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    ax.figure.colorbar(image, ax=ax, label="share of the true class", shrink=0.8)
    return ax
