"""The picture of a model: its layers as boxes with what flows between them, or its units with their connections."""

from typing import TYPE_CHECKING

from fastnn.models.functional import Model
from fastnn.models.sequential import Sequential
from fastnn.notebook.chain import Layers
from fastnn.plotting.boxes import END_HEIGHT, HEIGHT, ROW, WIDTH, draw_box, draw_end, values_text
from fastnn.plotting.canvas import axes
from fastnn.plotting.graph import draw_graph
from fastnn.plotting.model import built, built_graph, count_text
from fastnn.plotting.units import draw_units

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_network(
    model: Sequential | Model | Layers, *, style: str = "boxes", max_units: int = 12, ax: "Axes | None" = None
) -> "Axes":
    """Draw the layers of a model, or of a network of the notebook's layers.

    Parameters
    ----------
    model : Sequential, Model, or list of layers
        A model that is built (a `Model` in boxes alone), or a list of `FCLayer` and the notebook's other layers, or a
        `fastnn.Network`.
    style : {"boxes", "units"}, default "boxes"
        Boxes: each layer from top to bottom, with its kind and name, its activation and number of parameters, and the
        shape of its outputs beside the arrow behind it. Units: those of each layer with weights as circles from left
        to right, and connections coloured by the sign of their weights, wider and darker the larger the weight is
        beside the others of its layer.
    max_units : int, default 12
        Units of a layer that the style "units" draws at most; an ellipsis stands for the rest.
    ax : matplotlib Axes, optional

    Raises
    ------
    TypeError
        When it is neither, or a layer of the network is the user's own.
    ValueError
        For an unknown style, less than two units, or units of a model that has no weights.
    RuntimeError
        When the model is not built.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from fastnn.layers import Dense, Input
    >>> model = Sequential([Input((784,)), Dense(20, "relu"), Dense(10, "softmax")])
    >>> plot_network(model, ax=Figure().subplots()).get_title()
    'sequential: 15,910 parameters'
    >>> plot_network(Sequential([Dense(20)]))
    Traceback (most recent call last):
    ...
    RuntimeError: the model is not built: call model.build(input_shape) with the shape of one sample, or fit it, first
    """
    if style not in ("boxes", "units"):
        raise ValueError(f"style must be 'boxes' or 'units', but it is {style!r}")
    if isinstance(model, Model):
        if style != "boxes":
            raise ValueError("units are drawn of chains of layers alone: a graph has style='boxes'")
        ax = draw_graph(built_graph(model), ax)
    else:
        model = built(model)
        ax = _draw_boxes(model, ax) if style == "boxes" else draw_units(model, max_units, ax)
    ax.set_axis_off()
    ax.set_title(f"{model.name}: {count_text(model.layers)}", parse_math=False)
    return ax


def _draw_boxes(model: Sequential, ax: "Axes | None") -> "Axes":
    rows = len(model.layers)
    # One unit of y is a row: the input's place is 0, the layers' are -1, -2, ..., and the output's follows them.
    scale = 1.0
    if ax is not None:
        room = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
        # Boxes are one and a half times as high as their words need.
        scale = min(1.0, 1.5 * room.height / (ROW * (rows + 1.4)), room.width / WIDTH)
    ax = axes(ax, (WIDTH + 0.4, ROW * (rows + 1.4) + 0.4))

    draw_end(ax, "input", (0.5, 0), scale)
    draw_end(ax, "output", (0.5, -rows - 1), scale)
    shapes = [model.input_shape, *(layer.output_shape for layer in model.layers)]
    for row, shape in enumerate(shapes):
        start = -row - (HEIGHT / 2 if row else END_HEIGHT / 2)
        stop = -row - 1 + (HEIGHT / 2 if row < rows else END_HEIGHT / 2)
        arrow = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 12 * scale}
        ax.annotate("", (0.5, stop), (0.5, start), arrowprops=arrow)
        ax.text(0.53, (start + stop) / 2, values_text(shape), va="center", fontsize=9 * scale)
    for row, layer in enumerate(model.layers, start=1):
        draw_box(ax, layer, (0.5, -row), scale)
    ax.set_xlim(0, 1)
    ax.set_ylim(-rows - 1.35, 0.35)
    return ax
