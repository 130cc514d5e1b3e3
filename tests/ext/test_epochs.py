"""The training engine against a plain float64 loop: networks, batches, orders, sparse inputs, and bad arguments."""

import numpy as np
import pytest
from door_table import (
    FUNCTIONS,
    SLOPE,
    cross_entropy_gradient,
    cross_entropy_value,
    mse_gradient,
    mse_value,
    said_by,
    softmax_jacobian_product,
    softmax_rows,
)

from fastnn_ext.activations import Activation
from fastnn_ext.engine import NonFiniteError, Plan, nonzero_inputs
from fastnn_ext.losses import Loss

INPUTS, SAMPLES, RATE = 12, 10, 0.1
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])

# A number is a dense layer of so many units.
NETWORKS = {
    "dense": (3,),
    **{kind.name.lower(): (5, kind, 3) for kind in Activation},
    "relu, softmax": (6, Activation.RELU, 3, "softmax"),
    "tanh, softmax": (6, Activation.TANH, 3, "softmax"),
    "activation last": (6, Activation.RELU, 3, Activation.SIGMOID),
    "three dense": (8, Activation.TANH, 7, Activation.LEAKY_RELU, 3, "softmax"),
    "wider than its input": (40, Activation.RELU, 1),
    "softmax inside": (4, "softmax", 3),
    "dense after dense": (5, 4, 3, "softmax"),
    "activation first": (Activation.TANH, 4, "softmax"),
    "no dense": (Activation.SIGMOID,),
    "softmax alone": ("softmax",),
    "no dense, softmax": (Activation.TANH, "softmax"),
}
GIVES_PROBABILITIES = {name for name, parts in NETWORKS.items() if parts[-1] in ("softmax", Activation.SIGMOID)}
CASES = [(name, loss) for name in NETWORKS for loss in Loss if loss == 0 or name in GIVES_PROBABILITIES]
every_case = pytest.mark.parametrize(("name", "loss"), CASES, ids=lambda value: getattr(value, "name", value))


def network_of(name, dtype, seed=0):
    """The parts with weights and bias in place of a number of units, and the number of outputs."""
    rng = np.random.default_rng(seed)
    parts, width = [], INPUTS
    for part in NETWORKS[name]:
        if type(part) is int:
            weights = rng.normal(size=(width, part)) / np.sqrt(width)
            parts.append((weights.astype(dtype), 0.1 * rng.normal(size=(1, part)).astype(dtype)))
            width = part
        else:
            parts.append(part)
    return parts, width


def plan_of(parts, dtype):
    plan = Plan(INPUTS, dtype)
    for part in parts:
        if isinstance(part, tuple):
            plan.add_dense(*part)
        elif part == "softmax":
            plan.add_softmax()
        else:
            plan.add_activation(part, SLOPE)
    return plan


def data_of(width, dtype, sparse=False, samples=SAMPLES):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(samples, INPUTS))
    if sparse:
        x[rng.random(x.shape) < 0.8] = 0
    return x.astype(dtype), np.eye(width)[rng.integers(width, size=samples)].astype(dtype)


def in_float64(parts):
    return [tuple(a.astype(np.float64) for a in part) if isinstance(part, tuple) else part for part in parts]


def outputs_of(parts, x):
    """The input and then the output of each part."""
    values = [x]
    for part in parts:
        x = values[-1]
        if isinstance(part, tuple):
            values.append(x @ part[0] + part[1])
        else:
            values.append(softmax_rows(x) if part == "softmax" else FUNCTIONS[part][0](x))
    return values


def epoch_in_numpy(parts, x, y, order, batch_size, loss):
    """The definition: trains float64 parts in place and returns the mean loss."""
    total = 0.0
    order = range(len(x)) if order is None else order
    for start in range(0, len(x), batch_size):
        rows = list(order[start : start + batch_size])
        values = outputs_of(parts, x[rows])
        value, gradient = (
            (cross_entropy_value, cross_entropy_gradient) if loss == Loss.CROSS_ENTROPY else (mse_value, mse_gradient)
        )
        total += value(y[rows], values[-1]) * len(rows)
        error = gradient(y[rows], values[-1])
        for part, before, after in reversed(list(zip(parts, values, values[1:], strict=False))):
            if isinstance(part, tuple):
                weights, bias = part
                error, output_error = error @ weights.T, error
                weights -= RATE * before.T @ output_error
                bias -= RATE * output_error.sum(axis=0)
            elif part == "softmax":
                error = softmax_jacobian_product(error, after)
            else:
                error = error * FUNCTIONS[part][1](before)
    return total / len(x)


def assert_same_parameters(parts, expected, dtype, case):
    # An epoch is some ten steps of sums of some forty terms of size one, whose roundings add up to a few hundred eps:
    # 1e-12 is 4500 of float64's, 1e-4 is 800 of float32's.
    tolerance = 1e-12 if dtype == np.float64 else 1e-4
    for number, (part, right) in enumerate(zip(parts, expected, strict=True)):
        if isinstance(part, tuple):
            for array, exact, kind in zip(part, right, ("weights", "bias"), strict=True):
                np.testing.assert_allclose(
                    array, exact, rtol=tolerance, atol=tolerance / 10, err_msg=f"{kind} of part {number}: {case}"
                )


@every_case
@both_dtypes
@pytest.mark.parametrize("batch_size", [1, 3, 7, SAMPLES + 5])
@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "shuffled"])
@pytest.mark.parametrize("sparse", [False, True], ids=["full", "sparse"])
def test_an_epoch_is_the_plain_loop(name, loss, dtype, batch_size, shuffled, sparse):
    parts, width = network_of(name, dtype)
    x, y = data_of(width, dtype, sparse)
    order = np.random.default_rng(2).permutation(SAMPLES) if shuffled else None
    expected = in_float64(parts)
    kept = x.copy(), y.copy()
    right = epoch_in_numpy(expected, x.astype(np.float64), y.astype(np.float64), order, batch_size, loss)
    nonzero = nonzero_inputs(x)
    assert (nonzero is not None) == sparse, "four fifths of zeros are worth skipping, none are not"
    value = plan_of(parts, dtype).run_epoch(x, y, order, RATE, batch_size, loss, nonzero)
    case = f"{name}, {loss.name}, {dtype.__name__}, batch {batch_size}, order {order}, sparse {sparse}"
    assert value == pytest.approx(right, rel=1e-12 if dtype == np.float64 else 1e-4), case
    assert_same_parameters(parts, expected, dtype, case)
    assert np.array_equal(x, kept[0]), case
    assert np.array_equal(y, kept[1]), case


@both_dtypes
def test_one_plan_trains_for_epochs_of_different_batch_sizes(dtype):
    parts, width = network_of("three dense", dtype)
    x, y = data_of(width, dtype)
    expected, plan = in_float64(parts), plan_of(parts, dtype)
    for batch_size in (1, 7, 3, 100, 1):
        right = epoch_in_numpy(expected, x.astype(float), y.astype(float), None, batch_size, Loss.CROSS_ENTROPY)
        value = plan.run_epoch(x, y, None, RATE, batch_size, Loss.CROSS_ENTROPY)
        # Five epochs, so five times the roundings of one: still far below these.
        assert value == pytest.approx(right, rel=1e-11 if dtype == np.float64 else 1e-4), batch_size
    assert_same_parameters(parts, expected, dtype, "after five epochs")


@both_dtypes
def test_order_gathers_what_sorted_data_would_give_bit_for_bit(dtype):
    order = np.random.default_rng(3).integers(SAMPLES, size=SAMPLES)
    for batch_size in (1, 4):
        trained = []
        for given in (order, None):
            parts, width = network_of("relu, softmax", dtype)
            x, y = data_of(width, dtype)
            data = (x, y) if given is not None else (x[order], y[order])
            plan_of(parts, dtype).run_epoch(*data, given, RATE, batch_size, Loss.MEAN_SQUARED_ERROR)
            trained.append(parts)
        for one, other in zip(trained[0], trained[1], strict=True):
            if isinstance(one, tuple):
                assert np.array_equal(one[0], other[0]), batch_size
                assert np.array_equal(one[1], other[1]), batch_size


@pytest.mark.parametrize("name", NETWORKS)
@both_dtypes
def test_predict_is_the_plain_forward(name, dtype):
    parts, width = network_of(name, dtype)
    x, _ = data_of(width, dtype)
    result = plan_of(parts, dtype).predict(x)
    assert result.dtype == dtype
    # Some forty terms of size one.
    expected = outputs_of(in_float64(parts), x.astype(np.float64))[-1]
    np.testing.assert_allclose(result, expected, rtol=0, atol=200 * np.finfo(dtype).eps, err_msg=name)


@pytest.mark.parametrize("name", NETWORKS)
@both_dtypes
def test_predict_is_the_same_for_any_split_bit_for_bit(name, dtype):
    parts, width = network_of(name, dtype)
    x, _ = data_of(width, dtype, samples=200)
    plan = plan_of(parts, dtype)
    whole = plan.predict(x)
    for size in (1, 7, 63, 64, 65, 199):
        split = np.concatenate([plan.predict(x[start : start + size]) for start in range(0, len(x), size)])
        assert np.array_equal(whole, split), (name, dtype.__name__, size)


def test_predict_of_no_samples_and_of_no_layers():
    plan = Plan(INPUTS, np.float32)
    x = np.ones((3, INPUTS), dtype=np.float32)
    assert np.array_equal(plan.predict(x), x)
    plan.add_dense(np.ones((INPUTS, 2), dtype=np.float32), np.ones((1, 2), dtype=np.float32))
    assert plan.predict(x[:0]).shape == (0, 2)


def test_the_plan_tells_its_sizes_and_dtype():
    plan = plan_of(network_of("relu, softmax", np.float32)[0], "float32")
    assert (plan.input_size, plan.output_size, plan.dtype) == (INPUTS, 3, np.dtype(np.float32))


def test_the_plan_keeps_its_arrays_alive():
    plan = Plan(2, np.float64)
    plan.add_dense(np.full((2, 50000), 3.0), np.zeros((1, 50000)))
    # Memory that was freed would be handed out again here.
    others = [np.full((2, 50000), 7.0) for _ in range(5)]
    assert np.array_equal(plan.predict(np.ones((1, 2))), np.full((1, 50000), 6.0)), len(others)


@both_dtypes
@pytest.mark.parametrize("batch_size", [1, 3, 4])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_sample_is_an_error_that_names_batch_and_operation(dtype, batch_size, bad):
    row = 7
    parts, width = network_of("relu, softmax", dtype)
    x, y = data_of(width, dtype)
    clean = row // batch_size * batch_size
    expected, _ = network_of("relu, softmax", dtype)
    plan_of(expected, dtype).run_epoch(x[:clean].copy(), y[:clean].copy(), None, RATE, batch_size, Loss.CROSS_ENTROPY)
    # Positive and negative weights make an infinite input a NaN or an infinite hidden value.
    x[row] = bad
    with pytest.raises(NonFiniteError) as caught:
        plan_of(parts, dtype).run_epoch(x, y, None, RATE, batch_size, Loss.CROSS_ENTROPY)
    assert (caught.value.batch, caught.value.operation) == (row // batch_size, 0)
    assert f"batch {row // batch_size} " in str(caught.value)
    assert "operation 0" in str(caught.value)
    for part, right in zip(parts, expected, strict=True):
        if isinstance(part, tuple):
            assert np.array_equal(part[0], right[0]), "the bad batch, or one after it, changed weights"
            assert np.array_equal(part[1], right[1]), "the bad batch, or one after it, changed a bias"


def test_a_bad_target_has_no_operation():
    parts, width = network_of("relu, softmax", np.float64)
    x, y = data_of(width, np.float64)
    y[4, 0] = np.nan
    with pytest.raises(NonFiniteError) as caught:
        plan_of(parts, np.float64).run_epoch(x, y, None, RATE, 2, Loss.MEAN_SQUARED_ERROR)
    assert (caught.value.batch, caught.value.operation) == (2, -1)


def test_the_operation_of_a_bad_weight_is_its_layer():
    parts, width = network_of("three dense", np.float64)
    parts[2][0][:] = np.nan
    before = parts[0][0].copy()
    with pytest.raises(NonFiniteError) as caught:
        plan_of(parts, np.float64).run_epoch(*data_of(width, np.float64), None, RATE, 2, Loss.CROSS_ENTROPY)
    assert (caught.value.batch, caught.value.operation) == (0, 2)
    assert np.array_equal(parts[0][0], before)


def test_cross_entropy_hides_no_nan_of_a_class_that_is_not_the_target():
    first, second = np.ones((1, 1)), np.array([[1.0, np.nan]])
    plan = Plan(1, np.float64)
    plan.add_dense(first, np.zeros(1))
    plan.add_dense(second, np.zeros(2))
    with pytest.raises(NonFiniteError):
        plan.run_epoch(np.ones((1, 1)), np.array([[1.0, 0.0]]), None, RATE, 1, Loss.CROSS_ENTROPY)
    assert first[0, 0] == 1


X, Y = np.zeros((4, INPUTS)), np.zeros((4, 3))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"x": X.astype("f4")}, TypeError, "^x must be C-contiguous float64, but it is float32"),
        ({"x": X.astype(">f8")}, TypeError, "^x must be C-contiguous float64, but it is >f8"),
        ({"x": np.asfortranarray(X)}, TypeError, "^x must be C-contiguous"),
        ({"x": X.tolist()}, TypeError, "x"),
        ({"x": None}, TypeError, "x"),
        ({"x": X[:, :5].copy()}, ValueError, r"^x must have shape \(4, 12\), but its shape is \(4, 5\)"),
        ({"x": X[0].copy()}, ValueError, r"^x must have shape .*, but its shape is \(12,\)"),
        ({"y": Y.astype("f4")}, TypeError, "^y must be C-contiguous float64, but it is float32"),
        ({"y": Y[:3].copy()}, ValueError, r"^y must have shape \(4, 3\), but its shape is \(3, 3\)"),
        ({"y": np.zeros((4, 2))}, ValueError, r"^y must have shape \(4, 3\), but its shape is \(4, 2\)"),
        ({"x": X[:0], "y": Y[:0]}, ValueError, "samples.* must be at least 1, but they are 0"),
        ({"batch_size": 0}, ValueError, "batch_size.* must be at least 1, but they are 4, 0"),
        ({"batch_size": -3}, ValueError, "batch_size.* must be at least 1, but they are 4, -3"),
        ({"batch_size": 1.5}, TypeError, "int"),
        ({"order": np.arange(3)}, ValueError, "^order must hold 4 row numbers below 4"),
        ({"order": np.array([0, 1, 2, 4])}, ValueError, "^order must hold 4 row numbers below 4"),
        ({"order": np.array([0, 1, 2, -1])}, ValueError, "^order must hold 4 row numbers below 4"),
        ({"loss": "mse"}, TypeError, "integer|loss"),
        ({"loss": 7}, ValueError, "loss"),
    ],
    ids=str,
)
def test_bad_arguments_train_nothing(changes, error, message):
    parts, _ = network_of("relu, softmax", np.float64)
    before = in_float64(parts)
    good = {"x": X, "y": Y, "order": None, "learning_rate": RATE, "batch_size": 2, "loss": Loss.CROSS_ENTROPY}
    with pytest.raises(error, match=message):
        plan_of(parts, np.float64).run_epoch(**(good | changes))
    assert np.array_equal(parts[0][0], before[0][0])


@pytest.mark.parametrize(
    ("weights", "bias", "error", "message"),
    [
        (np.ones((5, 3)), np.ones((1, 3)), ValueError, r"\(12, units\).*\(5, 3\)"),
        (np.ones((12, 3)), np.ones((1, 4)), ValueError, r"\(12, 3\) and \(1, 4\)"),
        (np.ones((12, 6)), np.ones((2, 3)), ValueError, r"\(12, 6\) and \(2, 3\)"),
        (np.ones((12, 0)), np.ones((1, 0)), ValueError, r"\(12, 0\)"),
        (np.ones(12), np.ones((1, 1)), ValueError, r"^weights must have 2 dimensions.*\(12,\)"),
        (np.ones((12, 3), "f4"), np.ones((1, 3), "f4"), TypeError, "must be float64, but they are float32 and float32"),
        (np.ones((12, 3)), np.ones((1, 3), "f4"), TypeError, "must be float64, but they are float64 and float32"),
        (np.ones((12, 6))[:, ::2], np.ones((1, 3)), ValueError, "^weights must be C-contiguous and writeable"),
        (np.ones((12, 3)), np.broadcast_to(1.0, (1, 3)), ValueError, "^bias must be C-contiguous and writeable"),
        ([[1.0] * 3] * 12, np.ones((1, 3)), TypeError, "^weights must be a NumPy array"),
    ],
)
def test_a_dense_layer_that_does_not_fit(weights, bias, error, message):
    plan = Plan(INPUTS, np.float64)
    with pytest.raises(error, match=message):
        plan.add_dense(weights, bias)
    assert plan.output_size == INPUTS


@pytest.mark.parametrize("dtype", [int, ">f8", "f2", complex, object, "g"])
def test_a_plan_of_another_dtype(dtype):
    with pytest.raises(TypeError, match="dtype must be float32 or float64, but it is"):
        Plan(3, dtype)


@pytest.mark.parametrize("size", [0, -1])
def test_a_plan_without_inputs(size):
    with pytest.raises(ValueError, match=f"input_size must be at least 1, but it is {size}"):
        Plan(size, np.float64)


@pytest.mark.parametrize(
    "call",
    ["plan.predict(np.array(1.0))", "plan.run_epoch(np.array(1.0), np.ones((1, 2)), None, 0.1, 1, Loss.CROSS_ENTROPY)"],
)
def test_an_input_without_axes_is_an_error_not_a_crash(call):
    status, said = said_by(f"plan = Plan(2, np.float64)\nplan.add_softmax()\n{call}")
    assert (status, "ValueError: x must" in said) == (1, True), (status, said)


@pytest.mark.parametrize(
    "addition",
    ["add_softmax()", "add_activation(Activation.RELU)", "add_dense(np.ones((2, 5000)), np.ones((1, 5000)))"],
)
def test_a_plan_that_has_run_can_grow(addition):
    code = f"""
def plan(run_before):
    plan = Plan(2, np.float64)
    plan.add_activation(Activation.TANH)
    if run_before:
        plan.predict(np.ones((64, 2)))
    plan.{addition}
    return plan.predict(np.ones((3, 2)))
print(np.array_equal(plan(True), plan(False)))
"""
    assert said_by(code) == (0, "True\n")
