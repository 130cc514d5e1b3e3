"""Models that share layers, and models within models: the same weights in each, whoever trains them."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import fastnn
from fastnn.layers import Add, BatchNormalization, Concatenate, Dense, Dropout, Flatten, Input, Rescaling
from fastnn.models import Model, Sequential, model_from_json
from fastnn.models.nested import ModelLayer

X = np.random.default_rng(0).normal(size=(48, 4))
Y = X[:, :1] - X[:, 1:2]


def base():
    layers = [Input((4,)), Dense(6, "tanh", name="first"), BatchNormalization(), Dense(3, "relu"), Dense(1)]
    return Sequential(layers, seed=0, dtype="float64")


def trained(model, epochs=3, optimizer="adam"):
    model.compile(optimizer, "mse")
    model.fit(X, np.zeros((48, *model.output_shape)) + Y, epochs=epochs, batch_size=8, verbose=0)
    return model


def features(model):
    return Model(model.input, model.layers[-2].output, dtype="float64")


def with_new_head(model):
    return Model(model.inputs, Dense(1, name="head")(model.get_layer("first").output), dtype="float64", seed=1)


def added_to_another(model):
    return Sequential([*model.layers[:-1], Dense(1, name="head")], dtype="float64", seed=1)


def within_a_chain(model):
    return Sequential([model, Dense(1, name="head")], dtype="float64", seed=1)


def within_a_graph(model):
    x = Input((4,))
    return Model(x, Dense(1, name="head")(Concatenate()([model(x), x])), dtype="float64", seed=1)


WAYS = {make.__name__: make for make in (features, with_new_head, added_to_another, within_a_chain, within_a_graph)}


@pytest.mark.parametrize("way", WAYS)
def test_training_either_changes_both(way):
    one = trained(base())
    other = WAYS[way](one)
    kernel = one.get_layer("first").arrays["kernel"]
    for first, second in ((one, other), (other, one)):
        before, outputs = kernel.copy(), second.predict(X)
        trained(first)
        assert not np.array_equal(kernel, before)
        assert one.get_layer("first").arrays["kernel"] is kernel
        assert not np.array_equal(second.predict(X), outputs)
        # What it predicts is what its arrays say: a model of their copies predicts the same.
        assert np.array_equal(copy.deepcopy(second).predict(X), second.predict(X))


@pytest.mark.parametrize("way", WAYS)
def test_a_shared_model_trains_as_one_of_its_own(way):
    shared = WAYS[way](trained(base()))
    alone = copy.deepcopy(shared)
    again = pickle.loads(pickle.dumps(shared))
    for model in (shared, alone, again):
        trained(model)
    for copied in (alone, again):
        for one, other in zip(shared.get_weights(), copied.get_weights(), strict=True):
            assert np.array_equal(one, other)


@pytest.mark.parametrize("way", WAYS)
def test_files_and_descriptions(way, tmp_path):
    model = trained(WAYS[way](trained(base())))
    model.save(tmp_path / "model.safetensors")
    again = fastnn.load_model(tmp_path / "model.safetensors")
    assert np.array_equal(again.predict(X), model.predict(X))
    described = [model_from_json(model.to_json()), type(model).from_config(model.get_config())]
    for made in described:
        assert made.get_config() == model.get_config()
        made.set_weights(model.get_weights())
        assert np.array_equal(made.predict(X), model.predict(X))
    model.save_weights(tmp_path / "weights.npz")
    described[0].set_weights([np.zeros_like(array) for array in model.get_weights()])
    described[0].load_weights(tmp_path / "weights.npz")
    assert np.array_equal(described[0].predict(X), model.predict(X))
    # Training goes on from the file to the last bit.
    for one in (model, again):
        one.fit(X, np.zeros((48, *one.output_shape)) + Y, epochs=4, initial_epoch=3, batch_size=8, verbose=0)
    assert np.array_equal(again.predict(X), model.predict(X))


def test_steps_on_batches_in_turn():
    """As adversarial training does: each step must see what the other has done."""
    one = base()
    whole = within_a_chain(one)
    apart = [copy.deepcopy(one), None]
    apart[1] = within_a_chain(apart[0])
    for model in (one, whole, *apart):
        model.compile(fastnn.optimizers.Adam(0.01), "mse")
    for _ in range(3):
        for model in (one, whole):
            model.train_on_batch(X, Y)
        # The same, with new trainers at each step.
        for model in apart:
            model.train_on_batch(X, Y)
            for each in apart:
                each._forget_training()
    for first, second in zip(whole.get_weights(), apart[1].get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_lbfgs_of_shared_layers():
    shared = Sequential([base(), Dense(1)], dtype="float64", seed=1)
    alone = copy.deepcopy(shared)
    shared.compile("lbfgs", "mse")
    before = shared.evaluate(X, Y)
    own = trained(shared, 10, "lbfgs").get_weights()
    for one, other in zip(own, trained(alone, 10, "lbfgs").get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert shared.parameters is None
    assert shared.evaluate(X, Y) < before / 2


def test_what_changes_in_one_leaves_the_other_whole():
    one = trained(base())
    other = added_to_another(one)
    outputs, kernel = other.predict(X), other.layers[0].arrays["kernel"]
    one.pop()
    one.add(Dense(2, name="wider"))
    assert np.array_equal(other.predict(X), outputs)
    assert one.layers[0].arrays["kernel"] is kernel
    trained(one)
    assert not np.array_equal(other.predict(X), outputs)


def test_symbolic_ends():
    model = base()
    assert model.input is model.inputs[0] is model.layers[0].input
    assert model.output is model.layers[-1].output
    assert model.layers[1].input is model.layers[0].output
    assert model.output.shape == (None, 1)
    last = model.layers[-2].output
    model.pop()
    assert model.output is last, "what a model keeps of its layers stays, and with it what is made of it"
    two = Model([a := Input((2,)), b := Input((3,))], [first := Dense(1)(a), second := Dense(2)(b)])
    assert two.inputs == [a.tensor, b.tensor]
    assert two.output == two.outputs == [first, second]
    merged = Add()([a, a])
    assert merged.layer.input == [a.tensor, a.tensor]


def test_loaded_models_have_ends_too(tmp_path):
    model = within_a_graph(base())
    model.save(tmp_path / "model.safetensors")
    again = fastnn.load_model(tmp_path / "model.safetensors")
    inner = Model(again.input, again.layers[0].output, dtype="float64")
    assert np.array_equal(inner.predict(X), model.layers[0].model.predict(X))


def test_a_model_that_nobody_needs_is_freed_at_once():
    gc.disable()
    try:
        model = base()
        gone = weakref.ref(model.layers[0])
        inner = model.layers[0].output
        del model, inner
        assert gone() is None
        outer = within_a_chain(base())
        gone = weakref.ref(outer.layers[0].model)
        del outer
        assert gone() is None
    finally:
        gc.enable()


def test_a_model_within_is_a_layer(capsys):
    inner = base()
    outer = within_a_chain(inner)
    (layer, head) = outer.layers
    assert isinstance(layer, ModelLayer)
    assert (layer.name, head.name) == ("sequential", "head")
    assert layer.count_params() == inner.count_params()
    assert outer.count_params() == inner.count_params() + 2
    assert layer.layers is inner.layers
    assert (layer.input_shape, layer.output_shape) == ((4,), (1,))
    outer.summary()
    text = capsys.readouterr().out
    assert "sequential (ModelLayer)" in text
    assert "  first (Dense)" in text
    twice = Sequential([base(), Dense(4), base()], dtype="float64")
    assert [layer.name for layer in twice.layers] == ["sequential", "dense", "sequential_1"]


def test_a_model_that_is_called_twice_shares_its_weights():
    a, b = Input((4,)), Input((4,))
    tower = Sequential([Dense(3, "tanh")], name="tower", dtype="float64", seed=0)
    model = Model([a, b], Dense(1)(Concatenate()([tower(a), tower(b)])), dtype="float64", seed=0)
    assert [layer.name for layer in model.layers] == ["tower", "concatenate", "dense"]
    assert model.count_params() == 15 + 7
    shared = Dense(3, "tanh")
    same = Model([a, b], Dense(1)(Concatenate()([shared(a), shared(b)])), dtype="float64")
    same.set_weights(model.get_weights())
    for one in (model, same):
        one.compile("sgd", "mse")
        one.fit([X, X[::-1]], Y, epochs=2, shuffle=False, verbose=0)
    assert np.array_equal(model.predict([X, X]), same.predict([X, X]))


def test_a_model_within_does_not_seed_the_one_around_it():
    def around(seed, inner_seed=None):
        inner = Sequential([Input((4,)), Dense(4), Dropout(0.5, seed=inner_seed)], seed=7)
        x = Input((4,))
        model = Model(x, Dense(1)(inner(x)), seed=seed)
        model.build()
        return model.seed

    assert around(1) != around(2)
    # A layer's own seed is asked for, wherever it is.
    assert around(1, inner_seed=3) == around(2, inner_seed=3) != around(2, inner_seed=4)


def test_dropout_and_scaling_within():
    inner = Sequential([Input((4,)), Rescaling(0.5), Dense(8, "relu"), Dropout(0.5)], seed=0)
    outer = Sequential([inner, Dense(1)], seed=0)
    plain = Sequential([Input((4,)), Rescaling(0.5), Dense(8, "relu"), Dropout(0.5), Dense(1)], seed=0)
    plain.set_weights(outer.get_weights())
    assert np.array_equal(outer.predict(X), plain.predict(X))
    first = trained(outer).evaluate(X, Y)
    assert np.isfinite(first)
    # Behind another layer, too.
    model = Model(x := Input((2,)), inner(Dense(4, "tanh", name="before")(x)), seed=0)
    given = X[:, :2]
    before = Model(model.input, model.get_layer("before").output).predict(given)
    np.testing.assert_array_equal(model.predict(given), inner.predict(before))


def test_layers_that_models_named_alike_are_told_apart(tmp_path):
    one = Sequential([Input((3,)), Dense(4), Dense(2)], seed=0)
    other = Sequential([Input((3,)), Dense(4), Dense(5), Dense(6)], seed=1)
    # The other one's layers go on to have names of their own there, too.
    both = Model([one.input, other.input], Concatenate()([one.output, other.layers[1].output]))
    for model in (one, other, both):
        names = [layer.name for layer in model.layers]
        assert len(set(names)) == len(names), names
        model.save(tmp_path / "model.safetensors")
        again = fastnn.load_model(tmp_path / "model.safetensors")
        x = [X[:, :3]] * len(model.input_names)
        x = x if len(x) > 1 else x[0]
        np.testing.assert_array_equal(again.predict(x), model.predict(x))


def two_outputs():
    x = Input((4,))
    return Model(x, [Dense(1)(x), Dense(2)(x)], name="two")


def changed_within():
    inner = base()
    outer = within_a_chain(inner)
    assert outer.built
    inner.add(Dense(1))


def of_another_shape():
    layer = Dense(2, name="taken")
    Sequential([Input((3,)), layer])
    Sequential([Input((4,)), layer])


REFUSED = {
    "another dtype": (lambda: Sequential([Input((4,)), base().layers[0]]), "first is float64 in another model"),
    "a model of another dtype": (
        lambda: Sequential([base(), Dense(1)]),
        "sequential is float64, and shares its weights",
    ),
    "a model of two outputs": (
        lambda: Sequential([Input((4,)), two_outputs()]),
        r"two \(ModelLayer\) gives 2 values, and a chain goes on from one",
    ),
    "a model of no layers": (lambda: Sequential([Sequential(name="none")]), "the model none has no layers"),
    "a model that others hold": (changed_within, "the model is a layer of another"),
    "another shape": (of_another_shape, r"another model has it, too, where it takes samples of shape \(3,\)"),
    "another shape for a model": (lambda: base()(Input((5,))), r"made for samples of shape \(4,\)"),
    "one layer twice": (
        lambda: Sequential([one := Dense(4, input_shape=(4,)), one]),
        "there is a layer 'dense' already",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    make, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        make()


def test_a_layer_without_a_model_has_no_ends():
    with pytest.raises(RuntimeError, match="Dense has no input and no output"):
        _ = Dense(3).output
    assert not hasattr(Flatten(), "kernel")
