"""Threads that own columns of a first layer over sparse data: the bits of one thread, and those of a dense product."""

import numpy as np
import pytest
from cases import case
from kernel_sizes import TRAINING, around
from making import training_of
from plain_training import RULES, bytes_of, copied, data_of, network_of, plan_of

from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss

INPUTS = 150
GROUP, BATCH = TRAINING["FIRST_COLUMN_GROUP"], TRAINING["LARGEST_BATCH_OF_OWN_COLUMNS"]
UNITS = [*around(2 * GROUP, 3 * GROUP), 2 * GROUP + 20, TRAINING["WIDE_FIRST_LAYER"] - 1]
every_isa = pytest.mark.parametrize("isa", supported_isas())
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def trained(network, x, y, isa, rule, batch_size, **how):
    """The losses of two epochs, all parameters, and the optimiser's state."""
    network = copied(network)
    training = training_of(
        plan_of(network, INPUTS, x.dtype, isa), x, y, batch_size, Loss.CROSS_ENTROPY, **RULES[rule], **how
    )
    losses = [training.run_epoch() for _ in range(2)]
    return losses, bytes_of(network), [array.tobytes() for array in training.state]


@pytest.mark.parametrize("units", UNITS)
@both_dtypes
@every_isa
def test_threads_change_no_bit(units, dtype, isa):
    # An activation that is computed with the product, and one that is not.
    for batch_size, activation in zip(around(BATCH), (Activation.RELU, Activation.TANH, Activation.GELU), strict=True):
        network, width = network_of((units, activation, 3, "softmax"), INPUTS, dtype)
        x, y = data_of(INPUTS, width, batch_size + 9, dtype, 0.2)
        right = trained(network, x, y, isa, "adam", batch_size, sparse=True, threads=1)
        for threads in (2, 3):
            with case(batch_size, threads):
                assert trained(network, x, y, isa, "adam", batch_size, sparse=True, threads=threads) == right


@pytest.mark.parametrize("rule", RULES)
@both_dtypes
@every_isa
def test_every_rule_gives_the_losses_of_a_dense_product(rule, dtype, isa):
    network, width = network_of((2 * GROUP + 20, Activation.RELU, 3, "softmax"), INPUTS, dtype)
    x, y = data_of(INPUTS, width, 70, dtype, 0.2)
    # Some inputs are never seen, one is in every row.
    x[:, 5:9], x[:, 11] = 0, 1
    dense = trained(network, x, y, isa, rule, 32, sparse=False, threads=1)
    assert trained(network, x, y, isa, rule, 32, sparse=True, threads=2)[0] == dense[0]
