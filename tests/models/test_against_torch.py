"""Fifty steps of every optimiser through a model, against PyTorch's of the same name on autograd's gradients."""

import numpy as np
import pytest
from optimizer_table import PEERS

from fastnn import optimizers
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

torch = pytest.importorskip("torch")

# Ten batches an epoch, the last one smaller.
SAMPLES, BATCH, EPOCHS = 48, 5, 5
# Sums in another order, divided by roots of squares that are far above epsilon: roundings of some 1e-14 a step.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-10}


@pytest.fixture(autouse=True)
def one_thread_of_torch():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def data(scale=1.0):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(SAMPLES, 6))
    return x, scale * np.tanh(x @ rng.normal(size=(6, 3)))


def model(optimizer):
    made = Sequential([Input((6,)), Dense(8, "tanh"), Dense(3)], dtype="float64", seed=0)
    made.compile(optimizer, "mse")
    return made


def by_fit(trained, x, y):
    return trained.fit(x, y, epochs=EPOCHS, batch_size=BATCH, shuffle=False).history["loss"]


def by_steps(trained, x, y):
    losses = []
    for _ in range(EPOCHS):
        pieces = [(x[start : start + BATCH], y[start : start + BATCH]) for start in range(0, SAMPLES, BATCH)]
        losses.append(sum(trained.train_on_batch(*piece) * len(piece[0]) for piece in pieces) / SAMPLES)
    return losses


every_way = pytest.mark.parametrize("train", [by_fit, by_steps], ids=["fit", "train_on_batch"])


def gradients_by_torch(weights, x, y):
    """The loss of a batch; the gradients are left with the weights."""
    for weight in weights:
        weight.grad = None
    hidden = torch.tanh(torch.tensor(x) @ weights[0] + weights[1])
    value = torch.nn.functional.mse_loss(hidden @ weights[2] + weights[3], torch.tensor(y))
    value.backward()
    return value.item()


def fifty_steps(start, x, y, step):
    """The weights and the loss of each epoch where ``step(weights)`` follows each batch's gradients."""
    weights = [torch.tensor(array, requires_grad=True) for array in start]
    take, losses = step(weights), []
    for _ in range(EPOCHS):
        total = 0.0
        for first in range(0, SAMPLES, BATCH):
            rows = slice(first, first + BATCH)
            total += gradients_by_torch(weights, x[rows], y[rows]) * len(x[rows])
            take()
        losses.append(total / SAMPLES)
    return [weight.detach().numpy() for weight in weights], losses


def assert_alike(optimizer, step, train, scale=1.0, **tolerance):
    x, y = data(scale)
    trained = model(optimizer)
    start = trained.get_weights()
    losses = train(trained, x, y)
    expected, right = fifty_steps(start, x, y, step)
    tolerance = TOLERANCE | tolerance
    np.testing.assert_allclose(losses, right, **tolerance)
    for got, want, old in zip(trained.get_weights(), expected, start, strict=True):
        np.testing.assert_allclose(got, want, **tolerance, err_msg=str(optimizer))
        assert np.abs(got - old).max() > 1000 * tolerance["atol"], "fifty steps go far beyond the tolerance"


PAIRS = {name: (ours, theirs) for name, (ours, theirs, _) in PEERS.items() if theirs is not None}


@pytest.mark.parametrize("name", PAIRS)
@every_way
def test_fifty_steps_are_those_of_torch(name, train):
    ours, theirs = PAIRS[name]
    assert_alike(ours, lambda weights: theirs(torch, weights).step, train)


# Where the docstring names Keras: its rule, as Keras' documentation and code write it, on autograd's gradients.


def by_rule(rule, *first):
    """Steps of ``rule(gradient, step, *state)``, which returns the new state and the change of the weights."""

    def prepared(weights):
        states, count = [[np.full(w.shape, value) for value in first] for w in weights], [0]

        def take():
            count[0] += 1
            for number, weight in enumerate(weights):
                states[number], change = rule(weight.grad.numpy(), count[0], *states[number])
                with torch.no_grad():
                    weight += torch.tensor(change)

        return take

    return prepared


def keras_momentum(g, step, velocity):
    velocity = 0.9 * velocity - 0.02 * g
    return [velocity], velocity


def keras_adagrad(g, step, squares):
    squares = squares + g**2
    return [squares], -0.05 * g / np.sqrt(squares + 1e-12)


def keras_nadam(g, step, mean, square):
    momentums = 0.9 * (1 - 0.5 * 0.96 ** np.arange(1.0, step + 2))
    mean, square = mean + (g - mean) * 0.1, square + (g**2 - square) * 0.001
    ahead = momentums[-1] * mean / (1 - momentums.prod())
    now = (1 - momentums[-2]) * g / (1 - momentums[:-1].prod())
    return [mean, square], -0.003 * (ahead + now) / (np.sqrt(square / (1 - 0.999**step)) + 1e-7)


@every_way
@pytest.mark.parametrize(
    ("ours", "rule", "first"),
    [
        # While the rate stays, where the velocity is scaled makes no difference.
        (optimizers.SGD(0.02, 0.9), keras_momentum, (0.0,)),
        # Sums that start at 0.1 make the place of so small an epsilon indifferent.
        (optimizers.Adagrad(0.05, epsilon=1e-12), keras_adagrad, (0.1,)),
        (optimizers.Nadam(0.003, momentum_decay=1.0), keras_nadam, (0.0, 0.0)),
    ],
    ids=["momentum", "Adagrad", "Nadam"],
)
def test_fifty_steps_are_those_of_kerass_rule(ours, rule, first, train):
    assert_alike(ours, by_rule(rule, *first), train)


def test_epsilon_is_outside_the_root():
    x, y = data()
    trained = model(optimizers.RMSprop(1.0, rho=0.0, epsilon=0.5))
    start = trained.get_weights()
    trained.train_on_batch(x, y)
    weights = [torch.tensor(array, requires_grad=True) for array in start]
    gradients_by_torch(weights, x, y)
    for got, old, weight in zip(trained.get_weights(), start, weights, strict=True):
        g = weight.grad.numpy()
        np.testing.assert_allclose(old - got, g / (np.abs(g) + 0.5), rtol=1e-12, atol=1e-14)
        assert np.abs(g / np.sqrt(g**2 + 0.5) - (old - got)).max() > 1e-3, "Keras' rule is another"


# Clipping.


def clipped(limit, how, make, seen):
    def prepared(weights):
        inner = make(weights)

        def take():
            seen.append([float(weight.grad.norm()) for weight in weights])
            how(weights, limit)
            inner.step()

        return take

    return prepared


def each_norm(weights, limit):
    for weight in weights:
        torch.nn.utils.clip_grad_norm_([weight], limit)


CLIPS = {
    "clipnorm": each_norm,
    "global_clipnorm": torch.nn.utils.clip_grad_norm_,
    "clipvalue": torch.nn.utils.clip_grad_value_,
}
CLIPPED_PAIRS = {
    "SGD": (optimizers.SGD, {"learning_rate": 0.02, "weight_decay": 0.05}, "SGD", {"lr": 0.02, "weight_decay": 0.05}),
    "Nesterov": (
        optimizers.SGD,
        {"learning_rate": 0.005, "momentum": 0.8, "nesterov": True},
        "SGD",
        {"lr": 0.005, "momentum": 0.8, "nesterov": True},
    ),
    "Adam": (optimizers.Adam, {"learning_rate": 0.003}, "Adam", {"lr": 0.003, "eps": 1e-7}),
}


@pytest.mark.parametrize(("name", "limit"), [("clipnorm", 1.5), ("global_clipnorm", 4.0), ("clipvalue", 0.4)])
@pytest.mark.parametrize("optimizer", CLIPPED_PAIRS)
@every_way
def test_clipped_gradients_are_those_of_torch(name, limit, optimizer, train):
    kind, ours, their_kind, theirs = CLIPPED_PAIRS[optimizer]
    seen = []
    step = clipped(limit, CLIPS[name], lambda w: getattr(torch.optim, their_kind)(w, **theirs), seen)
    # PyTorch adds 1e-6 to a norm before it divides by it: a share of below 1e-6 of steps that go some 0.3 in all.
    assert_alike(kind(**ours, **{name: limit}), step, train, scale=4.0, rtol=1e-6, atol=1e-6)
    norms = np.array(seen)
    if name == "global_clipnorm":
        norms = np.linalg.norm(norms, axis=1)
    if name != "clipvalue":
        assert 0 < (norms > limit).mean() < 1, "some gradients are clipped, some are not"
