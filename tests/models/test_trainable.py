"""Layers that training leaves as they are: as in Keras, in every kind of training, in files and in copies."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
import fastnn.keras as ours
from fastnn import layers
from fastnn.layers import Add, BatchNormalization, Dense, Dropout, Input, LayerNormalization
from fastnn.optimizers import LBFGS

# Keras' own, of NumPy's new arguments.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 4)).astype(np.float32)
Y = RNG.normal(size=(48, 1)).astype(np.float32)


def chain(seed=0, dtype="float32"):
    layers = [Dense(6, "tanh"), BatchNormalization(), Dense(5, "relu"), LayerNormalization(), Dense(1)]
    return fastnn.Sequential([Input((4,)), *layers], seed=seed, dtype=dtype)


def graph(seed=0, dtype="float32"):
    x = Input((4,))
    shared = Dense(4, "tanh", name="shared")
    hidden = BatchNormalization(name="normal")(shared(x))
    return fastnn.Model(x, Dense(1, name="last")(Add()([shared(hidden), hidden])), seed=seed, dtype=dtype)


def plain(seed=0, dtype="float32"):
    return fastnn.Sequential([Input((4,)), Dense(6, "tanh"), Dense(5, "tanh"), Dense(1)], seed=seed, dtype=dtype)


WORDS = RNG.integers(0, 7, (48, 3)).astype(np.float32)


@pytest.mark.parametrize("frozen", range(8))
@pytest.mark.parametrize("optimizer", ["sgd", "adam", fastnn.optimizers.AdamW(0.01, clipnorm=1.0)], ids=str)
def test_every_kind_of_layer_keeps_every_bit(frozen, optimizer):
    kinds = [layers.Embedding(7, 4), Dense(5, "tanh"), layers.Flatten(), layers.PReLU(), layers.RMSNormalization()]
    kinds += [LayerNormalization(), BatchNormalization(), Dense(1)]
    model = fastnn.Sequential([Input((3,)), *kinds], seed=0)
    model.layers[frozen].trainable = False
    model.compile(optimizer, "mse")
    before = [arrays_of(model, [place]) for place in range(8)]
    loss = model.fit(WORDS, Y, epochs=3, batch_size=10, verbose=0).history["loss"]
    assert loss[-1] < loss[0]
    for place, old in enumerate(before):
        assert (arrays_of(model, [place]) == old) == (place == frozen or not old)


def freeze(model, frozen):
    for place in frozen:
        model.layers[place].trainable = False
    model.compile(optimizer="adam", loss="mse")
    return model


CASES = [(chain, [0]), (chain, [0, 1, 2]), (chain, [1]), (chain, [3]), (chain, [2, 4]), (chain, [0, 1, 2, 3, 4])]
CASES += [(graph, [0]), (graph, [1]), (graph, [0, 1]), (plain, [0]), (plain, [1])]
every_case = pytest.mark.parametrize(("make", "frozen"), CASES)


def arrays_of(model, places):
    return [array.tobytes() for place in places for array in model.layers[place].get_weights()]


WAYS = {
    "fit": lambda model: model.fit(X, Y, epochs=2, batch_size=10, verbose=0),
    "one by one": lambda model: model.fit(X, Y, batch_size=1, verbose=0),
    "batches": lambda model: model.fit(iter([(X[:10], Y[:10]), (X[10:20], Y[10:20])]), verbose=0),
    "train_on_batch": lambda model: [model.train_on_batch(X[:10], Y[:10]) for _ in range(3)],
}


@every_case
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("optimizer", ["sgd", fastnn.optimizers.AdamW(0.01, weight_decay=0.1, clipnorm=1.0)], ids=str)
def test_what_is_frozen_keeps_every_bit_and_all_else_learns(make, frozen, way, optimizer):
    model = freeze(make(), frozen)
    model.compile(optimizer, "mse")
    others = [place for place in range(len(model.layers)) if place not in frozen and model.layers[place].weights]
    before, moving = arrays_of(model, frozen), [arrays_of(model, [place]) for place in others]
    WAYS[way](model)
    assert arrays_of(model, frozen) == before
    if way == "one by one" and make is not plain:
        return  # a batch of one has no variance, and all that follows no gradient
    for place, old in zip(others, moving, strict=True):
        assert arrays_of(model, [place]) != old


def in_keras(keras, frozen, optimizer, whole=False):
    kinds = keras.layers
    layers = [kinds.Dense(6, activation="tanh", kernel_regularizer="l2"), kinds.BatchNormalization(), kinds.Dense(5)]
    model = keras.Sequential([keras.Input((4,)), *layers, kinds.LayerNormalization(), kinds.Dense(1)])
    # As in test_against_keras: all differ, and variances are positive.
    rng = np.random.default_rng(1)
    model.set_weights([np.abs(rng.normal(size=array.shape, scale=0.5)) for array in model.get_weights()])
    model.trainable = not whole
    for place in frozen:
        model.layers[place].trainable = False
    model.compile(optimizer=optimizer(keras), loss="mse", jit_compile=False)
    return model


@pytest.mark.parametrize(
    ("frozen", "whole"),
    [([1], False), ([0, 1, 3], False), ([], True)],
    ids=str,
)
def test_the_numbers_are_those_of_keras(keras, frozen, whole):
    mine, theirs = (in_keras(each, frozen, lambda k: k.optimizers.SGD(0.05), whole) for each in (ours, keras))
    numbers = []
    for model in (mine, theirs):
        history = model.fit(X, Y, epochs=2, batch_size=16, shuffle=False, verbose=0).history["loss"]
        numbers.append([*history, model.evaluate(X, Y, batch_size=16, verbose=0)])
    # Six steps in float32, in numbers around 1.
    np.testing.assert_allclose(*numbers, rtol=5e-5)
    for one, other in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=5e-5)
    for name in ("trainable_weights", "non_trainable_weights"):
        shapes = [[tuple(array.shape) for array in getattr(model, name)] for model in (mine, theirs)]
        assert shapes[0] == shapes[1]
        for one, other in zip(mine.layers, theirs.layers, strict=True):
            assert len(getattr(one, name)) == len(getattr(other, name))


def test_a_frozen_layer_has_no_part_in_the_loss():
    hidden = Dense(3, kernel_regularizer="l2", name="hidden")
    model = fastnn.Sequential([Input((4,)), hidden, Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with_penalty = model.evaluate(X, Y)
    hidden.trainable = False
    penalty = 0.01 * np.square(hidden.kernel.astype(np.float64)).sum()
    # A sum of a dozen numbers in float32.
    assert model.evaluate(X, Y) == pytest.approx(with_penalty - penalty, rel=1e-6)


def test_it_counts_from_the_next_call_of_a_training():
    model = freeze(chain(), [])
    model.train_on_batch(X, Y)
    model.layers[0].trainable = False
    before = arrays_of(model, [0])
    model.train_on_batch(X, Y)
    assert arrays_of(model, [0]) == before
    model.layers[0].trainable = True
    model.train_on_batch(X, Y)
    assert arrays_of(model, [0]) != before


def test_averages_of_frozen_weights_are_these_weights():
    model = freeze(chain(), [0, 1])
    before = arrays_of(model, [0, 1])
    average = fastnn.callbacks.SwapEMAWeights(swap_on_epoch=True, momentum=0.7)
    model.fit(X, Y, epochs=3, batch_size=7, verbose=0, callbacks=[average])
    assert arrays_of(model, [0, 1]) == before


def test_models_within_are_frozen_from_the_next_batch():
    inner = fastnn.Sequential([Input((4,)), Dense(3, "tanh")], name="inner", seed=0)
    x = Input((4,))
    model = fastnn.Model(x, Dense(1)(inner(x)), seed=0)
    model.compile("sgd", "mse")
    model.train_on_batch(X, Y)
    inner.trainable = False
    before = inner.get_weights()
    model.train_on_batch(X, Y)
    np.testing.assert_array_equal(inner.layers[0].kernel, before[0])
    inner.trainable = True
    model.train_on_batch(X, Y)
    assert not np.array_equal(inner.layers[0].kernel, before[0])


def test_lbfgs_leaves_them_as_they_are():
    layers = [Dense(6, "tanh", name="first", trainable=False), Dense(1)]
    model = fastnn.Sequential([Input((4,)), *layers], seed=0)
    model.compile(LBFGS(), "mse")
    before, loss = arrays_of(model, [0]), model.evaluate(X, Y)
    model.fit(X, Y, epochs=3, verbose=0)
    assert arrays_of(model, [0]) == before
    assert model.evaluate(X, Y) < loss


def test_a_model_freezes_all_of_its_layers():
    model = freeze(chain(), [])
    model.trainable = False
    assert not any(layer.trainable for layer in model.layers)
    before = arrays_of(model, range(5))
    model.fit(X, Y, verbose=0)
    # As in Keras, the model's own word counts beside that of its layers.
    model.layers[0].trainable = True
    model.fit(X, Y, verbose=0)
    assert arrays_of(model, range(5)) == before
    model.trainable = True
    model.fit(X, Y, verbose=0)
    assert arrays_of(model, [4]) != before[-2:]


def test_the_summary_counts_them():
    texts = []
    model = chain()
    for place in ([], [0], [1], [2, 4]):
        freeze(model, place).summary(print_fn=texts.append)
    # All have 117 numbers, 12 of them moving statistics.
    assert [text.rpartition("of which ")[2] for text in texts] == [f"{count} are trained" for count in (93, 63, 51, 10)]


def copies(model, folder):
    yield copy.deepcopy(model)
    yield pickle.loads(pickle.dumps(model))
    model.save(folder / "model.safetensors")
    yield fastnn.load_model(folder / "model.safetensors")
    if isinstance(model, fastnn.Sequential):
        yield type(model).from_config(model.get_config())


@every_case
def test_files_and_copies_have_it(make, frozen, tmp_path):
    model = freeze(make(), frozen)
    expected = [layer.trainable for layer in model.layers]
    for found in copies(model, tmp_path):
        assert [layer.trainable for layer in found.layers] == expected
        assert found.trainable


@every_case
def test_a_training_that_is_taken_up_ends_with_the_same_bits(make, frozen, tmp_path):
    whole, part = (freeze(make(), frozen) for _ in range(2))
    whole.fit(X, Y, epochs=4, batch_size=10, verbose=0)
    part.fit(X, Y, epochs=2, batch_size=10, verbose=0)
    part.save(tmp_path / "half.safetensors")
    rest = fastnn.load_model(tmp_path / "half.safetensors")
    rest.fit(X, Y, epochs=4, initial_epoch=2, batch_size=10, verbose=0)
    places = range(len(whole.layers))
    assert arrays_of(rest, places) == arrays_of(whole, places)


def test_a_frozen_model_comes_back_from_a_file(tmp_path):
    model = ours.Sequential([ours.Input((4,)), ours.layers.Dense(2)], trainable=False)
    assert not model.trainable
    assert model.layers[0].trainable
    assert model.trainable_weights == []
    assert len(model.non_trainable_weights) == 2
    model.save(tmp_path / "model.safetensors")
    assert not fastnn.load_model(tmp_path / "model.safetensors").trainable
    model.save(tmp_path / "model.keras")
    assert not ours.models.load_model(tmp_path / "model.keras").trainable


@pytest.mark.parametrize("whole", [False, True])
def test_models_of_keras_bring_it_and_take_it(keras, whole, tmp_path):
    from fastnn.interop import from_keras, to_keras

    kinds = keras.layers
    theirs = keras.Sequential([keras.Input((4,)), kinds.Dense(3, trainable=False), kinds.Dense(1)], trainable=not whole)
    mine = from_keras(theirs)
    assert [layer.trainable for layer in mine.layers] == [False, not whole]
    to_keras(mine, tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert [layer.trainable for layer in again.layers] == [False, not whole]


def test_all_layers_of_keras_take_it():
    for make in (ours.layers.Dropout, ours.layers.Dense):
        assert make(0.5 if make is ours.layers.Dropout else 2, trainable=False).trainable is False


@pytest.mark.parametrize("target", [lambda: Dense(1), chain, lambda: Dropout(0.5)])
def test_words_are_refused(target):
    thing = target()
    with pytest.raises(TypeError, match="trainable must be True or False, but it is 'no'"):
        thing.trainable = "no"
    assert thing.trainable is True


def test_layers_of_a_model_within_are_frozen_alone_or_with_it():
    x = np.random.default_rng(4).normal(size=(20, 4))
    inner = fastnn.Sequential([Input((4,)), Dense(4, "tanh", name="one"), Dense(4, name="two")], dtype="float64")
    begin = Input((4,))
    model = fastnn.Model(begin, Dense(2, name="last")(inner(begin)), dtype="float64", seed=1)
    y = x[:, :2]
    freezes = {
        "none": (lambda: None, []),
        "one": (lambda: setattr(inner.layers[0], "trainable", False), ["one"]),
        "inner": (lambda: setattr(inner, "trainable", False), ["one", "two"]),
        "as a layer": (lambda: setattr(model.layers[0], "trainable", False), ["one", "two"]),
        "all": (lambda: setattr(model, "trainable", False), ["one", "two", "last"]),
    }
    for freeze, still in freezes.values():
        model.trainable = True
        freeze()
        model.compile("adam", "mse")
        before = {layer.name: layer.get_weights() for layer in (*inner.layers, model.layers[1])}
        model.fit(x, y, epochs=1, verbose=0)
        model.train_on_batch(x, y)
        for layer in (*inner.layers, model.layers[1]):
            same = all((one == other).all() for one, other in zip(before[layer.name], layer.get_weights(), strict=True))
            assert same == (layer.name in still)
        trained = sum(
            array.size
            for layer in (*inner.layers, model.layers[1])
            if layer.name not in still
            for array in layer.arrays.values()
        )
        lines = []
        model.summary(print_fn=lines.append)
        assert lines[0].endswith(f"of which {trained} are trained")
