"""Optimisers: what they refuse, that both executors follow them, and that they are PyTorch's."""

import numpy as np
import pytest
from optimizer_table import STEADY

import fastnn
from fastnn import ActivationLayer, FCLayer, FlattenLayer, SoftmaxLayer
from fastnn.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop

SGDS = [SGD(0.1), SGD(0.1, momentum=0.9), SGD(0.1, momentum=0.8, nesterov=True)]
OTHERS = [RMSprop(0.003, rho=0.8), Adam(0.003, beta_1=0.8, beta_2=0.95), AdamW(0.003, weight_decay=0.2)]
every_optimizer = pytest.mark.parametrize("optimizer", SGDS + OTHERS, ids=str)


def network(seed=0, activation=fastnn.tanh, prime=fastnn.tanh_prime):
    rng = np.random.default_rng(seed)
    return [
        FlattenLayer((3, 4)),
        FCLayer(12, 9, rng=rng, dtype=np.float64),
        ActivationLayer(activation, prime),
        FCLayer(9, 3, rng=rng, dtype=np.float64),
        SoftmaxLayer(3),
    ]


def data(samples=20, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(samples, 3, 4)), np.eye(3)[rng.integers(3, size=samples)]


class Passing:
    """A user's layer that changes nothing, but keeps the network from being compiled."""

    def forward(self, input):
        return input

    def backward(self, output_error, learning_rate):
        return output_error


@pytest.mark.parametrize("optimizer", [*SGDS, *OTHERS, *STEADY.values()], ids=str)
@pytest.mark.parametrize("batch_size", [1, 6])
@pytest.mark.parametrize("loss", [fastnn.mse, fastnn.cross_entropy], ids=["mse", "cross_entropy"])
@pytest.mark.parametrize("own", ["layer", "activation"])
def test_layer_by_layer_is_the_same_as_compiled(optimizer, batch_size, loss, own):
    compiled = network()
    layered = network(activation=lambda x: np.tanh(x)) if own == "activation" else [*network(), Passing()]
    how = {"epochs": 4, "optimizer": optimizer, "batch_size": batch_size, "loss": loss}
    _, errors = fastnn.train(compiled, *data(), **how, shuffle=True, rng=np.random.default_rng(2))
    _, expected = fastnn.train(layered, *data(), **how, shuffle=True, rng=np.random.default_rng(2))
    # The others divide by roots of squares, which for the smallest gradients multiply roundings by 1 / epsilon.
    tolerance = 1e-12 if isinstance(optimizer, SGD) else 1e-8
    np.testing.assert_allclose(errors, expected, rtol=tolerance)
    for index in (1, 3):
        np.testing.assert_allclose(compiled[index].weights, layered[index].weights, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(compiled[index].bias, layered[index].bias, rtol=tolerance, atol=tolerance)


def test_sgd_is_the_default():
    plain, given = network(), network()
    fastnn.train(plain, *data(), epochs=2, learning_rate=0.25)
    fastnn.train(given, *data(), epochs=2, learning_rate=99, optimizer=SGD(0.25))
    assert plain[1].weights.tobytes() == given[1].weights.tobytes()


@every_optimizer
def test_each_call_starts_anew(optimizer):
    once, twice = network(), network()
    fastnn.train(once, *data(), epochs=1, optimizer=optimizer)
    fastnn.train(twice, *data(), epochs=1, optimizer=optimizer)
    assert once[3].weights.tobytes() == twice[3].weights.tobytes()
    together = network()
    fastnn.train(together, *data(), epochs=2, optimizer=optimizer)
    fastnn.train(once, *data(), epochs=1, optimizer=optimizer)
    stateless = isinstance(optimizer, SGD) and optimizer.momentum == 0
    assert (once[3].weights.tobytes() == together[3].weights.tobytes()) == stateless


@every_optimizer
def test_every_optimizer_learns(optimizer):
    x, y = data(60)
    y = np.eye(3)[x.reshape(60, 12)[:, :3].argmax(axis=1)]
    _, errors = fastnn.train(network(), x, y, epochs=30, batch_size=5, loss=fastnn.cross_entropy, optimizer=optimizer)
    assert errors[-1] < 0.8 * errors[0]


def test_own_layers_get_the_learning_rate_of_the_optimizer():
    rates = []

    class Own(Passing):
        def backward(self, output_error, learning_rate):
            rates.append(learning_rate)
            return output_error

    fastnn.train([*network(), Own()], *data(3), epochs=1, learning_rate=0.5, optimizer=Adam(0.002))
    assert rates == [0.002] * 3


@every_optimizer
@pytest.mark.parametrize("own", [[], [Passing()]], ids=["compiled", "layers"])
def test_a_training_that_fails_restores_the_weights(optimizer, own):
    net = [FCLayer(12, 3, rng=np.random.default_rng(0), dtype=np.float64), *own]
    before = net[0].weights.tobytes()
    x, y = data()
    x[15] = 1e200
    # The optimisers that normalise gradients do not diverge by themselves.
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="epoch 1, batch 16"):
        fastnn.train(net, x.reshape(-1, 12), y, epochs=3, optimizer=optimizer)
    assert net[0].weights.tobytes() == before


# Against PyTorch.


def in_torch(torch, optimizer, parameters):
    if type(optimizer) is SGD:
        return torch.optim.SGD(parameters, optimizer.learning_rate, optimizer.momentum, nesterov=optimizer.nesterov)
    if type(optimizer) is RMSprop:
        return torch.optim.RMSprop(parameters, optimizer.learning_rate, alpha=optimizer.rho, eps=optimizer.epsilon)
    how = {"betas": (optimizer.beta_1, optimizer.beta_2), "eps": optimizer.epsilon}
    if type(optimizer) is AdamW:
        how["weight_decay"] = optimizer.weight_decay
    return getattr(torch.optim, type(optimizer).__name__)(parameters, optimizer.learning_rate, **how)


@pytest.fixture
def torch():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(before)


@every_optimizer
def test_fifty_steps_are_those_of_torch(optimizer, torch):
    net = network()
    x, y = data(50)
    theirs = [torch.tensor(a, requires_grad=True) for i in (1, 3) for a in (net[i].weights, net[i].bias)]
    steps = in_torch(torch, optimizer, theirs)
    _, errors = fastnn.train(net, x, y, epochs=5, batch_size=5, optimizer=optimizer)
    right = []
    for _ in range(5):
        total = 0.0
        for start in range(0, 50, 5):
            steps.zero_grad()
            batch, target = torch.tensor(x[start : start + 5].reshape(5, 12)), torch.tensor(y[start : start + 5])
            hidden = torch.tanh(batch @ theirs[0] + theirs[1])
            value = torch.nn.functional.mse_loss(torch.softmax(hidden @ theirs[2] + theirs[3], dim=1), target)
            value.backward()
            steps.step()
            total += value.item() / 10
        right.append(total)
    np.testing.assert_allclose(errors, right, rtol=1e-9)
    for ours, tensor in zip([a for i in (1, 3) for a in (net[i].weights, net[i].bias)], theirs, strict=True):
        # Fifty steps of sums in another order, far above their roundings and far below a step.
        np.testing.assert_allclose(ours, tensor.detach().numpy(), rtol=1e-9, atol=1e-10)


# What is refused.


@pytest.mark.parametrize("kind", [SGD, RMSprop, Adam, AdamW], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    ("value", "error"),
    [
        (-0.1, ValueError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        ("fast", TypeError),
        ("0.1", TypeError),
        (None, TypeError),
        ([0.1], TypeError),
        (1j, TypeError),
    ],
    ids=repr,
)
def test_bad_numbers(kind, value, error):
    for name, default in kind().configuration().items():
        if not isinstance(default, bool):
            with pytest.raises(error, match=f"^{name} must be"):
                kind(**{name: value})


@pytest.mark.parametrize(
    ("kind", "name"),
    [(SGD, "momentum"), (RMSprop, "rho"), (Adam, "beta_1"), (Adam, "beta_2"), (AdamW, "beta_1"), (AdamW, "beta_2")],
)
def test_decays_are_below_one(kind, name):
    assert getattr(kind(**{name: 0}), name) == 0
    for value in (1, 1.5):
        with pytest.raises(ValueError, match=f"^{name} must be below 1, but it is {float(value)}"):
            kind(**{name: value})


@pytest.mark.parametrize("value", ["yes", None], ids=repr)
def test_nesterov_is_yes_or_no(value):
    with pytest.raises(TypeError, match=r"^nesterov must be"):
        SGD(0.1, momentum=0.9, nesterov=value)


@pytest.mark.parametrize("optimizer", ["adam", Adam, Optimizer(0.1), 0.1, {"learning_rate": 0.1}], ids=repr)
def test_train_takes_optimizers_alone(optimizer):
    net = network()
    before = net[1].weights.tobytes()
    with pytest.raises((TypeError, NotImplementedError), match=r"optimi[sz]er"):
        fastnn.train(net, *data(), epochs=1, optimizer=optimizer)
    assert net[1].weights.tobytes() == before


def test_an_optimizer_is_a_plain_value():
    optimizer = Adam(np.float32(0.5), beta_2=0.9)
    assert optimizer == Adam(0.5, beta_2=0.9)
    told = "Adam(learning_rate=0.5, beta_1=0.9, beta_2=0.999, epsilon=1e-07, amsgrad=False, epsilon_hat=False)"
    assert repr(Adam(0.5)) == told
    with pytest.raises(AttributeError):
        optimizer.beta_1 = 0.1
