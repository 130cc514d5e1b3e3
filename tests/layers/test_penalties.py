"""Penalties and limits of weights: in the loss and the gradient as autograd has them, and kept after every step."""

import numpy as np
import pytest

from fastnn import callbacks, optimizers
from fastnn.constraints import MaxNorm
from fastnn.layers import Dense, Input
from fastnn.models import Sequential
from fastnn.regularizers import L1, L1L2, L2

SAMPLES, BATCH = 24, 6
RNG = np.random.default_rng(0)
X = RNG.normal(size=(SAMPLES, 5))
Y = RNG.normal(size=(SAMPLES, 2))
# A few steps of sums of some dozen terms in another order.
TOLERANCE = {"rtol": 1e-10, "atol": 1e-12}

REGULARIZERS = {
    "l1": ("l1", 0.01, 0.0),
    "l2": ("l2", 0.0, 0.01),
    "l1_l2": ("l1_l2", 0.01, 0.01),
    "L1": (L1(0.05), 0.05, 0.0),
    "L2": (L2(0.2), 0.0, 0.2),
    "L1L2": (L1L2(0.03, 0.1), 0.03, 0.1),
}


def model(optimizer, first=None, last=None, use_bias=True, **how):
    layers = [
        Dense(7, "tanh", use_bias, kernel_regularizer=first, **how),
        Dense(2, None, use_bias, kernel_regularizer=last),
    ]
    made = Sequential([Input((5,)), *layers], dtype="float64", seed=0)
    made.compile(optimizer, "mse")
    # Biases that a penalty of them would change.
    made.parameters[...] += 0.3
    return made


def batches():
    return [(X[start : start + BATCH], Y[start : start + BATCH]) for start in range(0, SAMPLES, BATCH)]


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def by_torch(torch, start, penalties, make, after=lambda weights: None, clip=None):
    """The weights and the losses of two epochs; a penalty is (l1, l2) of the first and of the second kernel."""
    weights = [torch.tensor(array, requires_grad=True) for array in start]
    steps, losses = make(weights), []
    for x, y in 2 * batches():
        steps.zero_grad()
        hidden = torch.tanh(torch.tensor(x) @ weights[0] + weights[1])
        value = torch.nn.functional.mse_loss(hidden @ weights[2] + weights[3], torch.tensor(y))
        for (l1, l2), kernel in zip(penalties, weights[::2], strict=True):
            value = value + l1 * kernel.abs().sum() + l2 * (kernel**2).sum()
        value.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_value_(weights, clip)
        steps.step()
        with torch.no_grad():
            after(weights)
        losses.append(value.item())
    return [weight.detach().numpy() for weight in weights], losses


OPTIMIZERS = {
    "SGD": (lambda: optimizers.SGD(0.1), lambda t: lambda w: t.optim.SGD(w, 0.1)),
    "Adam": (lambda: optimizers.Adam(0.01), lambda t: lambda w: t.optim.Adam(w, 0.01, eps=1e-7)),
}


@pytest.mark.parametrize("name", REGULARIZERS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("where", ["first", "last", "both"])
def test_penalties_are_those_of_autograd(name, optimizer, where, torch):
    regularizer, l1, l2 = REGULARIZERS[name]
    ours, theirs = OPTIMIZERS[optimizer]
    places = {"first": regularizer if where != "last" else None, "last": regularizer if where != "first" else None}
    penalised = model(ours(), **places)
    start = penalised.get_weights()
    penalties = [(l1, l2) if places[place] is not None else (0, 0) for place in ("first", "last")]
    expected, right = by_torch(torch, start, penalties, theirs(torch))
    first = penalised.evaluate(*batches()[0])
    losses = [penalised.train_on_batch(*batch) for batch in 2 * batches()]
    np.testing.assert_allclose(losses, right, **TOLERANCE)
    assert first == pytest.approx(losses[0], rel=1e-12)
    for got, want in zip(penalised.get_weights(), expected, strict=True):
        np.testing.assert_allclose(got, want, **TOLERANCE)
    fitted = model(ours(), **places)
    history = fitted.fit(X, Y, batch_size=BATCH, epochs=2, shuffle=False).history["loss"]
    assert history == pytest.approx([np.mean(right[:4]), np.mean(right[4:])], rel=1e-10)
    np.testing.assert_allclose(fitted.parameters, penalised.parameters, **TOLERANCE)


def test_penalties_are_clipped_with_the_gradient(torch):
    penalised = model(optimizers.SGD(0.1, clipvalue=0.05), L1L2(0.03, 0.1), L2(0.2))
    expected, _ = by_torch(
        torch, penalised.get_weights(), [(0.03, 0.1), (0, 0.2)], lambda w: torch.optim.SGD(w, 0.1), clip=0.05
    )
    for batch in 2 * batches():
        penalised.train_on_batch(*batch)
    for got, want in zip(penalised.get_weights(), expected, strict=True):
        np.testing.assert_allclose(got, want, **TOLERANCE)


def test_weights_of_samples_leave_the_penalty_alone():
    plain, penalised = model(optimizers.SGD(0.0)), model(optimizers.SGD(0.0), L2(0.2))
    penalty = 0.2 * (penalised.get_weights()[0] ** 2).sum()
    for weights in (None, np.full(SAMPLES, 3.0), np.linspace(0, 1, SAMPLES)):
        for call in (
            lambda m, w=weights: m.train_on_batch(X, Y, sample_weight=w),
            lambda m, w=weights: m.evaluate(X, Y, sample_weight=w, batch_size=5),
            lambda m, w=weights: m.fit(X, Y, sample_weight=w, batch_size=5).history["loss"][0],
        ):
            assert call(penalised) == pytest.approx(call(plain) + penalty, rel=1e-12)


def test_a_penalty_is_part_of_the_validation_loss():
    penalised = model(optimizers.SGD(0.0), "l2")
    history = penalised.fit(X, Y, batch_size=BATCH, validation_data=(X, Y)).history
    assert history["val_loss"] == pytest.approx(history["loss"], rel=1e-12)
    assert history["val_loss"] == pytest.approx([penalised.evaluate(X, Y)], rel=1e-12)


def test_the_slope_of_an_absolute_value_at_zero_is_zero():
    penalised = model(optimizers.SGD(0.1), L1(0.5), L1(0.5))
    weights = penalised.get_weights()
    weights[2][...] = 0
    weights[3][...] = 0
    penalised.set_weights(weights)
    penalised.train_on_batch(X, np.zeros((SAMPLES, 2)))
    # The second layer's error is zero, and so are the gradients of the first but for its penalty.
    assert not penalised.get_weights()[2].any()
    np.testing.assert_allclose(penalised.get_weights()[0], weights[0] - 0.05 * np.sign(weights[0]), rtol=1e-12)


def test_weight_decay_is_a_penalty_of_half_its_size():
    decayed = model(optimizers.SGD(0.1, momentum=0.5, weight_decay=0.2), use_bias=False)
    penalised = model(optimizers.SGD(0.1, momentum=0.5), L2(0.1), L2(0.1), use_bias=False)
    for each in (decayed, penalised):
        each.fit(X, Y, batch_size=BATCH, epochs=3, shuffle=False)
    np.testing.assert_allclose(decayed.parameters, penalised.parameters, **TOLERANCE)
    assert decayed.history.history["loss"][0] < penalised.history.history["loss"][0], "only a penalty is in the loss"


# Limits.


class NormsOfUnits(callbacks.Callback):
    def __init__(self):
        self.largest = []

    def on_train_batch_end(self, batch, logs):
        self.largest.append(np.linalg.norm(self.model.get_weights()[0], axis=0).max())


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", "nadam"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [1, BATCH])
def test_a_limit_holds_after_every_step(optimizer, dtype, batch_size):
    limited = Sequential([Input((5,)), Dense(7, "tanh", kernel_constraint=MaxNorm(0.4)), Dense(2)], dtype=dtype, seed=0)
    limited.compile(optimizer, "mse")
    assert np.linalg.norm(limited.get_weights()[0], axis=0).max() > 0.4
    norms = NormsOfUnits()
    limited.fit(X, 3 * Y, batch_size=batch_size, epochs=3, callbacks=[norms])
    assert len(norms.largest) == 3 * SAMPLES // batch_size
    # A root and a division are rounded.
    assert max(norms.largest) <= 0.4 * (1 + 8 * np.finfo(dtype).eps)
    assert max(norms.largest) > 0.399, "it is reached"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_limited_steps_are_those_of_torch(optimizer, penalty, torch):
    ours, theirs = OPTIMIZERS[optimizer]
    limited = model(ours(), L2(penalty), kernel_constraint=MaxNorm(1.0))

    def limit(weights):
        norms = weights[0].norm(dim=0)
        over.append((norms > 1).float().mean().item())
        weights[0] *= torch.clamp(1 / norms, max=1)

    over = []
    expected, right = by_torch(torch, limited.get_weights(), [(0, penalty), (0, 0)], theirs(torch), limit)
    assert 0 < np.mean(over) < 1, "some units are limited, some are not"
    np.testing.assert_allclose([limited.train_on_batch(*batch) for batch in 2 * batches()], right, **TOLERANCE)
    for got, want in zip(limited.get_weights(), expected, strict=True):
        np.testing.assert_allclose(got, want, **TOLERANCE)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: L1(-0.1), ValueError, "l1 must be finite and not negative, but it is -0.1"),
        (lambda: L2(np.nan), ValueError, "l2 must be finite and not negative"),
        (lambda: L1L2(l2="much"), TypeError, "l2 must be a number, but it is 'much'"),
        (lambda: MaxNorm(0), ValueError, "max_value must be above 0, but it is 0"),
        (lambda: MaxNorm(-1), ValueError, "max_value must be finite and not negative"),
    ],
)
def test_bad_numbers(make, error, message):
    with pytest.raises(error, match=message):
        make()
