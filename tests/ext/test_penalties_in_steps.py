"""Squared penalties as part of the step: the bits of gradients that are collected first, and then stepped by."""

import numpy as np
import pytest
from kernel_sizes import COLUMN_GROUP, TRAINING
from making import training_of
from plain_training import RULES, bytes_of, copied, data_of, network_of

from fastnn_ext.engine.plan import Plan
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())
# A limit that no gradient reaches, for which all are collected.
COLLECTING = {"clip_value": 1e30}
WIDE = TRAINING["WIDE_FIRST_LAYER"] + 10


def penalised(network, inputs, dtype, isa, penalties):
    """A plan whose dense layers have these penalties in turn."""
    plan, left = Plan(inputs, dtype, isa=isa), list(penalties)
    for part in network:
        if isinstance(part, tuple):
            plan.add_dense(*part, l2=left.pop(0))
        elif part == "softmax":
            plan.add_softmax()
        else:
            plan.add_activation(part)
    return plan


def trained(network, x, y, batch_size, rule, penalties, isa=None, scales=None, **how):
    """The bytes of losses, parameters and state after an epoch as they come, a shuffled one, and one in prediction."""
    network = copied(network)
    plan = penalised(network, x.shape[1], x.dtype, isa, penalties)
    training = training_of(plan, x, y, batch_size, Loss.CROSS_ENTROPY, **rule, **how)
    training.set_penalty_scales(scales)
    losses = [training.run_epoch(), training.run_epoch(np.random.default_rng(5).permutation(len(x)))]
    judge = training_of(plan, x, y, batch_size, Loss.CROSS_ENTROPY, **rule, inference=True)
    state = b"".join(array.tobytes() for array in training.state)
    return [*losses, judge.run_epoch(), *bytes_of(network), state]


@pytest.mark.parametrize("rule", RULES)
@both_dtypes
@every_isa
def test_the_step_has_the_bits_of_collected_gradients(rule, dtype, isa):
    # Narrow, middling and wide first layers are updated by different code; the last layer has no penalty.
    for units in (3, TRAINING["WIDEST_BY_ROW"] - 8, WIDE):
        network, width = network_of((units, Activation.TANH, 5, Activation.RELU, 3, "softmax"), 101, dtype)
        for density, sparse in ((0.3, True), (0.3, False)):
            x, y = data_of(101, width, 20, dtype, density)
            how = {"isa": isa, "sparse": sparse, "scales": [1, 0.5, 2], "penalties": (0.03, 0.02, 0)}
            inside = trained(network, x, y, 7, RULES[rule], **how)
            collected = trained(network, x, y, 7, RULES[rule] | COLLECTING, **how)
            assert inside == collected, (units, sparse)


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("rule", ["sgd", "adam"])
@both_dtypes
def test_threads_change_no_bit(rule, sparse, dtype):
    # The second layer's columns are shared by two threads; the first is sorted by column, or dense.
    parts = (WIDE, Activation.RELU, 2 * COLUMN_GROUP + 1, Activation.TANH, 3, "softmax")
    network, width = network_of(parts, 131, dtype)
    x, y = data_of(131, width, 43, dtype, 0.3)
    results = [
        trained(network, x, y, 40, RULES[rule], (0.03, 0.02, 0.01), sparse=sparse, threads=threads)
        for threads in (1, 2, 3, 8)
    ]
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_one_sample_at_a_time(rule):
    network, width = network_of((17, Activation.TANH, 3, "softmax"), 31)
    x, y = data_of(31, width, 9, density=0.3)
    inside = trained(network, x, y, 1, RULES[rule], (0.03, 0.02))
    assert inside == trained(network, x, y, 1, RULES[rule] | COLLECTING, (0.03, 0.02))


def test_a_weight_without_a_gradient_shrinks():
    """Rows of inputs that are never seen but zero are visited, too, by plain descent as by rules with a state."""
    for rule in ("sgd", "adagrad"):
        network, width = network_of((60, Activation.TANH, 3, "softmax"), 31)
        x, y = data_of(31, width, 20, density=0.3)
        x[:, 7] = 0
        before = network[0][0][7].copy()
        plan = penalised(network, 31, np.float64, None, (0.1, 0))
        training_of(plan, x, y, 7, Loss.CROSS_ENTROPY, **RULES[rule], sparse=True).run_epoch()
        assert (abs(network[0][0][7]) < abs(before)).all()


def test_gradients_are_not_collected_for_a_squared_penalty_alone():
    network, width = network_of((3, "softmax"), 5)
    x, y = data_of(5, width, 6)
    plan = penalised(network, 5, np.float64, None, [0.1])
    training = training_of(plan, x, y, 3, Loss.CROSS_ENTROPY, **RULES["sgd"])
    training.run_epoch()
    with pytest.raises(ValueError, match="the gradients are not kept"):
        training.gradients()
