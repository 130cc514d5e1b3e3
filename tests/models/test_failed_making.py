"""Where a model cannot be made or changed, the layers that it was given are as they were, and of use to another."""

import numpy as np
import pytest

import fastnn
import fastnn.keras
from fastnn.layers import Add, Dense, Embedding, Input, IntegerLookup, LayerNormalization, Reshape
from fastnn.layers import StringLookup as Strings
from fastnn.models import Model, Sequential


def no_numbers(shape, rng):
    return np.full(shape, np.nan)


def chain(*layers, width=4, **told):
    return Sequential([Input((width,)), *layers], **told)


def graph(*layers, begin=None, **told):
    x = value = begin or Input((4,))
    for layer in layers:
        value = layer(value)
    return lambda: Model(x, value, **told)


def made_before(dtype="float32", width=4):
    return chain(Dense(3), width=width, dtype=dtype, seed=0)


def added(make, *, model=None):
    """A chain that is there, and a layer or model that does not go behind it."""
    model, extra = model or made_before(), make()
    model.compile("adam", "mse")
    model.fit(np.ones((3, 4)), np.ones((3, 3)), verbose=0)
    return [model, extra], lambda: model.add(extra)


def of_chain(*layers, **told):
    return layers, lambda: chain(*layers, **told)


def of_graph(*layers, **told):
    return layers, graph(*layers, **told)


def of_call(layer, *inputs):
    return [layer], lambda: layer(list(inputs) if len(inputs) > 1 else inputs[0])


def built(*layers, shape=(4,)):
    model = Sequential(layers)
    return [model], lambda: model.build(shape)


def predicted(*layers):
    model = Sequential(layers)
    return [model], lambda: model.predict(np.ones((3, 4)))


def other_input():
    first, merged, x = Dense(3), Add(), Input((4,))
    value = merged([first(x), Input((3,))])
    return [first, merged], lambda: Model(x, value)


def read_twice():
    lookup, dense, other, x = IntegerLookup(vocabulary=[1]), Dense(3), Dense(2), Input((4,))
    outputs = [dense(lookup(x)), other(x)]
    return [lookup, dense, other], lambda: Model(x, outputs)


def in_keras(kind):
    first = Dense(3)
    if kind is fastnn.keras.Sequential:
        return [first], lambda: kind([fastnn.keras.Input((4,)), first], trainable="never")
    x = fastnn.keras.Input((4,))
    value = first(x)
    return [first], lambda: kind(x, value, trainable="never")


# What is given, and what fails.
CASES = {
    "a chain: a layer that does not fit": lambda: of_chain(Dense(3), Reshape((7,))),
    "a chain: no layer": lambda: ([first := Dense(3)], lambda: chain(first, 5)),
    "a chain: one name twice": lambda: of_chain(Dense(3, name="one"), Dense(3, name="one")),
    "a chain: an input behind layers": lambda: ([first := Dense(3)], lambda: Sequential([first, Input((4,))])),
    "a chain: categories behind numbers": lambda: of_chain(Dense(3), Embedding(4, 3)),
    "a chain: a lookup behind numbers": lambda: of_chain(Dense(3), IntegerLookup(vocabulary=[1])),
    "a chain: no first numbers": lambda: of_chain(Dense(3), Dense(2, kernel_initializer=no_numbers)),
    "a chain: no memory": lambda: of_chain(Dense(3), Dense(1 << 50)),
    "a chain: no name": lambda: of_chain(Dense(3), name=3),
    "a chain: strings for numbers": lambda: (
        [first := Dense(3)],
        lambda: Sequential([Input((4,), dtype="string"), first]),
    ),
    "a chain: a layer of another model": lambda: of_chain(*made_before().layers, Reshape((7,))),
    "a chain: a model": lambda: of_chain(made_before(), Reshape((7,))),
    "a chain: a model of no shape": lambda: of_chain(Sequential([Dense(2), Reshape((7,))])),
    "build": lambda: built(Dense(3), Reshape((7,))),
    "predict": lambda: predicted(Dense(3), Reshape((7,))),
    "add: a layer that does not fit": lambda: added(lambda: Reshape((7,))),
    "add: no first numbers": lambda: added(lambda: Dense(2, kernel_initializer=no_numbers)),
    "add: categories": lambda: added(lambda: Embedding(2, 3)),
    "add: another dtype": lambda: added(lambda: made_before("float64", 3).layers[0]),
    "add: a model": lambda: added(lambda: made_before(width=5)),
    "add: a model of no shape": lambda: added(lambda: Sequential([Dense(2), Reshape((7,))])),
    "a call: another size": lambda: of_call(Reshape((7,)), Input((4,))),
    "a call: another rank": lambda: of_call(LayerNormalization(), Input((4, 2))),
    "a call: two inputs": lambda: of_call(Dense(3), Input((4,)), Input((4,))),
    "a call: two shapes": lambda: of_call(Add(), Input((4,)), Input((3,))),
    "a call: no vocabulary": lambda: of_call(Strings(), Input((4,), dtype="string")),
    "a call of a model": lambda: of_call(made_before(), Input((5,))),
    "a call of a model of no shape": lambda: of_call(Sequential([Dense(3), Reshape((7,))]), Input((5,))),
    "build of a layer": lambda: ([layer := Reshape((7,))], lambda: layer.build((4,))),
    "a graph: categories behind numbers": lambda: of_graph(Dense(3), Embedding(4, 2)),
    "a graph: one name twice": lambda: of_graph(Dense(3, name="one"), Dense(3, name="one")),
    "a graph: no first numbers": lambda: of_graph(Dense(3), Dense(2, kernel_initializer=no_numbers)),
    "a graph: no memory": lambda: of_graph(Dense(3), Dense(1 << 50)),
    "a graph: another dtype": lambda: of_graph(Dense(3), *made_before("float64", 3).layers),
    "a graph: a model of another dtype": lambda: of_graph(Dense(3), made_before("float64", 3)),
    "a graph: strings for numbers": lambda: of_graph(Dense(3), begin=Input((4,), dtype="string")),
    "a graph: a layer of another model": lambda: of_graph(*made_before().layers, Embedding(3, 3)),
    "a graph: a model": lambda: of_graph(made_before(), Embedding(3, 3)),
    "a graph: no name": lambda: of_graph(Dense(3), name=3),
    "a graph: another input": other_input,
    "a graph: an input that is read twice": read_twice,
    "a chain of Keras": lambda: in_keras(fastnn.keras.Sequential),
    "a graph of Keras": lambda: in_keras(fastnn.keras.Model),
}


def everything(thing):
    """All attributes of a layer or model, and of what is within; arrays and plans by who they are, and their bytes."""
    # Weak references to calls are those of calls that are still there.
    own = {name: value for name, value in vars(thing).items() if name not in ("_gave", "layers", "arrays", "model")}
    arrays = [(id(array), array.tobytes()) for array in getattr(thing, "arrays", {}).values()]
    inside = [*getattr(thing, "layers", ()), *([thing.model] if hasattr(thing, "model") else [])]
    generator = str(thing.rng.bit_generator.state) if "_rng" in own else None
    return own, arrays, generator, [(id(one), everything(one)) for one in inside]


@pytest.mark.parametrize("name", CASES)
def test_what_was_given_is_as_it_was(name):
    things, fails = CASES[name]()
    before = [everything(thing) for thing in things]
    with pytest.raises((TypeError, ValueError, MemoryError)):
        fails()
    assert [everything(thing) for thing in things] == before


def test_it_is_of_use_to_another():
    first, last = Dense(3), Dense(2, kernel_initializer=no_numbers)
    with pytest.raises(ValueError, match="must give finite numbers"):
        chain(first, last)
    other = chain(Dense(5), first, Dense(1))
    assert [layer.name for layer in other.layers] == ["dense", "dense_1", "dense_2"]
    assert first.input_shape == (5,)
    # Nobody else has it.
    assert other.parameters is not None
    first = Reshape((2, 2))
    with pytest.raises(ValueError, match="do not fit"):
        first(Input((5,)))
    assert first(Input((4,))).shape == (None, 2, 2)
    unknown = Sequential([Dense(3), Reshape((3, 1))])
    with pytest.raises(ValueError, match="larger than any memory"):
        unknown.build((1 << 61,))
    assert unknown.predict(np.ones((2, 4))).shape == (2, 3)


def test_a_model_goes_on_as_if_it_had_not_been_added_to():
    data = np.random.default_rng(0).normal(size=(20, 4))
    models = []
    for fails in (False, True):
        model = chain(Dense(3, "tanh"), fastnn.layers.Dropout(0.5), Dense(1), seed=0)
        model.compile("adam", "mse")
        model.fit(data, data[:, 0], verbose=0)
        if fails:
            with pytest.raises(ValueError, match="must give finite numbers"):
                model.add(Dense(1, kernel_initializer=no_numbers))
        model.fit(data, data[:, 0], verbose=0)
        models.append(model)
    assert np.array_equal(*(model.parameters for model in models))
