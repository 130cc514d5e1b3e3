"""The engine's plan: what it refuses, where it stops, and that its answers do not depend on how it is asked."""

import numpy as np
import pytest

from fastnn_ext.activations import Activation
from fastnn_ext.engine import NonFiniteError, Plan, nonzero_inputs
from fastnn_ext.losses import Loss


def make(dtype=np.float64, scale=1.0):
    rng = np.random.default_rng(0)
    arrays = [(rng.normal(size=s) * scale).astype(dtype) for s in ((6, 4), (1, 4), (4, 3), (1, 3))]
    plan = Plan(6, dtype)
    plan.add_dense(*arrays[:2])
    plan.add_activation(Activation.RELU)
    plan.add_dense(*arrays[2:])
    plan.add_softmax()
    return plan, arrays


def data(dtype=np.float64, samples=11):
    rng = np.random.default_rng(1)
    return rng.normal(size=(samples, 6)).astype(dtype), np.eye(3, dtype=dtype)[rng.integers(0, 3, samples)]


@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("loss", list(Loss))
def test_order_is_followed(batch_size, loss):
    x, y = data()
    order = np.random.default_rng(2).permutation(11)
    plan, arrays = make()
    shuffled, expected = make()
    a = plan.run_epoch(x, y, order, 0.3, batch_size, loss)
    b = shuffled.run_epoch(x[order], y[order], None, 0.3, batch_size, loss)
    assert a == b
    for mine, theirs in zip(arrays, expected, strict=True):
        assert mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("density", [0.0, 0.2, 0.74, 0.76, 1.0])
def test_skipping_zeros_changes_no_bit(dtype, density):
    x, y = data(dtype)
    x[np.random.default_rng(3).random(x.shape) >= density] = 0
    order = np.random.default_rng(4).permutation(11)
    nonzero = nonzero_inputs(x)
    assert (nonzero is None) == (np.count_nonzero(x) > 0.75 * x.size)
    plan, arrays = make(dtype)
    plain, expected = make(dtype)
    plan.run_epoch(x, y, order, 0.3, 1, Loss.MEAN_SQUARED_ERROR, nonzero)
    plain.run_epoch(x, y, order, 0.3, 1, Loss.MEAN_SQUARED_ERROR)
    for mine, theirs in zip(arrays, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("starts", "columns"),
    [([0, 1], [6]), ([0, 1], [-1]), ([0, 2], [1]), ([1, 1], [1]), ([0, 1, 1], [1]), ([0], [])],
)
def test_places_outside_the_data_are_refused(starts, columns):
    plan, _ = make()
    x, y = data(samples=1)
    pair = np.array(starts, np.intp), np.array(columns, np.intc)
    with pytest.raises(ValueError, match="nonzero does not belong to x"):
        plan.run_epoch(x, y, None, 0.1, 1, Loss.MEAN_SQUARED_ERROR, pair)
    with pytest.raises(TypeError, match="nonzero must be a pair"):
        plan.run_epoch(x, y, None, 0.1, 1, Loss.MEAN_SQUARED_ERROR, (pair[0].astype(np.int8), pair[1]))


def test_a_loss_that_is_not_finite_stops_before_its_batch_learns():
    x, y = data()
    x[5] = 1e308
    plan, arrays = make(scale=1e10)
    twin, expected = make(scale=1e10)
    with pytest.raises(NonFiniteError) as stop:
        plan.run_epoch(x, y, None, 0.1, 2, Loss.CROSS_ENTROPY)
    assert (stop.value.batch, stop.value.operation) == (2, 0)
    twin.run_epoch(x[:4], y[:4], None, 0.1, 2, Loss.CROSS_ENTROPY)
    for mine, theirs in zip(arrays, expected, strict=True):
        assert mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"x": data()[0][:, :5]}, (TypeError, ValueError)),
        ({"x": data(np.float32)[0]}, TypeError),
        ({"y": data()[1][:5]}, ValueError),
        ({"x": data()[0][:0], "y": data()[1][:0]}, ValueError),
        ({"order": np.arange(10)}, ValueError),
        ({"order": np.arange(1, 12)}, ValueError),
        ({"order": -np.arange(11)}, ValueError),
        ({"batch_size": 0}, ValueError),
    ],
)
def test_refuses(arguments, error):
    plan, arrays = make()
    before = [a.copy() for a in arrays]
    x, y = data()
    full = {"x": x, "y": y, "order": None, "learning_rate": 0.1, "batch_size": 1, "loss": Loss.MEAN_SQUARED_ERROR}
    with pytest.raises(error):
        plan.run_epoch(**(full | arguments))
    for array, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, old)


def test_a_plan_that_does_not_chain():
    plan = Plan(3, np.float32)
    with pytest.raises(ValueError, match=r"shapes \(3, units\)"):
        plan.add_dense(np.zeros((4, 2), np.float32), np.zeros((1, 2), np.float32))
    with pytest.raises(TypeError, match="must be float32"):
        plan.add_dense(np.zeros((3, 2)), np.zeros((1, 2)))
    with pytest.raises(TypeError, match="dtype must be"):
        Plan(3, np.int32)
    with pytest.raises(ValueError, match="input_size"):
        Plan(0, np.float32)


def test_the_plan_keeps_its_arrays_alive():
    plan, arrays = make()
    x, _ = data()
    expected = plan.predict(x)
    arrays.clear()
    [np.full((50, 50), 9.0) for _ in range(50)]
    np.testing.assert_array_equal(plan.predict(x), expected)
