"""Penalties on biases, scales and shifts, limits of all kinds, and penalties on outputs, against plain NumPy."""

import numpy as np
import pytest
from making import training_of
from plain_layers import BatchNormalization, Dense, LayerNormalization, Learner, arrays_of

from fastnn_ext.engine.plan import Plan
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Loss, UpdateRule

INPUTS, SAMPLES, RATE = 9, 21, 0.05
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())


class Activity:
    """Hands its input on, whose size costs something."""

    parameters = ()

    def __init__(self, l1, l2):
        self.l1, self.l2 = l1, l2

    def add_to(self, plan, arrays):
        plan.add_activity_penalty(self.l1, self.l2)

    def forward(self, x, training, seed, step, number):
        self.x = x
        self.penalty = (self.l1 * np.abs(x).sum() + self.l2 * np.square(x).sum()) / len(x)
        return x

    def backward(self, dy):
        return dy + (self.l1 * np.sign(self.x) + 2 * self.l2 * self.x) / len(self.x)


def layers():
    rng = np.random.default_rng(3)
    normal = BatchNormalization(rng.uniform(0.5, 1.5, 17), rng.normal(size=17), rng.normal(size=17), np.ones(17))
    return [
        Dense(rng.normal(size=(INPUTS, 17)) / 3, rng.normal(size=17)),
        normal,
        Activity(0.02, 0.01),
        Dense(rng.normal(size=(17, 5)) / 4, rng.normal(size=5)),
        LayerNormalization(rng.uniform(0.5, 1.5, 5), rng.normal(size=5)),
        Activity(0.0, 0.05),
    ]


def within(low, high, rate, axis):
    def limit(w):
        norms = np.sqrt(np.square(w).sum(axis=axis, keepdims=True))
        desired = rate * np.clip(norms, low, high) + (1 - rate) * norms
        return w * np.where((norms < low) | (norms > high), desired / np.maximum(norms, 1e-30), 1)

    return limit


# What is asked of which array of which layer: of the engine, and in NumPy.
PENALTIES = [
    (0, 0, 0.0, 0.02),
    (0, 1, 0.03, 0.0),
    (1, 0, 0.0, 0.1),
    (1, 1, 0.02, 0.05),
    (3, 1, 0.0, 0.2),
    (4, 0, 0.1, 0),
]
LIMITS = {
    "columns": (0, 0, {"high": 0.8}, within(0, 0.8, 1, 0)),
    "rows": (0, 0, {"of_rows": True, "low": 0.5, "high": 0.9}, within(0.5, 0.9, 1, 1)),
    "a part of the way": (3, 0, {"low": 1.2, "high": 1.3, "rate": 0.25}, within(1.2, 1.3, 0.25, 0)),
    "units": (3, 0, {"low": 1.0, "high": 1.0}, within(1, 1, 1, 0)),
    "a bias": (0, 1, {"of_rows": True, "high": 2.0}, within(0, 2, 1, 0)),
    "a scale": (1, 0, {"of_rows": True, "low": 1.0, "high": 1.0}, within(1, 1, 1, 0)),
    "nothing negative": (0, 0, None, lambda w: np.maximum(w, 0)),
    "no negative bias": (3, 1, None, lambda w: np.maximum(w, 0)),
    "no negative shift": (4, 1, None, lambda w: np.maximum(w, 0)),
}


def plain_epoch(learner, x, y, batch_size, penalties, limits):
    total = 0.0
    for start in range(0, len(x), batch_size):
        rows = slice(start, start + batch_size)
        output = learner.outputs(x[rows], True)
        activities = sum(layer.penalty for layer in learner.layers if isinstance(layer, Activity))
        weights = sum(
            l1 * np.abs(arrays_of(learner.layers[i])[k]).sum() + l2 * np.square(arrays_of(learner.layers[i])[k]).sum()
            for i, k, l1, l2 in penalties
        )
        total += (np.mean((output - y[rows]) ** 2) + activities + weights) * len(output)
        error = 2 * (output - y[rows]) / output.size
        for layer in reversed(learner.layers):
            error = layer.backward(error)
        for i, layer in enumerate(learner.layers):
            for k, (array, gradient) in enumerate(zip(layer.parameters, getattr(layer, "gradients", ()), strict=False)):
                l1, l2 = next(((l1, l2) for place, part, l1, l2 in penalties if (place, part) == (i, k)), (0, 0))
                array -= RATE * (gradient + l1 * np.sign(array) + 2 * l2 * array)
        for i, k, _, limit in limits:
            array = arrays_of(learner.layers[i])[k]
            array[...] = limit(array)
    return total / len(x)


def data(dtype):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(SAMPLES, INPUTS)), rng.normal(size=(SAMPLES, 5))
    return x.astype(dtype).astype(np.float64), y.astype(dtype).astype(np.float64)


def filled(dtype, isa, penalties, limits):
    learner = Learner(layers(), dtype)
    plan = learner.fill(Plan(INPUTS, dtype, isa=isa))
    for i, k, l1, l2 in penalties:
        plan.penalize(learner.arrays[i][k], l1, l2)
    for i, k, options, _ in limits:
        array = learner.arrays[i][k]
        plan.forbid_negative(array) if options is None else plan.limit_norms(array, **options)
    return learner, plan


CASES = {"activities alone": ((), ()), "penalties": (PENALTIES, ())} | {
    name: ((), [limit]) for name, limit in LIMITS.items()
}
CASES["all"] = (PENALTIES, [LIMITS["columns"], LIMITS["a bias"], LIMITS["units"], LIMITS["no negative shift"]])


@pytest.mark.parametrize("name", CASES)
@both_dtypes
@every_isa
def test_training_is_the_plain_one(name, dtype, isa):
    penalties, limits = CASES[name]
    x, y = data(dtype)
    for threads in (1, 3):
        learner, plan = filled(dtype, isa, penalties, limits)
        rows = x.astype(dtype), y.astype(dtype)
        training = training_of(plan, *rows, 6, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, RATE, threads=threads)
        for _ in range(3):
            right = plain_epoch(learner, x, y, 6, penalties, limits)
            # A dozen steps of sums of some dozen terms of size one.
            assert training.run_epoch() == pytest.approx(right, rel=1e-11 if dtype == np.float64 else 1e-4)
        learner.assert_equal(f"{name}, {threads} threads")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_of_threads_changes_no_bit(dtype):
    results = []
    penalties, limits = CASES["all"]
    x, y = data(dtype)
    for threads in (1, 2, 5):
        learner, plan = filled(dtype, None, penalties, limits)
        rows = x.astype(dtype), y.astype(dtype)
        training = training_of(
            plan, *rows, 6, Loss.MEAN_SQUARED_ERROR, UpdateRule.ADAM, 0.01, 0.9, 0.999, 1e-7, threads=threads
        )
        losses = [training.run_epoch(), training.run_epoch()]
        results.append((losses, [array.tobytes() for arrays in learner.arrays for array in arrays]))
    assert results[1:] == results[:-1]


def test_an_evaluation_has_all_penalties_and_a_prediction_none():
    penalties, _ = CASES["penalties"]
    x, y = data(np.float64)
    learner, plan = filled(np.float64, None, penalties, ())
    outputs = learner.outputs(x)
    expected = np.mean((outputs - y) ** 2) + sum(one.penalty for one in learner.layers if isinstance(one, Activity))
    for i, k, l1, l2 in penalties:
        array = arrays_of(learner.layers[i])[k]
        expected += l1 * np.abs(array).sum() + l2 * np.square(array).sum()
    for threads in (1, 2):
        training = training_of(
            *(plan, x, y, 8, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, RATE), inference=True, threads=threads
        )
        assert training.run_epoch() == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(plan.predict(x), outputs, rtol=0, atol=1e-12)


def test_penalties_on_outputs_stay_where_the_layer_is_frozen():
    x, y = data(np.float64)
    learner, plan = filled(np.float64, None, PENALTIES, [LIMITS["columns"]])
    outputs = learner.outputs(x)
    expected = np.mean((outputs - y) ** 2) + sum(one.penalty for one in learner.layers if isinstance(one, Activity))
    training = training_of(
        *(plan, x, y, SAMPLES, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, RATE), inference=True, frozen=range(6)
    )
    assert training.run_epoch() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda plan, w: plan.penalize(w, -1.0), "l1 and l2 must be finite and not negative"),
        (lambda plan, w: plan.penalize(w.copy(), 1.0), "the array is that of no operation of the plan"),
        (lambda plan, w: plan.limit_norms(w, low=2.0, high=1.0), "low must be finite, from 0 to high"),
        (lambda plan, w: plan.limit_norms(w, rate=1.5), "rate from 0 to 1"),
        (lambda plan, w: plan.limit_norms(w, high=np.nan), "low must be finite"),
        (lambda plan, w: plan.forbid_negative(w[0]), "the array is that of no operation of the plan"),
        (lambda plan, w: plan.add_activity_penalty(l2=np.inf), "l1 and l2 must be finite and not negative"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    plan, weights = Plan(2, np.float64), np.ones((2, 3))
    plan.add_dense(weights, np.zeros(3))
    with pytest.raises(ValueError, match=message):
        call(plan, weights)
