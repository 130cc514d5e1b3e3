"""The picture of a model: its layers as boxes with what flows between them, or its units with their connections."""

from typing import TYPE_CHECKING, Any

from fastnn.layers.activation import Activation
from fastnn.layers.alpha_dropout import AlphaDropout
from fastnn.layers.base import Layer
from fastnn.layers.batch_normalization import BatchNormalization
from fastnn.layers.dropout import Dropout
from fastnn.layers.gaussian_dropout import GaussianDropout
from fastnn.layers.gaussian_noise import GaussianNoise
from fastnn.layers.layer_normalization import LayerNormalization
from fastnn.layers.normalization import Normalization
from fastnn.layers.prelu import PReLU
from fastnn.layers.rescaling import Rescaling
from fastnn.layers.rms_normalization import RMSNormalization
from fastnn.layers.unit_normalization import UnitNormalization
from fastnn.models.sequential import Sequential
from fastnn.notebook.chain import Layers
from fastnn.plotting.canvas import COLOURS, axes
from fastnn.plotting.model import TIMES, activation_of, built, count_text, shape_text, short_name
from fastnn.plotting.units import draw_units

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches that a layer's box and the arrow behind it take, and the width of a box.
_ROW, _WIDTH = 0.95, 4.6


def plot_network(
    model: Sequential | Layers, *, style: str = "boxes", max_units: int = 12, ax: "Axes | None" = None
) -> "Axes":
    """Draw the layers of a model, or of a network of the notebook's layers.

    Parameters
    ----------
    model : Sequential, or list of layers
        A model that is built, or a list of `FCLayer` and the notebook's other layers, or a `fastnn.Network`.
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
    model = built(model)
    if style not in ("boxes", "units"):
        raise ValueError(f"style must be 'boxes' or 'units', but it is {style!r}")
    ax = _draw_boxes(model, ax) if style == "boxes" else draw_units(model, max_units, ax)
    ax.set_axis_off()
    ax.set_title(f"{model.name}: {count_text(model.layers)}", parse_math=False)
    return ax


def _draw_boxes(model: Sequential, ax: "Axes | None") -> "Axes":
    rows = len(model.layers)
    # One unit of y is a row: the input's place is 0, the layers' are -1, -2, ..., and the output's follows them.
    height = 0.62
    scale = 1.0
    if ax is not None:
        room = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
        # Boxes are one and a half times as high as their words need.
        scale = min(1.0, 1.5 * room.height / (_ROW * (rows + 1.4)), room.width / _WIDTH)
    ax = axes(ax, (_WIDTH + 0.4, _ROW * (rows + 1.4) + 0.4))

    from matplotlib.patches import FancyBboxPatch

    large, small = 11 * scale, 9 * scale
    end: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": large, "color": "black"}
    pill = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": "grey"}
    ax.text(0.5, 0, "input", bbox=pill, **end)
    ax.text(0.5, -rows - 1, "output", bbox=pill, **end)
    shapes = [model.input_shape, *(layer.output_shape for layer in model.layers)]
    for row, shape in enumerate(shapes):
        start = -row - (height / 2 if row else 0.17)
        stop = -row - 1 + (height / 2 if row < rows else 0.17)
        arrow = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 12 * scale}
        ax.annotate("", (0.5, stop), (0.5, start), arrowprops=arrow)
        values = "1 value" if shape == (1,) else f"{shape_text(shape)} values"
        ax.text(0.53, (start + stop) / 2, values, va="center", fontsize=small)
    for row, layer in enumerate(model.layers, start=1):
        colour = _colour(layer)
        style: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=0.03", "mutation_aspect": 4.0}
        corner = (0.02, -row - height / 2)
        ax.add_patch(FancyBboxPatch(corner, 0.96, height, facecolor=(colour, 0.18), edgecolor=colour, **style))
        words: dict[str, Any] = {"parse_math": False, "clip_on": False}
        ax.text(0.06, -row + 0.13, type(layer).__name__, va="center", fontsize=large, fontweight="bold", **words)
        ax.text(0.06, -row - 0.16, short_name(layer, 28), va="center", fontsize=small, color="#444444", **words)
        if does := _does(layer):
            ax.text(0.94, -row + 0.13, does, ha="right", va="center", fontsize=large, **words)
        ax.text(0.94, -row - 0.16, count_text([layer]), ha="right", va="center", fontsize=small, color="#444444")
    ax.set_xlim(0, 1)
    ax.set_ylim(-rows - 1.35, 0.35)
    return ax


def _does(layer: Layer) -> str:
    """What a layer does to numbers, in a word."""
    match layer:
        case Dropout() | AlphaDropout() | GaussianDropout():
            return f"rate {layer.rate:g}"
        case GaussianNoise():
            return f"stddev {layer.stddev:g}"
        case Rescaling():
            return f"{TIMES} {layer.scale:.3g}" + (f" {layer.offset:+.3g}" if layer.offset else "")
    return activation_of(layer)


def _colour(layer: Layer) -> str:
    """Of the layer's family: weights, activations, normalisations, training alone, and the rest."""
    if "kernel" in layer.arrays or "embeddings" in layer.arrays:
        return COLOURS[0]
    match layer:
        case Activation() | PReLU():
            return COLOURS[1]
        case BatchNormalization() | LayerNormalization() | RMSNormalization() | UnitNormalization() | Normalization():
            return COLOURS[2]
        case Dropout() | AlphaDropout() | GaussianDropout() | GaussianNoise():
            return COLOURS[3]
    return "#777777"
