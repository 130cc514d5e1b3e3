"""The gradients against PyTorch's autograd, an implementation that shares nothing with ours."""

import numpy as np
import pytest
from binding_table import KINDS, NUMBERS, SLOPES_FROM_OUTPUT

from fastnn import activations
from fastnn_ext.bindings import dense, losses, softmax
from fastnn_ext.bindings.activations import activation_gradient
from fastnn_ext.tables.enums import Activation, Loss

torch = pytest.importorskip("torch")

# Two orders of the same sums of at most 64 terms of size one.
TOLERANCE = {"rtol": 1e-11, "atol": 1e-12}
seeds = pytest.mark.parametrize("seed", range(8))


def tensor(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def shapes(seed):
    rng = np.random.default_rng(seed)
    return rng, *(int(n) for n in rng.integers(1, 64, size=3))


@seeds
@pytest.mark.parametrize(
    "kind", [kind for kind in Activation if KINDS[kind].torch_function], ids=lambda kind: kind.name
)
def test_activation(kind, seed):
    rng, batch, units, _ = shapes(seed)
    x, error = rng.normal(size=(batch, units)), rng.normal(size=(batch, units))
    entry = KINDS[kind]
    function = getattr(torch.nn.functional, entry.torch_function, None) or getattr(torch, entry.torch_function)
    t = tensor(x)
    extra = NUMBERS[kind]
    output = function(t, *extra, **entry.torch_options)
    output.backward(torch.tensor(error))
    name = kind.name.lower()
    ours = getattr(activations, name)(x, *extra)
    case = f"{name} {x.shape}"
    np.testing.assert_allclose(ours, output.detach().numpy(), **TOLERANCE, err_msg=case)
    derivative = getattr(activations, f"{name}_prime")(x, *extra)
    np.testing.assert_allclose(error * derivative, t.grad.numpy(), **TOLERANCE, err_msg=case)
    if kind not in SLOPES_FROM_OUTPUT:
        return
    gradient = activation_gradient(error, ours, kind, *extra)
    np.testing.assert_allclose(gradient, t.grad.numpy(), **TOLERANCE, err_msg=case)


@seeds
def test_dense(seed):
    rng, batch, fan_in, fan_out = shapes(seed)
    x, weights, bias = (rng.normal(size=shape) for shape in ((batch, fan_in), (fan_in, fan_out), (1, fan_out)))
    error = rng.normal(size=(batch, fan_out))
    tensors = [tensor(array) for array in (x, weights, bias)]
    output = tensors[0] @ tensors[1] + tensors[2]
    output.backward(torch.tensor(error))
    ours = (dense.dense_backward_input(error, weights), *dense.dense_backward_parameters(error, x))
    case = f"batch {batch}, fan_in {fan_in}, fan_out {fan_out}"
    forward = dense.dense_forward(x, weights, bias)
    np.testing.assert_allclose(forward, output.detach().numpy(), **TOLERANCE, err_msg=case)
    for name, gradient, t in zip(("input", "weights", "bias"), ours, tensors, strict=True):
        np.testing.assert_allclose(gradient, t.grad.numpy(), **TOLERANCE, err_msg=f"{name}: {case}")


@seeds
def test_softmax(seed):
    rng, batch, classes, _ = shapes(seed)
    logits, error = rng.normal(size=(batch, classes)), rng.normal(size=(batch, classes))
    t = tensor(logits)
    output = torch.softmax(t, dim=1)
    output.backward(torch.tensor(error))
    ours = softmax.softmax(logits)
    np.testing.assert_allclose(ours, output.detach().numpy(), **TOLERANCE, err_msg=str(logits.shape))
    gradient = softmax.softmax_gradient(error, ours)
    np.testing.assert_allclose(gradient, t.grad.numpy(), **TOLERANCE, err_msg=str(logits.shape))


@seeds
@pytest.mark.parametrize("loss", [Loss.MEAN_SQUARED_ERROR, Loss.CROSS_ENTROPY], ids=lambda loss: loss.name)
def test_loss_and_softmax_with_loss(loss, seed):
    rng, batch, classes, _ = shapes(seed)
    y_true = softmax.softmax(rng.normal(size=(batch, classes)))
    logits = rng.normal(size=(batch, classes))
    t = tensor(logits)
    y_pred = torch.softmax(t, dim=1)
    y_pred.retain_grad()
    if loss == Loss.CROSS_ENTROPY:
        value = -(torch.tensor(y_true) * y_pred.log()).sum() / batch
        ours, gradient = losses.cross_entropy, losses.cross_entropy_prime
    else:
        value = torch.nn.functional.mse_loss(y_pred, torch.tensor(y_true))
        ours, gradient = losses.mse, losses.mse_prime
    value.backward()
    case = f"{loss.name} {logits.shape}"
    probabilities = y_pred.detach().numpy()
    assert ours(y_true, probabilities) == pytest.approx(value.item(), rel=1e-12, abs=1e-14), case
    np.testing.assert_allclose(gradient(y_true, probabilities), y_pred.grad.numpy(), **TOLERANCE, err_msg=case)
    fused, fused_gradient = losses.softmax_with_loss(y_true, logits, loss)
    assert fused == pytest.approx(value.item(), rel=1e-12, abs=1e-14), case
    np.testing.assert_allclose(fused_gradient, t.grad.numpy(), **TOLERANCE, err_msg=case)
