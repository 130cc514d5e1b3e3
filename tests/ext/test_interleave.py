"""Columns written side by side into rows, beside NumPy."""

import numpy as np
import pytest

from fastnn_ext.engine.rows import interleave

DTYPES = ("bool", "uint8", "int8", "float16", "int16", "float32", "int32", "float64", "int64")


def some_columns(width, rows, dtype, seed=0):
    numbers = np.random.default_rng(seed).integers(0, 100, size=(width, rows))
    return list(numbers.astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [0, 1, 3, 4, 5, 8, 101])
@pytest.mark.parametrize("rows", [0, 1, 17, 700])
def test_rows_are_the_columns_side_by_side(rows, width, dtype):
    columns, found = some_columns(width, rows, dtype), np.full((rows, width), 99, dtype)
    interleave(columns, found)
    np.testing.assert_array_equal(found, np.array(columns, dtype).reshape(width, rows).T)


@pytest.mark.parametrize("width", [4, 1023, 4097])
def test_rows_beyond_those_put_together(width):
    # 16,384 bytes of rows, but at least 16 rows.
    block = max(16, 16_384 // (4 * width))
    for rows in (block - 1, block, block + 1, 2 * block + 3):
        columns, found = some_columns(width, rows, "float32"), np.empty((rows, width), "float32")
        interleave(columns, found)
        np.testing.assert_array_equal(found, np.array(columns).T)


def test_only_the_columns_of_a_view_are_written():
    found = np.zeros((9, 12), "float32")
    interleave(some_columns(5, 9, "float32"), found[:, 3:8])
    assert not found[:, :3].any()
    assert not found[:, 8:].any()
    np.testing.assert_array_equal(found[:, 3:8], np.array(some_columns(5, 9, "float32")).T)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_columns_that_lie_otherwise_are_read_as_numpy_reads_them(dtype):
    plain = np.arange(1, 8)
    unaligned = np.frombuffer(b"x" + plain.astype("float64").tobytes(), "float64", offset=1)
    frozen = plain.astype(dtype)
    frozen.flags.writeable = False
    columns = [plain, plain.astype(">i4"), plain.astype(dtype)[::-1], plain.astype("float32").repeat(2)[::2], unaligned]
    columns += [frozen, plain > 3]
    found = np.empty((7, len(columns)), dtype)
    interleave(columns, found)
    np.testing.assert_array_equal(found, np.stack([column.astype(dtype) for column in columns], axis=1))


def test_what_cannot_be_written_is_refused_and_nothing_is():
    columns, good = some_columns(3, 5, "float32"), np.zeros((5, 3), "float32")
    frozen = np.zeros((5, 3), "float32")
    frozen.flags.writeable = False
    for rows in (frozen, np.zeros((3, 5), "float32").T, good.astype(">f4")):
        with pytest.raises(ValueError, match="rows must be writable, and the numbers of each contiguous"):
            interleave(columns, rows)
    for rows in (np.zeros((5, 2), "float32"), np.zeros(15, "float32")):
        with pytest.raises(ValueError, match=r"rows must have shape \(n, 3\)"):
            interleave(columns, rows)
    for dtype in ("complex64", "longdouble", "S4", "M8[s]", object):
        with pytest.raises(TypeError, match="real numbers of at most 8 bytes, but its dtype is"):
            interleave(columns, np.zeros((5, 3), dtype))
    for last in (np.zeros(4, "float32"), np.zeros((5, 1), "float32")):
        with pytest.raises(ValueError, match=r"each column must have shape \(5,\), but one has"):
            interleave([*columns[:2], last], good)
    assert not good.any()
