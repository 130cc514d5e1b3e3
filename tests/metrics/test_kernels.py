"""The compiled part: both dtypes, narrow and wide rows, ties, infinities, layouts, and what the bindings refuse."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn_ext.bindings import metrics as kernels

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
# Rows of 32 columns and more take another way than narrow ones; 33 and 1000 also have a rest that fills no eight.
every_width = pytest.mark.parametrize("columns", [2, 7, 17, 31, 32, 33, 1000])


def rows(columns, dtype, samples=40, levels=5):
    return np.random.default_rng(columns).integers(0, levels, (samples, columns)).astype(dtype)


def test_examples_in_the_docstrings():
    result = doctest.testmod(kernels, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
    assert result.attempted > 0


@both_dtypes
@every_width
def test_argmax_is_the_first_of_equals(columns, dtype):
    for levels in (1, 2, 10**6):
        x = rows(columns, dtype, levels=levels)
        assert np.array_equal(kernels.argmax_rows(x), x.argmax(axis=1))


@both_dtypes
@every_width
def test_argmax_of_infinities(columns, dtype):
    x = np.full((columns, columns), -np.inf, dtype)
    assert np.array_equal(kernels.argmax_rows(x), np.zeros(columns))
    np.fill_diagonal(x, np.inf)
    assert np.array_equal(kernels.argmax_rows(x), np.arange(columns))


@both_dtypes
@every_width
@pytest.mark.parametrize("position", [0, 1, -1])
@pytest.mark.parametrize("infinity", [False, True])
def test_nan_is_found_anywhere(columns, dtype, position, infinity):
    x = rows(columns, dtype)
    if infinity:
        x[3] = np.inf
        assert kernels.argmax_rows(x)[3] == 0
    x.flat[position] = np.nan
    with pytest.raises(ValueError, match="rows contains NaN"):
        kernels.argmax_rows(x)


@both_dtypes
@every_width
@pytest.mark.parametrize("truth_dtype", [np.uint8, np.float32, np.float64, np.bool_, np.int64])
def test_correct(columns, dtype, truth_dtype):
    y_pred = rows(columns, dtype)
    labels = np.where(np.arange(40) % 3 == 0, y_pred.argmax(axis=1), rows(columns, int, levels=columns)[:, 1])
    expected = np.count_nonzero(y_pred.argmax(axis=1) == labels)
    assert 0 < expected < 40
    assert kernels.count_correct(np.eye(columns, dtype=truth_dtype)[labels], y_pred) == expected
    assert kernels.count_correct(labels, y_pred) == expected
    assert kernels.count_correct(labels[:, None].astype(np.uint16), y_pred[:, :]) == expected


@both_dtypes
def test_memory_layout_changes_nothing(dtype):
    layouts = (
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: x.astype(x.dtype.newbyteorder()),
    )
    y_pred, y_true = rows(7, dtype), rows(7, dtype)[::-1]
    for binding in (
        kernels.count_correct,
        kernels.squared_error,
        kernels.absolute_error,
        lambda t, p: kernels.decision_counts(t, p, 2),
    ):
        expected = binding(y_true.copy(), y_pred)
        for layout in layouts:
            assert binding(layout(y_true), layout(y_pred)) == expected
        y_pred.flags.writeable = False
        assert binding(y_true, y_pred) == expected


@both_dtypes
@pytest.mark.parametrize("shape", [(1, 1), (7, 1), (1, 17), (17, 7), (1000, 3)], ids=str)
def test_sums_of_errors(shape, dtype):
    rng = np.random.default_rng(3)
    y_true, y_pred = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    difference = y_pred.astype(np.float64) - y_true.astype(np.float64)
    # At most 3,000 additions in double precision, in another order than NumPy's: below 3e-13.
    assert kernels.squared_error(y_true, y_pred) == pytest.approx(np.sum(difference**2), rel=1e-12)
    assert kernels.absolute_error(y_true, y_pred) == pytest.approx(np.sum(abs(difference)), rel=1e-12)
    whole = np.round(y_true * 9).astype(np.uint8)
    assert kernels.absolute_error(whole, y_pred) == pytest.approx(np.sum(abs(y_pred.astype(float) - whole)), rel=1e-12)


def test_truth_in_float64_is_not_rounded_to_predictions_in_float32():
    assert kernels.squared_error(np.array([1 + 2**-40]), np.array([1], np.float32)) == 2.0**-80


scores = st.lists(st.tuples(st.booleans(), st.sampled_from([-np.inf, -1.0, 0.0, 0.25, 1.0, 7.0, np.inf])), min_size=1)


@both_dtypes
@settings(deadline=None, derandomize=True)
@given(samples=scores)
def test_area_is_the_share_of_pairs_in_order(dtype, samples):
    positive, values = np.array([p for p, _ in samples]), np.array([v for _, v in samples], dtype)
    higher, lower = values[positive][:, None], values[~positive][None]
    area = kernels.roc_area(positive, values)
    if higher.size * lower.size == 0:
        assert np.isnan(area)
    else:
        # Both divide exact numbers of half pairs.
        assert area == (np.sum(higher > lower) + np.sum(higher == lower) / 2) / (higher.size * lower.size)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: kernels.argmax_rows([1.0, 2.0]), ValueError, r"rows must have shape \(n, columns\)"),
        (lambda: kernels.argmax_rows(np.zeros((0, 3))), ValueError, "not be empty"),
        (lambda: kernels.argmax_rows([["a"]]), TypeError, "rows must hold real numbers"),
        (lambda: kernels.count_correct([0.0, 1.0], np.eye(2)), TypeError, "y_true must hold class numbers as integers"),
        (lambda: kernels.count_correct(np.eye(3), np.eye(4)), ValueError, r"must have the shape of y_pred, \(4, 4\)"),
        (lambda: kernels.count_correct([0], np.eye(2)), ValueError, r"y_true has 1 sample\(s\), y_pred 2"),
        (lambda: kernels.count_correct(np.array([2**63], "u8"), np.eye(2)[:1]), ValueError, "label 92233720368547758"),
        (lambda: kernels.top_k_hits([[0, 1]], np.eye(2), 1), ValueError, r"y_true must have shape \(n,\) or \(n, 1\)"),
        (lambda: kernels.top_k_hits([0], np.eye(2), 1), ValueError, r"y_true has 1 sample\(s\), y_pred 2"),
        (lambda: kernels.confusion_counts([0], [0], 0), ValueError, "classes must be at least 1, but it is 0"),
        (lambda: kernels.confusion_counts([0], [1], 1), ValueError, "y_pred holds the label 1, but the matrix has 1"),
        (lambda: kernels.confusion_counts([0, 1], [1], 2), ValueError, r"y_true has 2 sample\(s\), y_pred 1"),
        (lambda: kernels.confusion_counts([0], [1], 2, [1, 2]), ValueError, r"sample_weight must have shape \(1,\)"),
        (lambda: kernels.decision_counts([[1]], [[np.nan]], 0.5), ValueError, "y_pred contains NaN"),
        (lambda: kernels.squared_error([], []), ValueError, "y_pred must not be empty"),
        (lambda: kernels.roc_area([0, 1], [[0.1, 0.2]]), ValueError, r"y_pred must have shape \(n,\)"),
        (lambda: kernels.roc_area([0, 2], [0.1, 0.2]), ValueError, "y_true holds the label 2"),
        (lambda: kernels.roc_area([0, 1], [0.1, np.nan]), ValueError, "y_pred contains NaN"),
        (lambda: kernels.roc_area([0], [0.1, 0.2]), ValueError, r"y_true has 1 sample\(s\), y_pred 2"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
