"""Predictions: one sample or many, the same bits however they are split, and where the outputs may go."""

import numpy as np
import pytest

from fastnn.layers import Dense, Flatten, Input
from fastnn.models import Sequential

X = np.random.default_rng(0).normal(size=(24, 4)).astype(np.float32)


def model():
    return Sequential([Input((4,)), Dense(8, "tanh"), Dense(3, "softmax")], seed=0)


def test_one_sample_is_a_row_of_many():
    predicting = model()
    rows = predicting.predict(X)
    assert rows.shape == (24, 3)
    assert rows.dtype == np.float32
    for number in (0, 7, 23):
        for one in (X[number], X[number : number + 1], X[number].tolist(), X[number].astype(float)):
            assert predicting.predict(one).tobytes() == rows[number : number + 1].tobytes()
    for size in (1, 5, 23):
        parts = [predicting.predict(X[start : start + size]) for start in range(0, 24, size)]
        assert np.concatenate(parts).tobytes() == rows.tobytes(), size
    assert predicting(X).tobytes() == predicting.predict(X, batch_size=3, verbose=2).tobytes() == rows.tobytes()
    assert predicting.predict(X[:0]).shape == (0, 3)


def test_one_picture_is_one_of_many():
    pictures = np.random.default_rng(0).integers(0, 256, size=(6, 5, 4)).astype(np.uint8)
    predicting = Sequential([Input((5, 4)), Flatten(), Dense(3, "sigmoid")], seed=0)
    rows = predicting.predict(pictures)
    for one in (pictures[2], pictures[2].ravel(), pictures[2:3], pictures[2].astype(np.float32)):
        assert predicting.predict(one).tobytes() == rows[2:3].tobytes()


def test_outputs_go_where_they_are_wanted():
    predicting = model()
    rows = predicting.predict(X)
    for given in (X, X.astype(float), X.tolist()):
        out = np.full((24, 3), -1, np.float32)
        assert predicting.predict(given, out=out) is out
        assert np.array_equal(out, rows)
    memory = np.full((30, 3), -1, np.float32)
    predicting.predict(X, out=memory[3:27])
    assert np.array_equal(memory[3:27], rows)
    assert (memory[:3] == -1).all()
    assert (memory[27:] == -1).all()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: np.zeros((23, 3), np.float32), ValueError, r"out must have shape \(24, 3\), .* is \(23, 3\)"),
        (lambda: np.zeros(72, np.float32), ValueError, r"out must have shape \(24, 3\), but its shape is \(72,\)"),
        (lambda: np.zeros((24, 3)), TypeError, "C-contiguous float32 array, but it is float64"),
        (lambda: np.zeros((3, 24), np.float32).T, TypeError, "float32 of another layout, or read-only"),
        (lambda: np.zeros((24, 6), np.float32)[:, ::2], TypeError, "float32 of another layout, or read-only"),
        (lambda: np.zeros((24, 3)).tolist(), TypeError, "out must be a NumPy array, but it is a list"),
    ],
)
@pytest.mark.parametrize("convert", [np.asarray, np.float64], ids=["", "converted"])
def test_places_that_outputs_cannot_go(make, error, message, convert):
    out = make()
    with pytest.raises(error, match=message):
        model().predict(convert(X), out=out)
    assert not np.any(out)


@pytest.mark.parametrize("samples", [1, 24])
def test_bad_inputs_of_a_prediction(samples):
    for bad in (np.nan, np.inf):
        x = X[:samples].copy()
        x[-1, 2] = bad
        with pytest.raises(ValueError, match=rf"x\[{samples - 1}, 2\] is {bad}"):
            model().predict(x)
    with pytest.raises(ValueError, match=r"x must have shape \(samples, 4\)"):
        model().predict(X[:samples, :3])
