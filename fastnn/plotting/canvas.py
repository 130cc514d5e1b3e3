"""What all plots share: the Axes to draw into, and colours that colour-blind readers can tell apart."""

from typing import TYPE_CHECKING

import numpy
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# M. Okabe and K. Ito, "Color Universal Design", 2008.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")


def axes(ax: "Axes | None", size: tuple[float, float] = (6.4, 4.8)) -> "Axes":
    """``ax``, or the Axes of a new figure of ``size`` inches.

    Raises ImportError, with the command that helps, where matplotlib is missing.
    """
    return new_figure(size).subplots() if ax is None else ax


def panels(figure: "Figure | None", count: int, size: tuple[float, float] = (4.4, 3.4)) -> "tuple[Figure, list[Axes]]":
    """``count`` Axes, at most three side by side, in ``figure`` or a new one with ``size`` inches for each."""
    columns = 2 if count == 4 else min(count, 3)
    rows = -(-count // columns)
    if figure is None:
        figure = new_figure((size[0] * columns, size[1] * rows))
    return figure, [figure.add_subplot(rows, columns, place + 1) for place in range(count)]


def new_figure(size: tuple[float, float]) -> "Figure":
    """An empty figure of ``size`` inches that Jupyter and ``pyplot.show`` know of; Jupyter shows it once."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("plots need matplotlib: pip install fastnn-ext[plot]") from None
    from fastnn.plotting.shown_once import ShownOnce

    return pyplot.figure(figsize=size, layout="constrained", FigureClass=ShownOnce)


def class_numbers(values: ArrayLike, name: str) -> NDArray[numpy.intp]:
    """Class numbers of labels (samples,) or of one-hot or probability rows (samples, classes).

    >>> class_numbers([[0.1, 0.9], [0.8, 0.2]], "y_pred")
    array([1, 0])
    """
    array = numpy.asarray(values)
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(
            f"{name} must be class numbers (samples,) or rows of probabilities (samples, classes), "
            f"but its dtype is {array.dtype} and its shape {array.shape}"
        )
    if not numpy.isfinite(array).all():
        raise ValueError(f"{name} must hold finite numbers, but has NaN or infinity")
    if array.ndim == 2:
        chosen: NDArray[numpy.intp] = array.argmax(axis=1)
        return chosen
    whole: NDArray[numpy.intp] = array.astype(numpy.intp)
    wrong = (whole != array) | (whole < 0)
    if wrong.any():
        raise ValueError(f"{name} must hold class numbers 0, 1, 2, ..., but has {array[wrong][0]}")
    return whole
