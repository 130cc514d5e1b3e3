"""Making a plan: what it tells of itself, which layers it refuses, and whose memory it holds."""

import numpy as np
import pytest
from binding_table import said_by

from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import Activation

INPUTS = 12


def test_the_plan_tells_its_sizes_and_dtype():
    plan = Plan(INPUTS, "float32", (3, 4))
    plan.add_dense(np.ones((INPUTS, 5), np.float32), np.ones((1, 5), np.float32))
    plan.add_activation(Activation.RELU)
    plan.add_dense(np.ones((5, 3), np.float32), np.ones(3, np.float32))
    plan.add_softmax()
    assert (plan.input_size, plan.output_size, plan.dtype) == (INPUTS, 3, np.dtype(np.float32))
    assert plan.sample_shape == (3, 4)
    assert plan.places == [0, 2, 3], "the activation is computed together with the first layer"


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


def test_the_plan_keeps_its_arrays_alive():
    plan = Plan(2, np.float64)
    plan.add_dense(np.full((2, 50000), 3.0), np.zeros((1, 50000)))
    # Memory that was freed would be handed out again here.
    others = [np.full((2, 50000), 7.0) for _ in range(5)]
    assert np.array_equal(plan.predict(np.ones((1, 2))), np.full((1, 50000), 6.0)), len(others)


def test_the_plan_reads_its_arrays_as_they_are_now():
    weights, bias = np.ones((2, 70)), np.zeros((1, 70))
    plan = Plan(2, np.float64)
    plan.add_dense(weights, bias)
    for samples in (1, 40):
        for value in (1.0, 5.0):
            weights[...] = value
            assert (plan.predict(np.ones((samples, 2))) == 2 * value).all()


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
