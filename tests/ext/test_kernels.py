"""Every kernel door against its float64 reference: sizes, dtypes, layouts, special values, and refusals."""

import importlib.util
import pathlib
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn_ext import activations, dense, losses, softmax, update
from fastnn_ext.losses import Loss

spec = importlib.util.spec_from_file_location("kernels", pathlib.Path(__file__).with_name("kernels.py"))
kernels = importlib.util.module_from_spec(spec)


sys.modules["kernels"] = kernels  # dataclasses look their module up
spec.loader.exec_module(kernels)

each_kernel = pytest.mark.parametrize("kernel", kernels.KERNELS, ids=lambda kernel: kernel.name)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def close(result, expected, dtype, terms, case):
    # A sum of n terms of size about one, each rounded: the error grows like sqrt(n), and far less than n, roundings.
    scale = np.abs(expected).max(initial=1.0)
    tolerance = 8 * np.finfo(dtype).eps * (4 + np.sqrt(terms)) * scale
    np.testing.assert_allclose(np.asarray(result, np.float64), expected, rtol=0, atol=tolerance, err_msg=case)


@each_kernel
@each_dtype
@pytest.mark.parametrize("batch", [1, 7, 17])
@pytest.mark.parametrize("fan_in", kernels.SIZES)
@pytest.mark.parametrize("fan_out", [1, 7, 17])
def test_equals_the_reference(kernel, dtype, batch, fan_in, fan_out):
    inputs = [a.astype(dtype) for a in kernel.inputs(np.random.default_rng(batch + fan_in), batch, fan_in, fan_out)]
    before = [a.copy() for a in inputs]
    result = kernel.door(*inputs)
    expected = kernel.reference(*(a.astype(np.float64) for a in inputs))
    close(result, expected, dtype, max(fan_in, fan_out, batch), f"{kernel.name} {dtype} {batch} {fan_in} {fan_out}")
    if np.ndim(expected):
        assert result.dtype == dtype
        assert result.shape == expected.shape
    for array, old in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(array, old)


@each_kernel
def test_wide_outputs(kernel):
    inputs = [a.astype(np.float32) for a in kernel.inputs(np.random.default_rng(0), 3, 17, 1000)]
    close(kernel.door(*inputs), kernel.reference(*(a.astype(float) for a in inputs)), np.float32, 1000, kernel.name)


def layouts(array):
    doubled = np.repeat(np.repeat(array, 2, axis=0), 2, axis=1)
    frozen = array.copy()
    frozen.flags.writeable = False
    raw = np.zeros(array.nbytes + 1, np.uint8)
    unaligned = raw[1:].view(array.dtype).reshape(array.shape)
    unaligned[...] = array
    return {
        "strided": doubled[::2, ::2],
        "reversed": array[::-1, ::-1].copy()[::-1, ::-1],
        "Fortran": np.asfortranarray(array),
        "read-only": frozen,
        "unaligned": unaligned,
        "byte-swapped": array.astype(array.dtype.newbyteorder()),
    }


@each_kernel
@each_dtype
def test_any_layout_gives_the_same_bits(kernel, dtype):
    inputs = [a.astype(dtype) for a in kernel.inputs(np.random.default_rng(4), 7, 17, 5)]
    expected = np.asarray(kernel.door(*inputs))
    for position, array in enumerate(inputs):
        for name, same in layouts(array).items():
            changed = [*inputs[:position], same, *inputs[position + 1 :]]
            assert np.asarray(kernel.door(*changed)).tobytes() == expected.tobytes(), (kernel.name, position, name)


@each_kernel
@pytest.mark.parametrize("bad", [object, complex, "U3", "datetime64[D]"])
def test_refuses_what_is_no_real_number(kernel, bad):
    inputs = list(kernel.inputs(np.random.default_rng(4), 2, 3, 4))
    for position, array in enumerate(inputs):
        wrong = np.zeros(array.shape, dtype=bad)
        with pytest.raises(TypeError, match="must hold real numbers"):
            kernel.door(*inputs[:position], wrong, *inputs[position + 1 :])


@pytest.mark.parametrize("kernel", [k for k in kernels.KERNELS if k.inputs is not kernels.one], ids=lambda k: k.name)
def test_refuses_shapes_that_do_not_fit(kernel):
    inputs = list(kernel.inputs(np.random.default_rng(4), 2, 3, 4))
    wrong = np.zeros((3, 5))
    with pytest.raises(ValueError, match=r"shape|rows"):
        kernel.door(wrong, *inputs[1:])


def test_lists_integers_and_numbers():
    np.testing.assert_array_equal(activations.relu([-1, 2]), [0.0, 2.0])
    np.testing.assert_array_equal(activations.relu(np.array([-1, 2], np.int8)), [0.0, 2.0])
    assert activations.relu(-3) == 0.0
    assert activations.relu(np.float32(2)).dtype == np.float32
    np.testing.assert_array_equal(activations.relu(np.float16([-1, 2])), [0.0, 2.0])


def test_special_values():
    x = np.array([np.nan, np.inf, -np.inf, 1e4, -1e4, 0.0, -0.0, 5e-324])
    np.testing.assert_array_equal(activations.relu(x), np.maximum(x, 0))
    np.testing.assert_array_equal(activations.relu_prime(x), [np.nan, 1, 0, 1, 0, 0, 0, 1])
    np.testing.assert_array_equal(activations.sigmoid(x), [np.nan, 1, 0, 1, 0, 0.5, 0.5, 0.5])
    np.testing.assert_array_equal(activations.tanh(x), np.tanh(x))
    np.testing.assert_array_equal(softmax.softmax([[1e4, 0.0, -1e4]]), [[1, 0, 0]])
    assert np.isnan(softmax.softmax([[np.inf, 0.0]])).any()
    assert np.isnan(softmax.softmax([[0.0, np.nan]])).all()
    assert np.isnan(dense.dense_forward([[0.0]], [[np.inf]], [0.0])).all()  # 0 times infinity, as IEEE 754 says


def test_empty_batches_and_empty_losses():
    assert dense.dense_forward(np.zeros((0, 3)), np.zeros((3, 2)), np.zeros(2)).shape == (0, 2)
    assert activations.relu(np.zeros((0, 3))).shape == (0, 3)
    assert softmax.softmax(np.zeros((0, 3))).shape == (0, 3)
    np.testing.assert_array_equal(dense.dense_forward(np.zeros((2, 0)), np.zeros((0, 2)), [1.0, 2.0]), [[1, 2]] * 2)
    for door in (losses.mse, losses.mse_prime, losses.cross_entropy):
        with pytest.raises(ValueError, match="y_pred must not be empty"):
            door(np.zeros((0, 3)), np.zeros((0, 3)))
    with pytest.raises(ValueError, match="at least one class"):
        softmax.softmax(np.zeros((2, 0)))


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (Loss.MEAN_SQUARED_ERROR, lambda t, z: np.mean((t - kernels.soft(z)) ** 2)),
        (Loss.CROSS_ENTROPY, lambda t, z: -np.sum(t * np.log(kernels.soft(z))) / len(z)),
    ],
)
@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize("classes", [1, 2, 17])
def test_softmax_with_loss_and_its_gradient(loss, value, batch, classes):
    rng = np.random.default_rng(classes)
    logits = rng.normal(size=(batch, classes))
    target = kernels.soft(rng.normal(size=(batch, classes)))
    result, gradient = losses.softmax_with_loss(target, logits, loss)
    assert result == pytest.approx(value(target, logits), rel=1e-13, abs=1e-15)
    numeric = np.empty_like(logits)
    for place in np.ndindex(*logits.shape):
        step = np.zeros_like(logits)
        step[place] = 1e-6
        numeric[place] = (value(target, logits + step) - value(target, logits - step)) / 2e-6
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)  # central differences keep about ten digits


@each_dtype
def test_fused_cross_entropy_of_huge_logits(dtype):
    logits = np.array([[1e4, -1e4, 0.0]], dtype)
    value, gradient = losses.softmax_with_loss(np.array([[0.0, 1.0, 0.0]]), logits, Loss.CROSS_ENTROPY)
    assert value == 2e4
    np.testing.assert_array_equal(gradient, [[1, -1, 0]])


@each_dtype
@pytest.mark.parametrize("batch", [1, 2, 17])
def test_sgd_step(dtype, batch):
    rng = np.random.default_rng(0)
    weights, bias = rng.normal(size=(7, 5)).astype(dtype), rng.normal(size=(1, 5)).astype(dtype)
    x, error = rng.normal(size=(batch, 7)).astype(dtype), rng.normal(size=(batch, 5)).astype(dtype)
    expected = weights - 0.25 * x.T.astype(float) @ error
    expected_bias = bias - 0.25 * error.sum(axis=0, dtype=float)
    dense.dense_sgd_step(error, x, weights, bias, 0.25)
    close(weights, expected, dtype, batch, "weights")
    close(bias, expected_bias, dtype, batch, "bias")
    flat = weights.copy()
    update.sgd(flat, weights, 0.5)
    np.testing.assert_array_equal(flat, weights * dtype(0.5))


def frozen(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("weights", "bias", "error"),
    [
        (frozen(np.zeros((3, 2))), np.zeros(2), ValueError),
        (np.zeros((6, 2))[::2], np.zeros(2), ValueError),
        (np.zeros((3, 2), int), np.zeros(2), TypeError),
        (np.zeros((3, 2)), np.zeros(2, np.float32), TypeError),
        (np.zeros((3, 2)), np.zeros(3), ValueError),
        (np.zeros((2, 3)), np.zeros(3), ValueError),
        ([[0.0, 0.0]] * 3, np.zeros(2), TypeError),
    ],
)
def test_sgd_step_refuses_and_changes_nothing(weights, bias, error):
    before = np.array(weights)
    with pytest.raises(error, match=r"weights|bias|output_error|input"):
        dense.dense_sgd_step(np.ones((1, 2)), np.ones((1, 3)), weights, bias, 0.1)
    np.testing.assert_array_equal(weights, before)


def test_shared_memory_is_refused():
    block = np.ones((4, 3))
    with pytest.raises(ValueError, match="share memory"):
        dense.dense_sgd_step(block[3:], block[:1, :2], block[:2], np.zeros(3), 0.1)
    with pytest.raises(ValueError, match="share memory"):
        update.sgd(block, block, 0.1)
    np.testing.assert_array_equal(block, 1)


@pytest.mark.parametrize("slope", [-0.1, 1.0, np.nan])
def test_slopes_that_are_refused(slope):
    with pytest.raises(ValueError, match="negative_slope"):
        activations.leaky_relu([1.0], slope)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_softmax_rows_sum_to_one(batch, classes, seed):
    rows = softmax.softmax(np.random.default_rng(seed).normal(size=(batch, classes)) * 100)
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-14)  # 40 roundings at most
    assert (rows >= 0).all()


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 9), st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_dense_backward_agrees_with_autograd(batch, fan_in, fan_out, seed):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    x, w, b = (torch.tensor(a, requires_grad=True) for a in kernels.dense_inputs(rng, batch, fan_in, fan_out))
    direction = torch.tensor(rng.normal(size=(batch, fan_out)))
    hidden = torch.tanh(x @ w + b)
    torch.softmax(hidden, dim=1).mul(direction).sum().backward()

    z = dense.dense_forward(x.detach().numpy(), w.detach().numpy(), b.detach().numpy())
    y = activations.tanh(z)
    p = softmax.softmax(y)
    dy = softmax.softmax_gradient(direction.numpy(), p)
    dz = activations.activation_gradient(dy, y, activations.Activation.TANH)
    dw, db = dense.dense_backward_parameters(dz, x.detach().numpy())
    # The same formulas in another order of summation.
    np.testing.assert_allclose(dense.dense_backward_input(dz, w.detach().numpy()), x.grad, atol=1e-12)
    np.testing.assert_allclose(dw, w.grad, atol=1e-12)
    np.testing.assert_allclose(db, b.grad, atol=1e-12)
