"""Images of ink on an empty ground, packed so that they deflate to three quarters of what they would as they lie.

Where there is ink is told by lengths of runs, empty ones and inked ones in turn. The shades of ink follow in the order
of how much ink is around each pixel, which is known by then: those within a stroke are alike, and those at its edges.
"""

import itertools

import numpy
from numpy.typing import NDArray

Bytes = NDArray[numpy.uint8]
# A longer run goes on after a run of no pixels.
LONGEST_RUN = 255


def pack(images: Bytes) -> tuple[Bytes, Bytes]:
    """The runs and the shades of images, whose shape is (count, rows, columns)."""
    ink = images > 0
    runs: list[int] = []
    # Runs begin with an empty one, which may have no pixels.
    for inked, pixels in itertools.groupby(ink.ravel().tolist()):
        if len(runs) % 2 != inked:
            runs.append(0)
        whole, rest = divmod(sum(1 for _ in pixels), LONGEST_RUN)
        runs += [LONGEST_RUN, 0] * whole + [rest]
    return numpy.array(runs, numpy.uint8), images[ink][_order(ink)]


def unpack(runs: Bytes, shades: Bytes, shape: tuple[int, int, int]) -> Bytes:
    """The images that :func:`pack` took."""
    ink = numpy.repeat(numpy.arange(len(runs)) % 2 == 1, runs).reshape(shape)
    inked = numpy.empty_like(shades)
    inked[_order(ink)] = shades
    images = numpy.zeros(shape, numpy.uint8)
    images[ink] = inked
    return images


def _order(ink: NDArray[numpy.bool_]) -> NDArray[numpy.intp]:
    # Inked pixels by the ink around them: a neighbour counts 2, one at a corner 1, the pixel itself the same for all.
    count, rows, columns = ink.shape
    padded = numpy.zeros((count, rows + 2, columns + 2), numpy.uint8)
    padded[:, 1:-1, 1:-1] = ink
    around = padded.ravel()
    for step in (1, columns + 2):
        around = around[: -2 * step] + 2 * around[step:-step] + around[2 * step :]
    # What is left begins with the first pixel that has a border on each side.
    pixels = numpy.flatnonzero(padded.view(numpy.bool_)) - (columns + 3)
    return numpy.argsort(around[pixels], kind="stable")
