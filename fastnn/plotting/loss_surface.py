"""The loss surface: the loss of data around a model's present weights, along two random directions."""

import copy
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from fastnn.checking.scalars import whole_number
from fastnn.layers.once import variables_once
from fastnn.models.evaluation import Evaluation
from fastnn.models.inputs import read_samples
from fastnn.models.sequential import Sequential
from fastnn.plotting.canvas import COLOURS, axes
from fastnn.plotting.model import built

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# From this ratio of the largest to the smallest loss on, levels grow by a factor, so that the valley has some, too.
_RATIO_FOR_LOGARITHM = 10.0
_LEVELS = 24


def plot_loss_surface(
    model: Sequential,
    x: Any,
    y: Any,
    *,
    span: float = 1.0,
    resolution: int = 41,
    rng: numpy.random.Generator | int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the loss of data at weights around the present ones, as filled contours over two random directions.

    Each direction is normal numbers; those of each unit, a column of a kernel, are scaled to the norm of that unit's
    weights, and those of any other array, such as a bias, to the norm of that array. So a step of 1 changes each unit
    by as much as it is, and pictures of different models can be compared (H. Li, Z. Xu, G. Taylor, C. Studer and T.
    Goldstein, "Visualizing the loss landscape of neural nets", 2018, section 4). The model itself is never changed: a
    copy of it is.

    Parameters
    ----------
    model : Sequential
        Built and compiled.
    x, y : array-like
        As in `Sequential.evaluate`.
    span : float, default 1
        How far to go in each direction, both ways.
    resolution : int, default 41
        Places along each side; an odd number has the present weights among them. The data are evaluated that number
        squared times.
    rng : numpy.random.Generator or int, optional
        Source of the directions, or its seed; by default unpredictable.
    ax : matplotlib Axes, optional

    Raises
    ------
    TypeError, ValueError
        When it is no model, data do not fit it, or no loss is finite.
    RuntimeError
        When the model is not built or not compiled.

    Examples
    --------
    >>> plot_loss_surface(Sequential(), [[1.0]], [[1.0]], span=-1)
    Traceback (most recent call last):
    ...
    ValueError: span must be a finite number above 0, but it is -1
    """
    if not (numpy.isfinite(span) and span > 0):
        raise ValueError(f"span must be a finite number above 0, but it is {span}")
    resolution = whole_number(resolution, "resolution", at_least=2)
    built(model).needs_compile()
    offsets = numpy.linspace(-span, span, resolution)
    generator = numpy.random.default_rng(rng)
    first, second = random_direction(model, generator), random_direction(model, generator)
    losses = losses_around(model, x, y, first, second, offsets)
    finite = losses[numpy.isfinite(losses)]
    if not finite.size:
        raise ValueError("no loss around the present weights is finite: scale the data, or take a smaller span")

    present = losses_around(model, x, y, first, second, numpy.zeros(1))[0, 0]
    ax = axes(ax)

    from matplotlib.colors import LogNorm, Normalize

    low, high = float(finite.min()), float(finite.max())
    norm: Normalize
    if low > 0 and high / low > _RATIO_FOR_LOGARITHM:
        levels, norm = numpy.geomspace(low, high, _LEVELS), LogNorm(low, high)
    else:
        # A flat surface has a level above it, too.
        high = max(high, low + 1e-6 * max(abs(low), 1.0))
        levels, norm = numpy.linspace(low, high, _LEVELS), Normalize(low, high)
    surface = ax.contourf(offsets, offsets, numpy.ma.masked_invalid(losses), levels, norm=norm, cmap="viridis")
    ax.contour(surface, colors="white", linewidths=0.4, alpha=0.5)
    label = f"present weights: loss {present:.3g}"
    ax.plot(0, 0, "*", color=COLOURS[1], markeredgecolor="white", markersize=18, label=label)
    ax.set_aspect("equal")
    ax.set_xlabel("random direction 1, in norms of each unit's weights")
    ax.set_ylabel("random direction 2, in norms of each unit's weights")
    ax.legend(loc="upper right", fontsize="small")
    ax.figure.colorbar(surface, ax=ax, label="loss", ticks=levels[:: _LEVELS // 6], format="%.2g")
    return ax


def random_direction(model: Sequential, rng: numpy.random.Generator) -> list[NDArray[numpy.float64]]:
    """A random direction for each trained array of a built model; each unit's part has the norm of its weights.

    >>> from fastnn.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(1, use_bias=False)])
    >>> (direction,) = random_direction(model, numpy.random.default_rng(0))
    >>> bool(numpy.isclose(numpy.linalg.norm(direction), numpy.linalg.norm(model.parameters)))
    True
    """
    directions = []
    for array in _trained(model):
        direction = rng.normal(size=array.shape)
        axis = 0 if array.ndim == 2 else None
        direction *= numpy.linalg.norm(array.astype(float), axis=axis) / numpy.linalg.norm(direction, axis=axis)
        directions.append(direction)
    return directions


def losses_around(
    model: Sequential,
    x: Any,
    y: Any,
    first: list[NDArray[numpy.float64]],
    second: list[NDArray[numpy.float64]],
    offsets: NDArray[numpy.float64],
) -> NDArray[numpy.float64]:
    """The loss with ``offsets`` of the first direction (columns) and of the second (rows) added to the trained arrays.

    Where a loss is not finite it is NaN.
    """
    model = copy.deepcopy(model)
    # The loss alone is wanted.
    model._keep(metrics=[])
    evaluation = Evaluation(model, read_samples(model, x, y, None))
    arrays = _trained(model)
    centres = [array.copy() for array in arrays]
    losses = numpy.empty((len(offsets), len(offsets)))
    for row, column in numpy.ndindex(*losses.shape):
        for array, centre, along, across in zip(arrays, centres, first, second, strict=True):
            array[...] = centre + offsets[column] * along + offsets[row] * across
        losses[row, column] = evaluation.run()["loss"]
    return losses


def _trained(model: Sequential) -> list[NDArray[Any]]:
    return [layer.arrays[variable.name] for layer, variable in variables_once(model.layers) if variable.trainable]
