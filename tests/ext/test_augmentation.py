"""Augmentation of images as they are gathered: shifts, turns, zooms, flips and noise, against plain NumPy."""

import numpy as np
import pytest
from making import training_of
from plain_layers import random_key, uniform

from fastnn_ext.engine.plan import NonFiniteDataError, Plan
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Loss, UpdateRule

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())
SEED = 77
NONE = {
    "height": 1,
    "width": 1,
    "channels": 1,
    "rotation": 0.0,
    "height_shift": 0.0,
    "width_shift": 0.0,
    "zoom": 0.0,
    "noise": 0.0,
    "fill": 0.0,
    "horizontal_flip": False,
}


def augmented(images, isa=None, dtype=np.float64, threads=1, epochs=1, sparse=None, **numbers):
    """What a network sees of (n, height, width, channels) images."""
    n, height, width, channels = images.shape
    plan = Plan(height * width * channels, dtype, isa=isa)
    plan.add_activation(1, 1.0)
    rows = images.reshape(n, -1)
    training = training_of(
        plan,
        rows,
        np.zeros(rows.shape, dtype),
        4,
        Loss.MEAN_SQUARED_ERROR,
        UpdateRule.SGD,
        0.0,
        record=True,
        seed=SEED,
        augmentation=NONE | {"height": height, "width": width, "channels": channels} | numbers,
        threads=threads,
        sparse=sparse,
    )
    for _ in range(epochs):
        training.run_epoch()
    return training.outputs.reshape(images.shape)


def warped(image, drawn, numbers):
    """The image through the inverse map, bilinear, in float64."""
    height, width, _ = image.shape
    numbers = NONE | numbers
    angle = numbers["rotation"] * (2 * drawn[0] - 1)
    down = numbers["height_shift"] * height * (2 * drawn[1] - 1)
    across = numbers["width_shift"] * width * (2 * drawn[2] - 1)
    zoom = 1 + numbers["zoom"] * (2 * drawn[3] - 1)
    mirror = -1 if numbers["horizontal_flip"] and drawn[4] < 0.5 else 1
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    padded = np.full((height + 2, width + 2, image.shape[2]), numbers["fill"])
    padded[1:-1, 1:-1] = image
    result = np.full(image.shape, numbers["fill"])
    for r in range(height):
        for c in range(width):
            y, x = np.array([r, c]) - centre - (down, across)
            row = (np.cos(angle) * y - np.sin(angle) * x) / zoom + centre[0]
            column = mirror * (np.sin(angle) * y + np.cos(angle) * x) / zoom + centre[1]
            if -1 < row < height and -1 < column < width:
                top, left = int(np.floor(row)), int(np.floor(column))
                a, b = row - top, column - left
                corner = padded[top + 1 : top + 3, left + 1 : left + 3]
                result[r, c] = (1 - a) * ((1 - b) * corner[0, 0] + b * corner[0, 1]) + a * (
                    (1 - b) * corner[1, 0] + b * corner[1, 1]
                )
    return result


CASES = {
    "nothing": {},
    "shift down": {"height_shift": 0.4},
    "shift across": {"width_shift": 0.6},
    "turn": {"rotation": 0.7},
    "zoom": {"zoom": 0.5},
    "flip": {"horizontal_flip": True},
    "fill": {"height_shift": 0.5, "width_shift": 0.5, "fill": 2.5},
    "all": {
        "rotation": 0.4,
        "height_shift": 0.2,
        "width_shift": 0.1,
        "zoom": 0.3,
        "horizontal_flip": True,
        "fill": -1.0,
    },
}


@pytest.mark.parametrize("name", CASES)
@both_dtypes
@every_isa
@pytest.mark.parametrize("shape", [(6, 7, 5, 1), (5, 4, 9, 3), (3, 1, 1, 1), (3, 1, 8, 2)], ids=str)
def test_images_are_the_plain_ones(name, dtype, isa, shape):
    images = np.random.default_rng(0).uniform(size=shape).astype(dtype)
    seen = augmented(images, isa, dtype, **CASES[name])
    for number, image in enumerate(images):
        # The step counts from 1, and each batch has four places.
        drawn = uniform(random_key(SEED, 1 + number // 4, 1 << 20, number % 4), 5)
        expected = warped(image.astype(float), drawn, CASES[name])
        # A place between pixels is off by a few roundings of a number below ten.
        np.testing.assert_allclose(seen[number], expected, rtol=0, atol=200 * np.finfo(dtype).eps, err_msg=str(number))


def test_the_number_of_threads_and_lists_of_zeros_change_no_bit():
    rng = np.random.default_rng(1)
    images = rng.uniform(size=(13, 6, 6, 1)) * (rng.random((13, 6, 6, 1)) < 0.2)
    plain = augmented(images, **CASES["all"], noise=0.1)
    for threads in (2, 3, 8):
        assert augmented(images, threads=threads, **CASES["all"], noise=0.1).tobytes() == plain.tobytes()
    start, results = rng.normal(size=(36, 3)), []
    for sparse in (False, True):
        plan, weights = Plan(36, np.float64), start.copy()
        plan.add_dense(weights)
        training_of(
            plan,
            images.reshape(13, -1),
            np.zeros((13, 3)),
            4,
            Loss.MEAN_SQUARED_ERROR,
            UpdateRule.SGD,
            0.1,
            sparse=sparse,
            seed=SEED,
            augmentation=NONE | {"height": 6, "width": 6, "height_shift": 0.3},
        ).run_epoch()
        results.append(weights)
    assert np.array_equal(*results)


def test_every_epoch_draws_anew():
    images = np.random.default_rng(2).uniform(size=(4, 6, 6, 1))
    once, twice = (augmented(images, epochs=n, height_shift=0.5) for n in (1, 2))
    assert all(not np.array_equal(a, b) for a, b in zip(once, twice, strict=True))


def test_pixels_of_bytes_are_read_as_they_are():
    images = np.random.default_rng(3).integers(0, 256, size=(5, 6, 6, 1)).astype(np.uint8)
    expected = augmented(images.astype(np.float64), rotation=0.5)
    assert np.array_equal(augmented(images, rotation=0.5), expected)


def test_noise_is_normal():
    images = np.zeros((40, 50, 50, 1))
    noise = augmented(images, noise=0.5).ravel() / 0.5
    # Five standard deviations of mean and variance of 100,000 numbers.
    assert abs(noise.mean()) < 5 / np.sqrt(noise.size)
    assert abs(noise.var() - 1) < 5 * np.sqrt(2 / noise.size)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_pixels_name_their_image(bad):
    images = np.zeros((6, 3, 3, 1))
    images[4, 2, 2] = bad
    with pytest.raises(NonFiniteDataError) as caught:
        augmented(images, rotation=0.5)
    assert caught.value.sample == 4
