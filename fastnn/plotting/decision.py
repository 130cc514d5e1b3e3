"""Decision regions: which class a network with two inputs gives to each place of the plane."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import ArrayLike, NDArray

from fastnn.data.names import by_name
from fastnn.losses.kinds.hinge import Hinge
from fastnn.models.sequential import Sequential
from fastnn.notebook.chain import Layers
from fastnn.notebook.prediction import predict as predict_network
from fastnn.plotting.canvas import COLOURS, axes, class_numbers
from fastnn.plotting.model import built

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKERS = "osD^vP*X"


def plot_decision_regions(
    predict: Sequential | Layers | Callable[[Any], ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    *,
    resolution: int = 200,
    probabilities: bool = False,
    ax: "Axes | None" = None,
) -> "Axes":
    """Colour the plane by predicted class, or by the classes' probabilities, with the samples over it.

    Parameters
    ----------
    predict : Sequential, list of layers, or callable
        A built model or a network with two inputs, or a function of (samples, 2) that returns (samples, classes), or
        (samples,) or (samples, 1) with the probability of class 1. Of a model that was compiled with a hinge loss or
        one from logits, a single output above 0 means class 1.
    x : array-like, shape (samples, 2)
    y : array-like
        Class numbers (samples,) or one-hot rows (samples, classes).
    resolution : int, default 200
        Places along each side.
    probabilities : bool, default False
        Mix the classes' colours by their probabilities, with a line where another class becomes the likeliest. Of a
        model whose loss is one from logits, they are the sigmoid or softmax of the outputs.
    ax : matplotlib Axes, optional

    Raises
    ------
    ValueError
        When shapes do not fit, numbers are not finite, or outputs are no probabilities where these are asked for.
    RuntimeError
        When a model is not built.

    Examples
    --------
    >>> plot_decision_regions([], [[1.0]], [0])
    Traceback (most recent call last):
    ...
    ValueError: x must hold finite numbers of shape (samples, 2), but its shape is (1, 1)
    """
    if isinstance(predict, Sequential):
        x = by_name(x, predict.feature_names, "x")
    samples = numpy.asarray(x, dtype=float)
    if samples.ndim != 2 or samples.shape[1] != 2 or len(samples) == 0 or not numpy.isfinite(samples).all():
        raise ValueError(f"x must hold finite numbers of shape (samples, 2), but its shape is {samples.shape}")
    labels = class_numbers(y, "y")
    if len(labels) != len(samples):
        raise ValueError(f"y must have a label for each of {len(samples)} samples, but has {len(labels)}")
    if resolution < 2:
        raise ValueError(f"resolution must be at least 2, but it is {resolution}")
    low, high = samples.min(axis=0), samples.max(axis=0)
    margin = 0.1 * numpy.where(high > low, high - low, 1.0)
    sides = [numpy.linspace(a, b, resolution) for a, b in zip(low - margin, high + margin, strict=True)]
    grid = numpy.stack(numpy.meshgrid(*sides), axis=-1).reshape(-1, 2)
    threshold, logits = 0.5, False
    if isinstance(predict, Sequential):
        loss = built(predict).loss
        logits = bool(getattr(loss, "from_logits", False))
        if isinstance(loss, Hinge) or logits:
            threshold = 0.0
        output = predict.predict(grid)
    else:
        output = numpy.asarray(predict(grid) if callable(predict) else predict_network(predict, grid))
    if output.size == len(grid):
        regions = (output.reshape(-1) > threshold).astype(int)
    else:
        regions = class_numbers(output, "what predict returned")
    if len(regions) != len(grid):
        raise ValueError(f"predict must return {len(grid)} rows for as many samples, but returned {len(regions)}")

    classes = int(max(regions.max(), labels.max())) + 1
    colours = [COLOURS[index % len(COLOURS)] for index in range(classes)]
    shares = _probabilities(output, len(grid), logits, classes) if probabilities else None
    ax = axes(ax)

    from matplotlib.colors import ListedColormap

    place: dict[str, Any] = {
        "origin": "lower",
        "extent": (sides[0][0], sides[0][-1], sides[1][0], sides[1][-1]),
        "aspect": "auto",
        "interpolation": "nearest",
    }
    picture = regions.reshape(resolution, resolution)
    if shares is not None:
        ax.imshow(_mixed(shares, colours).reshape(resolution, resolution, 3), **place)
        for index in range(1 if classes == 2 else classes):
            # Above 0 where the class is the likeliest.
            lead = shares[:, index] - numpy.delete(shares, index, axis=1).max(axis=1, initial=0.0)
            if lead.min() < 0 < lead.max():
                ax.contour(*sides, lead.reshape(picture.shape), levels=[0.0], colors="black", linewidths=1.2)
    else:
        colormap = ListedColormap(colours)
        ax.imshow(picture, cmap=colormap, vmin=-0.5, vmax=classes - 0.5, alpha=0.35, **place)
    for index in numpy.unique(labels):
        chosen = samples[labels == index]
        style = {"color": colours[index], "marker": _MARKERS[index % len(_MARKERS)], "edgecolor": "black", "s": 30}
        ax.scatter(chosen[:, 0], chosen[:, 1], label=f"class {index}", **style)
    ax.set_xlabel("x[:, 0]")
    ax.set_ylabel("x[:, 1]")
    ax.legend()
    return ax


def _probabilities(output: NDArray[Any], samples: int, logits: bool, classes: int) -> NDArray[numpy.float64]:
    """The probability of each class, shape (samples, classes)."""
    rows = output.reshape(samples, -1).astype(float)
    if logits:
        rows = numpy.hstack([numpy.zeros_like(rows), rows]) if rows.shape[1] == 1 else rows
        rows = numpy.exp(rows - rows.max(axis=1, keepdims=True))
        rows /= rows.sum(axis=1, keepdims=True)
    elif rows.shape[1] == 1:
        rows = numpy.hstack([1 - rows, rows])
    # float32 sums of a few numbers.
    if rows.min() < 0 or rows.max() > 1 + 1e-4 or numpy.abs(rows.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError(
            "predict must return probabilities to draw them, from 0 to 1 and in rows that sum to 1: give the last "
            "layer a softmax or sigmoid, or leave probabilities out"
        )
    return numpy.hstack([rows, numpy.zeros((samples, max(0, classes - rows.shape[1])))])


def _mixed(shares: NDArray[numpy.float64], colours: list[str]) -> NDArray[numpy.float64]:
    """The classes' colours, made lighter, mixed in these shares: red, green and blue, shape (samples, 3)."""
    from matplotlib.colors import to_rgb

    light = 1 - 0.75 * (1 - numpy.array([to_rgb(colour) for colour in colours]))
    # An even share of two colours would be a third one: white lies between them.
    strength = ((shares.max(axis=1) * len(colours) - 1) / max(1, len(colours) - 1)).clip(0, 1)[:, None]
    mixed: NDArray[numpy.float64] = (shares[:, : len(colours)] @ light) * strength + (1 - strength)
    return mixed.clip(0, 1)
