"""What ends an epoch half-way leaves the weights of the samples so far where the model has them."""

import numpy as np
import pytest
from kernel_sizes import TRAINING
from making import training_of
from plain_training import RULES, bytes_of, copied, data_of, network_of, plan_of

from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss

# So many inputs that the engine looks for signals several times an epoch.
INPUTS, SAMPLES = 4000, 1400
THREADS = 2
# Units, rule, batch size, data and threads: weights in aligned rows, for batches and for single samples, in panels that
# threads own, and as they lie.
PLACES = {
    "rows": (20, "adam", 32, 0.05, 1),
    "rows of two threads": (20, "adam", 32, 0.05, THREADS),
    "rows, one sample at a time": (20, "sgd", 1, 0.05, 1),
    "panels": (THREADS * TRAINING["FIRST_COLUMN_GROUP"], "adam", 32, 1.0, THREADS),
    "panels and lists": (THREADS * TRAINING["FIRST_COLUMN_GROUP"], "adam", 32, 0.05, THREADS),
    "panels and sorted lists": (
        max(THREADS * TRAINING["FIRST_COLUMN_GROUP"], TRAINING["WIDE_FIRST_LAYER"]),
        "rmsprop",
        32,
        0.05,
        THREADS,
    ),
    "as they lie": (20, "sgd", 1, 1.0, 1),
}
every_isa = pytest.mark.parametrize("isa", supported_isas())


@pytest.mark.parametrize("place", PLACES)
@every_isa
def test_weights_are_those_of_the_samples_so_far(place, isa):
    units, rule, batch_size, density, threads = PLACES[place]
    network, width = network_of((units, Activation.RELU, 3, "softmax"), INPUTS, np.float32)
    x, y = data_of(INPUTS, width, SAMPLES, np.float32, density)

    def training(network, samples):
        plan = plan_of(network, INPUTS, np.float32, isa)
        how = {"threads": threads, "sparse": density < 1, **RULES[rule]}
        return training_of(plan, x[:samples], y[:samples], batch_size, Loss.CROSS_ENTROPY, **how)

    told = []

    def stop(done, total):
        told.append(done)
        if len(told) == 2:
            raise KeyboardInterrupt

    stopped, whole = copied(network), copied(network)
    with pytest.raises(KeyboardInterrupt):
        training(stopped, SAMPLES).run_epoch(progress=stop)
    assert 0 < told[0] < told[1] < SAMPLES
    training(whole, told[1]).run_epoch()
    assert bytes_of(stopped) == bytes_of(whole) != bytes_of(network)
