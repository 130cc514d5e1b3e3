"""Images that are packed come back to the bit, wherever their ink is."""

import numpy as np
import pytest

from fastnn.datasets.packing import LONGEST_RUN, pack, unpack


def images(count, rows, columns, share, seed=0):
    rng = np.random.default_rng(seed)
    shades = rng.integers(1, 256, (count, rows, columns), dtype=np.uint8)
    return np.where(rng.random(shades.shape) < share, shades, 0).astype(np.uint8)


@pytest.mark.parametrize(
    "original",
    [
        *(images(3, 28, 28, share) for share in (0.0, 0.1, 0.5, 0.9, 1.0)),
        *(images(count, *shape, 0.3) for count, *shape in ((1, 1, 1), (1, 1, 40), (2, 40, 1), (5, 3, 7), (0, 28, 28))),
    ],
    ids=lambda original: f"{original.shape}",
)
def test_images_come_back_as_they_were(original):
    runs, shades = pack(original)
    assert runs.dtype == shades.dtype == np.uint8
    assert len(shades) == np.count_nonzero(original)
    again = unpack(runs, shades, original.shape)
    assert again.dtype == np.uint8
    np.testing.assert_array_equal(again, original)


@pytest.mark.parametrize(
    "length", [LONGEST_RUN - 1, LONGEST_RUN, LONGEST_RUN + 1, 2 * LONGEST_RUN, 3 * LONGEST_RUN + 5]
)
@pytest.mark.parametrize("shade", [0, 255])
def test_runs_longer_than_a_byte_go_on(length, shade):
    original = np.full((1, 1, length + 1), shade, np.uint8)
    original[0, 0, -1] = 255 - shade
    runs, shades = pack(original)
    np.testing.assert_array_equal(unpack(runs, shades, original.shape), original)


def test_shades_lie_in_the_order_of_the_ink_around_them():
    # A stroke three pixels wide: its corners, its edges, and what is within.
    original = np.zeros((1, 5, 5), np.uint8)
    original[0, 1:4, 1:4] = [[1, 2, 3], [4, 9, 5], [6, 7, 8]]
    np.testing.assert_array_equal(pack(original)[1], [1, 3, 6, 8, 2, 4, 5, 7, 9])
