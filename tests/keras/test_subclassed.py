"""Classes of models and of layers whose ``call`` says how layers are connected: in Keras and here the same numbers."""

import copy

import numpy as np
import pytest

import fastnn.keras as ours
from fastnn.models.nested import ModelLayer

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # Keras says so of classes with a build that it does not call.
    pytest.mark.filterwarnings("ignore:.*does not have a `build.*"),
    pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning"),
]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype(np.float32)
OTHER = RNG.normal(size=(40, 3)).astype(np.float32)
PRICE = X[:, :1] - OTHER[:, 1:2]
KIND = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def plain(keras):
    """Layers in another order than that of their calls, and one that is called twice."""

    class Plain(keras.Model):
        def __init__(self, units=6):
            super().__init__()
            self.classifier = keras.layers.Dense(3, activation="softmax")
            self.hidden = keras.layers.Dense(units, activation="relu")
            self.mixed = keras.layers.Dense(units)

        def call(self, inputs):
            x = self.hidden(inputs)
            x = keras.activations.tanh(self.mixed(x))
            return self.classifier(self.mixed(x))

    return Plain()


def lists(keras):
    """Layers in lists and dicts, ways round them, and a normalisation."""

    class Lists(keras.Model):
        def __init__(self, depth, **options):
            super().__init__(**options)
            self.first = keras.layers.Dense(5, activation="relu")
            self.steps = [keras.layers.Dense(5, activation="tanh") for _ in range(depth)]
            self.ends = {"norm": keras.layers.BatchNormalization(), "out": keras.layers.Dense(3)}

        def call(self, x, training=None):
            x = self.first(x)
            for step in self.steps:
                x = step(x) + x
            x = self.ends["norm"](x, training=training)
            return keras.ops.softmax(self.ends["out"](x))

    return Lists(2, name="lists")


def blocks(keras):
    """Layers of one's own within, twice, one of which makes layers in build; and a model within."""

    class Block(keras.layers.Layer):
        def __init__(self, units, **options):
            super().__init__(**options)
            self.units = units
            self.norm = keras.layers.BatchNormalization()

        def build(self, input_shape):
            self.wide = keras.layers.Dense(self.units, activation="relu")
            self.back = keras.layers.Dense(input_shape[-1])
            super().build(input_shape)

        def call(self, inputs, training=False):
            return keras.layers.add([self.back(self.norm(self.wide(inputs), training=training)), inputs])

    class Blocks(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.other = Block(7), Block(2)
            self.head = keras.Sequential([keras.layers.Dense(4, activation="relu"), keras.layers.Dense(3)])

        def call(self, inputs, training=False):
            x = self.one(inputs, training=training)
            return keras.activations.softmax(self.head(self.other(x, training=training)))

    return Blocks()


def two_inputs(keras):
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = keras.layers.Dense(4), keras.layers.Dense(4)
            self.price = keras.layers.Dense(1)

        def call(self, inputs):
            one, other = inputs
            left, right = self.left(one), self.right(other)
            both = keras.layers.concatenate([left * right, left - right, keras.ops.maximum(left, right)])
            return self.price(both)

    return Two()


MODELS = {make.__name__: make for make in (plain, lists, blocks, two_inputs)}


def data(name):
    return ([X, OTHER], PRICE) if name == "two_inputs" else (X, KIND)


def with_weights(model):
    """The same numbers in each model whose arrays come in the same order; those of variances are positive."""
    rng = np.random.default_rng(1)
    model.set_weights([np.abs(rng.normal(size=array.shape, scale=0.5)) for array in model.get_weights()])
    return model


def compiled(keras, name, model):
    loss = "mse" if name == "two_inputs" else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(0.05, momentum=0.5), loss, jit_compile=False)
    return model


@pytest.mark.parametrize("name", MODELS)
def test_the_same_class_gives_the_same_numbers(name, keras):
    x, y = data(name)
    models = []
    for module in (ours, keras):
        model = compiled(module, name, MODELS[name](module))
        first = [one[:20] for one in x] if isinstance(x, list) else x[:20]
        assert np.asarray(model(first)).shape == (20, 1 if name == "two_inputs" else 3)
        models.append(with_weights(model))
    mine, theirs = models
    assert [array.shape for array in mine.get_weights()] == [array.shape for array in theirs.get_weights()]
    # Some dozen roundings of float32, in numbers of a few units.
    np.testing.assert_allclose(mine.predict(x), theirs.predict(x, batch_size=20, verbose=0), rtol=2e-5, atol=2e-5)
    how = {"epochs": 3, "batch_size": 20, "shuffle": False, "verbose": 0}
    found, expected = (model.fit(x, y, **how).history for model in models)
    # Six steps, each of which carries on the roundings of those before.
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-4)
    for one, other in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(mine(x), np.asarray(theirs(x)), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("ending", [".keras", ".h5", ".safetensors"])
def test_files(name, ending, tmp_path, keras):
    pytest.importorskip("h5py")
    x, y = data(name)
    model = compiled(ours, name, MODELS[name](ours))
    model.fit(x, y, verbose=0)
    model.save(tmp_path / f"model{ending}")
    again = ours.models.load_model(tmp_path / f"model{ending}")
    assert type(again) is ours.Model
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    np.testing.assert_array_equal(again.train_on_batch(x, y), copy.deepcopy(model).train_on_batch(x, y))
    np.testing.assert_array_equal(ours.models.clone_model(model).get_weights()[0].shape, model.get_weights()[0].shape)
    if ending != ".safetensors":
        theirs = keras.models.load_model(tmp_path / f"model{ending}", compile=False)
        found = theirs.predict(x, batch_size=20, verbose=0)
        np.testing.assert_allclose(found, model.predict(x), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("name", MODELS)
def test_weights_go_to_another_of_the_class(name, tmp_path):
    pytest.importorskip("h5py")
    x, _ = data(name)
    model, other = MODELS[name](ours), MODELS[name](ours)
    shapes = [(None, 4), (None, 3)] if name == "two_inputs" else (None, 4)
    for one in (model, other):
        one.build(shapes)
        one.build(shapes)
    for number, ending in enumerate((".weights.h5", ".h5", ".npz", "")):
        with_weights(model)
        model.save_weights(tmp_path / f"weights{number}{ending}")
        other.set_weights([np.zeros_like(array) for array in other.get_weights()])
        other.load_weights(tmp_path / f"weights{number}{ending}")
        np.testing.assert_array_equal(other.predict(x), model.predict(x))


class Dropping(ours.Model):
    def __init__(self, how):
        super().__init__()
        self.hidden, self.dropout, self.out = ours.layers.Dense(50), ours.layers.Dropout(0.5), ours.layers.Dense(1)
        self.how = how

    def call(self, x, training=None):
        x = self.hidden(x)
        if self.how == "asks":
            if training:
                x = self.dropout(x)
        elif self.how == "hands on":
            x = self.dropout(x, training=training)
        else:
            x = self.dropout(x)
        return self.out(x)


def test_dropout_however_it_is_called():
    """The same numbers each way: it is there in training, and not in prediction."""
    found = []
    for how in ("asks", "hands on", "by itself"):
        ours.utils.set_random_seed(3)
        model = Dropping(how)
        model.compile("sgd", "mse")
        model.build((None, 4))
        np.testing.assert_array_equal(model.predict(X), model.predict(X))
        assert [type(layer).__name__ for layer in model.layers] == ["Dense", "Dropout", "Dense"]
        before = model.evaluate(X, PRICE)
        found.append((before, model.fit(X, PRICE, epochs=1, batch_size=40, verbose=0).history["loss"]))
        # Half of what is added up is missing: another loss than that of before the step.
        assert abs(found[-1][1][0] - before) > 1e-3
    assert found[0] == found[1] == found[2]


def test_the_parts_remain_models():
    class Autoencoder(ours.Model):
        def __init__(self):
            super().__init__()
            self.encoder = ours.Sequential([ours.layers.Dense(2, activation="relu")])
            self.decoder = ours.Sequential([ours.layers.Dense(4)])

        def call(self, x):
            return self.decoder(self.encoder(x))

    model = Autoencoder()
    model.compile(optimizer="adam", loss="mse")
    model.fit(X, X, epochs=2, verbose=0, validation_data=(X, X))
    codes = model.encoder(X).numpy()
    assert codes.shape == (40, 2)
    np.testing.assert_allclose(model.decoder(codes).numpy(), model.predict(X), rtol=1e-6)
    assert all(isinstance(layer, ModelLayer) for layer in model.layers)
    assert len(model.encoder.trainable_weights) == 2


def test_several_outputs():
    class Several(ours.Model):
        def __init__(self):
            super().__init__()
            self.price, self.kind = ours.layers.Dense(1), ours.layers.Dense(3, activation="softmax")

        def call(self, x):
            return {"price": self.price(x), "kind": self.kind(x)}

    losses = {"price": "mse", "kind": "sparse_categorical_crossentropy"}
    model = Several()
    model.compile("sgd", losses, metrics={"kind": ["accuracy"]})
    model.fit(X, {"price": PRICE, "kind": KIND}, verbose=0)
    assert model.metrics_names == ["loss", "kind_loss", "price_loss", "kind_accuracy"]
    assert {name: array.shape for name, array in model.predict(X).items()} == {"kind": (40, 3), "price": (40, 1)}
    late = Several()
    late.compile("sgd", losses)
    with pytest.raises(ValueError, match=r"several outputs: call build\(\(None, ...\)\)"):
        late.fit(iter([(X, {"price": PRICE, "kind": KIND})]), verbose=0)


def test_shapes_come_from_whatever_comes_first():
    def made():
        model = plain(ours)
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    for first in (
        lambda model: model.predict(X),
        lambda model: model(X),
        lambda model: model.evaluate(X, KIND, verbose=0),
        lambda model: model.train_on_batch(X, KIND),
        lambda model: model.fit(iter([(X, KIND)]), verbose=0),
        lambda model: model.build((None, 4)),
        lambda model: model.build((32, 4)),
        lambda model: model.build(input_shape=(4,)),
        lambda model: model(ours.Input((4,))),
        lambda model: ours.Sequential([ours.Input((4,)), model]),
    ):
        model = made()
        first(model)
        assert model.input_shape == (4,)
        # As the attributes are assigned, and behind them what the call has made.
        assert list(model.layers[:3]) == [model.classifier, model.hidden, model.mixed]
        assert len(model.layers) == 4
        model.summary(print_fn=lambda text: None)


def test_a_lambda():
    layers = ours.layers
    model = ours.Sequential(
        [ours.Input((4,)), layers.Lambda(lambda x: x / 2 - 1), layers.Lambda(lambda x, a: x * x, arguments={"a": 1})]
    )
    np.testing.assert_allclose(model.predict(X), (X / 2 - 1) ** 2, rtol=1e-5)
    x = ours.Input((4,))
    twice = layers.Lambda(lambda values: ours.ops.relu(values))
    model = ours.Model(x, layers.add([twice(x), twice(layers.Dense(4)(x))]))
    assert model.predict(X).shape == (40, 4)
    assert isinstance(twice, layers.Layer)
    with pytest.raises(TypeError, match=r"Lambda\.call cannot be described.*mean"):
        ours.Model(x, layers.Lambda(lambda values: np.mean(values, axis=1))(x))


def test_a_lambda_that_is_first():
    first = ours.layers.Lambda(lambda x: x / 2, input_shape=(4,))
    model = ours.Sequential([first, ours.layers.Dense(1)])
    assert model.count_params() == 5
    assert model.layers[0].get_weights() == []


def test_what_does_not_change_any_more():
    model = plain(ours)
    model.build((None, 4))
    with pytest.raises(AttributeError, match="hidden cannot be assigned: the call of plain is described already"):
        model.hidden = ours.layers.Dense(6)
    again = copy.copy(model)
    assert type(again) is type(model)
    assert again.hidden is again.layers[1]
    assert again.hidden is not model.hidden
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_an_init_that_forgets_the_base_class():
    class Forgets(ours.Model):
        def __init__(self):
            self.dense = ours.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    for ask in (lambda: Forgets()(X), lambda: Forgets().compile("sgd", "mse"), lambda: Forgets().predict(X)):
        with pytest.raises(AttributeError, match=r"its __init__ must call super\(\).__init__\(\) first"):
            ask()


def test_what_a_layer_is():
    assert isinstance(ours.layers.Dense(1), ours.layers.Layer)
    assert isinstance(plain(ours), ours.Layer)
    assert issubclass(ours.Model, ours.layers.Layer)
    assert not isinstance(1, ours.layers.Layer)


def test_training_told_to_layers_and_models_of_graphs():
    """Keras' argument, which no call may take in silence."""
    layers = ours.layers
    x = ours.Input((4,))
    assert layers.Dense(3)(x, training=True).shape == (None, 3)
    assert layers.Dropout(0.5)(x, training=None).shape == (None, 4)
    inner = ours.Sequential([ours.Input((4,)), layers.BatchNormalization(), layers.Dense(1)])
    for layer in (layers.Dropout(0.5), layers.BatchNormalization(), layers.GaussianNoise(1.0), inner):
        for training in (True, False):
            with pytest.raises(TypeError, match=f"cannot be called with training={training}: it acts by itself"):
                layer(x, training=training)


def encoder_and_decoder(k):
    class Encoder(k.Model):
        def __init__(self):
            super().__init__()
            self.trunk = k.layers.Dense(5, activation="tanh")
            self.spread, self.mean = k.layers.Dense(3), k.layers.Dense(3)

        def call(self, x):
            trunk = self.trunk(x)
            return self.mean(trunk), self.spread(trunk)

    class Both(k.Model):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = Encoder(), k.layers.Dense(4)

        def call(self, x):
            mean, spread = self.encoder(x)
            return self.decoder(mean + spread * mean)

    return Both()


def test_a_model_within_gives_several_values(keras, tmp_path):
    x = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    found = []
    for k in (ours, keras):
        model = encoder_and_decoder(k)
        model.compile(optimizer=k.optimizers.SGD(0.1), loss="mse")
        # Its weights are there from now on.
        model.predict(x, verbose=0)
        rng = np.random.default_rng(1)
        model.set_weights([rng.normal(size=array.shape, scale=0.5) for array in model.get_weights()])
        losses = model.fit(x, x, batch_size=5, epochs=2, shuffle=False, verbose=0).history["loss"]
        found.append([np.array(losses), model.predict(x, verbose=0), *model.encoder.predict(x, verbose=0)])
        if k is ours:
            model.save(tmp_path / "model.keras")
            again = k.models.load_model(tmp_path / "model.keras").predict(x, verbose=0)
            assert again.tobytes() == found[0][1].tobytes()
    for mine, theirs in zip(*found, strict=True):
        # Eight steps in float32, of numbers around one.
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-5)
