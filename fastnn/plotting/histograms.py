"""Histograms of a model's numbers: the weights of its layers, and what they make of samples."""

import math
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from fastnn.checking.arrays import check_finite
from fastnn.layers.base import Layer
from fastnn.models.sequential import Sequential
from fastnn.plotting.canvas import COLOURS, panels
from fastnn.plotting.layer_outputs import layer_outputs
from fastnn.plotting.model import activation_of, built, counted, layers_with_kernel, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_BINS = 40


def plot_weight_histograms(model: Sequential, *, figure: "Figure | None" = None) -> "Figure":
    """Draw how the weights of each layer that has a kernel are distributed, and its biases.

    Parameters
    ----------
    model : Sequential
        Built.
    figure : matplotlib Figure, optional
        An empty one to draw into.

    Returns
    -------
    matplotlib Figure
        With Axes for each such layer: bars for the weights, as shares of their number, and a tick for each bias.

    Raises
    ------
    TypeError
        When it is no model.
    ValueError
        When it has no layer with a kernel, or a weight is not finite.
    RuntimeError
        When the model is not built.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from fastnn.layers import Dense, Input
    >>> model = Sequential([Input((784,)), Dense(20, "relu"), Dense(10, "softmax")])
    >>> [ax.get_title() for ax in plot_weight_histograms(model, figure=Figure()).axes]
    ['dense (Dense, relu)', 'dense_1 (Dense, softmax)']
    """
    layers = layers_with_kernel(built(model))
    for layer in layers:
        for name, array in layer.arrays.items():
            check_finite(array, f"the {name} of {layer.name}")
    figure, places = panels(figure, len(layers))
    for layer, ax in zip(layers, places, strict=True):
        kernel, bias = layer.arrays["kernel"].ravel(), layer.arrays.get("bias")
        _draw_shares(ax, kernel, kernel.size, label=counted(kernel.size, "weight"))
        if bias is not None:
            # Few numbers, often close together, beside which bars of the same scale would be low.
            style: dict[str, Any] = {"color": COLOURS[1], "markersize": 14, "markeredgewidth": 1.5}
            label = counted(bias.size, "bias", "biases")
            ax.plot(bias, numpy.full(bias.size, 0.03), "|", label=label, transform=ax.get_xaxis_transform(), **style)
        ax.axvline(0, color="grey", linewidth=0.8)
        ax.set_title(title_of(layer), fontsize="medium", parse_math=False)
        ax.set_xlabel(f"value (weights' standard deviation: {kernel.std():.2g})")
        ax.set_ylabel("share of weights")
        # Above the highest bar.
        ax.margins(y=0.3)
        ax.legend(fontsize="small", ncols=2, loc="upper center")
    return figure


def plot_activation_histograms(model: Sequential, x: Any, *, figure: "Figure | None" = None) -> "Figure":
    """Draw how the outputs of each layer are distributed over samples, as in prediction: without dropout and noise.

    Exact zeros, of which there are many behind a ReLU, are left out of the bars and told in words. A unit of a ReLU
    layer is dead when it gives 0 for every sample: no gradient passes it, so that it cannot
    learn from them.

    Parameters
    ----------
    model : Sequential
        Built.
    x : array-like, shape (samples, ...)
        As in `Sequential.predict`.
    figure : matplotlib Figure, optional
        An empty one to draw into.

    Returns
    -------
    matplotlib Figure
        With Axes for each layer; bars are shares of all of the layer's outputs.

    Raises
    ------
    TypeError, ValueError
        When it is no model, or x does not fit it, or an output is not finite.
    RuntimeError
        When the model is not built.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from fastnn.layers import Dense, Input
    >>> model = Sequential([Input((1,)), Dense(2, "relu", kernel_initializer="ones")])
    >>> figure = plot_activation_histograms(model, [[-3.0], [-2.0]], figure=Figure())
    >>> print(figure.axes[0].get_xlabel())
    output
    exactly 0: 100 %, dead: 2 of 2 units (100 %)
    """
    outputs = layer_outputs(built(model), x)
    for name, values in outputs.items():
        check_finite(values, f"the outputs of {name}")
    figure, places = panels(figure, len(outputs))
    for layer, values, ax in zip(model.layers, outputs.values(), places, strict=True):
        _draw_shares(ax, values[values != 0], values.size)
        ax.set_title(title_of(layer), fontsize="medium", parse_math=False)
        ax.set_xlabel("\n".join(["output", *_told(layer, values)]))
        ax.set_ylabel("share of outputs")
    return figure


def _draw_shares(ax: "Axes", values: NDArray[Any], total: int, label: str | None = None) -> None:
    """Bars of values, as shares of a total number of them."""
    shares = numpy.full(values.size, 1 / total)
    # The square root: of few numbers, more bins would show chance alone.
    bins = max(1, min(_MOST_BINS, math.isqrt(values.size)))
    ax.hist(values.astype(float), bins, weights=shares, color=COLOURS[0], alpha=0.6, label=label)


def _told(layer: Layer, values: NDArray[Any]) -> list[str]:
    """What the bars do not show: exact zeros, and dead units of a ReLU."""
    parts = []
    if not values.all():
        parts.append(f"exactly 0: {_percent(float((values == 0).mean()))}")
    if activation_of(layer) == "relu":
        dead = int((values == 0).all(axis=0).sum())
        parts.append(f"dead: {dead} of {values.shape[1]} units ({_percent(dead / values.shape[1])})")
    return [", ".join(parts)] if parts else []


def _percent(share: float) -> str:
    """A share that is all or nothing only where it is so exactly.

    >>> _percent(0.25), _percent(0.001), _percent(0.999), _percent(1.0)
    ('25 %', 'below 1 %', 'above 99 %', '100 %')
    """
    if 0 < share < 0.01:
        return "below 1 %"
    return "above 99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"
