"""Layers along the last axis, slopes that are learned and other dropouts, in training and prediction by plain NumPy."""

import numpy as np
import pytest
from cases import some
from making import training_of
from plain_axis_layers import (
    AlphaDropout,
    DenseAlongAxis,
    GaussianDropout,
    Permutation,
    PReLU,
    RMSNormalization,
    Standardization,
    UnitNormalization,
)
from plain_layers import Dense, Function, Learner

from fastnn_ext.engine.plan import Plan
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss, UpdateRule

INPUTS, SAMPLES, SEED = 21, 23, 12345
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())


def dense(rng, fan_in, units):
    return Dense(rng.normal(size=(fan_in, units)) / np.sqrt(fan_in), 0.1 * rng.normal(size=units))


def along(rng, fan_in, units, positions):
    part = dense(rng, fan_in, units)
    return DenseAlongAxis(part.weights, part.bias, positions)


def tanh():
    return Function(np.tanh, lambda x: 1 - np.tanh(x) ** 2, lambda plan: plan.add_activation(Activation.TANH))


def standardization(rng, width):
    variance = rng.uniform(1, 2, width)
    # Far below what is divided by.
    variance[0] = 1e6
    return Standardization(rng.normal(size=width), variance)


NETWORKS = {
    "standardisation": lambda r: [standardization(r, INPUTS), dense(r, INPUTS, 3)],
    "standardisation by axis": lambda r: [dense(r, INPUTS, 12), standardization(r, 4), dense(r, 12, 3)],
    "permutation": lambda r: [dense(r, INPUTS, 40), Permutation(r.permutation(40)), tanh(), dense(r, 40, 3)],
    "permutation of data": lambda r: [Permutation(r.permutation(INPUTS)), dense(r, INPUTS, 3)],
    "unit": lambda r: [dense(r, INPUTS, 33), UnitNormalization(33), dense(r, 33, 3)],
    "unit by axis": lambda r: [UnitNormalization(7), dense(r, INPUTS, 24), UnitNormalization(6), dense(r, 24, 3)],
    "short vectors": lambda r: [dense(r, INPUTS, 4), UnitNormalization(4, 1e3), dense(r, 4, 3)],
    "rms": lambda r: [dense(r, INPUTS, 33), RMSNormalization(r.uniform(0.5, 1.5, 33)), tanh(), dense(r, 33, 3)],
    "rms by axis": lambda r: [RMSNormalization(r.normal(size=7)), dense(r, INPUTS, 3)],
    "rms of many": lambda r: [dense(r, INPUTS, 34), RMSNormalization(r.normal(size=17)), dense(r, 34, 3)],
    "prelu": lambda r: [dense(r, INPUTS, 33), PReLU(r.uniform(0, 0.5, 33)), dense(r, 33, 3)],
    "prelu at both ends": lambda r: [PReLU(r.normal(size=INPUTS)), dense(r, INPUTS, 3), PReLU(r.normal(size=3))],
    "prelu of shared slopes": lambda r: [
        *(dense(r, INPUTS, 40), PReLU(r.normal(size=20), np.tile(np.arange(20), 2)), dense(r, 40, 3)),
    ],
    "prelu of one slope": lambda r: [PReLU(r.normal(size=1), np.zeros(INPUTS, int)), dense(r, INPUTS, 3)],
    "alpha dropout": lambda r: [dense(r, INPUTS, 17), AlphaDropout(0.4), dense(r, 17, 3)],
    "alpha dropout of nothing": lambda r: [AlphaDropout(0.0), dense(r, INPUTS, 3)],
    "gaussian dropout": lambda r: [GaussianDropout(0.2), dense(r, INPUTS, 17), GaussianDropout(0.4), dense(r, 17, 3)],
    "dense along an axis": lambda r: [along(r, 7, 5, 3), tanh(), along(r, 5, 17, 3), tanh(), dense(r, 51, 3)],
    "dense along a long axis": lambda r: [dense(r, INPUTS, 66), along(r, 33, 70, 2), dense(r, 140, 3)],
    "dense at the end": lambda r: [dense(r, INPUTS, 6), along(r, 2, 1, 3)],
    "all": lambda r: [
        *(standardization(r, INPUTS), along(r, 7, 8, 3), PReLU(r.uniform(0, 0.5, 24)), AlphaDropout(0.2)),
        *(RMSNormalization(r.uniform(0.5, 1.5, 8)), Permutation(r.permutation(24)), UnitNormalization(12)),
        *(GaussianDropout(0.1), dense(r, 24, 3)),
    ],
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def case(name, dtype):
    rng = np.random.default_rng(11)
    learner = Learner(NETWORKS[name](rng), dtype)
    # As the engine gets them.
    x = rng.normal(size=(SAMPLES, INPUTS)).astype(dtype).astype(np.float64)
    outputs = learner.outputs(x).shape[1]
    return learner, x, rng.normal(size=(SAMPLES, outputs)).astype(dtype).astype(np.float64)


def training(plan, x, y, batch_size, dtype, **more):
    rule = {"optimizer": UpdateRule.SGD, "learning_rate": 0.01} | more
    optimizer, rate = rule.pop("optimizer"), rule.pop("learning_rate")
    arrays = x.astype(dtype), y.astype(dtype)
    return training_of(plan, *arrays, batch_size, Loss.MEAN_SQUARED_ERROR, optimizer, rate, seed=SEED, **rule)


@every_network
@both_dtypes
@pytest.mark.parametrize("batch_size", [1, 7, SAMPLES])
def test_training_and_prediction_are_the_plain_ones(name, dtype, batch_size):
    learner, x, y = case(name, dtype)
    # The places of the operations, which random numbers depend on.
    learner.fill(Plan(INPUTS, dtype))
    batches = -(-SAMPLES // batch_size)
    right = [learner.epoch(x, y, batch_size, 0.01, SEED, epoch * batches + 1) for epoch in range(2)]
    outputs = learner.outputs(x)
    # As the plain layers' own tolerance.
    close = 4e-12 if dtype == np.float64 else 5e-4
    for place, isa in enumerate(supported_isas()):
        results = []
        # Alone, and on two threads or on three.
        for threads in (1, *some((2, 3), 2, list(NETWORKS).index(name) + place)):
            where = f"{name}, {isa}, {threads} threads"
            learner.begin()
            plan = learner.fill(Plan(INPUTS, dtype, isa=isa))
            run = training(plan, x, y, batch_size, dtype, threads=threads)
            values = [run.run_epoch() for _ in range(2)]
            assert values == pytest.approx(right, rel=1e-11 if dtype == np.float64 else 1e-4), where
            learner.assert_equal(where)
            results.append([array.tobytes() for arrays in learner.arrays for array in arrays])
        assert all(result == results[0] for result in results), where
        predicted = plan.predict(x.astype(dtype))
        np.testing.assert_allclose(predicted, outputs, rtol=0, atol=close, err_msg=where)
        by_row = [plan.predict(x[row : row + 1].astype(dtype)).tobytes() for row in range(SAMPLES)]
        assert b"".join(by_row) == predicted.tobytes(), where


@every_network
@both_dtypes
@pytest.mark.parametrize("threads", [1, 2])
def test_steps_by_collected_gradients_are_the_same(name, dtype, threads):
    """A norm that no gradient reaches has all of them collected first."""
    results = []
    for more in ({}, {"global_clip_norm": 1e9}):
        learner, x, y = case(name, dtype)
        plan = learner.fill(Plan(INPUTS, dtype))
        run = training(plan, x, y, 7, dtype, threads=threads, **more)
        run.run_epoch()
        results.append([array for arrays in learner.arrays for array in arrays])
    for one, other in zip(*results, strict=True):
        # One more rounding a step.
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-13 if dtype == np.float64 else 1e-5)


@both_dtypes
@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
@every_isa
def test_categories_become_zeros_and_ones(dtype, mode, isa):
    rng = np.random.default_rng(0)
    for samples, places, categories in ((0, 1, 3), (1, 4, 1), (130, 3, 5), (7, 1, 17)):
        x = rng.integers(0, categories, (samples, places))
        plan = Plan(places, dtype, isa=isa)
        plan.add_encoding(categories, mode)
        ones = np.eye(categories)[x]
        expected = {"one_hot": ones.reshape(samples, places * categories), "count": ones.sum(axis=1)}
        expected["multi_hot"] = np.minimum(expected["count"], 1)
        assert plan.predict(x.astype(np.float64)).tolist() == expected[mode].tolist()
        assert plan.categories == {-1: (categories, 0)}


def test_a_dense_operation_learns_behind_an_encoding():
    x = np.random.default_rng(0).integers(0, 5, (20, 2)).astype(np.float64)
    y, results = x.sum(axis=1, keepdims=True), []
    for encoded in (False, True):
        weights, bias = np.zeros((10, 1)), np.zeros(1)
        plan = Plan(2 if encoded else 10, np.float64)
        if encoded:
            plan.add_encoding(5, "one_hot")
        plan.add_dense(weights, bias)
        given = x if encoded else np.eye(5)[x.astype(int)].reshape(20, 10)
        for _ in range(3):
            training(plan, given, y, 6, np.float64, sparse=False).run_epoch()
        results.append([weights, bias])
    for one, other in zip(*results, strict=True):
        assert one.tobytes() == other.tobytes()


def test_penalties_and_limits_of_a_dense_operation_along_an_axis():
    """As those of the same weights over rows."""
    x, y = np.random.default_rng(0).normal(size=(2, 12, 6))
    results = []
    for positions in (1, 3):
        weights, bias = np.full((2, 2), 0.5), np.zeros(2)
        plan = Plan(2 * positions, np.float64)
        plan.add_dense(weights, bias, 0.01, 0.02, 0.9, positions=positions)
        rows = x.reshape(-1, 2 * positions), y.reshape(-1, 2 * positions)
        training(plan, *rows, len(rows[0]), np.float64, learning_rate=0.3).run_epoch()
        results.append([weights, bias])
    for one, other in zip(*results, strict=True):
        # Sums in another order.
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-14)


REFUSED = {
    "a mean of another length": (
        lambda plan: plan.add_standardization(*np.ones((2, 4)), 1e-7),
        "divides the 6 numbers",
    ),
    "a variance of another": (lambda plan: plan.add_standardization(np.ones(3), np.ones(2), 1e-7), "variance must be"),
    "no epsilon": (lambda plan: plan.add_unit_normalization(6, 0.0), "epsilon must be positive"),
    "a vector of another length": (lambda plan: plan.add_unit_normalization(4, 1e-7), "divides the 6 numbers"),
    "a scale of another": (lambda plan: plan.add_rms_normalization(np.ones(4), 1e-7), "divides the 6 numbers"),
    "too few slopes": (lambda plan: plan.add_prelu(np.ones(5)), "alpha must be float64 of shape"),
    "no slope for a number": (lambda plan: plan.add_prelu(np.ones(2), [0, 1, 2, 0, 1, 0]), "slopes below 2"),
    "slopes for other numbers": (lambda plan: plan.add_prelu(np.ones(2), [0, 1]), "6 numbers of slopes"),
    "no permutation": (lambda plan: plan.add_permutation([0, 1, 2, 3, 4, 4]), "the numbers from 0 to 5, each once"),
    "half a permutation": (lambda plan: plan.add_permutation([0, 1, 2]), "the numbers from 0 to 5, each once"),
    "all left out": (lambda plan: plan.add_alpha_dropout(1.0), "rate must be at least 0 and below 1"),
    "a mode that is none": (lambda plan: plan.add_encoding(3, "hot"), "mode must be one_hot, multi_hot or count"),
    "positions that do not divide": (
        lambda plan: plan.add_dense(np.ones((2, 2)), positions=4),
        "positions must divide the 6 numbers",
    ),
    "weights of other vectors": (lambda plan: plan.add_dense(np.ones((3, 2)), positions=3), r"shapes \(2, units\)"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_fit_is_refused(what):
    act, message = REFUSED[what]
    with pytest.raises(ValueError, match=message):
        act(Plan(6, np.float64))
