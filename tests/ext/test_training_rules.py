"""What happens to gradients before the optimiser steps: penalties, clipping, decay, limits; and rates that change."""

import numpy as np
import pytest
from binding_table import FUNCTIONS
from cases import some
from kernel_sizes import TRAINING
from making import training_of
from plain_training import RULES, bytes_of, copied, data_of, network_of, optimizer_of, parameters_of, plan_of

from fastnn_ext.engine.plan import Plan
from fastnn_ext.engine.training import NonFiniteWeightsError
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss, UpdateRule

INPUTS, OUTPUTS, SAMPLES, BATCH = 13, 3, 20, 8
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())

SETTINGS = {
    "l1": {"l1": 0.02},
    "l2": {"l2": 0.05},
    "l1 and l2": {"l1": 0.02, "l2": 0.05},
    "maximum norm": {"maximum_norm": 0.8},
    "clip value": {"clip_value": 0.02},
    "clip norm": {"clip_norm": 0.1},
    "global clip norm": {"global_clip_norm": 0.1},
    "a norm beyond all gradients": {"global_clip_norm": 1e9},
    "coupled decay": {"coupled_decay": 0.1},
    "decoupled decay": {"weight_decay": 0.3},
    "all": {
        "l1": 0.01,
        "l2": 0.02,
        "maximum_norm": 0.9,
        "clip_value": 0.05,
        "clip_norm": 0.2,
        "coupled_decay": 0.05,
        "weight_decay": 0.1,
    },
}


def networks(dtype):
    network, _ = network_of((17, Activation.TANH, OUTPUTS), INPUTS, dtype)
    return network, copied(network, np.float64)


def filled(network, dtype, isa=None, l1=0.0, l2=0.0, maximum_norm=0.0):
    # The penalties are on the first layer alone.
    plan = Plan(INPUTS, dtype, isa=isa)
    plan.add_dense(*network[0], l1, l2, maximum_norm)
    plan.add_activation(Activation.TANH)
    plan.add_dense(*network[2])
    return plan


class PlainTraining:
    """The textbook's loop, for a hidden layer of tanh and mean squared error."""

    def __init__(
        self,
        network,
        rule,
        l1=0,
        l2=0,
        maximum_norm=0,
        clip_value=0,
        clip_norm=0,
        global_clip_norm=0,
        coupled_decay=0,
        **rest,
    ):
        rule = rule | rest
        self.weight_decay = rule.pop("weight_decay", 0.0)
        self.network, self.optimizer, self.steps = network, optimizer_of(rule), 0
        self.l1, self.l2, self.maximum_norm = l1, l2, maximum_norm
        self.clips, self.decay = (clip_value, clip_norm, global_clip_norm), coupled_decay
        self.state = {id(a): {} for a in parameters_of(network)}

    def epoch(self, x, y, rates=None):
        total = 0.0
        for number, start in enumerate(range(0, len(x), BATCH)):
            rows = slice(start, start + BATCH)
            rate = None if rates is None else rates[number]
            total += self.step(x[rows], y[rows], rate) * len(x[rows])
        return total / len(x)

    def step(self, x, y, rate=None):
        if rate is not None:
            self.optimizer.learning_rate = rate
        (w1, b1), _, (w2, b2) = self.network
        z = x @ w1 + b1
        hidden = np.tanh(z)
        output = hidden @ w2 + b2
        loss = np.mean((output - y) ** 2) + self.l1 * np.abs(w1).sum() + self.l2 * (w1**2).sum()
        d2 = 2 * (output - y) / y.size
        d1 = d2 @ w2.T * FUNCTIONS[Activation.TANH][1](z)
        gradients = [x.T @ d1, d1.sum(axis=0), hidden.T @ d2, d2.sum(axis=0)]
        gradients[0] = gradients[0] + self.l1 * np.sign(w1) + 2 * self.l2 * w1
        value, norm, global_norm = self.clips
        if value:
            gradients = [np.clip(g, -value, value) for g in gradients]
        whole = np.sqrt(sum(np.sum(g**2) for g in gradients))
        if norm:
            gradients = [g * min(1, norm / np.linalg.norm(g)) for g in gradients]
        if global_norm:
            gradients = [g * min(1, global_norm / whole) for g in gradients]
        self.steps += 1
        for array, gradient in zip((w1, b1, w2, b2), gradients, strict=True):
            gradient = gradient.reshape(array.shape) + self.decay * array
            array *= 1 - self.optimizer.learning_rate * self.weight_decay
            array[...] = self.optimizer.formula(array, gradient, self.state[id(array)], self.steps)
        if self.maximum_norm:
            norms = np.linalg.norm(w1, axis=0)
            w1 *= np.where(norms > self.maximum_norm, self.maximum_norm / norms, 1)
        return loss


def assert_equal(network, exact, dtype, case):
    for number, (array, right) in enumerate(zip(parameters_of(network), parameters_of(exact), strict=True)):
        # Some ten steps of sums of a few dozen terms; the optimisers divide by roots of gradients of a hundredth.
        allowed = 1e-12 if dtype == np.float64 else 5e-5
        error = np.abs(array - right).max()
        assert error <= allowed, f"parameter {number} is off by {error}; {case}"


OF_A_LAYER = ("l1", "l2", "maximum_norm")
RULES_HERE = [rule for rule in RULES if rule not in ("nesterov", "adagrad")]


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("rule", RULES_HERE)
@both_dtypes
def test_steps_are_the_plain_ones(name, rule, dtype):
    turn = RULES_HERE.index(rule) + list(SETTINGS).index(name)
    # Sparse data in every other pair of a rule and a setting; in the other dtype, in those that this one leaves out.
    for density in some((0.2, 1.0), 2, turn + (dtype == np.float64)):
        assert_steps_are_the_plain_ones(name, rule, dtype, density, turn)


def assert_steps_are_the_plain_ones(name, rule, dtype, density, turn):
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES, dtype, density)
    layer = {key: value for key, value in SETTINGS[name].items() if key in OF_A_LAYER}
    rest = {key: value for key, value in SETTINGS[name].items() if key not in layer}
    _, exact = networks(dtype)
    plain = PlainTraining(exact, RULES[rule], **SETTINGS[name])
    right = [plain.epoch(x.astype(float), y.astype(float)) for _ in range(2)]
    penalty = layer.get("l1", 0) * np.abs(exact[0][0]).sum() + layer.get("l2", 0) * (exact[0][0] ** 2).sum()
    isas, results = supported_isas(), {}
    # One of them, by turns, on three threads also.
    for isa, threads in [(isa, 1) for isa in isas] + [(isa, 3) for isa in some(isas, len(isas), turn)]:
        case = f"{isa}, {threads} threads, density {density}"
        network, _ = networks(dtype)
        how = {"threads": threads, "sparse": density < 1}
        plan = filled(network, dtype, isa, **layer)
        training = training_of(plan, x, y, BATCH, Loss.MEAN_SQUARED_ERROR, **(RULES[rule] | rest), **how)
        values = [training.run_epoch() for _ in range(2)]
        assert values == pytest.approx(right, rel=1e-11 if dtype == np.float64 else 1e-4), case
        assert_equal(network, exact, dtype, case)
        assert training.penalty() == pytest.approx(penalty, rel=1e-5), case
        # The same bits for any number of threads.
        assert results.setdefault(isa, bytes_of(network)) == bytes_of(network)


@pytest.mark.parametrize("batch_size", [1, BATCH])
@both_dtypes
def test_every_batch_has_its_rate(batch_size, dtype):
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES, dtype)
    batches = -(-SAMPLES // batch_size)
    rates = np.linspace(0.1, 0.01, batches)
    network, exact = networks(dtype)
    training = training_of(filled(network, dtype), x, y, batch_size, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 99.0)
    training.set_learning_rates(rates)
    training.run_epoch()
    plain = PlainTraining(exact, RULES["sgd"])
    for number, start in enumerate(range(0, SAMPLES, batch_size)):
        rows = slice(start, start + batch_size)
        plain.step(x[rows].astype(float), y[rows].astype(float), rates[number])
    assert_equal(network, exact, dtype, batch_size)
    training.set_learning_rates(None)
    training.learning_rate = 0.0
    before = bytes_of(network)
    training.run_epoch()
    assert bytes_of(network) == before
    assert training.learning_rate == 0


@both_dtypes
def test_every_batch_has_its_scale_of_penalties(dtype):
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES, dtype)
    scales = np.array([1.0, 0.0, 3.5])
    penalties = {"l1": 0.02, "l2": 0.05}
    results = []
    for threads in (1, 3):
        network, exact = networks(dtype)
        plan = filled(network, dtype, **penalties)
        training = training_of(plan, x, y, BATCH, Loss.MEAN_SQUARED_ERROR, **RULES["adam"], threads=threads)
        training.set_penalty_scales(scales)
        value, right = training.run_epoch(), 0.0
        plain = PlainTraining(exact, RULES["adam"])
        for number, start in enumerate(range(0, SAMPLES, BATCH)):
            rows = slice(start, start + BATCH)
            plain.l1, plain.l2 = (scales[number] * penalty for penalty in penalties.values())
            right += plain.step(x[rows].astype(float), y[rows].astype(float)) * len(x[rows]) / SAMPLES
        # Sums of twenty samples and a few hundred weights.
        assert value == pytest.approx(right, rel=1e-11 if dtype == np.float64 else 1e-4)
        assert_equal(network, exact, dtype, threads)
        results.append(bytes_of(network))
        training.set_penalty_scales(None)
        plain.l1, plain.l2 = penalties.values()
        training.run_epoch()
        plain.epoch(x.astype(float), y.astype(float))
        assert_equal(network, exact, dtype, "no scales")
    assert results[0] == results[1]


@pytest.mark.parametrize("numbers", [np.ones(2), np.ones(4), np.ones((3, 1)), 0.1], ids=str)
def test_rates_and_scales_are_one_a_batch(numbers):
    network, _ = networks(np.float64)
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES)
    training = training_of(filled(network, np.float64), x, y, BATCH, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"])
    with pytest.raises(ValueError, match="there must be 3 learning rates, one a batch"):
        training.set_learning_rates(numbers)
    with pytest.raises(ValueError, match="there must be 3 scales of penalties, one a batch"):
        training.set_penalty_scales(numbers)


@pytest.mark.parametrize("name", ["l1", "l2", "maximum_norm"])
@pytest.mark.parametrize("value", [-1.0, np.nan])
def test_penalties_are_not_negative(name, value):
    network, _ = networks(np.float64)
    with pytest.raises(ValueError, match="must not be negative"):
        filled(network, np.float64, **{name: value})


def test_gradients_that_are_infinite_are_not_hidden_by_clipping():
    weights = np.full((1, 1), 1e200)
    plan = Plan(1, np.float64)
    plan.add_dense(weights, l2=1e200)
    training = training_of(
        plan, np.ones((1, 1)), np.ones((1, 1)), 1, Loss.MEAN_ABSOLUTE_ERROR, UpdateRule.SGD, 1.0, global_clip_norm=1.0
    )
    with pytest.raises(NonFiniteWeightsError):
        training.run_epoch()
    assert weights == 1e200


CLIPS = {
    "no clipping": {},
    "value": {"clip_value": 0.5},
    "norm": {"clip_norm": 0.5},
    "global norm": {"global_clip_norm": 0.5},
    "all": {"clip_value": 0.5, "clip_norm": 0.5, "global_clip_norm": 0.5},
}


@pytest.mark.parametrize("clips", CLIPS)
@pytest.mark.parametrize("rule", ["sgd", "adam"])
@both_dtypes
@every_isa
def test_gradients_that_are_nan_are_not_hidden_by_clipping(clips, rule, dtype, isa):
    # One number of many: the loss is finite, and a maximum or minimum in the wrong order would make a limit of it.
    def slope(z):
        given = np.ones_like(z)
        given[2, 7] = np.nan
        return given

    network, _ = networks(dtype)
    before = bytes_of(network)
    plan = Plan(INPUTS, dtype, isa=isa)
    plan.add_dense(*network[0])
    plan.add_function(lambda z: z.copy(), slope)
    plan.add_dense(*network[2])
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES, dtype)
    training = training_of(plan, x, y, SAMPLES, Loss.MEAN_SQUARED_ERROR, **RULES[rule], **CLIPS[clips])
    with pytest.raises(NonFiniteWeightsError):
        training.run_epoch()
    assert bytes_of(network) == before


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("density", [1.0, 0.2])
def test_a_training_that_goes_on_from_anothers_state_is_one(rule, batch_size, density):
    # So wide a first layer lies in panels of two threads, and its state with it.
    for units, threads in some(
        [(40, 1), (TRAINING["WIDE_FIRST_LAYER"] + 10, 2)], 2, (batch_size == 4) + (density == 1)
    ):
        assert_goes_on(rule, batch_size, density, units, threads)


def assert_goes_on(rule, batch_size, density, units, threads):
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES, np.float32, density)
    whole, halves = (
        list(network_of((units, Activation.RELU, OUTPUTS, "softmax"), INPUTS, np.float32)[0]) for _ in range(2)
    )

    def make(network, **more):
        plan = plan_of(network, INPUTS, np.float32)
        return training_of(
            plan, x, y, batch_size, Loss.CROSS_ENTROPY, **RULES[rule], sparse=density < 1, threads=threads, **more
        )

    training = make(whole)
    errors = [training.run_epoch() for _ in range(2)]
    first = make(halves)
    again = [first.run_epoch()]
    second = make(halves, state=[array.copy() for array in first.state])
    second.step, second.momentum_product = first.step, first.momentum_product
    again += [second.run_epoch()]
    assert again == errors
    assert bytes_of(halves) == bytes_of(whole)
    assert [a.tobytes() for a in second.state] == [a.tobytes() for a in training.state]
    assert second.step == training.step == 2 * -(-SAMPLES // batch_size)


def test_a_state_of_other_arrays_is_refused():
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES)
    network, _ = network_of((4, OUTPUTS), INPUTS)
    good = training_of(plan_of(network, INPUTS), x, y, 4, Loss.MEAN_SQUARED_ERROR, **RULES["adam"]).state
    for bad in (good[:-1], [good[1], *good[1:]], [a.astype(np.float32) for a in good], [a.T.copy().T for a in good]):
        with pytest.raises(ValueError, match="state must hold the arrays"):
            training_of(plan_of(network, INPUTS), x, y, 4, Loss.MEAN_SQUARED_ERROR, **RULES["adam"], state=bad)


def test_squares_start_where_they_are_told():
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES)
    network, _ = network_of((OUTPUTS,), INPUTS)
    training = training_of(
        plan_of(network, INPUTS), x, y, 4, Loss.MEAN_SQUARED_ERROR, **RULES["adagrad"], initial_square=0.25
    )
    assert all((array == 0.25).all() for array in training.state)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("density", [1.0, 0.2])
@both_dtypes
def test_gradients_are_collected_and_nothing_is_learnt(threads, density, dtype):
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES, dtype, density)
    network, exact = networks(dtype)
    before = bytes_of(network)
    plan = filled(network, dtype, l1=0.02, l2=0.05, maximum_norm=0.1)
    training = training_of(
        plan, x, y, SAMPLES, Loss.MEAN_SQUARED_ERROR, UpdateRule.COLLECT, 0.0, threads=threads, sparse=density < 1
    )
    value = training.run_epoch()
    assert bytes_of(network) == before
    plain = PlainTraining(exact, RULES["sgd"] | {"learning_rate": 1.0}, l1=0.02, l2=0.05)
    start = copied(exact)
    assert value == pytest.approx(plain.step(x.astype(float), y.astype(float)), rel=1e-5)
    for gradient, old, new in zip(training.gradients(), parameters_of(start), parameters_of(exact), strict=True):
        allowed = 1e-12 if dtype == np.float64 else 1e-5
        np.testing.assert_allclose(gradient, old - new, rtol=0, atol=allowed)


def test_gradients_that_are_not_kept():
    network, _ = networks(np.float64)
    x, y = data_of(INPUTS, OUTPUTS, SAMPLES)
    training = training_of(filled(network, np.float64), x, y, BATCH, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"])
    with pytest.raises(ValueError, match="the gradients are not kept"):
        training.gradients()
