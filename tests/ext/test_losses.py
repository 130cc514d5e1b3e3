"""Losses and their gradients: finite differences, limits, shapes that are refused."""

import numpy as np
import pytest
from binding_table import numerical_gradient, softmax_rows

from fastnn_ext.bindings import losses
from fastnn_ext.bindings.softmax import softmax
from fastnn_ext.tables.enums import Loss

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
# Those with bindings of their own; the engine's others are in test_training_losses.py.
DOOR_LOSSES = (Loss.MEAN_SQUARED_ERROR, Loss.CROSS_ENTROPY)
every_loss = pytest.mark.parametrize("loss", DOOR_LOSSES, ids=lambda loss: loss.name)
BINDINGS = ("mse", "mse_prime", "cross_entropy", "cross_entropy_prime")


def probabilities(seed, shape=(5, 4)):
    return softmax_rows(np.random.default_rng(seed).normal(size=shape))


@pytest.mark.parametrize("name", ["mse", "cross_entropy"])
def test_gradient_is_the_finite_difference(name):
    y_true, y_pred = probabilities(0), probabilities(1)
    expected = numerical_gradient(lambda y: getattr(losses, name)(y_true, y), y_pred)
    # Step 1e-6 near probabilities of 0.03 and more: third derivatives of log below 1e5, so off by 1e-8.
    np.testing.assert_allclose(getattr(losses, f"{name}_prime")(y_true, y_pred), expected, rtol=0, atol=1e-7)


@every_loss
def test_fused_gradient_is_the_finite_difference(loss):
    y_true, logits = probabilities(0), np.random.default_rng(1).normal(size=(5, 4))
    expected = numerical_gradient(lambda x: losses.softmax_with_loss(y_true, x, loss)[0], logits)
    np.testing.assert_allclose(losses.softmax_with_loss(y_true, logits, loss)[1], expected, rtol=0, atol=1e-8)


@every_loss
def test_fused_is_the_composition(loss):
    name = "cross_entropy" if loss == Loss.CROSS_ENTROPY else "mse"
    y_true, logits = probabilities(0), np.random.default_rng(1).normal(size=(5, 4))
    # Two orders of the same few roundings.
    value = losses.softmax_with_loss(y_true, logits, loss)[0]
    assert value == pytest.approx(getattr(losses, name)(y_true, softmax(logits)), rel=1e-14)


@both_dtypes
def test_fused_cross_entropy_is_exact_for_large_logits(dtype):
    y_true = np.array([[0, 1], [1, 0]], dtype=dtype)
    logits = np.array([[1e4, -1e4], [1e4, -1e4]], dtype=dtype)
    value, gradient = losses.softmax_with_loss(y_true, logits, Loss.CROSS_ENTROPY)
    assert value == 1e4
    assert np.array_equal(gradient, [[0.5, -0.5], [0, 0]])


@both_dtypes
def test_targets_that_do_not_sum_to_one(dtype):
    y_true = np.array([[2, 1, 0], [0, 0, 0]], dtype=dtype)
    value, gradient = losses.softmax_with_loss(y_true, np.zeros((2, 3), dtype), Loss.CROSS_ENTROPY)
    # -(2 log 1/3 + log 1/3) / 2, and (3 * 1/3 - y) / 2.
    assert value == pytest.approx(1.5 * np.log(3), rel=1e-14)
    np.testing.assert_allclose(gradient, [[-0.5, 0, 0.5], [0, 0, 0]], atol=2 * np.finfo(dtype).eps)


@both_dtypes
def test_a_probability_of_zero_counts_as_half_an_epsilon(dtype):
    floor = np.finfo(dtype).eps / 2
    y_true, y_pred = np.array([[1, 0]], dtype=dtype), np.array([[0, 1]], dtype=dtype)
    assert losses.cross_entropy(y_true, y_pred) == pytest.approx(-np.log(float(floor)), rel=1e-12)
    assert np.array_equal(losses.cross_entropy_prime(y_true, y_pred), [[-1 / floor, 0]])


@both_dtypes
def test_mse_of_float32_is_summed_in_double(dtype):
    # A running float32 sum of 0.01 would be off by 1e-4 after a million terms; squares and sums of 32 of them round.
    for shape in ((1000, 1000), (1_000_000,)):
        y_true, y_pred = np.zeros(shape, dtype), np.full(shape, 0.1, dtype)
        assert losses.mse(y_true, y_pred) == pytest.approx(float(dtype(0.1)) ** 2, rel=34 * float(np.finfo(dtype).eps))


@both_dtypes
@pytest.mark.parametrize("name", BINDINGS)
def test_nan_is_not_hidden(name, dtype):
    y_true, y_pred = np.array([[0, 1]], dtype), np.array([[0.5, np.nan]], dtype)
    assert np.isnan(getattr(losses, name)(y_true, y_pred)).any(), name


@both_dtypes
@every_loss
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_logit_gives_a_loss_that_is_not_finite(loss, bad, dtype):
    logits = np.zeros((2, 3), dtype)
    logits[0, 1] = bad
    value, gradient = losses.softmax_with_loss(np.eye(3, dtype=dtype)[:2], logits, loss)
    assert not np.isfinite(value)
    assert not np.isfinite(gradient[0]).all()
    assert np.isfinite(gradient[1]).all()


@pytest.mark.parametrize("name", BINDINGS)
def test_one_row_may_come_without_its_outer_brackets(name):
    binding = getattr(losses, name)
    row_true, row_pred = probabilities(0, (1, 4)), probabilities(1, (1, 4))
    assert np.array_equal(binding(row_true[0], row_pred), binding(row_true, row_pred))
    assert np.shape(binding(row_true, row_pred[0])) == (() if not name.endswith("_prime") else (4,))


@pytest.mark.parametrize("name", BINDINGS)
@pytest.mark.parametrize("shape", [(4, 5), (5, 1), (4,), (6, 4), ()], ids=str)
def test_shapes_that_differ(name, shape):
    with pytest.raises(ValueError, match=r"y_true must have the shape of y_pred, \(5, 4\), but its shape is") as caught:
        getattr(losses, name)(np.ones(shape), np.ones((5, 4)))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("name", BINDINGS)
@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (0,)], ids=str)
def test_no_elements_have_no_loss(name, shape):
    with pytest.raises(ValueError, match="y_pred must not be empty, but its shape is"):
        getattr(losses, name)(np.ones(shape), np.ones(shape))


@every_loss
def test_fused_names_its_logits(loss):
    with pytest.raises(ValueError, match=r"y_true must have the shape of logits, \(5, 4\), but its shape is \(5, 3\)"):
        losses.softmax_with_loss(np.ones((5, 3)), np.ones((5, 4)), loss)
    with pytest.raises(ValueError, match="logits must not be empty"):
        losses.softmax_with_loss(np.ones((0, 3)), np.ones((0, 3)), loss)


def test_other_losses_are_refused():
    for loss in (99, *set(Loss) - set(DOOR_LOSSES)):
        with pytest.raises(ValueError, match="loss must be MEAN_SQUARED_ERROR or CROSS_ENTROPY"):
            losses.softmax_with_loss(np.ones((1, 3)), np.ones((1, 3)), loss)
