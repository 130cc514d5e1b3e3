"""What models within a model share, with it and with one another, is shared in every file, description and copy."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn.layers import Add, BatchNormalization, Dense, Input
from fastnn.models import Model, Sequential, clone_model, model_from_json

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(9, 4)), RNG.normal(size=(9, 2))
TOLD = {"dtype": "float64", "seed": 0}


def graph_of(make):
    x = Input((4,))
    return Model(x, Dense(2)(make(x)), **TOLD)


def with_shared(shared):
    """A model that has this layer, and the layer."""
    x = Input((4,))
    return Model(x, Dense(4)(shared(x)), name="inner", **TOLD)


def a_layer_twice():
    shared = Dense(4, "tanh")
    return graph_of(lambda x: shared(shared(x)))


def a_layer_before_a_model_that_has_it(shared=None):
    shared = shared or Dense(4, "tanh", name="shared")
    inner = with_shared(shared)
    return graph_of(lambda x: inner(shared(x)))


def a_layer_behind_a_model_that_has_it():
    shared = Dense(4, "tanh", name="shared")
    inner = with_shared(shared)
    return graph_of(lambda x: shared(inner(x)))


def a_model_twice():
    inner = Sequential([Input((4,)), Dense(4, "tanh")], name="inner", **TOLD)
    return graph_of(lambda x: inner(inner(x)))


def two_models_that_share_a_layer():
    shared = Dense(4, "tanh", name="shared")
    one = Sequential([Input((4,)), shared], name="one", **TOLD)
    return Sequential([one, Sequential([Input((4,)), shared, Dense(4)], name="other", **TOLD), Dense(2)], **TOLD)


def a_model_beside_a_model_that_has_it():
    inner = Sequential([Input((4,)), Dense(4, "tanh")], name="inner", **TOLD)
    middle = Sequential([inner, Dense(4)], name="middle", **TOLD)
    return graph_of(lambda x: middle(inner(x)))


def two_models_that_share_a_model():
    inner = Sequential([Input((4,)), Dense(4, "tanh"), BatchNormalization()], name="inner", **TOLD)
    one, other = (Sequential([inner, Dense(4)], name=name, **TOLD) for name in ("one", "other"))
    return Sequential([one, other, Dense(2)], **TOLD)


def moving_statistics():
    return a_layer_before_a_model_that_has_it(BatchNormalization(name="shared"))


# Numbers of all arrays, each counted once, and how many of them there are.
MODELS = {
    a_layer_twice: (30, 4),
    a_layer_before_a_model_that_has_it: (50, 6),
    a_layer_behind_a_model_that_has_it: (50, 6),
    a_model_twice: (30, 4),
    two_models_that_share_a_layer: (50, 6),
    a_model_beside_a_model_that_has_it: (50, 6),
    two_models_that_share_a_model: (86, 12),
    moving_statistics: (46, 8),
}


def through_a_file(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    return fastnn.load_model(tmp_path / "model.safetensors")


def with_its_weights(made, model):
    made.set_weights(model.get_weights())
    made.compile("adam", "mse")
    return made


# Whether training goes on, and how the copy is made.
WAYS = {
    "file": (True, through_a_file),
    "copy": (True, lambda model, _: copy.copy(model)),
    "deepcopy": (True, lambda model, _: copy.deepcopy(model)),
    "pickle": (True, lambda model, _: pickle.loads(pickle.dumps(model))),
    "clone_model": (False, lambda model, _: with_its_weights(clone_model(model), model)),
    "to_json": (False, lambda model, _: with_its_weights(model_from_json(model.to_json()), model)),
    "get_config": (False, lambda model, _: with_its_weights(type(model).from_config(model.get_config()), model)),
}


def leaves(model):
    for layer in model.layers:
        yield from [layer] if layer.inner_model is None else leaves(layer.inner_model)


def structure(model):
    """Which layers and which arrays are the same, by the order in which each is met first."""
    layers, arrays = {}, {}
    return (
        [layers.setdefault(id(layer), len(layers)) for layer in leaves(model)],
        [arrays.setdefault(one.ctypes.data, len(arrays)) for layer in leaves(model) for one in layer.arrays.values()],
    )


def trained(model):
    model.fit(X, Y, epochs=2, batch_size=3, shuffle=False, verbose=0)
    return model.predict(X)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("make", MODELS)
def test_sharing_is_what_it_was(make, way, tmp_path):
    goes_on, copied = WAYS[way]
    model = make()
    model.compile("adam", "mse")
    trained(model)
    again = copied(model, tmp_path)
    assert structure(again) == structure(model)
    assert (again.count_params(), len(again.get_weights())) == MODELS[make]
    assert np.array_equal(again.predict(X), model.predict(X))
    # Not one number of the copy is the model's.
    mine, its = ([one for layer in leaves(each) for one in layer.arrays.values()] for each in (model, again))
    assert not any(np.shares_memory(one, other) for one, other in zip(mine, its, strict=True))
    before = model.get_weights()
    if not goes_on:
        model.compile("adam", "mse")
    outputs = trained(again)
    for one, other in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(outputs, trained(model))


@pytest.mark.parametrize("make", MODELS)
def test_totals_and_files_of_weights_count_each_array_once(make, tmp_path):
    model = make()
    lines = []
    model.summary(print_fn=lines.append)
    count = MODELS[make][0]
    assert f"parameters: {count} ({8 * count} B)" in lines[0]
    for name in ("weights.npz", "weights.safetensors"):
        model.save_weights(tmp_path / name)
        again = make()
        again.set_weights([np.ones_like(array) for array in model.get_weights()])
        again.load_weights(tmp_path / name)
        assert np.array_equal(again.predict(X), model.predict(X))
    with np.load(tmp_path / "weights.npz") as file:
        assert sum(array.size for array in file.values()) == count


@pytest.mark.parametrize("make", MODELS)
def test_callbacks_of_files_know_such_weights(make, tmp_path):
    model = make()
    model.compile("adam", "mse")
    saves = fastnn.callbacks.ModelCheckpoint(str(tmp_path / "model.safetensors"))
    stops = fastnn.callbacks.EarlyStopping("loss", patience=9, restore_best_weights=True)
    average = fastnn.callbacks.SwapEMAWeights()
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[stops, average, saves])
    again = fastnn.load_model(tmp_path / "model.safetensors")
    for one in (model, again):
        one.fit(X, Y, epochs=4, initial_epoch=2, verbose=0)
    backup = fastnn.callbacks.BackupAndRestore(str(tmp_path / "backup.safetensors"))
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[backup])
    assert again.count_params() == MODELS[make][0]


def test_a_model_of_no_shape_within_shares_too():
    shared = Dense(4, name="shared")
    model = Sequential([shared, Sequential([shared, Dense(4)], name="inner", **TOLD), Dense(2)], **TOLD)
    copies = [clone_model(model), model_from_json(model.to_json()), pickle.loads(pickle.dumps(model)), model]
    for one in copies:
        one.build((4,))
        assert one.count_params() == 50
    assert all(structure(one) == structure(model) for one in copies)


def test_a_file_calls_layers_so_often_and_no_more(tmp_path):
    # Each model calls the one within ten times: thirty thousand calls of a layer, in a file of a few KB.
    inner = Sequential([Input((1,)), Dense(1)], name="one")
    for number in range(4):
        x = Input((1,))
        value = x
        for _ in range(10):
            value = inner(value)
        inner = Model(x, value, name=f"model_{number}")
        if number == 0:
            inner.save(tmp_path / "model.safetensors")
            assert fastnn.load_model(tmp_path / "model.safetensors").count_params() == 2
    x = Input((1,))
    twice = Model(x, Add()([inner(x) for _ in range(3)]))
    with pytest.raises(ValueError, match="it calls layers more than 20,000 times"):
        twice.save(tmp_path / "model.safetensors")


def two_that_share_a_layer():
    shared = Dense(5, "tanh", name="shared")
    first = Sequential([Input((4,)), shared, BatchNormalization(), Dense(2)], **TOLD)
    return first, Sequential([Input((4,)), shared, Dense(2)], **TOLD)


def one_within_the_other():
    inner = Sequential([Input((4,)), Dense(5, "tanh"), Dense(2)], name="inner", **TOLD)
    return inner, Sequential([inner, Dense(2)], **TOLD)


def one_with_another_head():
    first = Sequential([Input((4,)), Dense(5, "tanh"), Dense(2)], **TOLD)
    return first, Model(first.input, Dense(2)(first.layers[0].output), **TOLD)


def state(model):
    """Everything that layers have, by who it is, and its bytes."""
    found = [id(model.plan), id(model.parameters), id(model.own_layer and model.own_layer())]
    for layer in [*model.layers, *leaves(model)]:
        arrays = [(id(array), array.tobytes()) for array in layer.arrays.values()]
        found.append((id(layer), layer.in_model, layer.shared, layer.name, layer.trainable, layer.output_shape, arrays))
    return found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("make", [two_that_share_a_layer, one_within_the_other, one_with_another_head])
def test_a_copy_of_one_of_two_shares_with_neither(make, place, way, tmp_path):
    models = make()
    for model in models:
        model.compile("adam", "mse")
        trained(model)
    before = [state(model) for model in models]
    again = WAYS[way][1](models[place], tmp_path)
    assert [state(model) for model in models] == before
    trained(again)
    again.trainable = False
    if isinstance(again, Sequential):
        again.add(Dense(3))
        again.pop()
    assert [state(model) for model in models] == before
    # All that it has is its own, and so in one vector, but where a model within it has another.
    assert (again.parameters is None) == any(layer.inner_model is not None for layer in again.layers)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("make", [two_that_share_a_layer, one_within_the_other, one_with_another_head])
@pytest.mark.parametrize("way", [copy.deepcopy, lambda models: pickle.loads(pickle.dumps(models))])
def test_models_that_are_copied_together_share_as_before(make, turned, way):
    models = make()[::-1] if turned else make()
    copies = way(models)
    for trains, other in ((0, 1), (1, 0)):
        for pair in (models, copies):
            before = pair[other].predict(X)
            pair[trains].compile("adam", "mse")
            trained(pair[trains])
            assert not np.array_equal(pair[other].predict(X), before)
        for one, same in zip(models, copies, strict=True):
            assert np.array_equal(one.predict(X), same.predict(X))


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_of_a_layer_has_its_weights_and_is_in_no_model(way):
    model = one_within_the_other()[1]
    for layer in (model.layers[1], *leaves(model)):
        again = way(layer)
        assert (again.in_model, again.shared) == (False, False)
        other = Sequential([Input(layer.input_shape), again], **TOLD)
        assert other.parameters is not None
        for one, same in zip(layer.get_weights(), other.get_weights(), strict=True):
            assert np.array_equal(one, same)
        kernel = layer.kernel.copy()
        again.kernel[...] = 0
        assert np.array_equal(layer.kernel, kernel)
    within = way(model.layers[0])
    assert within.model is not model.layers[0].model
    other = Sequential([within], **TOLD)
    within.model.set_weights([np.zeros_like(array) for array in within.model.get_weights()])
    assert not other.predict(X).any()
    assert model.layers[0].predict(X).any()
