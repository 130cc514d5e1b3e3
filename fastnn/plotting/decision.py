"""Decision regions: which class a network with two inputs gives to each place of the plane."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import ArrayLike

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
    ax: "Axes | None" = None,
) -> "Axes":
    """Colour the plane by predicted class, with the samples over it.

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
    ax : matplotlib Axes, optional

    Raises
    ------
    ValueError
        When shapes do not fit or numbers are not finite.
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
    threshold = 0.5
    if isinstance(predict, Sequential):
        loss = built(predict).loss
        if isinstance(loss, Hinge) or getattr(loss, "from_logits", False):
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
    ax = axes(ax)

    from matplotlib.colors import ListedColormap

    extent = (sides[0][0], sides[0][-1], sides[1][0], sides[1][-1])
    ax.imshow(
        regions.reshape(resolution, resolution),
        origin="lower",
        extent=extent,
        aspect="auto",
        cmap=ListedColormap(colours),
        vmin=-0.5,
        vmax=classes - 0.5,
        alpha=0.35,
        interpolation="nearest",
    )
    for index in numpy.unique(labels):
        chosen = samples[labels == index]
        style = {"color": colours[index], "marker": _MARKERS[index % len(_MARKERS)], "edgecolor": "black", "s": 30}
        ax.scatter(chosen[:, 0], chosen[:, 1], label=f"class {index}", **style)
    ax.set_xlabel("x[:, 0]")
    ax.set_ylabel("x[:, 1]")
    ax.legend()
    return ax
