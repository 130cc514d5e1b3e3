"""Operations that a training leaves as they are: gradients pass through them, and their arrays keep every bit."""

import itertools

import numpy as np
import pytest
from making import training_of
from plain_layers import BatchNormalization, Dense, Function, LayerNormalization, Learner, arrays_of

from fastnn_ext.engine.plan import Plan
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss, UpdateRule

INPUTS, SAMPLES = 19, 23
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


class Frozen:
    """A plain layer that learns nothing; a batch normalisation is what it is in prediction."""

    parameters = ()

    def __init__(self, layer):
        self.layer = layer

    @property
    def moving(self):
        return arrays_of(self.layer)

    def add_to(self, plan, arrays):
        self.layer.add_to(plan, arrays)

    def forward(self, x, training, seed, step, number):
        return self.layer.forward(x, False, seed, step, number)

    def backward(self, dy):
        if isinstance(self.layer, BatchNormalization):
            return dy * self.layer.gamma / self.layer.deviation
        return self.layer.backward(dy)


def dense(rng, fan_in, units):
    return Dense(rng.normal(size=(fan_in, units)) / np.sqrt(fan_in), 0.1 * rng.normal(size=units))


def batch(rng, size):
    return BatchNormalization(
        rng.uniform(0.5, 1.5, size), rng.normal(size=size), rng.normal(size=size), rng.uniform(1, 2, size)
    )


def tanh():
    return Function(np.tanh, lambda x: 1 - np.tanh(x) ** 2, lambda plan: plan.add_activation(Activation.TANH))


def layers(rng):
    normal = LayerNormalization(rng.uniform(0.5, 1.5, 17), rng.normal(size=17))
    return [
        *(dense(rng, INPUTS, 33), batch(rng, 33), tanh()),
        *(dense(rng, 33, 17), tanh(), normal, batch(rng, 17), dense(rng, 17, 3)),
    ]


def chain(rng):
    return [dense(rng, INPUTS, 33), tanh(), dense(rng, 33, 17), tanh(), dense(rng, 17, 3)]


# Which layers of which network are frozen.
CASES = {
    "the first": (layers, [0]),
    "the first three": (layers, [0, 1, 3]),
    "a batch normalisation": (layers, [1]),
    "both batch normalisations": (layers, [1, 6]),
    "a layer normalisation": (layers, [5]),
    "a dense layer between": (layers, [3]),
    "all but the first": (layers, [1, 3, 5, 6, 7]),
    "the last": (layers, [7]),
    "all": (layers, [0, 1, 3, 5, 6, 7]),
    "none": (layers, []),
    "the first of a chain": (chain, [0]),
    "the second of a chain": (chain, [2]),
    "all of a chain": (chain, [0, 2, 4]),
}
every_case = pytest.mark.parametrize("name", CASES)


def network(name):
    rng = np.random.default_rng(3)
    make, frozen = CASES[name]
    return [Frozen(layer) if place in frozen else layer for place, layer in enumerate(make(rng))], frozen


def data(dtype, density=1.0):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(SAMPLES, INPUTS)) * (rng.random((SAMPLES, INPUTS)) < density)
    return x.astype(dtype).astype(np.float64), rng.normal(size=(SAMPLES, 3)).astype(dtype).astype(np.float64)


@every_case
@both_dtypes
@pytest.mark.parametrize("batch_size", [1, 7])
def test_training_is_the_plain_one(name, dtype, batch_size):
    for density in (1.0, 0.2):
        plain, frozen = network(name)
        learner = Learner(plain, dtype)
        x, y = data(dtype, density)
        before = [[array.tobytes() for array in learner.arrays[place]] for place in frozen]
        batches = -(-SAMPLES // batch_size)
        right = [learner.epoch(x, y, batch_size, 0.01, 0, epoch * batches + 1) for epoch in range(2)]
        for isa, threads in itertools.product(supported_isas(), (1, 3) if density == 1 else (1,)):
            case = f"{name}, {isa}, batch {batch_size}, density {density}, {threads} threads"
            learner.begin()
            plan = learner.fill(Plan(INPUTS, dtype, isa=isa))
            training = training_of(
                *(plan, x.astype(dtype), y.astype(dtype), batch_size, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.01),
                **{"threads": threads, "sparse": density < 1, "frozen": frozen},
            )
            values = [training.run_epoch() for _ in range(2)]
            # Sums of some dozen terms in another order, a few steps long.
            assert values == pytest.approx(right, rel=1e-11 if dtype == np.float64 else 1e-4), case
            learner.assert_equal(case)
            assert [[array.tobytes() for array in learner.arrays[place]] for place in frozen] == before, case


@every_case
@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1}, {"clip_norm": 0.1}], ids=["plain", "decay", "clip"])
def test_the_number_of_threads_changes_no_bit(name, options):
    results = []
    for threads in (1, 2, 5):
        plain, frozen = network(name)
        learner = Learner(plain, np.float32)
        x, y = data(np.float32)
        training = training_of(
            *(learner.fill(Plan(INPUTS, np.float32)), x.astype(np.float32), y.astype(np.float32), 7),
            *(Loss.MEAN_SQUARED_ERROR, UpdateRule.ADAM, 0.01, 0.9, 0.999, 1e-7),
            **{"threads": threads, "frozen": frozen, **options},
        )
        losses = [training.run_epoch(), training.run_epoch()]
        results.append((losses, [array.tobytes() for arrays in learner.arrays for array in arrays]))
    assert results[1:] == results[:-1]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_wide_first_layer_that_is_frozen_stays_as_it_is(threads, sparse):
    rng = np.random.default_rng(1)
    learner = Learner([Frozen(dense(rng, 40, 700)), tanh(), dense(rng, 700, 3)], np.float32)
    x = (rng.normal(size=(64, 40)) * (rng.random((64, 40)) < 0.2)).astype(np.float32)
    plan, before = learner.fill(Plan(40, np.float32)), learner.arrays[0][0].tobytes()
    training = training_of(
        *(plan, x, rng.normal(size=(64, 3)).astype(np.float32), 32, Loss.MEAN_SQUARED_ERROR, UpdateRule.ADAM, 0.01),
        **{"threads": threads, "sparse": sparse, "frozen": [0]},
    )
    assert training.run_epoch() > training.run_epoch()
    assert learner.arrays[0][0].tobytes() == before


@pytest.mark.parametrize("penalty", [{"l1": 0.1}, {"l2": 0.1}, {"maximum_norm": 0.1}], ids=str)
def test_neither_penalties_nor_limits_are_on_what_is_frozen(penalty):
    rng = np.random.default_rng(2)
    plan, weights = Plan(4, np.float64), rng.normal(size=(4, 3))
    plan.add_dense(weights, np.zeros(3), **penalty)
    plan.add_dense(rng.normal(size=(3, 1)), np.zeros(1))
    before, x = weights.copy(), rng.normal(size=(8, 4))
    arguments = (plan, x, np.ones((8, 1)), 8, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.01)
    training = training_of(*arguments, frozen=[0])
    loss = np.mean((plan.predict(x) - 1) ** 2)
    assert training.penalty() == 0
    # Of one batch, in the same type.
    assert training.run_epoch() == pytest.approx(loss, rel=1e-12)
    np.testing.assert_array_equal(weights, before)


def test_a_layer_that_is_used_twice_is_frozen_where_both_uses_are():
    rng = np.random.default_rng(4)
    plan, weights, bias = Plan(3, np.float64), rng.normal(size=(3, 3)), np.zeros(3)
    calls = [plan.add_dense(weights, bias), plan.add_dense(weights, bias)]
    plan.add_dense(rng.normal(size=(3, 1)), np.zeros(1))
    before = weights.copy()
    training = training_of(
        *(plan, rng.normal(size=(8, 3)), np.ones((8, 1)), 4, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.01),
        frozen=calls,
    )
    assert training.run_epoch() > training.run_epoch()
    np.testing.assert_array_equal(weights, before)


def test_a_number_of_no_operation_is_refused():
    plan = Plan(1, np.float64)
    ones = np.ones((1, 1))
    plan.add_dense(ones)
    with pytest.raises(ValueError, match="frozen must hold numbers of operations below 1, but it has 1"):
        training_of(plan, ones, ones, 1, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1, frozen=[1])
