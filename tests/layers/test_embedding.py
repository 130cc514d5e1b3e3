"""Embeddings in models: against PyTorch's, saved and loaded, with categories in any form, and refused by name."""

import copy

import numpy as np
import pytest

import fastnn
from fastnn import optimizers
from fastnn.layers import Activation, Concatenate, Dense, Embedding, Flatten, Input, Rescaling
from fastnn.models import Model, Sequential
from fastnn.models.from_json import model_from_json

# Keras' own way to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CATEGORIES, SAMPLES, STEPS = 9, 14, 4


def data(seed=0):
    rng = np.random.default_rng(seed)
    # Category 8 comes in no batch.
    return rng.integers(0, CATEGORIES - 1, (SAMPLES, 3)), rng.normal(size=(SAMPLES, 2))


def model_of(optimizer="adam", dtype="float64", **options):
    parts = [Input((3,)), Embedding(CATEGORIES, 4, **options), Flatten(), Dense(2)]
    model = Sequential(parts, dtype=dtype, seed=0)
    model.compile(optimizer, "mse")
    return model


def by_torch(model, x, y, sparse, make):
    """What PyTorch's embedding makes of the same arrays in some steps."""
    torch = pytest.importorskip("torch")
    table, kernel, bias = (torch.tensor(array) for array in model.get_weights())
    embedding = torch.nn.Embedding(*table.shape, sparse=sparse, dtype=torch.float64)
    embedding.weight.data = table
    rest = [kernel.requires_grad_(), bias.requires_grad_()]
    rules = make(torch, embedding, rest)
    for _ in range(STEPS):
        for rule in rules:
            rule.zero_grad()
        hidden = embedding(torch.tensor(x)).reshape(len(x), -1)
        torch.nn.functional.mse_loss(hidden @ kernel + bias, torch.tensor(y)).backward()
        for rule in rules:
            rule.step()
    return [array.detach().numpy() for array in (embedding.weight, kernel, bias)]


RULES = {
    "sgd": (
        optimizers.SGD(0.1),
        False,
        lambda torch, embedding, rest: [torch.optim.SGD([embedding.weight, *rest], lr=0.1)],
    ),
    "adam": (
        # So small that it does not count where each of the three has it.
        optimizers.Adam(0.1, epsilon=1e-14),
        True,
        lambda torch, embedding, rest: [
            torch.optim.SparseAdam([embedding.weight], lr=0.1, eps=1e-14),
            torch.optim.Adam(rest, lr=0.1, eps=1e-14),
        ],
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_steps_are_those_of_pytorch(rule):
    optimizer, sparse, make = RULES[rule]
    x, y = data()
    model = model_of(copy.copy(optimizer))
    table, kernel, bias = by_torch(model, x, y, sparse, make)
    for _ in range(STEPS):
        model.train_on_batch(x, y)
    first, second = model.layers[0], model.layers[2]
    # A few steps of sums of some dozen terms of size one in another order; Adam divides by what may be small.
    close = {"rtol": 0, "atol": 1e-11 if rule == "sgd" else 1e-9}
    np.testing.assert_allclose(first.embeddings, table, **close)
    np.testing.assert_allclose(second.kernel, kernel, **close)
    np.testing.assert_allclose(second.bias, bias, **close)


def test_predictions_are_those_of_keras(keras):
    x, _ = data()
    theirs = keras.Sequential(
        [keras.Input((3,)), keras.layers.Embedding(CATEGORIES, 4), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    model = model_of(dtype="float32")
    model.set_weights(theirs.get_weights())
    # Sums of twelve products of small numbers in another order.
    np.testing.assert_allclose(model.predict(x), theirs.predict(x, verbose=0), rtol=0, atol=1e-6)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_files_of_keras(keras, tmp_path, ending):
    x, y = data()
    model = model_of(dtype="float32")
    model.fit(x, y, epochs=2)
    path = str(tmp_path / f"model{ending}")
    fastnn.interop.to_keras(model, path)
    theirs = keras.models.load_model(path, compile=False)
    # As above.
    np.testing.assert_allclose(model.predict(x), theirs.predict(x, verbose=0), rtol=0, atol=1e-6)
    theirs.save(path)
    assert fastnn.interop.from_keras(path).predict(x).tobytes() == model.predict(x).tobytes()


KINDS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", ">i4"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_categories_are_numbers_of_any_kind(kind, dtype):
    x, y = data()
    histories = []
    for given in (x.astype(kind), x.tolist()):
        model = model_of(dtype=dtype)
        history = model.fit(given, y, epochs=2, batch_size=5)
        histories.append((history.history["loss"], model.predict(given).tobytes(), model.evaluate(given, y)))
        assert model.predict(given).tobytes() == model.predict(x.astype(np.float64)).tobytes()
    assert histories[0] == histories[1]


def test_small_categories_are_no_shades_of_grey():
    model = Sequential([Input((1,)), Embedding(256, 1)], seed=0)
    table = model.layers[0].embeddings
    assert model.predict(np.arange(256, dtype=np.uint8)).ravel().tolist() == table.ravel().tolist()


def test_one_category_a_sample_needs_no_axis():
    model = Sequential([Input((1,)), Embedding(5, 2), Flatten(), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    x = np.array([0, 4, 2, 2])
    assert model.predict(x).tobytes() == model.predict(x[:, None]).tobytes()
    model.fit(x, x.astype(float), validation_data=(x, x.astype(float)))


BAD = {"below": -1, "beyond": CATEGORIES, "far beyond": 2**40, "a part": 2.5}
WAYS = {
    "fit": lambda model, x, y: model.fit(x, y),
    "a batch": lambda model, x, y: model.train_on_batch(x, y),
    "validation": lambda model, x, y: model.fit(np.zeros_like(x), y, validation_data=(x, y), epochs=0),
    "evaluate": lambda model, x, y: model.evaluate(x, y),
    "predict": lambda model, x, y: model.predict(x),
    "batches": lambda model, x, y: model.fit(iter([(x, y)]), steps_per_epoch=1),
    "in place": lambda model, x, y: model.predict(x.astype(np.float64)),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("way", WAYS)
def test_numbers_beyond_the_table_are_refused_by_name(way, bad):
    x, y = data()
    x = x.astype(type(BAD[bad]))
    x[5, 1] = BAD[bad]
    model = model_of()
    # So that a batch is trained by what is there already.
    model.train_on_batch(np.zeros_like(x), y)
    before = [array.tobytes() for array in model.get_weights()]
    with pytest.raises(
        ValueError, match=r"embedding \(Embedding\) takes whole numbers from 0 to 8, but x.*\[5, 1\] is|validation"
    ):
        WAYS[way](model, x, y)
    assert before == [array.tobytes() for array in model.get_weights()]


def test_the_layer_that_is_named_is_that_of_the_input():
    one, other = Input((2,), name="one"), Input((1,), name="other")
    towers = [Flatten()(Embedding(3, 2, name="few")(one)), Flatten()(Embedding(7, 2, name="many")(other))]
    model = fastnn.Model([one, other], Dense(1)(Concatenate()(towers)), seed=0)
    model.compile("sgd", "mse")
    x, y = [np.array([[0, 2], [1, 1]]), np.array([6, 0])], np.zeros(2)
    model.fit(x, y)
    expected = r"few .* from 0 to 2, but x\['one'\]\[0", r"many .* from 0 to 6, but x\['other'\]\[0"
    for place, name in enumerate(expected):
        wrong = [array.copy() for array in x]
        wrong[place].flat[0] = 7
        with pytest.raises(ValueError, match=name):
            model.fit(wrong, y)


def test_a_shared_table_in_a_graph():
    left, right = Input((1,)), Input((1,))
    table = Embedding(6, 3)
    both = Concatenate()([Flatten()(table(left)), Flatten()(table(right))])
    model = fastnn.Model([left, right], Dense(1)(both), dtype="float64", seed=0)
    one = Sequential([Input((2,)), Embedding(6, 3), Flatten(), Dense(1)], dtype="float64", seed=0)
    one.set_weights(model.get_weights())
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 6, (20, 2)), rng.normal(size=20)
    for each, given in ((model, [x[:, 0], x[:, 1]]), (one, x)):
        each.compile(optimizers.Adam(0.05), "mse")
        each.fit(given, y, epochs=4, batch_size=6, shuffle=False)
    for mine, other in zip(model.get_weights(), one.get_weights(), strict=True):
        # The gradients of a row come in another order.
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12)


def test_it_is_saved_and_described(tmp_path):
    x, y = data()
    model = model_of(embeddings_initializer="normal")
    model.fit(x, y, epochs=3, batch_size=4)
    model.save(tmp_path / "model.safetensors")
    loaded = fastnn.load_model(tmp_path / "model.safetensors")
    for same in (loaded, copy.deepcopy(model)):
        assert same.predict(x).tobytes() == model.predict(x).tobytes()
        # The optimiser's state of rows comes along.
        assert same.train_on_batch(x, y) == copy.deepcopy(model).train_on_batch(x, y)
    described = model_from_json(model.to_json())
    described.set_weights(model.get_weights())
    assert described.predict(x).tobytes() == model.predict(x).tobytes()


def test_it_learns_by_full_batches():
    pytest.importorskip("scipy")
    x, y = data()
    model = model_of("lbfgs")
    first = model.evaluate(x, y)
    model.fit(x, y, epochs=20)
    assert model.evaluate(x, y) < first / 2


def reading_first(reader):
    """A graph in which another layer reads the categories before the embedding does."""
    inputs = Input((2,))
    outputs = Concatenate()([reader()(inputs), Flatten()(Embedding(5, 2)(inputs))])
    return Model(inputs, outputs, seed=0)


@pytest.mark.parametrize("reader", [lambda: Dense(3), lambda: Activation("relu")])
@pytest.mark.parametrize("count", [1, 3, 300])
@pytest.mark.parametrize("bad", [-1, 5, 0.5, 1e9])
def test_categories_are_checked_whoever_else_reads_them(reader, count, bad):
    model = reading_first(reader)
    # Mostly zeros, so that a first layer takes them as lists.
    x = np.zeros((count, 2), np.float32)
    x[count - 1, 1] = bad
    for way in (model.predict, model, model.predict_on_batch):
        with pytest.raises(ValueError, match=rf"x\[{count - 1}, 1\] is {bad}"):
            way(x)


REFUSED = {
    "behind a layer": (lambda: [Input((2,)), Activation("relu"), Embedding(3, 2)], "embedding takes categories"),
    "of pictures": (lambda: [Input((2, 2)), Embedding(3, 2)], "put a Flatten"),
    "scaled": (lambda: [Input((2,)), Rescaling(2.0), Embedding(3, 2)], "embedding cannot be made: .* cannot be scaled"),
    "no categories": (lambda: [Embedding(0, 2)], "input_dim must be at least 1"),
    "no numbers": (lambda: [Embedding(3, 0)], "output_dim must be at least 1"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_embedding_is_refused(what):
    make, message = REFUSED[what]
    with pytest.raises(ValueError, match=message):
        Sequential(make())
