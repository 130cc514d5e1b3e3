"""The mosaic: many small pictures tiled into one array, so that a single Axes shows them all."""

import math

import numpy
from numpy.typing import NDArray


def columns_for(count: int, columns: int | None) -> int:
    """How many pictures stand side by side: ``columns``, or a grid about one and a half times as wide as high.

    >>> columns_for(24, None)
    6
    """
    if columns is None:
        return max(1, min(count, math.ceil(math.sqrt(1.5 * count))))
    if columns < 1:
        raise ValueError(f"columns must be at least 1, but it is {columns}")
    return min(columns, count)


def tile(
    images: NDArray[numpy.floating], columns: int, gap: int = 1, gap_above: int = 1
) -> tuple[NDArray[numpy.floating], list[tuple[int, int]]]:
    """Images (count, height, width) as one array with NaN between them, and each one's upper left corner (row, column).

    >>> picture, corners = tile(numpy.ones((2, 2, 2)), columns=2)
    >>> picture.shape, corners
    ((4, 7), [(1, 1), (1, 4)])
    """
    count, height, width = images.shape
    rows = -(-count // columns)
    canvas = numpy.full((rows * (height + gap_above) + gap, columns * (width + gap) + gap), numpy.nan)
    corners = []
    for index, image in enumerate(images):
        top = index // columns * (height + gap_above) + gap_above
        left = index % columns * (width + gap) + gap
        canvas[top : top + height, left : left + width] = image
        corners.append((top, left))
    return canvas, corners
