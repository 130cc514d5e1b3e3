"""First-layer weights as pictures: what each unit looks for in the image."""

from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import ArrayLike

from fastnn.models.sequential import Sequential
from fastnn.notebook.chain import Layers
from fastnn.plotting.canvas import axes
from fastnn.plotting.model import built, is_network, layers_with_kernel
from fastnn.plotting.mosaic import columns_for, tile

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_weights(
    weights: Sequential | Layers | ArrayLike,
    image_shape: tuple[int, int] | None = None,
    *,
    columns: int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw each unit's weights as an image, all on one colour scale with white at zero.

    Parameters
    ----------
    weights : Sequential, list of layers, or array-like, shape (height * width, units)
        A built model or a network of the notebook's layers, of which the first layer with weights is drawn, or an array
        as in ``FCLayer.weights``.
    image_shape : (height, width), optional
        By default the shape of the model's samples where it has two sizes, else (28, 28).
    columns : int, optional
        Units side by side.
    ax : matplotlib Axes, optional

    Raises
    ------
    ValueError
        When the shapes do not fit or weights are not finite.
    RuntimeError
        When a model is not built.

    Examples
    --------
    >>> plot_weights([[1.0]], (2, 2))
    Traceback (most recent call last):
    ...
    ValueError: weights must have shape (4, units) to fit images of (2, 2), but its shape is (1, 1)
    """
    default = (28, 28)
    numbers: Any = weights
    if isinstance(weights, Sequential) or is_network(weights):
        model = built(weights)
        if (shape := model.input_shape) and len(shape) == 2:
            default = shape
        numbers = layers_with_kernel(model)[0].arrays["kernel"]
    array = numpy.asarray(numbers, dtype=float)
    height, width = image_shape = image_shape or default
    if array.ndim != 2 or array.shape[0] != height * width or array.shape[1] == 0:
        raise ValueError(
            f"weights must have shape ({height * width}, units) to fit images of {tuple(image_shape)}, "
            f"but its shape is {array.shape}"
        )
    if not numpy.isfinite(array).all():
        raise ValueError("weights must hold finite numbers, but has NaN or infinity")
    units = array.shape[1]
    columns = columns_for(units, columns)
    pictures = array.T.reshape(units, height, width)
    canvas, _ = tile(pictures, columns, gap=max(1, width // 14), gap_above=max(1, height // 14))
    ax = axes(ax, (1.1 * columns + 1.2, 1.1 * -(-units // columns) * height / width + 0.4))
    # The largest 1 % would wash out the rest.
    limit = float(numpy.quantile(numpy.abs(array), 0.99)) or 1.0
    image = ax.imshow(canvas, cmap="RdBu_r", vmin=-limit, vmax=limit)
    ax.set_axis_off()
    ax.figure.colorbar(image, ax=ax, label="weight", extend="both", shrink=0.8)
    return ax
