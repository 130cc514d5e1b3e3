"""Compressed rows, and inputs that are scaled as they are read: the same numbers as from whole arrays made before."""

import numpy as np
import pytest
from cases import case, some
from kernel_sizes import TRAINING
from making import training_of
from plain_training import RULES, bytes_of, copied, data_of, network_of, parameters_of, plan_of

from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.plan import NonFiniteDataError, Plan
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss, UpdateRule

INPUTS, SAMPLES = 30, 41
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())
# Narrow, middling and wide first layers take sparse inputs in different ways, and the last none.
NETWORKS = {
    "narrow": (5, Activation.TANH, 3, "softmax"),
    "middling": (60, Activation.RELU, 3, "softmax"),
    "wide": (TRAINING["WIDE_FIRST_LAYER"] + 10, Activation.RELU, 3, "softmax"),
    "no layer of weights first": (Activation.TANH, 3, "softmax"),
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def compressed(x):
    rows, columns = np.nonzero(x)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(x)))])
    return CompressedRows(x[rows, columns], columns, starts, x.shape[1])


def network_and_data(name, dtype, density=0.2):
    network, width = network_of(NETWORKS[name], INPUTS, dtype)
    x, y = data_of(INPUTS, width, SAMPLES, dtype, density)
    x[3] = 0
    return network, x, y


@every_network
@both_dtypes
@every_isa
@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize("batch_size", [1, 7])
def test_training_is_that_of_the_whole_matrix(name, dtype, isa, rule, batch_size):
    order = np.random.default_rng(0).permutation(SAMPLES)
    turn = (rule == "adam") + (batch_size == 7) + (dtype == np.float32)
    for threads in some([(1,), (1, 3)], 2, turn)[-1]:
        results = []
        for make in (lambda x: x, compressed):
            network, x, y = network_and_data(name, dtype)
            plan = plan_of(network, INPUTS, dtype, isa)
            training = training_of(plan, make(x), y, batch_size, Loss.CROSS_ENTROPY, **RULES[rule], threads=threads)
            assert training.sparse == (name != "no layer of weights first")
            results.append(([training.run_epoch(), training.run_epoch(order)], bytes_of(network)))
        assert results[0] == results[1], threads


@every_network
@both_dtypes
@every_isa
def test_predictions_are_those_of_the_whole_matrix(name, dtype, isa):
    for density in (0.0, 0.2, 1.0):
        network, x, _ = network_and_data(name, dtype, density)
        plan = plan_of(network, INPUTS, dtype, isa)
        expected = plan.predict(x)
        assert plan.predict(compressed(x)).tobytes() == expected.tobytes()
        assert plan.predict(compressed(x[:1])).tobytes() == expected[:1].tobytes()
        out = np.empty_like(expected)
        assert plan.predict(compressed(x), out) is out
        assert out.tobytes() == expected.tobytes()


@both_dtypes
def test_a_dense_training_of_compressed_rows(dtype):
    results = []
    for make in (lambda x: x, compressed):
        network, x, y = network_and_data("narrow", dtype)
        training = training_of(
            plan_of(network, INPUTS, dtype), make(x), y, 7, Loss.CROSS_ENTROPY, **RULES["adam"], sparse=False
        )
        results.append((training.run_epoch(), bytes_of(network)))
    assert results[0] == results[1]


@pytest.mark.parametrize("values", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("indices", [np.int32, np.int64, np.uint16])
@both_dtypes
def test_values_and_indices_of_any_dtype(values, indices, dtype):
    x = np.random.default_rng(1).integers(0, 4, size=(SAMPLES, INPUTS)).astype(values)
    rows = compressed(x)
    rows = CompressedRows(rows.values, rows.columns.astype(indices), rows.starts.astype(indices), INPUTS)
    assert np.array_equal(rows.dense(), x)
    network, width = network_of(NETWORKS["middling"], INPUTS, dtype)
    _, y = data_of(INPUTS, width, SAMPLES, dtype)
    plan = plan_of(network, INPUTS, dtype)
    assert plan.predict(rows).tobytes() == plan.predict(x.astype(dtype)).tobytes()
    other = copied(network)
    for learner, data in ((network, rows), (other, x.astype(dtype))):
        training = training_of(
            plan_of(learner, INPUTS, dtype), data, y, 7, Loss.CROSS_ENTROPY, **RULES["sgd"], sparse=True
        )
        training.run_epoch()
    assert bytes_of(network) == bytes_of(other)


def test_values_are_read_where_they_lie_and_places_are_out_of_reach():
    values, columns, starts = np.ones(3, np.float32), np.array([0, 2, 1], np.uint32), np.array([0, 2, 3])
    rows = CompressedRows(values, columns, starts, 4)
    assert np.shares_memory(rows.values, values)
    columns[:], starts[:] = 1 << 30, 1 << 30
    assert rows.columns.tolist() == [0, 2, 1]
    assert rows.starts.tolist() == [0, 2, 3]
    for array in (rows.columns, rows.starts):
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
    with pytest.raises(ValueError, match="cannot resize"):
        rows.values.resize(100_000, refcheck=False)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"values": np.ones(3, complex)},
            TypeError,
            "values must be float32, float64 or uint8, but they are complex128",
        ),
        ({"values": np.ones(3, int)}, TypeError, "values must be float32, float64 or uint8, but they are int64"),
        ({"values": np.ones((3, 1))}, ValueError, r"values must have one dimension, but their shape is \(3, 1\)"),
        ({"columns": np.array([0.0, 2, 1])}, TypeError, "columns must be integers, but they are float64"),
        ({"columns": np.array([0, 4, 1])}, ValueError, "columns must be from 0 to 3, but one is 4"),
        ({"columns": np.array([0, -1, 1])}, ValueError, "columns must be from 0 to 3, but one is -1"),
        ({"columns": np.array([2, 0, 1])}, ValueError, "the columns of a row must ascend, but row 0 has 0 after 2"),
        ({"columns": np.array([2, 2, 1])}, ValueError, "the columns of a row must ascend, but row 0 has 2 after 2"),
        ({"columns": np.array([0, 2])}, ValueError, "starts must rise from 0 to the number of columns"),
        ({"starts": np.array([0, 2, 4])}, ValueError, "starts must rise"),
        ({"starts": np.array([1, 2, 3])}, ValueError, "starts must rise"),
        ({"starts": np.array([0, 4, 3])}, ValueError, "starts must rise"),
        ({"starts": np.array([], int)}, ValueError, "starts must rise"),
        ({"starts": np.array([0.0, 2, 3])}, TypeError, "starts must be integers"),
        ({"column_count": 0}, ValueError, "a compressed matrix must have from 1 to"),
        ({"column_count": 2**31}, ValueError, "a compressed matrix must have from 1 to"),
    ],
    ids=str,
)
def test_what_is_no_compressed_matrix(changes, error, message):
    good = {"values": np.ones(3), "columns": np.array([0, 2, 1]), "starts": np.array([0, 2, 3]), "column_count": 4}
    with pytest.raises(error, match=message):
        CompressedRows(**(good | changes))


@every_network
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_values_name_their_sample(name, bad):
    network, x, y = network_and_data(name, np.float64)
    x[17, 5] = bad
    plan = plan_of(network, INPUTS)
    before = bytes_of(network)
    for batch_size in (1, 7):
        with pytest.raises(NonFiniteDataError) as caught:
            training_of(plan, compressed(x), y, batch_size, Loss.CROSS_ENTROPY, **RULES["sgd"]).run_epoch()
        assert caught.value.sample == 17
    assert bytes_of(network) == before
    with pytest.raises(NonFiniteDataError) as caught:
        plan.predict(compressed(x))
    assert caught.value.sample == 17


def test_another_number_of_columns_is_refused():
    network, x, y = network_and_data("narrow", np.float64)
    plan = plan_of(network, INPUTS)
    with pytest.raises(ValueError, match="must have 30 columns, but"):
        plan.predict(compressed(x[:, :-1]))
    with pytest.raises(ValueError, match="x must have 30 columns, but it has 29"):
        training_of(plan, compressed(x[:, :-1]), y, 7, Loss.CROSS_ENTROPY, **RULES["sgd"])


# Inputs that are scaled as they are read.


@every_network
@both_dtypes
@every_isa
@pytest.mark.parametrize("batch_size", [1, 7])
def test_scaled_inputs_are_those_scaled_before(name, dtype, isa, batch_size):
    for source in (np.uint8, np.float32, np.float64, "compressed"):
        for shift in (0.0, -0.5):
            with case(source, shift):
                assert_scaled_alike(name, dtype, isa, batch_size, source, shift)


def assert_scaled_alike(name, dtype, isa, batch_size, source, shift):
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, size=(SAMPLES, INPUTS)) * (rng.random((SAMPLES, INPUTS)) < 0.3)
    scaled = (pixels.astype(dtype) * dtype(1 / 255) + dtype(shift)).astype(dtype)
    x = compressed(pixels.astype(np.uint8)) if source == "compressed" else pixels.astype(source)
    network, width = network_of(NETWORKS[name], INPUTS, dtype)
    _, y = data_of(INPUTS, width, SAMPLES, dtype)
    learner = copied(network)
    plan, expected = plan_of(learner, INPUTS, dtype, isa), plan_of(network, INPUTS, dtype, isa)
    plan.set_input_scale(1 / 255, shift)
    assert plan.predict(x).tobytes() == expected.predict(scaled).tobytes()
    rule = {**RULES["sgd"], "sparse": shift == 0}
    second = training_of(expected, scaled, y, batch_size, Loss.CROSS_ENTROPY, **rule)
    for threads in (1, 2):
        first = training_of(plan, x, y, batch_size, Loss.CROSS_ENTROPY, **rule, threads=threads)
        assert first.run_epoch() == second.run_epoch()
        for ours, right in zip(parameters_of(learner), parameters_of(network), strict=True):
            assert np.array_equal(ours, right)


@pytest.mark.parametrize(("scale", "shift"), [(np.nan, 0.0), (np.inf, 0.0), (1.0, np.nan)])
def test_bad_scales(scale, shift):
    with pytest.raises(ValueError, match="scale and shift must be finite"):
        Plan(3, np.float64).set_input_scale(scale, shift)


@pytest.mark.parametrize("share", [0.3, 0.35, 0.4, 0.7, 0.75, 0.8])
def test_whether_data_are_sparse_does_not_depend_on_their_form(share):
    # Rows that are looked at are filled otherwise than the rest: near the limits, a count of all decides otherwise.
    rng = np.random.default_rng(0)
    x = rng.integers(1, 9, (200, INPUTS)) * (rng.random((200, INPUTS)) < share)
    x[::3] = x[::3] * (rng.random((67, INPUTS)) < 0.9)
    x = x.astype(np.float32)
    y = np.zeros((200, 3), np.float32)
    results = []
    for data in (x, compressed(x)):
        plan = Plan(INPUTS, np.float32)
        plan.add_dense(np.full((INPUTS, 3), 0.1, np.float32), np.zeros(3, np.float32))
        training = training_of(plan, data, y, 1, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 1e-3)
        results.append((training.sparse, training.run_epoch()))
    assert results[0] == results[1]
