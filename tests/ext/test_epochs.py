"""Epochs of training against the plain float64 loop: every network, optimiser, loss, shape and instruction set."""

import itertools

import numpy as np
import pytest
from cases import some
from kernel_sizes import COLUMN_GROUP, TRAINING
from making import training_of
from plain_training import (
    CASES,
    NETWORKS,
    RULES,
    PlainTraining,
    assert_learnt,
    copied,
    data_of,
    network_of,
    outputs_of,
    plan_of,
)

from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss, UpdateRule

INPUTS, SAMPLES = 12, 10
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
EVERY_ISA = [{"isa": isa} for isa in supported_isas()]
EVERY_ISA_SHARED = [{"isa": isa, "threads": threads} for isa in supported_isas() for threads in (1, 2)]
every_case = pytest.mark.parametrize(("name", "loss"), CASES, ids=lambda value: getattr(value, "name", value))


def assert_an_epoch_is_the_plain_one(
    network, inputs, x, y, batch_size, loss, rule, epochs=1, order=None, ways=({},), **how
):
    """Each of the ``ways``, with an instruction set or a number of threads of its own, gives what the one loop does."""
    start, exact = copied(network, np.float64), copied(network, np.float64)
    plain = PlainTraining(exact, x, y, batch_size, loss, **rule)
    right = [plain.run_epoch(order) for _ in range(epochs)]
    kept = x.copy(), y.copy()
    for way in ways:
        case = f"{way}, {how}, batch {batch_size}, {rule}"
        more = {name: value for name, value in (how | way).items() if name != "isa"}
        trained = copied(network)
        plan = plan_of(trained, inputs, x.dtype, way.get("isa"))
        training = training_of(plan, x, y, batch_size, loss, **rule, **more)
        values = [training.run_epoch(order) for _ in range(epochs)]
        rtol = 1e-11 if x.dtype == np.float64 else 1e-4
        np.testing.assert_allclose(values, right, rtol=rtol, atol=1e-12, err_msg=case)
        assert_learnt(trained, exact, start, case)
        assert np.array_equal(x, kept[0])
        assert np.array_equal(y, kept[1])
    return training


@every_case
@both_dtypes
def test_an_epoch_is_the_plain_loop(name, loss, dtype):
    network, width = network_of(NETWORKS[name], INPUTS, dtype)
    order = np.random.default_rng(2).permutation(SAMPLES)
    # Every two of a batch size, an order and a density meet.
    for place, (batch_size, shuffled) in enumerate(itertools.product((1, 3, SAMPLES + 5), (False, True))):
        for density in some((1.0, 0.2), 2, place // 2 + shuffled):
            how = {"epochs": 2, "order": order if shuffled else None}
            x, y = data_of(INPUTS, width, SAMPLES, dtype, density)
            training = assert_an_epoch_is_the_plain_one(network, INPUTS, x, y, batch_size, loss, RULES["sgd"], **how)
            assert training.sparse == (density < 0.5 and type(NETWORKS[name][0]) is int)


def test_every_rule_of_the_table_is_among_those_of_these_tests():
    # The one that only collects gradients changes no weights.
    assert {rule["optimizer"] for rule in RULES.values()} == set(UpdateRule) - {UpdateRule.COLLECT}


@every_case
@both_dtypes
def test_every_rule_is_the_plain_one(name, loss, dtype):
    network, width = network_of(NETWORKS[name], INPUTS, dtype)
    x, y = data_of(INPUTS, width, SAMPLES, dtype, 0.5)
    # A third of the rules for each network, another one for each dtype: every rule meets some thirty of them.
    for rule in some(RULES, 3, CASES.index((name, loss)) + (dtype == np.float64)):
        for batch_size in (1, 4):
            how = {"ways": EVERY_ISA, "sparse": batch_size == 4}
            assert_an_epoch_is_the_plain_one(network, INPUTS, x, y, batch_size, loss, RULES[rule], epochs=2, **how)


# Behind a dense layer an activation is a part of its product; elsewhere it is an operation of its own.
ALONE = {
    "first": lambda kind: (kind, 4, "softmax"),
    "alone": lambda kind: (kind,),
    "behind another": lambda kind: (6, Activation.TANH, kind, 3),
    "before another": lambda kind: (kind, Activation.TANH, 3),
    "behind a softmax": lambda kind: (4, "softmax", kind, 3),
}


@pytest.mark.parametrize("kind", list(Activation), ids=lambda kind: kind.name)
@pytest.mark.parametrize("place", ALONE)
@both_dtypes
def test_an_activation_that_is_no_part_of_a_dense_layer(kind, place, dtype):
    for inputs in (1, INPUTS, 2 * COLUMN_GROUP + 1):
        network, width = network_of(ALONE[place](kind), inputs, dtype)
        x, y = data_of(inputs, width, SAMPLES, dtype)
        exact = outputs_of(copied(network, np.float64), x.astype(np.float64))[-1]
        for isa in supported_isas():
            plan = plan_of(network, inputs, dtype, isa)
            # Sums of some hundred terms of size one.
            np.testing.assert_allclose(plan.predict(x), exact, rtol=0, atol=400 * np.finfo(dtype).eps, err_msg=isa)
        loss, rule = Loss.MEAN_SQUARED_ERROR, {**RULES["sgd"], "learning_rate": 0.02 * width}
        for batch_size in (1, 4):
            how = {"ways": EVERY_ISA if batch_size == 1 else EVERY_ISA_SHARED, "sparse": False}
            assert_an_epoch_is_the_plain_one(network, inputs, x, y, batch_size, loss, rule, **how)


# Shapes that leave a rest in every loop: of a vector, of a tile, of a panel, of a block.
PACKED_ROWS, PACKED_WIDTH = TRAINING["ROWS_WORTH_PACKING"], TRAINING["WIDTH_WORTH_PACKING"]
BATCHES = (1, 2, 3, 7, 17, PACKED_ROWS + 1, 2 * PACKED_ROWS + 1, 130, 300)
WIDTHS = (1, 2, 3, 7, 17, 33, PACKED_WIDTH, COLUMN_GROUP + 2, TRAINING["WIDE_FIRST_LAYER"] + 10)


def odd_case(number, dtype):
    """A random network of odd sizes with what two epochs make of it; the same for every instruction set."""
    rng = np.random.default_rng([7, number])
    inputs = int(rng.choice([1, 7, 17, 130, 1000]))
    # In float32 the sign of a sum near zero may differ from the exact one, and with it the slope of a ReLU.
    kinds = [Activation.TANH, Activation.SIGMOID] + ([Activation.RELU, Activation.LEAKY_RELU] * (dtype == np.float64))
    parts = []
    for _ in range(int(rng.integers(1, 4))):
        parts += [int(rng.choice(WIDTHS)), kinds[rng.integers(len(kinds))]]
    loss = (Loss.MEAN_SQUARED_ERROR, Loss.CROSS_ENTROPY)[rng.integers(2)]
    parts += [int(rng.choice(WIDTHS)), *(["softmax"] if loss == Loss.CROSS_ENTROPY or rng.random() < 0.5 else [])]
    batch_size = int(rng.choice(BATCHES))
    rule = dict(RULES[list(RULES)[number % len(RULES)]])
    network, width = network_of(parts, inputs, dtype, seed=number)
    if loss == Loss.MEAN_SQUARED_ERROR and rule["learning_rate"] == RULES["sgd"]["learning_rate"]:
        # The mean over the outputs makes small gradients, whose errors float32's roundings would hide.
        rule["learning_rate"] *= width
    samples = batch_size + 5 if batch_size > 1 else 9
    density = float(rng.choice([0.0, 0.1, 0.5, 1.0]))
    x, y = data_of(inputs, width, samples, dtype, density, seed=number)
    start, exact = copied(network, np.float64), copied(network, np.float64)
    plain = PlainTraining(exact, x, y, batch_size, loss, **rule)
    # Some of these steps are long: the formula of sigmoid overflows, to the right value, where outputs are large.
    with np.errstate(over="ignore"):
        errors = [plain.run_epoch() for _ in range(2)]
    case = f"{inputs} inputs, {parts}, batch {batch_size}, density {density}, {loss.name}, {rule}"
    return network, inputs, x, y, batch_size, loss, rule, start, exact, errors, case


@both_dtypes
@pytest.mark.parametrize("number", range(36))
def test_odd_shapes(number, dtype):
    network, inputs, x, y, batch_size, loss, rule, start, exact, errors, case = odd_case(number, dtype)
    for place, isa in enumerate(supported_isas()):
        # Shared where another instruction set, or the next network, is not.
        for sparse, threads in some(((False, 1), (True, 1), (True, 3), (False, 3)), 2, number + place):
            trained = copied(network)
            plan = plan_of(trained, inputs, dtype, isa)
            training = training_of(plan, x, y, batch_size, loss, **rule, sparse=sparse, threads=threads)
            values = [training.run_epoch() for _ in range(2)]
            how = f"{isa}, sparse {sparse}, {threads} threads, {case}"
            # A loss near zero after one of 38 has the roundings of weights that came from there.
            last_digit = np.finfo(dtype).eps * max(errors)
            rtol = 1e-11 if dtype == np.float64 else 1e-4
            np.testing.assert_allclose(values, errors, rtol=rtol, atol=last_digit, err_msg=how)
            assert_learnt(trained, exact, start, how)


def test_the_state_is_of_the_rule():
    network, width = network_of(NETWORKS["relu"], INPUTS)
    x, y = data_of(INPUTS, width, SAMPLES)
    for rule, arrays in (("sgd", 0), ("momentum", 4), ("nesterov", 4), ("rmsprop", 4), ("adam", 8), ("nadam", 8)):
        plan = plan_of(network, INPUTS)
        training = training_of(plan, x, y, 2, Loss.MEAN_SQUARED_ERROR, **RULES[rule])
        assert len(training.state) == arrays, rule
        assert all(not array.any() for array in training.state), rule
        training.run_epoch()
        assert all(array.any() for array in training.state), rule


def test_one_plan_trains_with_different_batch_sizes():
    network, width = network_of(NETWORKS["three dense"], INPUTS)
    x, y = data_of(INPUTS, width, SAMPLES)
    for batch_size in (1, 7, 3, 100, 1):
        assert_an_epoch_is_the_plain_one(network, INPUTS, x, y, batch_size, Loss.CROSS_ENTROPY, RULES["sgd"])


def test_an_order_may_name_samples_twice():
    order = np.random.default_rng(3).integers(SAMPLES, size=SAMPLES)
    for batch_size in (1, 4):
        network, width = network_of(NETWORKS["relu, softmax"], INPUTS)
        x, y = data_of(INPUTS, width, SAMPLES)
        assert_an_epoch_is_the_plain_one(
            network, INPUTS, x, y, batch_size, Loss.CROSS_ENTROPY, RULES["sgd"], order=order
        )
