"""Dropout, noise, normalisations and functions of the user's own in training and prediction, against plain NumPy."""

import itertools

import numpy as np
import pytest
from binding_table import FUNCTIONS, NUMBERS, softmax_rows
from making import training_of
from plain_layers import (
    BatchNormalization,
    Dense,
    Dropout,
    Function,
    LayerNormalization,
    Learner,
    Noise,
    arrays_of,
    random_bits,
    random_key,
)

from fastnn_ext.engine.plan import Plan
from fastnn_ext.engine.training import NonFiniteError
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss, UpdateRule

INPUTS, SAMPLES, SEED = 19, 23, 12345
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())


def dense(rng, fan_in, units):
    return Dense(rng.normal(size=(fan_in, units)) / np.sqrt(fan_in), 0.1 * rng.normal(size=units))


def normalization(rng, size):
    return BatchNormalization(
        rng.uniform(0.5, 1.5, size), rng.normal(size=size), rng.normal(size=size), rng.uniform(1, 2, size)
    )


def layer_normalization(rng, size):
    return LayerNormalization(rng.uniform(0.5, 1.5, size), rng.normal(size=size))


def activation(kind):
    return Function(*FUNCTIONS[kind], lambda plan: plan.add_activation(kind, *NUMBERS[kind]))


def own(function, derivative):
    return Function(function, derivative, lambda plan: plan.add_function(function, derivative))


def sine(rng):
    return own(np.sin, np.cos)


TANH, GELU = Activation.TANH, Activation.GELU
NETWORKS = {
    "dropout": lambda r: [dense(r, INPUTS, 17), activation(TANH), Dropout(0.4), dense(r, 17, 3)],
    "dropout first": lambda r: [Dropout(0.3), dense(r, INPUTS, 5), Dropout(0.5), dense(r, 5, 3)],
    "dropout last": lambda r: [dense(r, INPUTS, 3), Dropout(0.3)],
    "dropout of nothing": lambda r: [dense(r, INPUTS, 3), Dropout(0.0)],
    "noise": lambda r: [Noise(0.5), dense(r, INPUTS, 17), Noise(0.1), activation(TANH), dense(r, 17, 3)],
    "batch normalisation": lambda r: [dense(r, INPUTS, 33), normalization(r, 33), activation(TANH), dense(r, 33, 3)],
    "batch normalisation first": lambda r: [normalization(r, INPUTS), dense(r, INPUTS, 3)],
    "batch normalisation last": lambda r: [dense(r, INPUTS, 7), activation(TANH), dense(r, 7, 3), normalization(r, 3)],
    "batch normalisation alone": lambda r: [normalization(r, INPUTS)],
    "layer normalisation": lambda r: [
        dense(r, INPUTS, 33),
        layer_normalization(r, 33),
        activation(GELU),
        dense(r, 33, 3),
    ],
    "layer normalisation first": lambda r: [layer_normalization(r, INPUTS), dense(r, INPUTS, 3)],
    "layer normalisation alone": lambda r: [layer_normalization(r, INPUTS)],
    "all": lambda r: [
        Noise(0.1),
        dense(r, INPUTS, 40),
        normalization(r, 40),
        activation(Activation.SILU),
        Dropout(0.25),
        dense(r, 40, 20),
        activation(TANH),
        layer_normalization(r, 20),
        Dropout(0.25),
        dense(r, 20, 3),
    ],
    "a function": lambda r: [dense(r, INPUTS, 17), sine(r), dense(r, 17, 3)],
    "functions at both ends": lambda r: [sine(r), dense(r, INPUTS, 5), activation(TANH), dense(r, 5, 3), sine(r)],
    "functions alone": lambda r: [sine(r), own(np.tanh, lambda x: 1 - np.tanh(x) ** 2)],
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def case(name, dtype, density=1.0):
    rng = np.random.default_rng(11)
    learner = Learner(NETWORKS[name](rng), dtype)
    x = rng.normal(size=(SAMPLES, INPUTS)) * (rng.random((SAMPLES, INPUTS)) < density)
    # As the engine gets them.
    x = x.astype(dtype).astype(np.float64)
    outputs = learner.outputs(x).shape[1]
    return learner, x, rng.normal(size=(SAMPLES, outputs)).astype(dtype).astype(np.float64)


@every_network
@both_dtypes
@pytest.mark.parametrize("batch_size", [1, 7, SAMPLES])
def test_training_and_prediction_are_the_plain_ones(name, dtype, batch_size):
    batches = -(-SAMPLES // batch_size)
    for density in (1.0, 0.2):
        learner, x, y = case(name, dtype, density)
        # The places of the operations, which random numbers depend on.
        learner.fill(Plan(INPUTS, dtype))
        right = [learner.epoch(x, y, batch_size, 0.01, SEED, epoch * batches + 1) for epoch in range(2)]
        exact = learner.outputs(x)
        for isa, threads in itertools.product(supported_isas(), (1, 3) if density == 1 else (1,)):
            where = f"{name}, {isa}, batch {batch_size}, density {density}, {threads} threads"
            how = {"seed": SEED, "threads": threads, "sparse": density < 1}
            learner.begin()
            plan = learner.fill(Plan(INPUTS, dtype, isa=isa))
            data = x.astype(dtype), y.astype(dtype)
            loss = Loss.MEAN_SQUARED_ERROR
            training = training_of(plan, *data, batch_size, loss, UpdateRule.SGD, 0.01, **how)
            values = [training.run_epoch() for _ in range(2)]
            assert values == pytest.approx(right, rel=1e-11 if dtype == np.float64 else 1e-4), where
            learner.assert_equal(where)
            close = 2e-12 if dtype == np.float64 else 5e-4
            np.testing.assert_allclose(plan.predict(x.astype(dtype)), exact, rtol=0, atol=close, err_msg=where)


@every_network
@both_dtypes
def test_the_number_of_threads_changes_no_bit(name, dtype):
    results = []
    for threads in (1, 2, 3, 8):
        learner, x, y = case(name, dtype)
        training = training_of(
            learner.fill(Plan(INPUTS, dtype)),
            x.astype(dtype),
            y.astype(dtype),
            7,
            Loss.MEAN_SQUARED_ERROR,
            UpdateRule.ADAM,
            0.01,
            0.9,
            0.999,
            1e-7,
            threads=threads,
            seed=SEED,
        )
        errors = [training.run_epoch(np.random.default_rng(epoch).permutation(SAMPLES)) for epoch in range(2)]
        results.append((errors, [array.tobytes() for arrays in learner.arrays for array in arrays]))
    assert all(result == results[0] for result in results)


def mixed_wide_layers(rng):
    layers = [dense(rng, 40, 700), normalization(rng, 700), activation(Activation.RELU), Dropout(0.5)]
    return [*layers, dense(rng, 700, 300), layer_normalization(rng, 300), activation(TANH), dense(rng, 300, 4)]


def normalisations_before_wide_layers(rng):
    # The first one's gradient is of rows that other threads have taken back through the second.
    layers = [layer_normalization(rng, 40), layer_normalization(rng, 40), dense(rng, 40, 700)]
    return [*layers, activation(TANH), dense(rng, 700, 4)]


@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize("layers", [mixed_wide_layers, normalisations_before_wide_layers])
def test_wide_layers_and_their_neighbours_are_shared_between_threads(layers, decay):
    results = []
    for threads in (1, 2, 5):
        rng = np.random.default_rng(0)
        learner = Learner(layers(rng), np.float32)
        x, y = rng.normal(size=(64, 40)).astype(np.float32), rng.normal(size=(64, 4)).astype(np.float32)
        training = training_of(
            learner.fill(Plan(40, np.float32)),
            x,
            y,
            32,
            Loss.MEAN_SQUARED_ERROR,
            UpdateRule.ADAM,
            1e-3,
            0.9,
            0.999,
            1e-7,
            threads=threads,
            coupled_decay=decay,
        )
        results.append((training.run_epoch(), [array.tobytes() for arrays in learner.arrays for array in arrays]))
    assert results[0] == results[1] == results[2]


@every_isa
@both_dtypes
def test_dropout_keeps_its_share_and_the_mean(isa, dtype):
    size = 50_000
    for rate in (0.0, 0.1, 0.5, 0.999):
        plan = Plan(size, dtype, isa=isa)
        plan.add_dropout(rate)
        x = np.ones((2, size), dtype)
        training = training_of(plan, x, x, 2, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.0, record=True, seed=1)
        training.run_epoch()
        dropped = np.mean(training.outputs == 0)
        # Five standard deviations of a mean of 100,000.
        assert abs(dropped - rate) < 5 * np.sqrt(rate * (1 - rate) / (2 * size)) + 1e-12
        kept = training.outputs[training.outputs != 0]
        np.testing.assert_allclose(kept, 1 / (1 - rate), rtol=4 * np.finfo(dtype).eps)
        assert rate == 0 or not np.array_equal(training.outputs[0], training.outputs[1])
        assert np.array_equal(plan.predict(x), x)


@every_isa
@both_dtypes
def test_noise_is_normal(isa, dtype):
    size = 100_001
    plan = Plan(size, dtype, isa=isa)
    plan.add_noise(2.0)
    zeros = np.zeros((1, size), dtype)
    training = training_of(plan, zeros, zeros, 1, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.0, record=True, seed=2)
    training.run_epoch()
    noise = training.outputs[0].astype(float) / 2
    # Five standard deviations of the moments of 100,000 numbers: 1, 2, 15 and 96 are their variances.
    for power, mean, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(np.mean(noise**power) - mean) < 5 * np.sqrt(variance / size), power
    assert abs(np.corrcoef(noise[:-1], noise[1:])[0, 1]) < 5 / np.sqrt(size)
    assert np.array_equal(plan.predict(zeros), zeros)


def test_random_numbers_differ_by_seed_step_layer_row_and_place():
    first = random_bits(random_key(0, 1, 2, 3), 1000)
    for other in ((1, 1, 2, 3), (0, 2, 2, 3), (0, 1, 3, 3), (0, 1, 2, 4)):
        # Two equal numbers of 32 bits in a thousand places: once in four million.
        assert (random_bits(random_key(*other), 1000) == first).sum() == 0
    assert len(np.unique(first)) > 990


@both_dtypes
@pytest.mark.parametrize("kind", [BatchNormalization, LayerNormalization])
@pytest.mark.parametrize("absent", ["gamma", "beta", "both"])
def test_a_normalisation_without_gamma_or_beta(dtype, kind, absent):
    rng = np.random.default_rng(4)
    layer = (normalization if kind is BatchNormalization else layer_normalization)(rng, 5)
    if absent != "beta":
        layer.gamma[...] = 1
    if absent != "gamma":
        layer.beta[...] = 0
    arrays = [array.astype(dtype) for array in arrays_of(layer)]
    given = list(arrays)
    given[:2] = [
        None if absent in (name, "both") else array for name, array in zip(("gamma", "beta"), arrays, strict=False)
    ]
    plan = Plan(5, dtype)
    layer.add_to(plan, given)
    x, y = rng.normal(size=(2, 8, 5)).astype(dtype)
    # One step: the plain layer would go on with what the other one does not have.
    training = training_of(plan, x, y, 8, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1)
    kept, learner = (layer.gamma.copy(), layer.beta.copy()), Learner([layer])
    learner.epoch(x.astype(float), y.astype(float), 8, 0.1)
    training.run_epoch()
    for name, array, right, old in zip(("gamma", "beta"), arrays, (layer.gamma, layer.beta), kept, strict=False):
        expected = old if absent in (name, "both") else right
        if absent != "both" or name != "gamma":
            np.testing.assert_allclose(array, expected, rtol=0, atol=1e-12 if dtype == np.float64 else 1e-4)


def test_a_batch_of_one_has_no_variance():
    rng = np.random.default_rng(5)
    layer = normalization(rng, 4)
    plan = Learner([layer]).fill(Plan(4, np.float64))
    x = rng.normal(size=(3, 4))
    training = training_of(plan, x, x, 1, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.0, record=True)
    training.run_epoch()
    np.testing.assert_allclose(training.outputs, np.tile(layer.beta, (3, 1)), rtol=1e-14)


@both_dtypes
def test_a_constant_feature_stays_finite(dtype):
    plan = Plan(2, dtype)
    arrays = [np.ones(2, dtype), np.zeros(2, dtype), np.zeros(2, dtype), np.ones(2, dtype)]
    plan.add_batch_normalization(*arrays, 0.9, 1e-3)
    x = np.full((6, 2), 1e6, dtype)
    training = training_of(plan, x, np.zeros_like(x), 3, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1)
    assert training.run_epoch() < 1
    assert all(np.isfinite(array).all() for array in arrays)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, np.nan])
def test_bad_rates(rate):
    with pytest.raises(ValueError, match="rate must be at least 0 and below 1"):
        Plan(3, np.float64).add_dropout(rate)


@pytest.mark.parametrize("stddev", [-0.1, np.inf, np.nan])
def test_bad_deviations(stddev):
    with pytest.raises(ValueError, match="stddev must be finite and not negative"):
        Plan(3, np.float64).add_noise(stddev)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gamma": np.ones(4)}, r"gamma must be float64 of shape \(3,\), but it is float64 of \(4,\)"),
        ({"beta": np.ones(3, np.float32)}, r"beta must be float64"),
        ({"moving_mean": np.ones(2)}, r"moving_mean must be float64 of shape \(3,\)"),
        ({"moving_variance": np.ones(2)}, r"moving_variance must be float64 of shape \(3,\)"),
        ({"momentum": 1.5}, "momentum must be from 0 to 1"),
        ({"epsilon": 0.0}, "epsilon must be positive"),
    ],
)
def test_bad_normalisations(changes, message):
    good = {name: np.ones(3) for name in ("gamma", "beta", "moving_mean", "moving_variance")}
    plan = Plan(3, np.float64)
    with pytest.raises(ValueError, match=message):
        plan.add_batch_normalization(**(good | {"momentum": 0.9, "epsilon": 1e-3} | changes))
    assert plan.places == []


# Functions of the user's own.


@pytest.mark.parametrize(
    ("function", "derivative", "error"),
    [
        (lambda x: 1 / 0, np.cos, ZeroDivisionError),
        (np.sin, lambda x: {}["no"], KeyError),
        (lambda x: x[:, :1], np.cos, ValueError),
        (lambda x: x * 1j, np.cos, ValueError),
        (lambda x: None, np.cos, ValueError),
        (np.sin, lambda x: 0.0, ValueError),
    ],
)
def test_what_a_function_raises_or_returns_wrongly(function, derivative, error):
    rng = np.random.default_rng(6)
    first, last = (Learner([dense(rng, 3, 3)]) for _ in range(2))
    plan = first.fill(Plan(3, np.float64))
    plan.add_function(function, derivative)
    last.fill(plan)
    x = rng.normal(size=(4, 3))
    before = [array.tobytes() for array in (*first.arrays[0], *last.arrays[0])]
    training = training_of(plan, x, x, 2, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1)
    with pytest.raises(error):
        training.run_epoch()
    assert [array.tobytes() for array in (*first.arrays[0], *last.arrays[0])] == before
    if derivative is np.cos:
        with pytest.raises(error):
            plan.predict(x)


def test_a_function_may_keep_and_change_what_it_gets():
    kept = []

    def function(x):
        kept.append(x)
        x *= 2
        return x

    plan = Plan(2, np.float64)
    plan.add_function(function, lambda x: np.full_like(x, 2.0))
    x = np.array([[1.0, 2.0]])
    assert np.array_equal(plan.predict(x), [[2, 4]])
    assert np.array_equal(x, [[1, 2]])
    plan.predict(x)
    assert np.array_equal(kept[0], [[2, 4]])


def test_a_function_sees_numbers_below_the_smallest_normal_one():
    tiny = np.finfo(np.float64).smallest_subnormal
    seen = []
    plan = Plan(1, np.float64)
    plan.add_function(lambda x: seen.append((x * 3)[0, 0]) or x, np.ones_like)
    assert plan.predict(np.array([[tiny]]))[0, 0] == tiny
    assert seen == [3 * tiny]


def test_arithmetic_is_as_before_once_a_run_has_ended():
    tiny = np.finfo(np.float64).smallest_subnormal
    plan, weights = Plan(2, np.float64), np.zeros((2, 2))
    plan.add_dense(weights)
    x = np.ones((4, 2))
    plan.predict(x)
    training_of(plan, x, x, 2, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1, threads=2).run_epoch()
    assert np.array([tiny])[0] * np.array([3.0])[0] == 3 * tiny


@pytest.mark.parametrize(("function", "derivative"), [(None, np.cos), (np.sin, 3)])
def test_functions_must_be_callable(function, derivative):
    with pytest.raises(TypeError, match="function and derivative must be callable"):
        Plan(2, np.float64).add_function(function, derivative)


def test_a_function_that_gives_nan_stops_training():
    plan = Plan(2, np.float64)
    plan.add_function(lambda x: np.full_like(x, np.nan), np.ones_like)
    plan.add_softmax()
    x = np.ones((2, 2))
    training = training_of(plan, x, x, 2, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1)
    with pytest.raises(NonFiniteError) as caught:
        training.run_epoch()
    assert caught.value.operation == 0


def test_softmax_after_a_function_is_that_of_its_outputs():
    plan = Plan(3, np.float64)
    plan.add_function(np.sin, np.cos)
    plan.add_softmax()
    x = np.random.default_rng(7).normal(size=(5, 3))
    np.testing.assert_allclose(plan.predict(x), softmax_rows(np.sin(x)), rtol=1e-14)
