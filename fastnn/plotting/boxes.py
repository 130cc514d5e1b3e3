"""The parts of pictures of models: a box for a layer, a pill for an input or output, and what flows between them."""

from typing import TYPE_CHECKING, Any

from fastnn.checking.shapes import Shape
from fastnn.layers.activation import Activation
from fastnn.layers.base import Layer
from fastnn.layers.batch_normalization import BatchNormalization
from fastnn.layers.drawing import DrawingLayer, RateLayer
from fastnn.layers.gaussian_noise import GaussianNoise
from fastnn.layers.layer_normalization import LayerNormalization
from fastnn.layers.normalization import Normalization
from fastnn.layers.prelu import PReLU
from fastnn.layers.rescaling import Rescaling
from fastnn.layers.rms_normalization import RMSNormalization
from fastnn.layers.unit_normalization import UnitNormalization
from fastnn.plotting.canvas import COLOURS
from fastnn.plotting.model import TIMES, activation_of, count_text, shape_text, short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["END_HEIGHT", "HEIGHT", "ROW", "WIDTH", "draw_box", "draw_end", "values_text"]

# Inches that a layer's box and the arrow behind it take, and the width of a box.
ROW, WIDTH = 0.95, 4.6
# Of a row and its arrow, what a box and a pill are high.
HEIGHT, END_HEIGHT = 0.62, 0.34


def draw_box(ax: "Axes", layer: Layer, place: tuple[float, float], scale: float, note: str = "") -> None:
    """Draw a layer around a place, 0.96 wide and `HEIGHT` high; the note follows its name."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import FancyBboxPatch

    x, y = place
    large, small = 11 * scale, 9 * scale
    colour = _colour(layer)
    style: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=0.03", "mutation_aspect": 4.0}
    corner = (x - 0.48, y - HEIGHT / 2)
    # Light, but nothing behind it shows.
    light = [1 - 0.18 * (1 - part) for part in to_rgb(colour)]
    ax.add_patch(FancyBboxPatch(corner, 0.96, HEIGHT, facecolor=light, edgecolor=colour, **style))
    words: dict[str, Any] = {"parse_math": False, "clip_on": False, "va": "center"}
    kind = type(layer if layer.inner_model is None else layer.inner_model).__name__
    ax.text(x - 0.44, y + 0.13, kind, fontsize=large, fontweight="bold", **words)
    ax.text(x - 0.44, y - 0.16, short_name(layer, 28) + note, fontsize=small, color="#444444", **words)
    if does := _does(layer):
        ax.text(x + 0.44, y + 0.13, does, ha="right", fontsize=large, **words)
    ax.text(x + 0.44, y - 0.16, count_text([layer]), ha="right", fontsize=small, color="#444444", **words)


def draw_end(ax: "Axes", name: str, place: tuple[float, float], scale: float) -> None:
    """Draw an input or output around a place."""
    pill = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": "grey"}
    ax.text(*place, name, bbox=pill, ha="center", va="center", fontsize=11 * scale, color="black", parse_math=False)


def values_text(shape: Shape | None) -> str:
    """What an arrow carries of a sample.

    >>> values_text((1,)), values_text((10,))
    ('1 value', '10 values')
    """
    return "1 value" if shape == (1,) else f"{shape_text(shape)} values"


def _does(layer: Layer) -> str:
    """What a layer does to numbers, in a word."""
    match layer:
        case RateLayer():
            return f"rate {layer.rate:g}"
        case GaussianNoise():
            return f"stddev {layer.stddev:g}"
        case Rescaling():
            return f"{TIMES} {layer.scale:.3g}" + (f" {layer.offset:+.3g}" if layer.offset else "")
    return activation_of(layer)


def _colour(layer: Layer) -> str:
    """Of the layer's family: weights, activations, normalisations, training alone, and the rest."""
    if layer.inner_model is not None or "kernel" in layer.arrays or "embeddings" in layer.arrays:
        return COLOURS[0]
    match layer:
        case Activation() | PReLU():
            return COLOURS[1]
        case BatchNormalization() | LayerNormalization() | RMSNormalization() | UnitNormalization() | Normalization():
            return COLOURS[2]
        case DrawingLayer():
            return COLOURS[3]
    return "#777777"
