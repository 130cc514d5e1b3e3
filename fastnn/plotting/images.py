"""A grid of pictures with what they are and what the network took them for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy
from numpy.typing import ArrayLike

from fastnn.plotting.canvas import COLOURS, axes, class_numbers
from fastnn.plotting.mosaic import columns_for, tile

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_images(
    images: ArrayLike,
    y_true: ArrayLike | None = None,
    y_pred: ArrayLike | None = None,
    *,
    columns: int | None = None,
    class_names: Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw grey pictures in a grid, each with its label above it.

    With both labels, a wrong prediction is written in another colour as ``true → predicted ✗``.

    Parameters
    ----------
    images : array-like, shape (samples, height, width)
    y_true, y_pred : array-like, optional
        Class numbers (samples,) or rows of probabilities (samples, classes).
    columns : int, optional
        Pictures side by side.
    class_names : sequence of str, optional
        Written instead of the class numbers.
    ax : matplotlib Axes, optional

    Raises
    ------
    ValueError
        When shapes do not fit or numbers are not finite.

    Examples
    --------
    >>> plot_images([[1.0, 2.0]])
    Traceback (most recent call last):
    ...
    ValueError: images must have shape (samples, height, width) with at least one sample, but its shape is (1, 2)
    """
    array = numpy.asarray(images)
    if array.ndim != 3 or array.size == 0:
        raise ValueError(
            f"images must have shape (samples, height, width) with at least one sample, but its shape is {array.shape}"
        )
    array = array.astype(float)
    if not numpy.isfinite(array).all():
        raise ValueError("images must hold finite numbers, but has NaN or infinity")
    labels = {name: class_numbers(y, name) for name, y in (("y_true", y_true), ("y_pred", y_pred)) if y is not None}
    for name, values in labels.items():
        if len(values) != len(array):
            raise ValueError(f"{name} must have a label for each of {len(array)} images, but has {len(values)}")
        if class_names is not None and values.max() >= len(class_names):
            raise ValueError(f"class_names must name class {values.max()} of {name}, but has {len(class_names)} names")

    count, height, width = array.shape
    columns = columns_for(count, columns)
    room = max(2, height // 3) if labels else 1
    canvas, corners = tile(array, columns, gap=max(1, width // 8), gap_above=room)
    ax = axes(ax, (1.1 * columns + 0.4, 1.1 * -(-count // columns) * (height + room) / width + 0.4))
    ax.imshow(canvas, cmap="gray_r", vmin=array.min(), vmax=max(array.max(), array.min() + 1e-12))
    ax.set_axis_off()

    def spelled(number: int) -> str:
        return str(number) if class_names is None else class_names[number]

    for index, (top, left) in enumerate(corners if labels else ()):
        words = [spelled(int(values[index])) for values in labels.values()]
        wrong = len(words) == 2 and words[0] != words[1]
        text = f"{words[0]} → {words[1]} ✗" if wrong else words[0]
        colour = COLOURS[1] if wrong else "black"
        ax.text(left + width / 2, top - 1, text, ha="center", va="bottom", fontsize=9, color=colour)
    return ax
