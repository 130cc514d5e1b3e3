"""What a training refuses, before it starts and on its way: every weight is then what it was."""

import numpy as np
import pytest
from binding_table import said_by
from making import training_of
from plain_training import NETWORKS, RULES, bytes_of, copied, data_of, network_of, plan_of

from fastnn_ext.engine.plan import NonFiniteDataError, Plan
from fastnn_ext.engine.training import NonFiniteError, NonFiniteWeightsError
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss

INPUTS, SAMPLES = 12, 10
X, Y = np.zeros((4, INPUTS)), np.zeros((4, 3))
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"x": X.astype("f2")}, TypeError, "^x must be float32, float64 or uint8, but it is float16"),
        ({"x": X.astype("i4")}, TypeError, "^x must be float32, float64 or uint8, but it is int32"),
        ({"x": X.astype(bool)}, TypeError, "^x must be float32, float64 or uint8, but it is bool"),
        ({"x": X.astype(object)}, TypeError, "^x must be float32, float64 or uint8, but it is object"),
        ({"y": Y.astype(complex)}, TypeError, "^y must be float32, float64 or uint8, but it is complex128"),
        ({"x": X.astype(">f8")}, TypeError, r"^the rows of x must be contiguous, aligned .* pass x\.astype\("),
        ({"x": np.asfortranarray(X)}, TypeError, "^the rows of x must be contiguous"),
        ({"x": np.zeros((4, 24))[:, ::2]}, TypeError, "^the rows of x must be contiguous"),
        ({"y": np.zeros((4, 3))[:, ::-1]}, TypeError, "^the rows of y must be contiguous"),
        ({"x": X.tolist()}, TypeError, "x"),
        ({"x": None}, TypeError, "x"),
        ({"plan": None}, TypeError, "plan"),
        ({"x": X[:, :5]}, ValueError, r"^x must have shape \(samples, 12\), but its shape is \(4, 5\)"),
        ({"x": X[0]}, ValueError, r"^x must have shape .*, but its shape is \(12,\)"),
        ({"x": np.array(1.0)}, ValueError, r"samples.* must be at least 1, but x has shape \(\)"),
        ({"y": Y[:3]}, ValueError, "^y must have as many rows as x, 4, but it has 3"),
        ({"y": np.zeros((4, 2))}, ValueError, r"^y must have shape \(samples, 3\), but its shape is \(4, 2\)"),
        ({"x": X[:0], "y": Y[:0]}, ValueError, r"samples.* must be at least 1, but x has shape \(0, 12\)"),
        ({"batch_size": 0}, ValueError, "batch_size.* must be at least 1, but .*, batch_size is 0"),
        ({"batch_size": -3}, ValueError, "batch_size.* must be at least 1, but .*, batch_size is -3"),
        ({"batch_size": 1.5}, TypeError, "int"),
        ({"batch_size": 2**70}, OverflowError, "int"),
        ({"loss": "mse"}, (TypeError, ValueError), "int|mse"),
        ({"loss": 99}, ValueError, "99"),
        ({"learning_rate": "fast"}, TypeError, "real number"),
        ({"optimizer": 99}, ValueError, "99"),
        ({"loss_numbers": 1.0}, ValueError, "loss_numbers must be a sequence of 1 to"),
        ({"loss_numbers": ()}, ValueError, "loss_numbers must be a sequence of 1 to"),
        ({"loss_numbers": [0.5] * 100}, ValueError, "loss_numbers must be a sequence of 1 to"),
        ({"threads": "two"}, TypeError, "int"),
    ],
    ids=str,
)
def test_bad_arguments(changes, error, message):
    network, _ = network_of(NETWORKS["relu, softmax"], INPUTS)
    good = {"plan": plan_of(network, INPUTS), "x": X, "y": Y, "batch_size": 2, "loss": Loss.CROSS_ENTROPY}
    before = bytes_of(network)
    with pytest.raises(error, match=message):
        training_of(**(good | RULES["sgd"] | changes))
    assert bytes_of(network) == before


def test_a_plan_without_layers():
    with pytest.raises(ValueError, match="layers must be at least 1"):
        training_of(Plan(INPUTS, np.float64), X, X, 1, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"])


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize(
    ("order", "error"),
    [
        (np.arange(3), ValueError),
        (np.arange(5), ValueError),
        (np.array([], dtype=int), ValueError),
        (np.array([0, 1, 2, 4]), ValueError),
        (np.array([0, 1, 2, -1]), ValueError),
        (np.array([0, 1, 2, 2**40]), ValueError),
        (np.array(["a", "b", "c", "d"]), (TypeError, ValueError)),
        ("0123", (TypeError, ValueError)),
    ],
    ids=str,
)
def test_bad_orders(order, error, batch_size):
    network, width = network_of(NETWORKS["relu, softmax"], INPUTS)
    x, y = data_of(INPUTS, width, 4)
    training = training_of(plan_of(network, INPUTS), x, y, batch_size, Loss.CROSS_ENTROPY, **RULES["sgd"])
    before = bytes_of(network)
    with pytest.raises(error):
        training.run_epoch(order)
    assert bytes_of(network) == before
    training.run_epoch(np.arange(4))
    assert bytes_of(network) != before


def test_a_batch_larger_than_the_data_is_the_data():
    results = []
    for batch_size in (4, 5, 2**62):
        network, width = network_of(NETWORKS["relu, softmax"], INPUTS)
        x, y = data_of(INPUTS, width, 4)
        training_of(plan_of(network, INPUTS), x, y, batch_size, Loss.CROSS_ENTROPY, **RULES["sgd"]).run_epoch()
        results.append(bytes_of(network))
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("inputs", [2**45, 2**50, 2**62])
def test_a_width_beyond_all_memory_is_an_error_not_a_crash(inputs):
    # Rows of no extent stand for data that no memory holds.
    code = f"""
plan = Plan({inputs}, np.float64)
plan.add_activation(Activation.TANH)
x = np.lib.stride_tricks.as_strided(np.zeros(1), (1, {inputs}), (8, 8))
plan.predict(x)
"""
    status, said = said_by(code)
    assert status == 1, said
    assert "MemoryError" in said or "too big" in said, said


# What is not finite.


@both_dtypes
@every_isa
@pytest.mark.parametrize("batch_size", [1, 3, 4])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_bad_data_leave_the_weights_as_they_were(dtype, isa, batch_size, sparse, bad):
    row = 7
    for place in ("x", "y"):
        for column in (0, -1):
            network, width = network_of(NETWORKS["relu, softmax"], INPUTS, dtype)
            x, y = data_of(INPUTS, width, SAMPLES, dtype)
            how = {**RULES["sgd"], "sparse": sparse}
            (x if place == "x" else y)[row, column] = bad
            for threads in (1, 2):
                learner = copied(network)
                plan = plan_of(learner, INPUTS, dtype, isa)
                training = training_of(plan, x, y, batch_size, Loss.CROSS_ENTROPY, **how, threads=threads)
                with pytest.raises(NonFiniteDataError, match=f"sample {row} holds NaN or infinity") as caught:
                    training.run_epoch()
                assert caught.value.sample == row
                assert bytes_of(learner) == bytes_of(network), (place, column, threads)


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_finite_data_too_large_for_the_network_are_bad(batch_size, sparse):
    network, width = network_of(NETWORKS["relu"], INPUTS, np.float32)
    x, y = data_of(INPUTS, width, SAMPLES)
    x[4, 2] = 1e300
    plan = plan_of(network, INPUTS, np.float32)
    training = training_of(plan, x, y, batch_size, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"], sparse=sparse)
    with pytest.raises(NonFiniteDataError, match="sample 4 "):
        training.run_epoch()


@both_dtypes
@every_isa
@pytest.mark.parametrize("batch_size", [1, 2, 3])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_loss_that_is_not_finite_leaves_the_weights_as_they_were(dtype, isa, batch_size, threads):
    network, width = network_of(NETWORKS["relu, softmax"], INPUTS, dtype)
    x, y = data_of(INPUTS, width, SAMPLES, dtype)
    # Twelve times the largest number: every hidden sum is infinite.
    network[0][0][...] = np.abs(network[0][0]) + 1
    x[5] = np.finfo(dtype).max
    before = bytes_of(network)
    plan = plan_of(network, INPUTS, dtype, isa)
    training = training_of(plan, x, y, batch_size, Loss.CROSS_ENTROPY, **RULES["sgd"], threads=threads)
    with pytest.raises(NonFiniteError) as caught:
        training.run_epoch()
    assert (caught.value.batch, caught.value.operation) == (5 // batch_size, 0)
    assert bytes_of(network) == before


def test_the_operation_of_a_bad_weight_is_its_layer():
    for number, operation in ((0, 0), (2, 2), (4, 4)):
        network, width = network_of(NETWORKS["three dense"], INPUTS)
        network[number][0][:] = np.nan
        before = bytes_of(network)
        for batch_size in (1, 2):
            data = data_of(INPUTS, width, SAMPLES)
            training = training_of(plan_of(network, INPUTS), *data, batch_size, Loss.CROSS_ENTROPY, **RULES["sgd"])
            with pytest.raises(NonFiniteError, match=f"batch 0 .* operation {operation}") as caught:
                training.run_epoch()
            assert (caught.value.batch, caught.value.operation) == (0, operation)
            assert bytes_of(network) == before


@pytest.mark.parametrize("batch_size", [1, 2])
def test_a_loss_that_overflows_by_itself_has_no_operation(batch_size):
    network, width = network_of(NETWORKS["relu"], INPUTS)
    x, y = data_of(INPUTS, width, SAMPLES)
    y[6, 1] = 1e200
    training = training_of(plan_of(network, INPUTS), x, y, batch_size, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"])
    with pytest.raises(NonFiniteError) as caught:
        training.run_epoch()
    assert (caught.value.batch, caught.value.operation) == (6 // batch_size, -1)


def test_cross_entropy_hides_no_nan_of_a_class_that_is_not_the_target():
    first, second = np.ones((1, 1)), np.array([[1.0, np.nan]])
    plan = Plan(1, np.float64)
    plan.add_dense(first, np.zeros(1))
    plan.add_dense(second, np.zeros(2))
    training = training_of(plan, np.ones((1, 1)), np.array([[1.0, 0.0]]), 1, Loss.CROSS_ENTROPY, **RULES["sgd"])
    with pytest.raises(NonFiniteError):
        training.run_epoch()
    assert first[0, 0] == 1


@pytest.mark.parametrize("batch_size", [1, 2])
def test_a_training_goes_on_once_the_weights_are_sound_again(batch_size):
    network, width = network_of(NETWORKS["relu, softmax"], INPUTS)
    x, y = data_of(INPUTS, width, SAMPLES)
    sound = copied(network)
    training = training_of(plan_of(network, INPUTS), x, y, batch_size, Loss.CROSS_ENTROPY, **RULES["sgd"])
    network[0][0][:] = np.nan
    with pytest.raises(NonFiniteError):
        training.run_epoch()
    network[0][0][...] = sound[0][0]
    fresh = training_of(plan_of(sound, INPUTS), x, y, batch_size, Loss.CROSS_ENTROPY, **RULES["sgd"])
    assert training.run_epoch() == fresh.run_epoch()
    assert bytes_of(network) == bytes_of(sound)


@pytest.mark.parametrize("batch_size", [1, 2])
def test_a_training_goes_on_once_the_data_are_sound_again(batch_size):
    network, width = network_of(NETWORKS["relu, softmax"], INPUTS)
    x, y = data_of(INPUTS, width, SAMPLES)
    sound, good = copied(network), x[0, 0]
    training = training_of(plan_of(network, INPUTS), x, y, batch_size, Loss.CROSS_ENTROPY, **RULES["sgd"])
    x[0, 0] = np.nan
    with pytest.raises(NonFiniteDataError):
        training.run_epoch()
    x[0, 0] = good
    fresh = training_of(plan_of(sound, INPUTS), x, y, batch_size, Loss.CROSS_ENTROPY, **RULES["sgd"])
    assert training.run_epoch() == fresh.run_epoch()
    assert bytes_of(network) == bytes_of(sound)


@pytest.mark.parametrize("batch_size", [1, SAMPLES])
def test_weights_that_become_infinite_are_put_back(batch_size):
    network, _ = network_of((3,), INPUTS, np.float32)
    x, y = data_of(INPUTS, 3, batch_size, np.float32)
    start = bytes_of(network)
    how = RULES["sgd"] | {"learning_rate": 3e38}
    plan = plan_of(network, INPUTS, np.float32)
    # One step: a second would see the infinite loss first.
    training = training_of(plan, 100 * x, y, batch_size, Loss.MEAN_ABSOLUTE_ERROR, **how)
    with pytest.raises(NonFiniteWeightsError):
        training.run_epoch()
    assert bytes_of(network) == start


def test_the_operation_of_infinite_weights_is_their_layer():
    network, _ = network_of((4, Activation.TANH, 3), INPUTS, np.float32)
    x, y = data_of(INPUTS, 3, SAMPLES, np.float32)
    network[2][0][...] = 1e3
    plan = plan_of(network, INPUTS, np.float32)
    training = training_of(plan, x, y, SAMPLES, Loss.MEAN_ABSOLUTE_ERROR, **(RULES["sgd"] | {"learning_rate": 3e38}))
    with pytest.raises(NonFiniteWeightsError, match="the weights of operation 0") as caught:
        training.run_epoch()
    assert caught.value.operation == 0


def test_the_optimiser_starts_anew_after_a_failure():
    network, width = network_of(NETWORKS["relu"], INPUTS)
    x, y = data_of(INPUTS, width, SAMPLES)
    training = training_of(
        plan_of(network, INPUTS), x, y, 5, Loss.MEAN_SQUARED_ERROR, **RULES["adagrad"], initial_square=0.5
    )
    training.run_epoch()
    x[7, 3] = 1e300
    with pytest.raises(NonFiniteError):
        training.run_epoch()
    assert training.step == 0
    assert all((array == 0.5).all() for array in training.state)
