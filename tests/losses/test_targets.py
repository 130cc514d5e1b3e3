"""The targets that each loss takes: shapes, whole numbers for class numbers, and what is refused by a sentence."""

import numpy as np
import pytest

from fastnn import losses

SAMPLES = 5
# Losses of one output or several, those of classes, and that of class numbers.
OF_ANY = (
    losses.MeanSquaredError,
    losses.MeanAbsoluteError,
    losses.Huber,
    losses.Quantile,
    losses.Poisson,
    losses.Hinge,
    losses.BinaryCrossentropy,
    losses.KLDivergence,
    losses.CategoricalCrossentropy,
)
SHAPES = [(), (SAMPLES,), (SAMPLES, 1), (SAMPLES, 3), (SAMPLES, 4), (SAMPLES, 0), (SAMPLES, 1, 1), (SAMPLES, 3, 1)]
TAKEN = {1: [(SAMPLES,), (SAMPLES, 1)], 3: [(SAMPLES, 3)]}
NUMBERED = [(SAMPLES,), (SAMPLES, 1)]


@pytest.mark.parametrize("kind", OF_ANY, ids=lambda kind: kind.name)
@pytest.mark.parametrize("outputs", TAKEN)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rows_have_a_number_for_each_output(kind, outputs, shape):
    loss, y = kind(), np.ones(shape)
    if shape in TAKEN[outputs]:
        assert np.array_equal(loss.targets(y, outputs), y.reshape(SAMPLES, outputs))
    else:
        with pytest.raises(ValueError, match=rf"the loss {kind.name} takes targets of shape \(samples, {outputs}\)"):
            loss.targets(y, outputs)


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.int64, np.float32, bool])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_class_numbers_are_one_a_sample(shape, dtype):
    loss, y = losses.SparseCategoricalCrossentropy(), np.ones(shape, dtype)
    if shape in NUMBERED:
        rows = loss.targets(y, 3)
        assert rows.dtype == np.int32
        assert np.array_equal(rows, np.ones((SAMPLES, 1)))
    else:
        one_hot = len(shape) == 2
        with pytest.raises(ValueError, match="takes class numbers of shape") as refused:
            loss.targets(y, 3)
        assert ("one-hot rows" in str(refused.value)) == one_hot


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([0, 1, 3], "from 0 to 2 for a model of 3 outputs, but y holds 3"),
        ([0, -1, 2], "but y holds -1"),
        ([0.0, 1.5, 2], "takes class numbers, but y holds 1.5"),
        ([0.0, np.nan, 2], "takes class numbers, but y holds nan"),
        ([0.0, np.inf, 2], "takes class numbers, but y holds inf"),
    ],
    ids=str,
)
def test_numbers_of_no_class(numbers, message):
    with pytest.raises(ValueError, match=message):
        losses.SparseCategoricalCrossentropy().targets(np.array(numbers), 3)


def test_class_numbers_up_to_the_last_and_of_none():
    loss = losses.SparseCategoricalCrossentropy()
    assert loss.targets(np.array([0, 1, 2]), 3).ravel().tolist() == [0, 1, 2]
    assert loss.targets(np.zeros(0, int), 3).shape == (0, 1)
    with pytest.raises(ValueError, match="needs an output for each class, but the model has 1"):
        loss.targets(np.zeros(3), 1)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        (losses.BinaryCrossentropy, 0, 1),
        (losses.CategoricalCrossentropy, 0, 1),
        (losses.KLDivergence, 0, 1),
        (losses.Poisson, 0, None),
        (losses.Hinge, -1, 1),
        (losses.MeanSquaredError, None, None),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_limits_of_targets_are_taken_and_what_is_beyond_is_named(kind, low, high):
    loss = kind()
    loss.check_range(np.array([[-1e9 if low is None else low, 1e9 if high is None else high]], float))
    for limit, step in ((low, -1), (high, 1)):
        if limit is not None:
            wrong = np.nextafter(limit, limit + step) if limit else limit + step * 1e-3
            with pytest.raises(ValueError, match=f"the loss {kind.name} takes {loss.meaning}, but y holds"):
                loss.check_range(np.array([[0.5, wrong]]))
