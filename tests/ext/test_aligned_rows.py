"""Narrow first layers whose weights lie in aligned rows while a run lasts: the same bits as elsewhere."""

import numpy as np
import pytest
from kernel_sizes import PREDICTION, TRAINING, around
from making import training_of
from plain_training import RULES, bytes_of, copied, data_of, network_of, parameters_of, plan_of

from fastnn_ext.engine.training import NonFiniteError
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())

ROWS = TRAINING["ROWS_WORTH_ALIGNING"]
INPUTS, BATCH = 37, 23
# Whole vectors of any instruction set, pieces of 16 and of 32 bytes behind them, and rows that would be too empty.
UNITS = range(1, TRAINING["WIDEST_BY_ROW"] + 2)


def trained(network, x, y, rule, epochs=2, **how):
    """The losses, all parameters and the optimiser's state after some epochs."""
    network, isa = copied(network), how.pop("isa")
    plan = plan_of(network, INPUTS, x.dtype, isa)
    training = training_of(plan, x, y, BATCH, Loss.CROSS_ENTROPY, **RULES[rule], **how)
    losses = [training.run_epoch() for _ in range(epochs)]
    return losses, parameters_of(network), training.state


def assert_same(one, other):
    """The same numbers: a step that is left out may keep -0 where a step of zero gives 0."""
    assert one[0] == other[0]
    for arrays in zip(one[1] + one[2], other[1] + other[2], strict=True):
        assert np.array_equal(*arrays)


@pytest.mark.parametrize("units", UNITS)
@both_dtypes
@every_isa
def test_rows_of_any_width_give_the_bits_of_a_dense_product(units, dtype, isa):
    network, width = network_of((units, Activation.TANH, 3, "softmax"), INPUTS, dtype)
    x, y = data_of(INPUTS, width, ROWS, dtype, 0.3)
    dense = trained(network, x, y, "adam", isa=isa, sparse=False)
    for threads in (1, 2):
        assert_same(trained(network, x, y, "adam", isa=isa, sparse=True, threads=threads), dense)


@pytest.mark.parametrize("rule", RULES)
@both_dtypes
@every_isa
def test_every_rule_gives_the_bits_of_a_dense_product(rule, dtype, isa):
    network, width = network_of((20, Activation.RELU, 3, "softmax"), INPUTS, dtype)
    x, y = data_of(INPUTS, width, ROWS, dtype, 0.2)
    # Some inputs are never seen.
    x[:, 5:9] = 0
    assert_same(*(trained(network, x, y, rule, isa=isa, sparse=sparse) for sparse in (False, True)))


@both_dtypes
@every_isa
def test_enough_rows_choose_nothing_but_where_weights_lie(dtype, isa):
    network, width = network_of((20, Activation.RELU, 3, "softmax"), INPUTS, dtype)
    for samples in around(ROWS):
        x, y = data_of(INPUTS, width, samples, dtype, 0.3)
        assert_same(*(trained(network, x, y, "rmsprop", isa=isa, sparse=sparse) for sparse in (False, True)))


@both_dtypes
@every_isa
def test_a_training_goes_on_from_the_state_of_another(dtype, isa):
    network, width = network_of((20, Activation.RELU, 3, "softmax"), INPUTS, dtype)
    x, y = data_of(INPUTS, width, ROWS, dtype, 0.3)
    right = trained(network, x, y, "adam", epochs=2, isa=isa, sparse=True)
    learner = copied(network)
    plan = plan_of(learner, INPUTS, dtype, isa)
    first = training_of(plan, x, y, BATCH, Loss.CROSS_ENTROPY, **RULES["adam"], sparse=True)
    losses = [first.run_epoch()]
    state = [array.copy() for array in first.state]
    second = training_of(plan, x, y, BATCH, Loss.CROSS_ENTROPY, **RULES["adam"], sparse=True, state=state)
    second.step = first.step
    losses.append(second.run_epoch())
    assert_same((losses, parameters_of(learner), second.state), right)


@both_dtypes
@every_isa
def test_losses_alone_are_those_of_a_dense_product(dtype, isa):
    network, width = network_of((20, Activation.RELU, 3, "softmax"), INPUTS, dtype)
    x, y = data_of(INPUTS, width, ROWS, dtype, 0.3)
    before = bytes_of(network)
    dense, listed = (
        trained(network, x, y, "sgd", isa=isa, sparse=sparse, inference=True)[0] for sparse in (False, True)
    )
    assert dense == listed
    assert bytes_of(network) == before


@both_dtypes
@every_isa
def test_a_failed_batch_leaves_the_weights_as_they_were(dtype, isa):
    network, width = network_of((20, Activation.RELU, 3, "softmax"), INPUTS, dtype)
    x, y = data_of(INPUTS, width, ROWS, dtype, 0.3)
    # Its products are larger than any number.
    x[-1] = np.finfo(dtype).max
    before = bytes_of(network)
    plan = plan_of(network, INPUTS, dtype, isa)
    training = training_of(plan, x, y, BATCH, Loss.CROSS_ENTROPY, **RULES["adam"], sparse=True)
    with pytest.raises(NonFiniteError):
        training.run_epoch()
    assert bytes_of(network) == before


@pytest.mark.parametrize("units", UNITS)
@both_dtypes
@every_isa
def test_many_predictions_are_those_of_few(units, dtype, isa):
    network, width = network_of((units, Activation.TANH, 3), INPUTS, dtype)
    x, _ = data_of(INPUTS, width, PREDICTION["ROWS_WORTH_ALIGNING"], dtype, 0.3)
    # Zeros with a sign, and the smallest numbers, between others: they are listed or not, and change nothing.
    x[::3, ::4], x[1::3, ::5] = -0.0, np.finfo(dtype).smallest_subnormal
    plan = plan_of(network, INPUTS, dtype, isa)
    few = np.concatenate([plan.predict(x[start : start + 9]) for start in range(0, len(x), 9)])
    assert plan.predict(x).tobytes() == few.tobytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@both_dtypes
@every_isa
def test_a_number_that_is_not_finite_is_found_at_any_place(bad, dtype, isa):
    network, width = network_of((20, Activation.TANH, 3), INPUTS, dtype)
    x, _ = data_of(INPUTS, width, ROWS, dtype, 0.3)
    plan = plan_of(network, INPUTS, dtype, isa)
    for column in range(INPUTS):
        row = (7 * column) % ROWS
        broken = x.copy()
        broken[row, column] = bad
        with pytest.raises(ValueError, match=f"sample {row} "):
            plan.predict(broken)
