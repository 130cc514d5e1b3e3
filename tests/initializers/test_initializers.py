"""Initialisers: the distributions that their formulas promise, and what layers do with them."""

import numpy as np
import pytest

from fastnn import initializers
from fastnn.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

FAN_IN, FAN_OUT = 400, 200
COUNT = FAN_IN * FAN_OUT


def drawn(initializer, shape=(FAN_IN, FAN_OUT), seed=0):
    return np.asarray(initializer(shape, np.random.default_rng(seed)))


def assert_moments(numbers, mean, variance, fourth):
    """Mean and variance are within five of their standard errors; ``fourth`` is the fourth central moment."""
    assert abs(numbers.mean() - mean) < 5 * np.sqrt(variance / COUNT)
    assert abs(numbers.var() - variance) < 5 * np.sqrt((fourth - variance**2) / COUNT)


@pytest.mark.parametrize(
    ("initializer", "limit"),
    [
        (RandomUniform(), 0.05),
        (RandomUniform(-3, 3), 3),
        (GlorotUniform(), np.sqrt(6 / (FAN_IN + FAN_OUT))),
        (HeUniform(), np.sqrt(6 / FAN_IN)),
        (LecunUniform(), np.sqrt(3 / FAN_IN)),
        (VarianceScaling(0.5, "fan_out", "uniform"), np.sqrt(3 * 0.5 / FAN_OUT)),
        (VarianceScaling(2.0, "fan_avg", "uniform"), np.sqrt(3 * 2 / 300)),
    ],
    ids=str,
)
def test_uniform_numbers(initializer, limit):
    numbers = drawn(initializer)
    assert_moments(numbers, 0, limit**2 / 3, limit**4 / 5)
    # Of 80,000 numbers, some come within a thousandth of the ends, and none goes beyond.
    assert 0.999 * limit < np.abs(numbers).max() <= limit


def test_uniform_numbers_of_any_two_ends():
    numbers = drawn(RandomUniform(1.0, 3.0))
    assert_moments(numbers, 2, 1 / 3, 1 / 5)
    assert 1 <= numbers.min() < 1.001
    assert 2.999 < numbers.max() <= 3


@pytest.mark.parametrize(
    ("initializer", "variance"),
    [
        (GlorotNormal(), 2 / (FAN_IN + FAN_OUT)),
        (HeNormal(), 2 / FAN_IN),
        (LecunNormal(), 1 / FAN_IN),
        (VarianceScaling(), 1 / FAN_IN),
        (VarianceScaling(3.0, "fan_avg", "normal"), 3 / 300),
        # The variance of a standard normal number within two deviations, times that before.
        (TruncatedNormal(stddev=0.3), 0.3**2 * 0.7737413),
    ],
    ids=str,
)
def test_normal_numbers_are_cut_off(initializer, variance):
    numbers = drawn(initializer)
    # Of a standard normal number within two: density 0.05399 there, and a probability of 0.9545.
    edge = 2 * 2 * 0.0539909665 / 0.9544997361
    second = 1 - edge
    fourth = 3 * second - 4 * edge
    assert_moments(numbers, 0, variance, variance**2 * fourth / second**2)
    limit = 2 * np.sqrt(variance / second)
    assert 0.99 * limit < np.abs(numbers).max() <= limit


def test_plain_normal_numbers():
    assert_moments(drawn(RandomNormal()), 0, 0.05**2, 3 * 0.05**4)
    numbers = drawn(RandomNormal(2.0, 0.5))
    assert_moments(numbers, 2, 0.25, 3 * 0.25**2)
    assert np.abs(numbers - 2).max() > 3.5 * 0.5, "they are not cut off"


def test_normal_numbers_of_a_fan_that_are_not_cut_off():
    numbers = drawn(VarianceScaling(3.0, "fan_out", "untruncated_normal"))
    assert_moments(numbers, 0, 3 / FAN_OUT, 3 * (3 / FAN_OUT) ** 2)
    assert np.abs(numbers).max() > 3.5 * np.sqrt(3 / FAN_OUT)


def test_identities_hand_on_what_they_get():
    for shape in ((3, 3), (2, 5), (5, 2)):
        np.testing.assert_array_equal(drawn(Identity(-2.0), shape), -2 * np.eye(*shape))
    model = Sequential([Input((4,)), Dense(4, kernel_initializer="identity")])
    assert model.predict(np.arange(4.0)[None]).tolist() == [[0, 1, 2, 3]]
    with pytest.raises(ValueError, match=r"an identity matrix must have two dimensions, but the shape is \(3,\)"):
        drawn(Identity(), (3,))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("VarianceScaling", {"scale": 3.0, "mode": "fan_avg", "distribution": "uniform"}),
        ("VarianceScaling", {"scale": 3.0, "mode": "fan_out", "distribution": "untruncated_normal"}),
        ("VarianceScaling", {"scale": 0.5, "distribution": "truncated_normal"}),
        ("TruncatedNormal", {"mean": 1.0, "stddev": 0.5}),
        ("Identity", {"gain": 3.0}),
        ("Orthogonal", {"gain": 3.0}),
    ],
)
def test_distributions_are_those_of_keras(keras_over_any, name, options):
    theirs = keras_over_any.ops.convert_to_numpy(getattr(keras_over_any.initializers, name)(**options)((300, 200)))
    mine = drawn(getattr(initializers, name)(**options), (300, 200))
    assert mine.shape == theirs.shape
    # Means and deviations of 60,000 numbers each, and their largest, which for a normal distribution vary more.
    spread = theirs.std()
    assert abs(mine.mean() - theirs.mean()) < 5 * spread * np.sqrt(2 / 60_000)
    assert mine.std() == pytest.approx(spread, rel=5 * np.sqrt(2 / 60_000))
    assert np.abs(mine).max() == pytest.approx(np.abs(theirs).max(), rel=0.3)


def test_numbers_without_chance():
    assert (drawn(Zeros()) == 0).all()
    assert (drawn(Ones()) == 1).all()
    assert (drawn(Constant(-0.5)) == -0.5).all()
    assert drawn(Constant()).tolist() == drawn(Zeros()).tolist()


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9), (1, 1), (5, 1), (1, 5)], ids=str)
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_orthogonal_matrices(shape, gain):
    matrix = drawn(Orthogonal(gain), shape)
    assert matrix.shape == shape
    product = matrix.T @ matrix if shape[0] >= shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, gain**2 * np.eye(min(shape)), rtol=0, atol=1e-13)


def test_orthogonal_matrices_are_of_any_sign():
    # Uniformly distributed, a number of the matrix has mean 0 and variance 1 / size.
    corners = np.array([drawn(Orthogonal(), (3, 3), seed) for seed in range(400)])
    assert np.abs(corners.mean(axis=0)).max() < 5 * np.sqrt(1 / 3 / 400)
    assert abs((np.linalg.det(corners) > 0).mean() - 0.5) < 5 * 0.5 / np.sqrt(400)


def test_orthogonal_matrices_have_two_dimensions():
    with pytest.raises(ValueError, match=r"an orthogonal matrix must have two dimensions, but the shape is \(3,\)"):
        drawn(Orthogonal(), (3,))


NAMES = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "lecun_normal": LecunNormal,
    "lecun_uniform": LecunUniform,
    "orthogonal": Orthogonal,
    "variance_scaling": VarianceScaling,
    "identity": Identity,
}
# Those that draw nothing.
CERTAIN = ("zeros", "ones", "constant", "identity")


def test_the_table_has_all_initialisers():
    exported = {name for name in initializers.__all__ if name not in ("Initializer", "resolve")}
    assert {kind.__name__ for kind in NAMES.values()} == exported


@pytest.mark.parametrize("name", NAMES)
def test_names_classes_and_objects_are_the_same(name):
    kind = NAMES[name]
    for given in (name, name.upper(), kind, kind()):
        assert initializers.resolve(given) == kind()
    made = kind()
    assert kind(**made.configuration()) == made
    assert all(made != other() for other in NAMES.values() if other is not kind)
    for shape in ((7, 5), (5, 7)):
        numbers = drawn(made, shape)
        assert numbers.shape == shape
        assert numbers.dtype == np.float64
        assert np.array_equal(numbers, drawn(made, shape)), "a seed is a draw"
        assert np.array_equal(numbers, drawn(made, shape, 1)) == (name in CERTAIN)


RANDOM = [name for name in NAMES if name not in CERTAIN]


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_gives_the_same_numbers_in_each_call(name):
    # As Keras' do; the model's own seed then decides nothing.
    seeded, other = NAMES[name](seed=1), NAMES[name](seed=2)
    numbers = drawn(seeded)
    assert np.array_equal(numbers, drawn(seeded, seed=5))
    assert np.array_equal(numbers, drawn(NAMES[name](), seed=1)), "and they are those of such a generator"
    assert not np.array_equal(numbers, drawn(other))
    assert seeded != other
    assert NAMES[name](**seeded.configuration()) == seeded
    assert "seed=1" in repr(seeded)
    kernels = [
        Sequential([Input((5,)), Dense(4, kernel_initializer=NAMES[name](seed=1))], seed=seed).get_weights()[0]
        for seed in (0, 1)
    ]
    assert np.array_equal(*kernels)


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("seed", [-1, 1.5, "a", True, np.random.default_rng(0)])
def test_seeds_that_are_none(name, seed):
    with pytest.raises((TypeError, ValueError), match=r"^seed must be"):
        NAMES[name](seed=seed)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Constant("a"), "value must be a number, but it is 'a'"),
        (lambda: RandomNormal(stddev=-1), "stddev must be finite and not negative, but it is -1"),
        (lambda: RandomNormal(np.nan), "mean must be finite"),
        (lambda: RandomUniform(1.0), "minval must be at most maxval, but they are 1.0 and 0.05"),
        (lambda: Orthogonal(np.inf), "gain must be finite"),
        (lambda: Identity(np.nan), "gain must be finite"),
        (lambda: VarianceScaling(0), "scale must be above 0, but it is 0"),
        (lambda: VarianceScaling(mode="fan"), "mode must be one of fan_in, fan_out, fan_avg, but it is 'fan'"),
        (lambda: VarianceScaling(distribution="flat"), "distribution must be one of truncated_normal, untruncated"),
    ],
)
def test_arguments_that_are_none(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_has_numbers_of_its_own_fans(name):
    layers = [Dense(FAN_OUT, kernel_initializer=name), Dense(3, kernel_initializer=name, use_bias=False)]
    model = Sequential([Input((FAN_IN,)), *layers], dtype="float64", seed=0)
    kernel, bias, last = model.get_weights()
    assert not bias.any()
    if name in CERTAIN:
        assert np.array_equal(kernel, drawn(NAMES[name]()))
        return
    # Other draws of the same distribution: five standard errors of a deviation, largest for a normal one.
    assert kernel.std() == pytest.approx(drawn(NAMES[name]()).std(), rel=5 / np.sqrt(COUNT))
    assert last.std() == pytest.approx(drawn(NAMES[name](), (FAN_OUT, 3)).std(), rel=5 / np.sqrt(FAN_OUT * 3))


@pytest.mark.parametrize("name", ["glorot_uniform", "glorot_normal", "he_uniform", "lecun_normal"])
def test_biases_too(name):
    model = Sequential([Input((2,)), Dense(2000, bias_initializer=name)], dtype="float64", seed=0)
    scale = 2 if name == "he_uniform" else 1
    # A bias counts as one row: its fan is its length, in and out.
    assert model.get_weights()[1].std() == pytest.approx(np.sqrt(scale / 2000), rel=5 / np.sqrt(2000))


def test_random_numbers_of_two_layers_differ():
    model = Sequential([Input((5,)), Dense(5), Dense(5)], seed=0)
    assert not np.array_equal(model.get_weights()[0], model.get_weights()[2])
