"""Dropout and noise through a model: the masks and numbers themselves, whatever the number of threads.

The inputs are the rows of the identity, so that the kernel of the last dense layer is what a random layer gets. With
targets of zero, what a step takes from the kernel tells what the layer did to each number.
"""

import copy

import numpy as np
import pytest

import fastnn
from fastnn import optimizers
from fastnn.layers import Dense, Dropout, GaussianNoise, Input
from fastnn.models import Sequential
from fastnn.models.training import make_training

SIZE = 400
X, ZEROS = np.eye(SIZE, dtype=np.float32), np.zeros((SIZE, SIZE), np.float32)


@pytest.fixture
def set_threads():
    before = fastnn.get_num_threads()
    yield fastnn.set_num_threads
    fastnn.set_num_threads(before)


def model(layers, first, seed=0, rate=1.0, dtype="float32"):
    # A layer of the identity before it makes work enough for three threads.
    dense = [Dense(SIZE, use_bias=False), Dense(SIZE, use_bias=False)]
    made = Sequential([Input((SIZE,)), *dense, *layers], seed=seed, dtype=dtype)
    made.compile(optimizers.SGD(rate), "mse")
    made.set_weights([X, np.full((SIZE, SIZE), first)])
    return made


def threads_of(trained):
    """How many share its work."""
    return make_training(trained, X, ZEROS, SIZE, None, keep_index=False).threads


def kept(rate, steps=1, layer_seed=None, **how):
    """Where a dropout of ones lets numbers through, in the last of so many steps; and the loss of that step."""
    # The slope of a number that is kept is 2 / (1 - rate)**2 / SIZE**2, which this rate makes 1.
    dropped = model([Dropout(rate, seed=layer_seed)], 1.0, rate=SIZE**2 * (1 - rate) ** 2 / 2, **how)
    for _ in range(steps):
        dropped.set_weights([X, np.ones((SIZE, SIZE))])
        value = dropped.train_on_batch(X, ZEROS)
    left = dropped.get_weights()[1]
    mask = np.abs(left) < 0.5
    # Kept or not, and nothing between.
    np.testing.assert_allclose(left, ~mask, rtol=0, atol=1e-5)
    return mask, value


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_leaves_out_its_share_and_lets_the_others_grow(rate):
    mask, value = kept(rate)
    # Five standard deviations of 160,000 draws, over all and over each row and column.
    deviation = np.sqrt(rate * (1 - rate))
    assert abs(mask.mean() - (1 - rate)) < 5 * deviation / SIZE
    for axis in (0, 1):
        assert np.abs(mask.mean(axis=axis) - (1 - rate)).max() < 5 * deviation / np.sqrt(SIZE)
    assert value == pytest.approx(mask.mean() / (1 - rate) ** 2, rel=1e-5)


def test_masks_depend_on_the_seed_and_the_step_alone(set_threads):
    masks = []
    for threads in (1, 2, 3):
        set_threads(threads)
        assert threads_of(model([Dropout(0.5)], 1.0)) == threads
        masks.append(kept(0.5)[0])
    assert np.array_equal(masks[0], masks[1])
    assert np.array_equal(masks[0], masks[2])
    assert np.array_equal(masks[0], kept(0.5, dtype="float64")[0])
    # Others agree in a half of the places, and no more: five standard deviations.
    for other in (kept(0.5, steps=2)[0], kept(0.5, seed=1)[0], masks[0].T, np.roll(masks[0], 1, axis=0)):
        assert abs((other == masks[0]).mean() - 0.5) < 5 * 0.5 / SIZE


def test_two_dropouts_draw_apart():
    # Through two of a half, a quarter comes.
    twice = model([Dropout(0.5), Dropout(0.5)], 1.0, rate=SIZE**2 / 32)
    twice.train_on_batch(X, ZEROS)
    share = (twice.get_weights()[1] < 0.5).mean()
    assert abs(share - 0.25) < 5 * np.sqrt(0.25 * 0.75) / SIZE


def test_dropout_of_nothing_and_outside_training():
    plain, none, half = model([], 1.0), model([Dropout(0.0)], 1.0), model([Dropout(0.5)], 1.0)
    assert half.evaluate(X, ZEROS) == plain.evaluate(X, ZEROS) == 1
    assert np.array_equal(half.predict(X), np.ones((SIZE, SIZE)))
    for each in (plain, none):
        each.train_on_batch(X, ZEROS)
    assert np.array_equal(plain.parameters, none.parameters)


def noise(stddev, steps=1, **how):
    """What a noise adds to zeros in the last of so many steps."""
    # The slope of a number is twice it over SIZE**2, which this rate makes it.
    noisy = model([GaussianNoise(stddev)], 0.0, rate=SIZE**2 / 2, **how)
    for _ in range(steps):
        noisy.set_weights([X, np.zeros((SIZE, SIZE))])
        noisy.train_on_batch(X, ZEROS)
    return -noisy.get_weights()[1]


def test_noise_is_normal_and_depends_on_the_seed_and_the_step_alone(set_threads):
    numbers = []
    for threads in (1, 2, 3):
        set_threads(threads)
        assert threads_of(model([GaussianNoise(0.5)], 0.0)) == threads
        numbers.append(noise(0.5))
    assert numbers[0].tobytes() == numbers[1].tobytes() == numbers[2].tobytes()
    scaled = numbers[0].ravel() / 0.5
    # Five standard errors of the first four moments of 160,000 numbers.
    for power, mean, spread in ((1, 0, 1), (2, 1, np.sqrt(2)), (3, 0, np.sqrt(15)), (4, 3, np.sqrt(96))):
        assert abs((scaled**power).mean() - mean) < 5 * spread / SIZE, power
    for other in (noise(0.5, steps=2), noise(0.5, seed=1), numbers[0].T, np.roll(numbers[0], 1, axis=1)):
        assert abs((other * numbers[0]).mean()) < 5 * 0.25 / SIZE, "they have nothing in common"


def test_noise_outside_training():
    noisy = model([GaussianNoise(0.5)], 1.0)
    assert np.array_equal(noisy.predict(X), np.ones((SIZE, SIZE)))
    assert noisy.evaluate(X, ZEROS) == 1


def test_a_seed_of_the_layer_decides_in_place_of_the_models():
    masks = [kept(0.5, layer_seed=layer_seed, seed=seed)[0] for layer_seed, seed in ((3, 0), (3, 1), (4, 0), (None, 0))]
    np.testing.assert_array_equal(masks[0], masks[1])
    for other in masks[2:]:
        # Two independent masks agree in half of the places, five standard deviations at most from it.
        assert abs((masks[0] == other).mean() - 0.5) < 2.5 / SIZE


def test_layers_of_one_seed_draw_other_numbers():
    masks = [
        model([GaussianNoise(1.0, seed=seed), GaussianNoise(1.0, seed=seed)], 0.0).train_on_batch(X, ZEROS)
        for seed in (3, 3, 4)
    ]
    # The mean of squares of a sum of two: 2 where they are independent, 4 where they are the same.
    assert masks[0] == masks[1] != masks[2]
    assert abs(masks[0] - 2) < 5 * 2 * np.sqrt(2) / SIZE


def test_a_seed_is_kept_in_files_and_copies(tmp_path):
    made = Sequential([Input((3,)), Dropout(0.5, seed=3), GaussianNoise(0.1)])
    made.save(tmp_path / "model.safetensors")
    again = fastnn.load_model(tmp_path / "model.safetensors")
    assert [layer.seed for layer in again.layers] == [3, None]
    assert again.seed == made.seed == copy.copy(made).seed


@pytest.mark.parametrize("kind", [Dropout, GaussianNoise])
def test_what_is_no_seed(kind):
    with pytest.raises(TypeError, match="seed must be an integer"):
        kind(0.5, seed=0.5)
    with pytest.raises(ValueError, match="seed must be at least 0"):
        kind(0.5, seed=-1)
