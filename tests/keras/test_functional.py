"""The functional style: the same script in Keras and here, with the same weights, gives the same numbers and files."""

import copy

import numpy as np
import pytest

import fastnn.keras as ours
from fastnn.interop import from_keras, load_keras_weights
from fastnn.keras.lacking import LACKING
from fastnn.models.nested import ModelLayer

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning"),
    # The optimiser starts anew in Keras, as is said of these files.
    pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer"),
    pytest.mark.filterwarnings("ignore:Skipping nested container"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype(np.float32)
OTHER = RNG.normal(size=(40, 4)).astype(np.float32)
PRICE = X[:, :1] - OTHER[:, 1:2]
KIND = np.eye(3, dtype=np.float32)[RNG.integers(0, 3, 40)]


def residual(keras):
    layers = keras.layers
    x = keras.Input(shape=(4,))
    hidden = layers.Dense(4, activation="tanh")(x)
    hidden = layers.add([x, layers.Dense(4, activation="relu")(hidden)])
    hidden = layers.BatchNormalization()(layers.concatenate([hidden, x]))
    return keras.Model(inputs=x, outputs=layers.Dense(1)(hidden), name="residual")


def towers(keras):
    """Two inputs, two outputs, and a layer that is called twice, at different depths."""
    layers = keras.layers
    one, other = keras.Input((4,), name="one"), keras.Input((4,), name="other")
    shared = layers.Dense(4, activation="tanh", name="shared")
    left, right = shared(one), shared(layers.Dense(4)(other))
    both = layers.Concatenate()([left, layers.subtract([left, right]), layers.multiply([left, right])])
    price = layers.Dense(1, name="price")(both)
    kind = layers.Dense(3, activation="softmax", name="kind")(layers.maximum([left, right]))
    return keras.Model([one, other], [price, kind])


def named_outputs(keras):
    one, other = keras.Input((4,), name="one"), keras.Input((4,), name="other")
    hidden = keras.layers.average([keras.layers.Dense(5)(one), keras.layers.Dense(5)(other)])
    outputs = {"price": keras.layers.Dense(1)(hidden), "kind": keras.layers.Dense(3, activation="softmax")(hidden)}
    return keras.Model([one, other], outputs)


def within(keras):
    """A chain and a graph as layers, the chain twice."""
    layers = keras.layers
    tower = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="tanh"), layers.BatchNormalization()])
    begin = keras.Input((6,))
    inner = layers.Dense(3)(begin)
    head = keras.Model(begin, layers.minimum([inner, layers.Dense(3)(begin)]), name="head")
    one, other = keras.Input((4,)), keras.Input((4,))
    joined = head(layers.concatenate([tower(one), tower(other)]))
    return keras.Model([one, other], layers.Dense(1)(joined))


def from_another(keras):
    """The layers of a model, and a new one behind the last but one."""
    base = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, activation="relu"), keras.layers.Dense(2)])
    return keras.Model(base.inputs, keras.layers.Dense(1)(base.layers[-2].output))


def chained(keras):
    encoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="tanh")], name="encoder")
    decoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)], name="decoder")
    return keras.Sequential([encoder, decoder, keras.layers.Dense(1)])


MODELS = {make.__name__: make for make in (residual, towers, named_outputs, within, from_another, chained)}
TWO = ("towers", "named_outputs")


def data(name):
    x = [X, OTHER] if name in (*TWO, "within") else X
    y = {"towers": [PRICE, KIND], "named_outputs": {"price": PRICE, "kind": KIND}}.get(name, PRICE)
    return x, y


def compiled(keras, name, model):
    loss, metrics = "mse", ["mae"]
    if name in TWO:
        loss = {"price": "mse", "kind": "categorical_crossentropy"}
        metrics = {"price": ["mae"], "kind": ["accuracy"]}
    model.compile(keras.optimizers.SGD(0.05, momentum=0.5), loss, metrics=metrics, jit_compile=False)
    return model


def with_weights(model):
    """The same numbers in each model whose arrays come in the same order; those of variances are positive."""
    rng = np.random.default_rng(1)
    model.set_weights([np.abs(rng.normal(size=array.shape, scale=0.5)) for array in model.get_weights()])
    return model


# All in batches of one size: Keras over JAX compiles each operation for each.
def outputs(model, x):
    found = model.predict(x, batch_size=20, verbose=0)
    if isinstance(found, list):
        found = dict(zip(model.output_names, found, strict=True))
    return [found[key] for key in sorted(found)] if isinstance(found, dict) else [found]


def assert_same(found, expected, tolerance=2e-5):
    # Some dozen roundings of float32, in numbers of a few units.
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=tolerance)


@pytest.mark.parametrize("name", MODELS)
def test_the_same_script_gives_the_same_numbers(name, keras):
    mine, theirs = (compiled(module, name, with_weights(MODELS[name](module))) for module in (ours, keras))
    assert [array.shape for array in mine.get_weights()] == [array.shape for array in theirs.get_weights()]
    x, y = data(name)
    assert_same(outputs(mine, x), outputs(theirs, x))
    how = {"epochs": 2, "batch_size": 20, "shuffle": False, "verbose": 0, "validation_data": (x, y)}
    history, expected = (model.fit(x, y, **how).history for model in (mine, theirs))
    assert set(history) == set(expected)
    for key, values in expected.items():
        # Of twenty samples near the border one may be on its other side.
        np.testing.assert_allclose(
            history[key], values, rtol=1e-3, atol=0.05 if "accuracy" in key else 1e-4, err_msg=key
        )
    assert_same(mine.get_weights(), theirs.get_weights(), 1e-4)
    assert len(mine.evaluate(x, y, verbose=0)) == len(mine.metrics_names)
    found = mine.evaluate(x, y, verbose=0, return_dict=True)
    for key, value in theirs.evaluate(x, y, batch_size=20, verbose=0, return_dict=True).items():
        assert found[key] == pytest.approx(value, rel=1e-3, abs=1e-4), key


@pytest.mark.parametrize("name", MODELS)
def test_layers_stand_where_keras_has_them(name, keras, tmp_path):
    """Inputs among them, so that model.layers[1] is the same layer in both."""
    mine, theirs = MODELS[name](ours), MODELS[name](keras)
    mine.save(tmp_path / "model.safetensors")
    again = ours.models.load_model(tmp_path / "model.safetensors")
    for model in (mine, copy.copy(mine), again, ours.models.clone_model(mine)):
        assert len(model.layers) == len(theirs.layers)
        for one, other in zip(model.layers, theirs.layers, strict=True):
            assert isinstance(one, ours.layers.InputLayer) is isinstance(other, keras.layers.InputLayer)
            assert [array.shape for array in one.get_weights()] == [array.shape for array in other.get_weights()]
        assert model.get_layer(index=0) is model.layers[0]
    with_weights(mine)
    for number, layer in enumerate(again.layers):
        layer.set_weights(mine.layers[number].get_weights())
    x, _ = data(name)
    assert_same(outputs(again, x), outputs(mine, x), 0)
    rows = []
    mine.summary(print_fn=rows.append)
    assert rows[0].count("(Input)") == sum(isinstance(one, ours.layers.InputLayer) for one in every_layer(mine))


def every_layer(model):
    """All layers, those of models within behind them."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, ModelLayer):
            yield from every_layer(layer.model)


@pytest.mark.parametrize("name", MODELS)
def test_keras_opens_our_files(name, keras, tmp_path):
    pytest.importorskip("h5py")
    model = compiled(ours, name, with_weights(MODELS[name](ours)))
    x, y = data(name)
    expected = outputs(model, x)
    for ending in (".keras", ".h5"):
        model.save(tmp_path / f"model{ending}")
        theirs = keras.models.load_model(tmp_path / f"model{ending}")
        assert_same(outputs(theirs, x), expected)
        assert theirs.compiled
        if name == "towers":
            assert theirs.output_names == ["price", "kind"]
        again = ours.models.load_model(tmp_path / f"model{ending}")
        assert type(again) is type(model)
        assert again.metrics_names == model.metrics_names
        assert_same(outputs(again, x), expected, 0)
        np.testing.assert_array_equal(
            again.train_on_batch(x, y), copy.deepcopy(model).train_on_batch(x, y), "goes on to the last bit"
        )
    theirs.set_weights([np.zeros(array.shape) for array in theirs.get_weights()])
    for number, ending in enumerate((".weights.h5", ".h5")):
        place = tmp_path / f"weights{number}{ending}"
        model.save_weights(place)
        theirs.load_weights(place)
        assert_same(outputs(theirs, x), expected)
        again.set_weights([np.zeros(array.shape) for array in again.get_weights()])
        again.load_weights(place)
        assert_same(outputs(again, x), expected, 0)


@pytest.mark.parametrize("name", MODELS)
def test_we_open_files_of_keras(name, keras, tmp_path):
    pytest.importorskip("h5py")
    theirs = compiled(keras, name, with_weights(MODELS[name](keras)))
    x, _ = data(name)
    expected = outputs(theirs, x)
    assert_same(outputs(from_keras(theirs), x), expected)
    for ending in (".keras", ".h5"):
        theirs.save(tmp_path / f"model{ending}")
        assert_same(outputs(from_keras(tmp_path / f"model{ending}"), x), expected)
        again = ours.models.load_model(tmp_path / f"model{ending}")
        assert_same(outputs(again, x), expected)
        assert again.loss is not None
    model = MODELS[name](ours)
    theirs.save_weights(tmp_path / "some.weights.h5")
    for path in (tmp_path / "some.weights.h5", tmp_path / "model.keras"):
        model.set_weights([np.zeros(array.shape) for array in model.get_weights()])
        load_keras_weights(model, path)
        assert_same(outputs(model, x), expected)


@pytest.mark.parametrize("name", MODELS)
def test_texts(name):
    model = with_weights(MODELS[name](ours))
    again = ours.models.model_from_json(model.to_json())
    assert type(again) is type(model)
    assert again.count_params() == model.count_params()
    assert again.input_names == model.input_names
    if not any(isinstance(layer, ModelLayer) for layer in model.layers):
        again.set_weights(model.get_weights())
        x, _ = data(name)
        assert_same(outputs(again, x), outputs(model, x), 0)


def test_outputs_of_a_dict():
    model = named_outputs(ours)
    for found in (model.predict([X, OTHER]), model([X, OTHER]), copy.copy(model).predict_on_batch([X, OTHER])):
        assert list(found) == ["kind", "price"]
        assert found["price"].shape == (40, 1)
    assert model.output_names == ("kind", "price")


def test_old_spellings(told):
    x = ours.Input(shape=(4,))
    with told() as messages:
        model = ours.Model(input=x, output=ours.layers.Dense(1, activation="sigmoid")(x))
        model.compile("sgd", "mse")
        model.fit(X, PRICE, nb_epoch=1, verbose=0)
        assert model.predict_classes(X).shape == (40, 1)
    assert [message.partition(" is an old")[0] for message in messages] == [
        "Model(input=...)", "Model(output=...)", "Model.fit(nb_epoch=...)", "model.predict_classes(x)",
    ]  # fmt: skip


def test_one_feature_for_each_of_two_inputs():
    one, other = ours.Input((1,)), ours.Input((1,))
    model = ours.Model([one, other], ours.layers.Dense(1)(ours.layers.concatenate([one, other])))
    column = X[:, 0]
    np.testing.assert_array_equal(model.predict([column, column]), model.predict([column[:, None]] * 2))


def subclass():
    class Mine(ours.Model):
        def __init__(self):
            super().__init__()

    return Mine()


REFUSED = {
    "a class of one's own": (subclass, TypeError, r"Mine needs inputs and outputs.*or a call: "),
    "an unknown argument": (lambda: ours.Model(1, 2, out=3), TypeError, "Model has no argument 'out'"),
    "a merge of one": (lambda: ours.layers.add([ours.Input((2,))]), ValueError, "at least two inputs"),
    "another text": (lambda: ours.models.model_from_json("{}"), ValueError, "must be that of a Sequential or Model"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    act, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize("name", LACKING["Model"])
def test_what_models_lack_says_what_to_write(name, keras):
    assert any(one.startswith(name) for one in dir(keras.Model))
    for model in (residual(ours), chained(ours)):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}', which Keras has: "):
            getattr(model, name)


def test_every_attribute_of_keras_models_has_an_answer(keras):
    for mine, theirs in ((residual(ours), keras.Model), (chained(ours), keras.Sequential)):
        there = {*dir(mine), "trainable"}
        unsaid = []
        for name in dir(theirs):
            # What serves Keras itself.
            itself = ("supports_", "input_spec", "compute_mask", "metrics_variables", "get_quant", "jax_", "jit_")
            said = (*LACKING["Model"], *itself, "rematerialized", "symbolic", "_")
            if not name.startswith(said) and name not in there:
                unsaid.append(name)
        assert unsaid == [], unsaid


def test_adversaries_train_each_other_as_in_keras(keras):
    """Two models within a third, one of them frozen there, trained in turn on batches."""

    def trained(module):
        generator = module.Sequential([module.Input((4,)), module.layers.Dense(4, activation="tanh")], name="generator")
        judge = [
            module.Input((4,)),
            module.layers.Dense(3, activation="tanh"),
            module.layers.Dense(1, activation="sigmoid"),
        ]
        discriminator = module.Sequential(judge, name="discriminator")
        for model in (generator, discriminator):
            with_weights(model)
        rate = module.optimizers.SGD(0.1)
        discriminator.compile(rate, "binary_crossentropy", jit_compile=False)
        discriminator.trainable = False
        noise = module.Input((4,))
        whole = module.Model(noise, discriminator(generator(noise)))
        whole.compile(module.optimizers.SGD(0.1), "binary_crossentropy", jit_compile=False)
        ones, zeros = np.ones((20, 1), np.float32), np.zeros((20, 1), np.float32)
        for _ in range(3):
            made = np.asarray(generator.predict(X[:20], verbose=0))
            discriminator.train_on_batch(OTHER[:20], ones)
            discriminator.train_on_batch(made, zeros)
            whole.train_on_batch(X[:20], ones)
        return [generator, discriminator, whole]

    for mine, theirs in zip(trained(ours), trained(keras), strict=True):
        assert_same(mine.get_weights(), theirs.get_weights(), 1e-5)
        assert_same(outputs(mine, X), outputs(theirs, X))
