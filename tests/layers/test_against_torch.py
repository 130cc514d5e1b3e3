"""Layers in a model against PyTorch's functions: outputs, losses, and the weights that autograd's gradients lead to."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from fastnn import layers, optimizers
from fastnn.activations.registry import ACTIVATIONS as REGISTRY
from fastnn.models import Sequential
from fastnn.registry import Without

torch = pytest.importorskip("torch")
functional = torch.nn.functional

SAMPLES, STEPS, RATE = 12, 3, 0.2
# A few steps of sums of some dozen terms of size one in another order.
TOLERANCE = {"rtol": 1e-11, "atol": 1e-13}


def data(outputs=3):
    rng = np.random.default_rng(0)
    return 2 * rng.normal(size=(SAMPLES, 5)), rng.normal(size=(SAMPLES, outputs))


def trained(parts, x, y):
    """A model of these layers before its last dense one, its first weights, and the losses of three steps."""
    model = Sequential([layers.Input((5,)), *parts, layers.Dense(y.shape[1])], dtype="float64", seed=0)
    model.compile(optimizers.SGD(RATE), "mse")
    rng = np.random.default_rng(1)
    # Scales, shifts and biases of their own, so that each of them counts.
    model.parameters[...] += 0.1 * rng.normal(size=model.parameters.shape)
    start = model.get_weights()
    before = model.predict(x)
    return model, start, before, [model.train_on_batch(x, y) for _ in range(STEPS)]


def by_torch(start, x, y, forward):
    """The weights and losses of three steps; ``forward(x, weights)`` gives the outputs and says which weights learn."""
    weights = [torch.tensor(array, requires_grad=True) for array in start]
    losses = []
    for _ in range(STEPS):
        for weight in weights:
            weight.grad = None
        value = functional.mse_loss(forward(torch.tensor(x), weights), torch.tensor(y))
        value.backward()
        losses.append(value.item())
        with torch.no_grad():
            for weight in weights:
                if weight.grad is not None:
                    weight -= RATE * weight.grad
    return [weight.detach().numpy() for weight in weights], losses


def assert_alike(parts, forward, size=1.0):
    x, y = data()
    x *= size
    model, start, outputs, losses = trained(parts, x, y)
    expected, right = by_torch(start, x, y, forward)
    weights = [torch.tensor(array) for array in start]
    np.testing.assert_allclose(outputs, forward(torch.tensor(x), weights).numpy(), **TOLERANCE)
    np.testing.assert_allclose(losses, right, **TOLERANCE)
    for number, (got, want) in enumerate(zip(model.get_weights(), expected, strict=True)):
        np.testing.assert_allclose(got, want, **TOLERANCE, err_msg=f"weight {number}")


def torch_function(kind, numbers):
    """PyTorch's activation of the same name."""
    function = getattr(functional, kind.torch_function, None) or getattr(torch, kind.torch_function)
    function = partial(function, **kind.torch_options)
    if isinstance(kind.derivative, Without):
        # Of whole rows.
        return lambda t: function(t, dim=1)
    return lambda t: function(t, *numbers)


ACTIVATIONS = {
    name: (lambda t: t) if name == "linear" else torch_function(kind, kind.numbers)
    for name, kind in REGISTRY.by_name().items()
    if name == "linear" or kind.torch_function
}


def size_for(kind):
    """Of inputs: smaller ones for what grows so fast that steps of this rate end in infinity."""
    return 1.0 if kind.function(np.full((1, 1), 50.0), *kind.numbers) < 100 else 0.1


def dense_of(function):
    def forward(x, w):
        return function(x @ w[0] + w[1]) @ w[2] + w[3]

    return forward


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("own_layer", [False, True], ids=["in the dense layer", "as a layer"])
def test_activations_by_name(name, own_layer):
    parts = [layers.Dense(7), layers.Activation(name)] if own_layer else [layers.Dense(7, name)]
    assert_alike(parts, dense_of(ACTIVATIONS[name]), size_for(REGISTRY[name]))


def layers_of_activations():
    """Each with its defaults, and with another parameter where there is one."""
    for kind in REGISTRY:
        if not kind.layer or not kind.torch_function:
            continue
        yield kind.layer.__name__, (kind.layer, torch_function(kind, kind.layer().applied.numbers))
        numbers = [parameter.example for parameter in kind.parameters]
        if numbers:
            yield f"{kind.layer.__name__} of {numbers}", (partial(kind.layer, *numbers), torch_function(kind, numbers))


ACTIVATION_LAYERS = {
    **dict(layers_of_activations()),
    "your own": (lambda: layers.Activation((np.sin, np.cos)), torch.sin),
}


@pytest.mark.parametrize("name", ACTIVATION_LAYERS)
def test_activation_layers(name):
    make, function = ACTIVATION_LAYERS[name]
    layer = make()
    entry = layer.applied.entry
    assert_alike([layers.Dense(7), layer], dense_of(function), 1.0 if entry is None else size_for(entry))


def test_activations_before_any_dense_layer_and_one_after_another():
    def forward(x, w):
        hidden = torch.tanh(x)
        hidden = torch.softmax(hidden @ w[0], dim=1)
        return functional.gelu(torch.sigmoid(hidden)) @ w[1] + w[2]

    parts = [layers.Tanh(), layers.Dense(7, use_bias=False), layers.Softmax(), layers.Sigmoid(), layers.GELU()]
    assert_alike(parts, forward)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "softplus"])
def test_the_slope_at_zero_is_that_of_torch(name):
    _, y = data()
    x = np.zeros((SAMPLES, 5))
    model = Sequential([layers.Input((5,)), layers.Dense(7, name), layers.Dense(3)], dtype="float64", seed=0)
    model.compile(optimizers.SGD(RATE), "mse")
    start = model.get_weights()
    model.train_on_batch(x, y)
    weights = [torch.tensor(array, requires_grad=True) for array in start]
    functional.mse_loss(dense_of(ACTIVATIONS[name])(torch.tensor(x), weights), torch.tensor(y)).backward()
    for got, old, weight in zip(model.get_weights(), start, weights, strict=True):
        np.testing.assert_allclose(old - got, RATE * weight.grad.numpy(), **TOLERANCE)


# Normalisations.


def scale_and_shift(w, scale, center):
    """Gamma and beta, None where there is none, from the weights behind those of a dense layer."""
    return (w[2] if scale else None), (w[2 + scale] if center else None)


@pytest.mark.parametrize(("scale", "center"), [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize(("momentum", "epsilon"), [(0.99, 1e-3), (0.5, 0.1)])
def test_batch_normalization(scale, center, momentum, epsilon):
    x, y = data()
    moving = slice(2 + scale + center, 4 + scale + center)
    means, variances = [], []

    def in_training(t, w):
        hidden = t @ w[0] + w[1]
        means.append(hidden.detach().numpy().mean(axis=0))
        variances.append(hidden.detach().numpy().var(axis=0))
        gamma, beta = scale_and_shift(w, scale, center)
        hidden = functional.batch_norm(hidden, None, None, gamma, beta, training=True, eps=epsilon)
        return torch.tanh(hidden) @ w[-2] + w[-1]

    def in_prediction(weights):
        w = [torch.tensor(weight) for weight in weights]
        gamma, beta = scale_and_shift(w, scale, center)
        hidden = functional.batch_norm(torch.tensor(x) @ w[0] + w[1], *w[moving], gamma, beta, eps=epsilon)
        return (torch.tanh(hidden) @ w[-2] + w[-1]).numpy()

    layer = layers.BatchNormalization(momentum=momentum, epsilon=epsilon, center=center, scale=scale)
    model, start, before, losses = trained([layers.Dense(7), layer, layers.Tanh()], x, y)
    np.testing.assert_allclose(before, in_prediction(start), **TOLERANCE)
    expected, right = by_torch(start, x, y, in_training)
    np.testing.assert_allclose(losses, right, **TOLERANCE)
    mean, variance = start[moving]
    for m, v in zip(means, variances, strict=True):
        # The variance of the batch itself, as in Keras; PyTorch keeps that of the population.
        mean, variance = momentum * mean + (1 - momentum) * m, momentum * variance + (1 - momentum) * v
    expected[moving] = mean, variance
    for number, (got, want) in enumerate(zip(model.get_weights(), expected, strict=True)):
        np.testing.assert_allclose(got, want, **TOLERANCE, err_msg=f"weight {number}")
    np.testing.assert_allclose(model.predict(x), in_prediction(expected), **TOLERANCE)


PLAIN_NORMALIZATION = """
import numpy as np
from fastnn.layers import BatchNormalization, Dense, Input
from fastnn.models import Sequential

x, y = np.random.default_rng(0).normal(size=(12, 5)), np.zeros((12, 3))
model = Sequential([Input((5,)), Dense(7), BatchNormalization(center=False, scale=False), Dense(3)], seed=0)
model.compile("sgd", "mse")
start = model.get_weights()[0]
model.train_on_batch(x, y)
assert not np.array_equal(model.get_weights()[0], start)
"""


def test_batch_normalization_without_scale_and_shift():
    # In a process of its own, which the engine ends by a segmentation fault.
    subprocess.run([sys.executable, "-c", PLAIN_NORMALIZATION], check=True)


@pytest.mark.parametrize(("scale", "center"), [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("epsilon", [1e-3, 0.1])
def test_layer_normalization(scale, center, epsilon):
    def forward(t, w):
        hidden = functional.layer_norm(t @ w[0] + w[1], (7,), *scale_and_shift(w, scale, center), epsilon)
        return torch.tanh(hidden) @ w[-2] + w[-1]

    assert_alike(
        [layers.Dense(7), layers.LayerNormalization(epsilon=epsilon, center=center, scale=scale), layers.Tanh()],
        forward,
    )


def test_normalisations_of_the_inputs():
    def of_samples(t, w):
        return functional.layer_norm(t, (5,), w[0], w[1], 1e-3) @ w[2] + w[3]

    def of_batches(t, w):
        return functional.batch_norm(t, None, None, w[0], w[1], training=True, eps=1e-3) @ w[-2] + w[-1]

    assert_alike([layers.LayerNormalization()], of_samples)
    x, y = data()
    model, start, _, losses = trained([layers.BatchNormalization()], x, y)
    expected, right = by_torch(start, x, y, of_batches)
    np.testing.assert_allclose(losses, right, **TOLERANCE)
    for number in (0, 1, 4, 5):
        np.testing.assert_allclose(model.get_weights()[number], expected[number], **TOLERANCE)


def test_rescaling():
    def forward(t, w):
        return torch.tanh((0.5 * t + 0.25) @ w[0] + w[1]) @ w[2] + w[3]

    assert_alike([layers.Rescaling(0.5, 0.25), layers.Dense(7, "tanh")], forward)


def test_flattening_is_in_rows():
    rng = np.random.default_rng(2)
    pictures, y = rng.normal(size=(SAMPLES, 2, 3, 2)), rng.normal(size=(SAMPLES, 3))
    model = Sequential([layers.Input((2, 3, 2)), layers.Flatten(), layers.Dense(3)], dtype="float64", seed=0)
    model.compile(optimizers.SGD(RATE), "mse")
    start = model.get_weights()
    losses = [model.train_on_batch(pictures, y) for _ in range(STEPS)]
    expected, right = by_torch(start, pictures, y, lambda t, w: torch.flatten(t, 1) @ w[0] + w[1])
    np.testing.assert_allclose(losses, right, **TOLERANCE)
    for got, want in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(got, want, **TOLERANCE)
