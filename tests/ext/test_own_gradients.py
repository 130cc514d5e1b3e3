"""Gradients that are asked for and steps by given ones: against float64 NumPy, for all instruction sets and threads."""

import numpy as np
import pytest
from kernel_sizes import COLUMN_GROUP, TRAINING

from fastnn_ext.engine.options import LossOptions, RuleOptions
from fastnn_ext.engine.plan import Plan, allocate
from fastnn_ext.engine.training import NonFiniteGradientsError, NonFiniteWeightsError, Training
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss, OperationKind, UpdateRule

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())
# Of inputs, a hidden layer and outputs: one number, parts of vectors, and columns that threads share.
SHAPES = [(1, 1, 1), (4, 120, 2), (33, 17, 3), (TRAINING["WIDE_FIRST_LAYER"] + 3, 2 * COLUMN_GROUP + 5, 7)]
MSE = LossOptions(Loss.MEAN_SQUARED_ERROR)
COLLECTING = RuleOptions(UpdateRule.COLLECT, 0.0)
# Some hundred terms of rounding in either type.
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-13}


def network(shape, dtype, isa=None, skip=False):
    """A plan of two dense layers over one vector; with a skip, the input is added to the first one's output."""
    inputs, hidden, outputs = shape
    rng = np.random.default_rng(sum(shape))
    vector, arrays = allocate([(inputs, hidden), (hidden,), (hidden, outputs), (outputs,)], dtype)
    for array in arrays:
        array[...] = rng.normal(size=array.shape) / np.sqrt(len(array))
    plan = Plan(inputs, dtype, isa=isa)
    plan.add_dense(arrays[0], arrays[1][None])
    inner = plan.add_activation(Activation.TANH)
    if skip:
        plan.add_merge(OperationKind.ADD, [-1, inner])
    plan.add_dense(arrays[2], arrays[3][None])
    return plan, vector, arrays


def expected(arrays, x, slope, skip):
    """The gradients of sum(output * slope) in float64, of parameters and inputs."""
    kernel, bias, last = (array.astype(np.float64) for array in arrays[:3])
    x, slope = x.astype(np.float64), slope.astype(np.float64)
    inner = np.tanh(x @ kernel + bias)
    hidden = inner + x if skip else inner
    back = slope @ last.T
    through = back * (1 - inner**2)
    of_inputs = through @ kernel.T + (back if skip else 0)
    return [x.T @ through, through.sum(axis=0), hidden.T @ slope, slope.sum(axis=0)], of_inputs


def training_of(plan, vector, arrays, x, y, rule=COLLECTING, **options):
    """A training of one batch, whose gradients lie as the arrays do in the vector."""
    made = Training(plan, x, y, len(x), MSE, rule, streaming=True, **options)
    places = [(array.ctypes.data - vector.ctypes.data) // array.itemsize for array in arrays]
    made.lay_out_gradients(arrays, places, vector.size)
    return made


def close(found, true, dtype):
    np.testing.assert_allclose(found, true, atol=TOLERANCE[dtype] * max(1, np.abs(true).max()))


def views(vector, arrays, gradient):
    first = vector.ctypes.data
    for array in arrays:
        at = (array.ctypes.data - first) // array.itemsize
        yield gradient[at : at + array.size].reshape(array.shape)


@both_dtypes
@every_isa
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("density", [0.2, 1.0])
def test_gradients_of_given_slopes(dtype, isa, shape, skip, density):
    if skip:
        shape = (shape[0], shape[0], shape[2])
    rng = np.random.default_rng(3)
    for rows in (1, 2, 5, 33):
        plan, vector, arrays = network(shape, dtype, isa, skip)
        x = (rng.normal(size=(rows, shape[0])) * (rng.random((rows, shape[0])) < density)).astype(dtype)
        slope = rng.normal(size=(rows, shape[2])).astype(dtype)
        of_parameters, of_inputs = expected(arrays, x, slope, skip)
        before, bits = vector.copy(), set()
        for threads in (1, 2, 3):
            options = {"threads": threads, "input_gradients": [0], "gradients_given": True}
            training = training_of(plan, vector, arrays, x, slope, **options)
            loss, gradient, found = training.run_gradients(x, slope)
            bits.add((gradient.tobytes(), found[0].tobytes()))
        assert len(bits) == 1
        assert loss == 0
        for view, true in zip(views(vector, arrays, gradient), of_parameters, strict=True):
            close(view, true, dtype)
        close(found[0], of_inputs, dtype)
        np.testing.assert_array_equal(vector, before)


@both_dtypes
@every_isa
@pytest.mark.parametrize("rule", [UpdateRule.SGD, UpdateRule.ADAM], ids=lambda rule: rule.name)
def test_steps_by_given_gradients_are_those_of_training(dtype, isa, rule):
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(9, 33)).astype(dtype), rng.normal(size=(9, 3)).astype(dtype)
    options = RuleOptions(rule, 0.05, 0.9, 0.999, 1e-7, global_clip_norm=0.5)
    plan, vector, _ = network((33, 17, 3), dtype, isa)
    training = Training(plan, x, y, 9, MSE, options, streaming=True)
    trained = []
    for _ in range(3):
        training.run_batch(x, y)
        trained.append(vector.copy())
    for threads in (1, 2):
        plan, vector, arrays = network((33, 17, 3), dtype, isa)
        asking = training_of(plan, vector, arrays, x, y, threads=threads)
        stepping = training_of(plan, vector, arrays, x, y, options, steps_given=True, threads=threads)
        for expected_vector in trained:
            _, gradient, _ = asking.run_gradients(x, y)
            kept = gradient.copy()
            stepping.apply_gradients(gradient)
            np.testing.assert_array_equal(gradient, kept)
            np.testing.assert_array_equal(vector, expected_vector)
        assert stepping.step == 3


def test_what_does_not_fit_is_refused():
    plan, vector, arrays = network((4, 3, 2), np.float64)
    x, y = np.ones((2, 4)), np.ones((2, 2))
    asking = training_of(plan, vector, arrays, x, y)
    stepping = training_of(plan, vector, arrays, x, y, RuleOptions(UpdateRule.SGD, 1.0), steps_given=True)
    with pytest.raises(ValueError, match="all arrays that learn"):
        training_of(plan, vector, arrays[1:], x, y).run_gradients(x, y)
    with pytest.raises(ValueError, match="all arrays that learn"):
        Training(plan, x, y, 2, MSE, COLLECTING, streaming=True).run_gradients(x, y)
    with pytest.raises(ValueError, match="cannot begin at 38 of 40"):
        asking.lay_out_gradients(arrays[:1], [38], 40)
    with pytest.raises(ValueError, match="from 1 to 2 rows"):
        asking.run_gradients(np.ones((3, 4)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="COLLECT"):
        stepping.run_gradients(x, y)
    with pytest.raises(ValueError, match="steps_given"):
        asking.apply_gradients(vector)
    with pytest.raises(ValueError, match="contiguous vector"):
        stepping.apply_gradients(vector[:-1].copy())
    with pytest.raises(ValueError, match="contiguous vector"):
        stepping.apply_gradients(vector.astype(np.float32))


def test_a_training_keeps_nothing_of_the_vectors_it_gave_or_took():
    # So large that memory which is let go cannot be read any more.
    size = 1500
    vector, [weights] = allocate([(size, size)], np.float64)
    x, y = np.ones((2, size)), np.zeros((2, size))
    plan = Plan(size, np.float64)
    plan.add_dense(weights)
    asking = training_of(plan, vector, [weights], x, y, input_gradients=[0])
    first = asking.run_gradients(x, y)[1].copy()
    np.testing.assert_array_equal(asking.gradients()[0].shape, weights.shape)
    asking.run_batch(x, y)
    kept = np.zeros_like(vector)
    asking.collect_into(kept)
    asking.run_batch(x, y)
    np.testing.assert_array_equal(kept, first)
    np.testing.assert_array_equal(asking.run_gradients(x, y)[1], first)
    kept[:] = 0
    asking.run_batch(x, y)
    np.testing.assert_array_equal(kept, first)
    stepping = training_of(plan, vector, [weights], x, y, RuleOptions(UpdateRule.SGD, 1.0), steps_given=True)
    stepping.apply_gradients(np.zeros_like(vector))
    with pytest.raises(ValueError, match="apply_gradients alone"):
        stepping.run_batch(x, y)


def test_inference_has_no_gradients():
    plan, vector, arrays = network((4, 3, 2), np.float64)
    x, y = np.ones((2, 4)), np.ones((2, 2))
    for option in ({"steps_given": True}, {"gradients_given": True}, {"input_gradients": [0]}):
        with pytest.raises(ValueError, match="inference=True has no gradients"):
            training_of(plan, vector, arrays, x, y, inference=True, **option)
    judging = training_of(plan, vector, arrays, x, y, inference=True)
    with pytest.raises(ValueError, match="without inference"):
        judging.run_gradients(x, y)
    with pytest.raises(ValueError, match="without inference"):
        judging.collect_into(np.zeros_like(vector))


def test_what_collecting_and_freezing_refuse():
    plan, vector, arrays = network((4, 3, 2), np.float64)
    x, y = np.ones((2, 4)), np.ones((2, 2))
    asking = training_of(plan, vector, arrays, x, y, gradients_given=True)
    with pytest.raises(ValueError, match="multiply them by sample_weight"):
        asking.run_gradients(x, y, np.ones(2))
    fixed = np.zeros_like(vector)
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        asking.collect_into(fixed)
    with pytest.raises(ValueError, match="two gradients lie at 0"):
        asking.lay_out_gradients(arrays[:2], [0, 0], vector.size)
    shared, weights = Plan(3, np.float64), np.ones((3, 3))
    first = shared.add_dense(weights)
    second = shared.add_dense(weights)
    for frozen in ([first], [second]):
        with pytest.raises(ValueError, match="freeze both or neither"):
            Training(shared, np.ones((2, 3)), np.ones((2, 3)), 2, MSE, COLLECTING, frozen=frozen)


def test_tables_in_vectors_that_hold_something():
    table = np.arange(10.0).reshape(5, 2)
    plan = Plan(2, np.float64)
    plan.add_embedding(table)
    x, y = np.array([[0, 1.0], [1, 1]]), np.zeros((2, 4))
    training = Training(plan, x, y, 2, MSE, COLLECTING)
    training.lay_out_gradients([table], [0], 10)
    found = np.full(10, 7.0)
    training.collect_into(found)
    training.run_epoch()
    # Of the mean of 8 squares.
    np.testing.assert_allclose(found.reshape(5, 2)[:2], table[:2] * 2 / 8 * [[1], [3]], atol=1e-15)
    assert not found[4:].any()
    with pytest.raises(ValueError, match="holds categories, which have no gradient"):
        Training(plan, x, y, 2, MSE, COLLECTING, input_gradients=[0])


@both_dtypes
def test_a_table_is_as_before_where_a_given_step_fails(dtype):
    table = np.arange(10.0).reshape(5, 2).astype(dtype)
    plan = Plan(2, dtype)
    plan.add_embedding(table)
    x, y = np.zeros((1, 2), dtype), np.zeros((1, 4), dtype)
    largest = np.finfo(dtype).max
    stepping = Training(plan, x, y, 1, MSE, RuleOptions(UpdateRule.SGD, 10.0), streaming=True, steps_given=True)
    stepping.lay_out_gradients([table], [0], 10)
    before, gradient = table.copy(), np.zeros(10, dtype)
    gradient[3], gradient[6] = largest, 1
    with pytest.raises(NonFiniteWeightsError):
        stepping.apply_gradients(gradient)
    np.testing.assert_array_equal(table, before)


def test_infinite_gradients_and_weights_are_told_by_operation():
    plan, vector, arrays = network((4, 3, 2), np.float64)
    x, slope = np.ones((2, 4)), np.full((2, 2), 1e308)
    asking = training_of(plan, vector, arrays, x, slope, gradients_given=True)
    with pytest.raises(NonFiniteGradientsError) as failure:
        asking.run_gradients(x, slope)
    # The sum of two such slopes is the gradient of the last bias; those before have factors below one.
    assert failure.value.operation == 2
    stepping = training_of(plan, vector, arrays, x, slope, RuleOptions(UpdateRule.SGD, 10.0), steps_given=True)
    before = vector.copy()
    with pytest.raises(NonFiniteWeightsError):
        stepping.apply_gradients(np.full_like(vector, 1e308))
    np.testing.assert_array_equal(vector, before)
    assert stepping.step == 0


GAPS = {
    "none": ({}, 0),
    "a frozen operation": ({"frozen": [0]}, 0),
    "more places than arrays": ({}, 5),
    "the first operation visits non-zero inputs": ({"sparse": True}, 0),
}


@both_dtypes
@pytest.mark.parametrize("what", GAPS)
def test_places_that_no_gradient_reaches_are_zero(dtype, what):
    """A new vector may lie where another one was: its numbers come back where nothing is written."""
    options, more = GAPS[what]
    plan, _, arrays = network((33, 17, 3), dtype)
    rng = np.random.default_rng(5)
    x, y = (rng.normal(size=(2, 33)) * (rng.random((2, 33)) < 0.1)).astype(dtype), np.ones((2, 3), dtype)
    training = Training(plan, x, y, 2, MSE, COLLECTING, streaming=True, **options)
    places = np.cumsum([0, *(array.size for array in arrays)])
    training.lay_out_gradients(arrays, places[:-1].tolist(), int(places[-1]) + more)
    for rows in (1, 2):
        whole = training.run_gradients(x[:rows], y[:rows], out=np.zeros(places[-1] + more, dtype))[1]
        for _ in range(20):
            left = np.full(places[-1] + more, np.nan, dtype)
            del left
            found = training.run_gradients(x[:rows], y[:rows])[1]
            assert found.tobytes() == whole.tobytes()
            given = np.full(places[-1] + more, np.nan, dtype)
            assert training.run_gradients(x[:rows], y[:rows], out=given)[1].tobytes() == whole.tobytes()
            del found, given
