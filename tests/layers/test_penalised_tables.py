"""Penalties and constraints of embeddings: every row has them, whatever a batch holds; against PyTorch and Keras."""

import numpy as np
import pytest

import fastnn
import fastnn.keras as ours
from fastnn import optimizers
from fastnn.constraints import MaxNorm, NonNeg
from fastnn.interop import from_keras, to_keras
from fastnn.layers import Add, Dense, Embedding, Flatten, Input
from fastnn.models import Model, Sequential
from fastnn.regularizers import L1L2

# Keras' own way to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CATEGORIES, SAMPLES, STEPS, L1, L2 = 23, 12, 5, 0.003, 0.02
RULES = {
    "sgd": (optimizers.SGD(0.1), lambda torch, tensors: torch.optim.SGD(tensors, lr=0.1)),
    # So small that it does not count where each of the two has it.
    "adam": (
        optimizers.Adam(0.01, epsilon=1e-14),
        lambda torch, tensors: torch.optim.Adam(tensors, lr=0.01, eps=1e-14),
    ),
    "momentum": (
        optimizers.SGD(0.05, momentum=0.9),
        lambda torch, tensors: torch.optim.SGD(tensors, lr=0.05, momentum=0.9),
    ),
}


def data(step=0):
    """Of each batch, most categories are those of no sample."""
    rng = np.random.default_rng(step)
    return rng.integers(0, CATEGORIES, (SAMPLES, 2)), rng.normal(size=(SAMPLES, 2))


def model_of(optimizer, dtype="float64", **asked):
    table = Embedding(CATEGORIES, 3, **asked)
    model = Sequential([Input((2,)), table, Flatten(), Dense(2)], dtype=dtype, seed=0)
    model.compile(optimizer, "mse")
    return model


def by_torch(model, make):
    torch = pytest.importorskip("torch")
    table, kernel, bias = (torch.tensor(array, requires_grad=True) for array in model.get_weights())
    rule = make(torch, [table, kernel, bias])
    losses = []
    for step in range(STEPS):
        x, y = map(torch.tensor, data(step))
        rule.zero_grad()
        outputs = table[x].reshape(SAMPLES, -1) @ kernel + bias
        loss = ((outputs - y) ** 2).mean() + L1 * table.abs().sum() + L2 * (table**2).sum()
        loss.backward()
        rule.step()
        losses.append(loss.item())
    return losses, [array.detach().numpy() for array in (table, kernel, bias)]


def train(model):
    return [model.train_on_batch(*data(step)) for step in range(STEPS)]


def fit(model):
    x, y = (np.concatenate(parts) for parts in zip(*map(data, range(STEPS)), strict=True))
    history = model.fit(x, y, batch_size=SAMPLES, shuffle=False, verbose=0).history["loss"]
    # The penalty of each batch is in the mean of all.
    return [None] * (STEPS - 1) + history


def loop(model):
    losses = []
    for step in range(STEPS):
        found = model.gradients(*data(step))
        model.apply_gradients(found)
        losses.append(found.loss)
    return losses


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("way", [train, fit, loop])
@pytest.mark.parametrize("rule", RULES)
def test_a_penalty_is_on_all_rows(rule, way, threads):
    optimizer, make = RULES[rule]
    model = model_of(optimizer, embeddings_regularizer=L1L2(L1, L2))
    losses, arrays = by_torch(model, make)
    before = fastnn.get_num_threads()
    fastnn.set_num_threads(threads)
    try:
        found = way(model)
    finally:
        fastnn.set_num_threads(before)
    # Some dozen roundings in float64; Adam divides by what may be small.
    close = {"rtol": 0, "atol": 1e-9 if rule == "adam" else 1e-12}
    if way is fit:
        assert found[-1] == pytest.approx(np.mean(losses), abs=1e-9)
    else:
        np.testing.assert_allclose(found, losses, **close)
    for mine, other in zip(model.get_weights(), arrays, strict=True):
        np.testing.assert_allclose(mine, other, **close)


def test_operations_that_share_a_table_share_its_penalty():
    table = Embedding(CATEGORIES, 3, embeddings_regularizer=L1L2(L1, L2))
    one, other = Input((1,)), Input((1,))
    model = Model(
        [one, other], Dense(2)(Add()([Flatten()(table(one)), Flatten()(table(other))])), dtype="float64", seed=0
    )
    model.compile(optimizers.Adam(0.01), "mse")
    alone = model_of("sgd", embeddings_regularizer=L1L2(L1, L2))
    kernel = model.layers[-1].kernel
    alone.set_weights([model.layers[0].embeddings, np.concatenate([kernel, kernel]), model.layers[-1].bias])
    x, y = data()
    found, wanted = model.gradients([x[:, 0], x[:, 1]], y), alone.gradients(x, y)
    assert found.loss == pytest.approx(wanted.loss, rel=1e-13)
    name, other_name = (next(key for key in one.named if key.endswith("embeddings")) for one in (found, wanted))
    np.testing.assert_allclose(found.named[name], wanted.named[other_name], rtol=0, atol=1e-14)


def layers_of(k, what):
    asked = {
        "penalty": {"embeddings_regularizer": k.regularizers.L1L2(0.01, 0.02)},
        "not negative": {"embeddings_constraint": k.constraints.NonNeg()},
        "short rows": {"embeddings_constraint": k.constraints.MaxNorm(0.05, axis=1)},
        "both": {"embeddings_regularizer": "l2", "embeddings_constraint": "unit_norm"},
    }[what]
    return [k.Input((2,)), k.layers.Embedding(CATEGORIES, 3, **asked), k.layers.Flatten(), k.layers.Dense(2)]


@pytest.mark.parametrize("what", ["penalty", "not negative", "short rows", "both"])
def test_the_numbers_are_those_of_keras(keras, what, tmp_path):
    x, y = data()
    y = y.astype(np.float32)
    models = [k.Sequential(layers_of(k, what)) for k in (ours, keras)]
    weights = [np.random.default_rng(1).normal(size=w.shape, scale=0.1) for w in models[1].get_weights()]
    numbers = []
    for k, model in zip((ours, keras), models, strict=True):
        model.set_weights(weights)
        model.compile(optimizer=k.optimizers.SGD(0.05), loss="mse", jit_compile=False)
        losses = model.fit(x, y, epochs=2, batch_size=5, shuffle=False, verbose=0).history["loss"]
        numbers.append([*losses, model.evaluate(x, y, verbose=0)])
    # Six steps in float32, and the 1e-7 that Keras adds to norms.
    np.testing.assert_allclose(*numbers, rtol=1e-5)
    for mine, other in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-5)
    to_keras(models[0], tmp_path / "model.keras")
    for again in (from_keras(models[1]), from_keras(keras.models.load_model(tmp_path / "model.keras", compile=False))):
        table = models[0].layers[0]
        assert again.layers[0].embeddings_constraint == table.embeddings_constraint
        mine, other = again.layers[0].embeddings_regularizer, table.embeddings_regularizer
        assert mine is other is None or (mine.l1, mine.l2) == (other.l1, other.l2)


@pytest.mark.parametrize("asked", [{"embeddings_regularizer": L1L2(L1, L2)}, {"embeddings_constraint": NonNeg()}])
def test_a_training_that_is_taken_up_ends_with_the_same_bits(asked, tmp_path):
    whole, half = (model_of(optimizers.Adam(0.01), "float32", **asked) for _ in range(2))
    x, y = data()
    whole.fit(x, y, epochs=4, batch_size=5)
    half.fit(x, y, epochs=2, batch_size=5)
    half.save(tmp_path / "half.safetensors")
    again = fastnn.load_model(tmp_path / "half.safetensors")
    again.fit(x, y, epochs=4, initial_epoch=2, batch_size=5)
    for mine, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        assert mine.tobytes() == other.tobytes()


def test_what_fails_changes_no_row():
    model = model_of("sgd", "float32", embeddings_regularizer=L1L2(L1, L2), embeddings_constraint=MaxNorm(5.0))
    x, y = data()
    before = [array.tobytes() for array in model.get_weights()]
    # Gradients above one: a step to infinity, after all rows were changed.
    model.optimizer.learning_rate = 3e38
    with pytest.raises(FloatingPointError, match="weights"):
        model.train_on_batch(x, 100 * y)
    assert [array.tobytes() for array in model.get_weights()] == before
