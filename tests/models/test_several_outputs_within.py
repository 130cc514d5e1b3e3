"""Models with several outputs as layers of others: a call gives a list, and what nobody needs is not computed."""

import copy

import numpy as np
import pytest

import fastnn
import fastnn.keras as ours
from fastnn.interop import from_keras, to_keras
from fastnn.layers import Add, Concatenate, Dense, Dropout, Input, Multiply, Subtract
from fastnn.models import Model, Sequential
from fastnn.models.from_json import model_from_json
from fastnn.optimizers import Adam

# Keras' own, of NumPy's new arguments.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning"),
]
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 6)), RNG.normal(size=(20, 2))


def encoder(dtype="float64"):
    x = Input((6,))
    trunk = Dense(5, "tanh", name="trunk")(x)
    heads = {
        name: Dense(3, activation, name=name)(trunk) for name, activation in (("mean", None), ("spread", "sigmoid"))
    }
    return Model(x, heads | {"left": Dense(4, name="left")(trunk)}, name="encoder", dtype=dtype, seed=0)


def around(inner, dtype="float64"):
    """mean + spread**2, without what is left."""
    x = Input((6,))
    mean, spread, _ = inner(x)
    return Model(x, Dense(2, name="end")(Add()([mean, Multiply()([spread, spread])])), dtype=dtype, seed=1)


def flat():
    """The same layers without a model within."""
    x = Input((6,))
    trunk = Dense(5, "tanh")(x)
    mean, spread = Dense(3)(trunk), Dense(3, "sigmoid")(trunk)
    return Model(x, Dense(2)(Add()([mean, Multiply()([spread, spread])])), dtype="float64", seed=1)


def by_name(model):
    """Its arrays without those of what is left, by the order in which they are used."""
    arrays = {f"{layer.name}.{name}": array for layer in model.layers for name, array in layer.arrays.items()}
    return [array for name, array in arrays.items() if "left" not in name]


def test_it_is_the_same_graph():
    model, other = around(encoder()), flat()
    for mine, theirs in zip(by_name(model), by_name(other), strict=True):
        theirs[...] = mine
    assert model.predict(X).tobytes() == other.predict(X).tobytes()
    # What is left is neither computed nor trained.
    assert model.plan.calls == other.plan.calls
    left = model.layers[0].arrays["left/kernel"].copy()
    for one in (model, other):
        one.compile(Adam(0.01), "mse")
        one.fit(X, Y, batch_size=6, epochs=3, shuffle=False, verbose=0)
        one.apply_gradients(one.gradients(X, Y))
    for mine, theirs in zip(by_name(model), by_name(other), strict=True):
        assert mine.tobytes() == theirs.tobytes()
    assert model.layers[0].arrays["left/kernel"].tobytes() == left.tobytes()
    assert not model.gradients(X, Y).named["encoder.left/kernel"].any()


def test_training_either_changes_both():
    inner = encoder()
    model = around(inner)
    before = inner.predict(X)
    model.compile("sgd", "mse")
    model.train_on_batch(X, Y)
    after = inner.predict(X)
    assert all((one != other).any() for one, other in zip(before[:2], after[:2], strict=True))
    mean, spread, _ = after
    end = model.layers[-1]
    # Products of numbers around one in another order.
    np.testing.assert_allclose(model.predict(X), (mean + spread**2) @ end.kernel + end.bias, rtol=0, atol=1e-14)


def saved(model, folder):
    model.save(folder / "model.safetensors")
    return fastnn.load_model(folder / "model.safetensors")


def described(model, folder):
    made = model_from_json(model.to_json())
    made.set_weights(model.get_weights())
    return made


def cloned(model, folder):
    made = fastnn.clone_model(model)
    made.set_weights(model.get_weights())
    return made


def through_keras(model, folder):
    to_keras(model, folder / "model.keras")
    return from_keras(folder / "model.keras")


WAYS = {
    "file": saved,
    "json": described,
    "clone": cloned,
    "copy": lambda model, folder: copy.deepcopy(model),
    "a .keras file": through_keras,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("make", [around, lambda inner, dtype: Model(x := Input((6,)), inner(x), dtype=dtype)])
def test_it_is_the_same_again(way, make, tmp_path):
    if "keras" in way:
        pytest.importorskip("h5py")
    model = make(encoder("float32"), dtype="float32")
    again = WAYS[way](model, tmp_path)
    one, other = model.predict(X), again.predict(X)
    for mine, theirs in zip(*((given if isinstance(given, list) else [given]) for given in (one, other)), strict=True):
        assert mine.tobytes() == theirs.tobytes()


def test_one_output_is_enough_and_calls_are_apart():
    inner = encoder()
    x, y = Input((6,)), Input((6,))
    second = inner(x)[1]
    model = Model([x, y], [second, Concatenate()([second, inner(y)[0]])], dtype="float64")
    found = model.predict([X, Y @ np.ones((2, 6))])
    assert found[0].tobytes() == inner.predict(X)[1].tobytes()
    assert found[1][:, 3:].tobytes() == inner.predict(Y @ np.ones((2, 6)))[0].tobytes()


def test_each_call_draws_for_itself():
    x = Input((60,))
    inner = Model(x, [Dropout(0.5)(x), Dense(1)(x)])
    outer = Input((60,))
    first, again = inner(outer)[0], inner(outer)[0]
    model = Model(outer, [Subtract()([first, again]), inner(outer)[1]], dtype="float32", seed=0)
    model.compile("sgd", "mse")
    # With targets of zero, a loss is the mean of squares: in half of the places one call lets through what the other
    # does not, and twice the number is 4 squared.
    losses = model.train_on_batch(np.ones((50, 60)), [np.zeros((50, 60)), np.zeros(50)], return_dict=True)
    assert 1.8 < losses["subtract_loss"] < 2.2


def test_an_input_that_what_is_needed_does_not_take():
    one, other = Input((2,)), Input((3,))
    inner = Model([one, other], [Dense(1, name="first")(one), Dense(1, name="second")(other)], seed=0)
    x, y = Input((2,)), Input((3,))
    model = Model([x, y], inner([x, y])[1])
    rows = RNG.normal(size=(4, 2)), RNG.normal(size=(4, 3))
    assert model.predict(list(rows)).tobytes() == inner.predict(list(rows))[1].tobytes()
    model.compile("sgd", "mse")
    model.fit(list(rows), np.zeros(4), verbose=0)


def test_what_it_says_of_itself(capsys):
    inner = encoder()
    model = around(inner)
    model.summary()
    told = capsys.readouterr().out
    assert "(None, 3), (None, 3), (None, 4)" in told
    assert "encoder[0], multiply" in told
    layer = model.layers[0]
    assert [one.shape for one in layer.output] == [(None, 3), (None, 3), (None, 4)]
    assert layer.output[0] is layer.output[0] is not layer.output[1]
    # Of these another model is made.
    assert Model(layer.input, layer.output[1], dtype="float64").predict(X).tobytes() == inner.predict(X)[1].tobytes()
    model.plot()


def test_the_names_of_outputs_are_the_keys_of_a_dict_in_keras():
    x = ours.Input((6,))
    inner = ours.Model(x, {"b": ours.layers.Dense(2)(x), "a": ours.layers.Dense(3)(x)})
    outer = ours.Input((6,))
    given = inner(outer)
    assert {name: one.shape for name, one in given.items()} == {"a": (None, 3), "b": (None, 2)}
    model = ours.Model(outer, given["b"])
    assert np.array_equal(model.predict(X, verbose=0), inner.predict(X, verbose=0)["b"])


@pytest.mark.parametrize("name", ["inner first", "outer first"])
def test_the_numbers_are_those_of_keras(keras, name, tmp_path):
    def made(k):
        x = k.Input((6,))
        trunk = k.layers.Dense(5, activation="tanh")(x)
        inner = k.Model(x, [k.layers.Dense(3)(trunk), k.layers.Dense(3, activation="sigmoid")(trunk)])
        outer = k.Input((6,))
        mean, spread = inner(outer if name == "inner first" else k.layers.Dense(6)(outer))
        both = k.layers.add([mean, k.layers.multiply([spread, mean])])
        return k.Model(outer, [k.layers.Dense(2)(both), spread])

    theirs, mine = made(keras), made(ours)
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=array.shape, scale=0.5) for array in theirs.get_weights()]
    theirs.set_weights(weights)
    mine.set_weights(weights)
    x, y = X.astype(np.float32), [Y.astype(np.float32), np.abs(X[:, :3]).astype(np.float32)]
    for model, k in ((theirs, keras), (mine, ours)):
        model.compile(k.optimizers.SGD(0.05), ["mse", "mae"])
        model.fit(x, y, batch_size=10, epochs=2, shuffle=False, verbose=0)
    path = str(tmp_path / "model.keras")
    theirs.save(path)
    for again in (mine, from_keras(path)):
        for one, other in zip(again.predict(x), theirs.predict(x, verbose=0), strict=True):
            # Four steps in float32, of numbers around one.
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
    mine.save(path)
    for one, other in zip(
        keras.models.load_model(path, compile=False).predict(x, verbose=0), mine.predict(x, verbose=0), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


LIES = {
    "an output that is not there": lambda nodes: nodes[1].__setitem__(2, 3),
    "the first, twice": lambda nodes: nodes[1].__setitem__(2, 0),
    "one twice": lambda nodes: nodes.insert(2, [0, [0], 1]),
    "of another layer": lambda nodes: nodes[1].__setitem__(0, 1),
    "of an input": lambda nodes: nodes[1].__setitem__(1, [-1]),
    "no number": lambda nodes: nodes[1].__setitem__(2, "1"),
    "true": lambda nodes: nodes[1].__setitem__(2, True),
    "of two values": lambda nodes: nodes[1].__setitem__(1, [0, 0]),
    "of an output": lambda nodes: nodes.insert(2, [0, [1], 2]),
    "of a layer with one": lambda nodes: nodes.append([2, [3], 1]),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_description_that_lies_is_refused(lie):
    config = around(encoder()).get_config()
    LIES[lie](config["nodes"])
    with pytest.raises(ValueError, match=r"."):
        Model.from_config(config)


def test_a_chain_refuses_it():
    with pytest.raises(ValueError, match="gives 3 values, and a chain goes on from one: call it in a Model"):
        Sequential([encoder("float32"), Dense(1)])


def test_the_last_call_need_not_be_that_of_the_last_layer(tmp_path):
    x = Input((6,))
    shared, other = Dense(5), Dense(6)
    inner = Model(x, shared(other(shared(x))), seed=0)
    outer = Input((6,))
    model = Model(outer, Dense(2)(inner(outer)), seed=0)
    assert saved(model, tmp_path).predict(X).tobytes() == model.predict(X).tobytes()
