"""A model's units as circles, layer by layer from left to right, with connections coloured by their weights."""

import math
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from fastnn.checking.scalars import whole_number
from fastnn.layers.activation import Activation
from fastnn.models.sequential import Sequential
from fastnn.plotting.canvas import COLOURS, axes
from fastnn.plotting.model import activation_of, counted, layers_with_kernel, shape_text, short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NEGATIVE, POSITIVE = COLOURS[0], COLOURS[1]

# Inches of the part with circles, and from one column of them to the next.
_HEIGHT, _COLUMN = 4.4, 2.3


def draw_units(model: Sequential, max_units: int, ax: "Axes | None") -> "Axes":
    """Draw the units of a built model into ``ax`` or a new figure; see `plot_network`."""
    limit = whole_number(max_units, "max_units", at_least=2)
    layers = layers_with_kernel(model)
    for layer in layers:
        if layer.input_shape is not None and len(layer.input_shape) > 1:
            raise ValueError(
                f"{layer.name} works along the last axis of samples of shape {layer.input_shape}: such layers are "
                "drawn as boxes, style='boxes'"
            )
    kernels = [layer.arrays["kernel"] for layer in layers]
    sizes = [kernels[0].shape[0], *(kernel.shape[1] for kernel in kernels)]
    columns = [_places(size, limit) for size in sizes]
    slots = max(min(size, limit + 1) for size in sizes)
    captions = _captions(model)

    new = ax is None
    ax = axes(ax, (_COLUMN * len(columns), _HEIGHT + 1.6))

    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    height = _HEIGHT if new else ax.get_window_extent().height / ax.figure.dpi
    diameter = min(24.0, 0.62 * 72 * height / slots)
    for column, kernel in enumerate(kernels):
        (from_units, from_heights), (to_units, to_heights) = columns[column : column + 2]
        weights = kernel[numpy.ix_(from_units, to_units)].astype(float)
        ends = numpy.empty((*weights.shape, 2, 2))
        ends[..., 0, 0], ends[..., 1, 0] = column, column + 1
        ends[..., 0, 1], ends[..., 1, 1] = from_heights[:, None], to_heights[None, :]
        # The largest weights lie on top.
        order = numpy.argsort(numpy.abs(weights), axis=None)
        values = weights.ravel()[order]
        magnitudes = numpy.abs(values) / (numpy.abs(values).max() or 1.0)
        lines = LineCollection(
            list(ends.reshape(-1, 2, 2)[order]),
            colors=numpy.where(values > 0, POSITIVE, NEGATIVE).tolist(),
            linewidths=0.3 + 2.2 * magnitudes,
            alpha=0.08 + 0.82 * magnitudes,
            zorder=1,
        )
        ax.add_collection(lines)
    for column, ((units, heights), size, caption) in enumerate(zip(columns, sizes, captions, strict=True)):
        at = numpy.full(len(heights), column)
        ax.scatter(at, heights, s=diameter**2, color="white", edgecolor="black", linewidth=1.2, zorder=2)
        if len(units) < size:
            ax.text(column, limit / 2 - (limit + 1) // 2, "⋮", ha="center", va="center", fontsize=16, zorder=3)
        place: dict[str, Any] = {"xytext": (0, -6), "textcoords": "offset points", "ha": "center", "va": "top"}
        ax.annotate(caption, (column, -slots / 2), fontsize=10, parse_math=False, **place)
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.set_ylim(-slots / 2, slots / 2)
    ax.legend(
        handles=[
            Line2D([], [], color=POSITIVE, linewidth=2.5, label="positive weight"),
            Line2D([], [], color=NEGATIVE, linewidth=2.5, label="negative weight"),
        ],
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        # In sizes of its letters: below the captions.
        borderaxespad=1.3 * max(caption.count("\n") + 1 for caption in captions) + 1.0,
        ncols=2,
        frameon=False,
    )
    return ax


def _places(size: int, limit: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Which units of a layer are drawn, and their heights, one apart about 0; an ellipsis takes the place of one.

    >>> _places(5, 2)
    (array([0, 4]), array([ 1., -1.]))
    """
    if size <= limit:
        units = numpy.arange(size)
        return units, (size - 1) / 2 - units
    above = (limit + 1) // 2
    units = numpy.r_[:above, size - limit + above : size]
    places = numpy.r_[:above, above + 1 : limit + 1]
    return units, limit / 2 - places


def _captions(model: Sequential) -> list[str]:
    """What is written below each column: the input and the layers with weights, with the other layers behind them."""
    shape = model.input_shape or ()
    product = f"{shape_text(shape)} = " if len(shape) > 1 else ""
    captions = [f"input\n{product}{counted(math.prod(shape), 'value')}"]
    followers = [*model.layers[1:], None]
    for layer, follower in zip(model.layers, followers, strict=True):
        if "kernel" in layer.arrays:
            units = counted(layer.arrays["kernel"].shape[1], "unit")
            captions.append(f"{short_name(layer, 20)}\n{units}")
            # A layer of its own may apply the activation.
            if not (isinstance(follower, Activation) and activation_of(layer) == "linear"):
                captions[-1] += f"\n{activation_of(layer)}"
        else:
            captions[-1] += f"\n{activation_of(layer) or type(layer).__name__}"
    return captions
