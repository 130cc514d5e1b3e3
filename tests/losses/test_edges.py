"""Losses where numbers are huge, zero, or none that they take."""

import numpy as np
import pytest

from fastnn import losses, optimizers
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def step(loss, outputs, y, dtype):
    """The loss of these outputs and its gradient: a step of rate 1 on a kernel that holds them."""
    outputs = np.asarray(outputs, dtype)
    model = Sequential([Input((len(outputs),)), Dense(outputs.shape[1], use_bias=False)], dtype=dtype)
    model.set_weights([outputs])
    model.compile(optimizers.SGD(1.0), loss)
    value = model.train_on_batch(np.eye(len(outputs), dtype=dtype), np.asarray(y, dtype))
    return value, outputs - model.get_weights()[0]


@both_dtypes
def test_focal_entropies_of_huge_logits_are_exact(dtype):
    # Rounded to a number of the logits' size, from which the step is taken.
    allowed = 1e4 * np.finfo(dtype).eps
    value, gradient = step(losses.BinaryFocalCrossentropy(from_logits=True), [[1e4, -1e4, 1e4]], [[1, 1, 0]], dtype)
    assert value == pytest.approx(2e4 / 3, rel=1e-6)
    np.testing.assert_allclose(gradient, [[0, -1 / 3, 1 / 3]], atol=allowed)
    focal = losses.CategoricalFocalCrossentropy(0.5, from_logits=True)
    value, gradient = step(focal, [[1e4, -1e4, 0]], [[0, 1, 0]], dtype)
    assert value == pytest.approx(1e4, rel=1e-6)
    np.testing.assert_allclose(gradient, [[0.5, -0.5, 0]], atol=allowed)


@both_dtypes
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_focal_entropies_of_certain_outputs_are_finite(gamma, dtype):
    outputs, right = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    # Linear outputs, which shares must not be, behind an activation that changes nothing.
    for loss in (losses.BinaryFocalCrossentropy(gamma=gamma), losses.CategoricalFocalCrossentropy(gamma=gamma)):
        model = Sequential([Input((2,)), Dense(2, (np.array, np.ones_like), use_bias=False)], dtype=dtype)
        model.set_weights([outputs])
        model.compile(optimizers.SGD(1e-9), loss)
        value = model.train_on_batch(np.eye(2, dtype=dtype), right.astype(dtype))
        assert 0 < value < 20
        assert np.isfinite(model.get_weights()[0]).all()


CLIPPED = (
    losses.KLDivergence(),
    losses.BinaryFocalCrossentropy(),
    losses.CategoricalFocalCrossentropy(),
    losses.MeanSquaredLogarithmicError(),
)


@pytest.mark.parametrize("loss", CLIPPED, ids=lambda loss: loss.name)
def test_slopes_beyond_a_limit_are_what_the_formula_says(loss):
    outputs = np.array([[0.0, 1.0], [1e-9, 1 - 1e-9], [1.0, 0.0], [0.25, 0.75]])
    y = np.array([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    # Linear outputs, which shares must not be, behind an activation that changes nothing.
    model = Sequential([Input((4,)), Dense(2, (np.array, np.ones_like), use_bias=False)], dtype="float64")
    model.set_weights([outputs])
    # A rate at which the largest slope, 1e7, moves no weight by more than 1.
    model.compile(optimizers.SGD(1e-7), loss)
    model.train_on_batch(np.eye(4), y)
    slopes = (outputs - model.get_weights()[0]) / 1e-7 * len(y) * (1 if loss.summed else 2)
    # Weights near 1 are rounded to 1e-16, and the rate divides that.
    np.testing.assert_allclose(slopes, loss.derivative(y, outputs), rtol=1e-8, atol=2e-8)


@both_dtypes
def test_rows_of_zeros_have_no_direction(dtype):
    value, gradient = step(losses.CosineSimilarity(), [[0, 0], [3, 4]], [[1, 2], [0, 0]], dtype)
    assert value == 0
    assert np.isfinite(gradient).all()
    assert not gradient[1].any()


def test_an_error_of_a_share_of_nothing_is_kerass():
    value, _ = step(losses.MeanAbsolutePercentageError(), [[1.0]], [[0.0]], "float64")
    assert value == pytest.approx(100 / 1e-7)


@both_dtypes
def test_small_errors_keep_their_digits(dtype):
    value, _ = step(losses.LogCosh(), [[1e-3]], [[0.0]], dtype)
    # x**2 / 2 - x**4 / 12: of a difference of roundings it would keep two digits in float32.
    assert value == pytest.approx(5e-7 - 1e-12 / 12, rel=2000 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (losses.CategoricalFocalCrossentropy([0.5, 0.5]), np.eye(3), "one for each class: it has 2, but .* 3 outputs"),
        (losses.MeanSquaredLogarithmicError(), -np.eye(3), "takes numbers that are not negative, but y holds -1"),
        (losses.CategoricalHinge(), 2 * np.eye(3), "takes one-hot rows of 0 and 1, or of -1 and 1, but y holds 2"),
        (losses.BinaryFocalCrossentropy(), 2 * np.eye(3), "takes targets from 0 to 1, but y holds 2"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_targets_that_are_refused(loss, y, message):
    model = Sequential([Input((3,)), Dense(3, loss.last_layer)])
    model.compile("sgd", loss)
    for call in (model.fit, model.train_on_batch, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call(np.eye(3), y)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: losses.CosineSimilarity(0), ValueError, "axis must be -1 or 1, .* but it is 0"),
        (lambda: losses.BinaryFocalCrossentropy(alpha=1.5), ValueError, "alpha must be from 0 to 1, but it is 1.5"),
        (lambda: losses.BinaryFocalCrossentropy(gamma=-1.0), ValueError, "gamma must"),
        (lambda: losses.BinaryFocalCrossentropy(2), TypeError, "apply_class_balancing must be True or False"),
        (lambda: losses.CategoricalFocalCrossentropy([0.5, -1.0]), ValueError, "each number of alpha must"),
        (lambda: losses.CategoricalFocalCrossentropy("much"), TypeError, "alpha must"),
        (lambda: losses.CategoricalFocalCrossentropy(gamma=np.nan), ValueError, "gamma must"),
        (lambda: losses.CategoricalFocalCrossentropy(label_smoothing=2), ValueError, "label_smoothing must be from 0"),
    ],
)
def test_arguments_that_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
