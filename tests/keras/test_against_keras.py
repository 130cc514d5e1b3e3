"""The same construction, data, weights and arguments in Keras and here: the same numbers, or a line that says why."""

import numpy as np
import pytest

import fastnn.keras as ours

# Keras' own, of NumPy's new arguments, and of what it takes and would have in another way.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`:UserWarning"),
    pytest.mark.filterwarnings("ignore:Argument `alpha`:UserWarning"),
    pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning"),
]

# Two epochs of six steps, of a dozen roundings each, in numbers around 1.
TOLERANCE = 5e-5


def first_weights(model):
    """Random numbers for all arrays; those of variances are positive."""
    rng = np.random.default_rng(1)
    return [np.abs(rng.normal(size=array.shape, scale=0.5)) for array in model.get_weights()]


def trained(keras, make, few, target, optimizer, loss):
    """A model of one of the two, trained from the same weights, and its history."""
    x, targets = few
    model = make(keras)
    # Keras over JAX would compile each of these, which takes a second.
    metrics = ["accuracy"] if target != "numbers" else ["mae"]
    model.compile(optimizer=optimizer(keras), loss=loss(keras), metrics=metrics, jit_compile=False)
    model.set_weights(first_weights(model))
    history = model.fit(x, targets[target], epochs=2, batch_size=10, shuffle=False, verbose=0)
    return model, history.history


def compare(keras, few, name, make, target, optimizer, loss, *, scores=False):
    mine, history = trained(ours, make, few, target, optimizer, loss)
    theirs, expected = trained(keras, make, few, target, optimizer, loss)
    for one, other in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=TOLERANCE)
    assert set(history) == set(expected)
    for value, numbers in expected.items():
        # A sample near the border may be on its other side.
        bound = 2 / 50 if "accuracy" in value else 10 * TOLERANCE
        np.testing.assert_allclose(history[value], numbers, rtol=0, atol=bound, err_msg=value)
    if scores:
        # In batches of the one size: Keras over JAX compiles each operation for each.
        how = {"batch_size": 10, "verbose": 0}
        outputs = [one.predict(few[0], **how) for one in (mine, theirs)]
        np.testing.assert_allclose(*outputs, rtol=0, atol=5 * TOLERANCE)
        found = [one.evaluate(few[0], few[1][target], **how) for one in (mine, theirs)]
        np.testing.assert_allclose(*found, rtol=0, atol=10 * TOLERANCE)


def plain(keras):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(1)])


# The formulas of all are compared in tests/optimizers: here are the arguments and what names mean.
OPTIMIZERS = {
    "SGD": lambda keras: keras.optimizers.SGD(0.05),
    "momentum": lambda keras: keras.optimizers.SGD(learning_rate=0.02, momentum=0.9, nesterov=True),
    "Adam": lambda keras: keras.optimizers.Adam(0.01),
    "Nadam": lambda keras: keras.optimizers.Nadam(0.01),
    "RMSprop": lambda keras: keras.optimizers.RMSprop(0.01),
    "momentum with decay": lambda keras: keras.optimizers.SGD(
        keras.optimizers.schedules.InverseTimeDecay(0.02, 1, 0.05), momentum=0.9
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name, keras, few):
    compare(keras, few, name, plain, "numbers", OPTIMIZERS[name], lambda _: "mse")


@pytest.mark.parametrize(
    "name", ["adam", "Adam", "rmsprop", "RMSprop", "sgd", "SGD", "AdamW", "nadam", "adagrad", "lion"]
)
def test_names_of_optimizers(name, keras):
    mine, theirs = ours.optimizers.get(name), keras.optimizers.get(name)
    assert type(mine).__name__ == type(theirs).__name__
    expected = theirs.get_config()
    # What decides between rules, of which Keras has one, is here alone.
    for option, value in mine.configuration().items():
        if option not in ("epsilon_hat", "epsilon_inside", "rate_in_velocity", "momentum_decay"):
            assert value == pytest.approx(expected[option], rel=1e-6), option


SCHEDULES = {
    "ExponentialDecay": (0.1, 3, 0.5),
    "InverseTimeDecay": (0.1, 2, 0.5),
    "PolynomialDecay": (0.1, 9, 0.01, 2.0),
    "CosineDecay": (0.1, 10),
    "PiecewiseConstantDecay": ([3, 6], [0.1, 0.05, 0.01]),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name, keras):
    mine, theirs = (getattr(one.optimizers.schedules, name)(*SCHEDULES[name]) for one in (ours, keras))
    # Keras' rates are float32.
    np.testing.assert_allclose(mine(np.arange(12)), [float(theirs(step)) for step in range(12)], rtol=1e-5)


LAYERS = {
    "input_dim": lambda keras: [keras.layers.Dense(5, input_dim=4, activation="relu"), keras.layers.Dense(1)],
    "input_shape": lambda keras: [keras.layers.Dense(5, "sigmoid", input_shape=[4]), keras.layers.Dense(1)],
    "InputLayer": lambda keras: [keras.layers.InputLayer(shape=(4,)), keras.layers.Dense(1)],
    "batch_shape": lambda keras: [keras.Input(batch_shape=(None, 4)), keras.layers.Dense(1, None, False)],
    "batch normalisation": lambda keras: [
        keras.Input((4,)),
        keras.layers.BatchNormalization(axis=-1, momentum=0.8),
        keras.layers.Dense(1),
    ],
    "by position": lambda keras: [keras.Input((4,)), keras.layers.BatchNormalization(-1, 0.7), keras.layers.Dense(1)],
    "layer normalisation": lambda keras: [keras.Input((4,)), keras.layers.LayerNormalization(), keras.layers.Dense(1)],
    "layers of activations": lambda keras: [
        keras.Input((4,)),
        *(keras.layers.Dense(5), keras.layers.LeakyReLU(negative_slope=0.1), keras.layers.Dense(5)),
        *(keras.layers.ELU(alpha=0.5), keras.layers.Dense(5), keras.layers.ReLU(), keras.layers.Dense(1)),
    ],
    "functions of activations": lambda keras: [
        keras.Input((4,)),
        *(keras.layers.Dense(5, activation=keras.activations.relu), keras.layers.Activation(keras.activations.tanh)),
        keras.layers.Dense(1, activation=keras.activations.linear),
    ],
    "penalties": lambda keras: [
        keras.Input((4,)),
        keras.layers.Dense(5, kernel_regularizer=keras.regularizers.l2(0.01), bias_regularizer=None),
        keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L1L2(l1=0.01, l2=0.02)),
    ],
    "limits": lambda keras: [
        keras.Input((4,)),
        keras.layers.Dense(5, "tanh", kernel_constraint=keras.constraints.MaxNorm(0.5)),
        keras.layers.Dense(1, kernel_constraint=keras.constraints.max_norm(max_value=0.7, axis=0)),
    ],
    "rescaling and flatten": lambda keras: [
        keras.Input(shape=(4,)),
        *(keras.layers.Rescaling(0.5, offset=0.1), keras.layers.Flatten(data_format=None), keras.layers.Dense(1)),
    ],
    "no dropout": lambda keras: [keras.Input((4,)), keras.layers.Dropout(0.0, seed=3), keras.layers.Dense(1)],
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, keras, few):
    def make(module):
        return module.Sequential(LAYERS[name](module))

    compare(keras, few, name, make, "numbers", OPTIMIZERS["SGD"], lambda _: "mse", scores=True)


LOSSES = {
    "mse": ("numbers", 1, None, lambda keras: "MSE"),
    "log_cosh": ("numbers", 1, None, lambda keras: keras.losses.log_cosh),
    "bce": ("decisions", 1, "sigmoid", lambda keras: "bce"),
    "logits": ("decisions", 1, None, lambda keras: keras.losses.BinaryCrossentropy(from_logits=True)),
    "classes": ("classes", 3, "softmax", lambda keras: keras.losses.sparse_categorical_crossentropy),
    "rows": ("rows", 3, "softmax", lambda keras: keras.losses.CategoricalCrossentropy(axis=-1)),
    "hinge": ("decisions", 1, "tanh", lambda keras: "hinge"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, keras, few):
    target, outputs, activation, loss = LOSSES[name]

    def make(module):
        return module.Sequential([module.Input((4,)), module.layers.Dense(outputs, activation=activation)])

    compare(keras, few, name, make, target, OPTIMIZERS["SGD"], loss)


FUNCTIONS = [
    *(("activations", name) for name in ours.activations.__all__ if name != "get"),
    *(("losses", name) for name in ours.losses.__all__ if name[0].islower() and name != "get"),
    *(("metrics", name) for name in ours.metrics.__all__ if name[0].islower() and "top_k" not in name),
]


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_functions(module, name, keras):
    rng = np.random.default_rng(0)
    if module == "activations":
        arguments = [rng.normal(size=(6, 5)).astype(np.float32)]
    else:
        outputs = rng.dirichlet([2.0, 2.0, 2.0], 6).astype(np.float32)
        classes = np.array([0, 1, 2, 2, 1, 0])
        arguments = [classes if name.startswith("sparse") else np.eye(3, dtype=np.float32)[classes], outputs]
    if name == "mean_absolute_percentage_error":
        arguments[0] = arguments[0] + 1
    function = getattr(getattr(ours, module), name)
    # A call knows nothing of those before.
    function(*(argument[:2] for argument in arguments))
    found = function(*arguments)
    expected = keras.ops.convert_to_numpy(getattr(getattr(keras, module), name)(*arguments))
    if module == "metrics":
        expected = expected.mean()
    # Float32 of logarithms and exponentials; a sample's value of Keras is in float32.
    np.testing.assert_allclose(found.numpy(), expected, rtol=2e-5, atol=2e-6)


DATA = {
    "one feature": lambda model, x: model.predict(x[:, 0], verbose=0),
    "the one input in a list": lambda model, x: model.predict([x[:, :1]], verbose=0),
    "called": lambda model, x: np.asarray(model(x[:, :1], training=False)),
    "on a batch": lambda model, x: model.predict_on_batch(x[:, :1]),
    "scores": lambda model, x: model.evaluate(x[:, 0], x[:, 1], verbose=0),
    "scores by name": lambda model, x: sorted(model.evaluate(x[:, 0], x[:, 1], return_dict=True, verbose=0).items()),
    "a test on a batch": lambda model, x: model.test_on_batch(x[:, :1], x[:, 1:2]),
}


@pytest.mark.parametrize("name", DATA)
def test_data(name, keras, few):
    x, _ = few
    results = []
    for module in (ours, keras):
        model = module.Sequential([module.layers.Dense(1, input_shape=[1])])
        model.compile("sgd", "mean_squared_error", metrics=["mae"], jit_compile=False)
        model.set_weights([np.array([[0.7]]), np.array([0.2])])
        results.append(DATA[name](model, x))
    if name == "scores by name":
        assert [key for key, _ in results[0]] == [key for key, _ in results[1]] == ["loss", "mae"]
        results = [[value for _, value in result] for result in results]
    # A sum of two products in float32, and means of sixty.
    np.testing.assert_allclose(*results, rtol=1e-6, atol=1e-6)


def test_a_fit_of_one_feature(keras, few):
    x, _ = few
    weights = []
    for module in (ours, keras):
        model = module.Sequential([module.layers.Dense(1, input_shape=[1])])
        model.compile(module.optimizers.SGD(0.1), "mse", jit_compile=False)
        model.set_weights([np.array([[0.7]]), np.array([0.2])])
        data = (x[:20, 0], x[:20, 1])
        history = model.fit(x[:, 0], x[:, 1], epochs=2, shuffle=False, verbose=0, validation_data=data)
        weights.append([*model.get_weights()[0].ravel(), *history.history["val_loss"]])
    np.testing.assert_allclose(*weights, rtol=0, atol=TOLERANCE)


def test_what_there_is_to_look_at(keras):
    for module in (ours, keras):
        model = module.Sequential(
            [
                module.Input((3,)),
                module.layers.Dense(2, kernel_regularizer="l2", name="first"),
                module.layers.BatchNormalization(),
            ]
        )
        kernel = np.arange(6.0).reshape(3, 2)
        model.layers[0].set_weights([kernel, np.zeros(2)])
        model.layers[0].bias.assign([1.0, 2.0])
        assert [tuple(array.shape) for array in model.weights] == [(3, 2), (2,), (2,), (2,), (2,), (2,)]
        assert len(model.trainable_variables) == len(model.trainable_weights) == 4
        assert len(model.non_trainable_weights) == len(model.non_trainable_variables) == 2
        assert np.asarray(model.layers[0].kernel).tolist() == kernel.tolist()
        assert model.layers[0].get_weights()[1].tolist() == [1.0, 2.0]
        np.testing.assert_allclose(np.asarray(model.losses[0]), 0.01 * 55, rtol=1e-6)
        assert model.get_layer("first").name == "first"
        assert model.count_params() == 16


@pytest.mark.parametrize("order", [1, 2, np.inf])
def test_utils(keras, order):
    x = np.random.default_rng(0).normal(size=(4, 3))
    x[1] = 0
    # Over axis 0 Keras divides by norms of another shape, which fails.
    for axis in (1, -1):
        np.testing.assert_allclose(
            ours.utils.normalize(x, axis, order), keras.utils.normalize(x, axis, order), rtol=1e-15
        )
    for labels in ([0, 2, 1], [[0], [2]]):
        np.testing.assert_array_equal(
            ours.utils.to_categorical(labels, num_classes=4), keras.utils.to_categorical(labels, num_classes=4)
        )


TOGETHER = "judges numbers of a sample together, in Keras those of the last axis"


def test_outputs_of_several_axes_are_judged_number_by_number(keras):
    """As of pictures that come out as pictures; what takes a sample's numbers together is refused."""
    x = np.random.default_rng(0).random((40, 4, 4)).astype(np.float32)
    found = []
    for module in (ours, keras):
        layers = module.layers
        model = module.Sequential(
            [module.Input((4, 4)), layers.Flatten(), layers.Dense(16, activation="sigmoid"), layers.Reshape((4, 4))]
        )
        rng = np.random.default_rng(1)
        model.set_weights([rng.normal(size=array.shape, scale=0.3) for array in model.get_weights()])
        model.compile("sgd", "binary_crossentropy", metrics=["mae"], jit_compile=False)
        history = model.fit(x, x, epochs=2, batch_size=20, shuffle=False, verbose=0, validation_data=(x, x)).history
        on_batch = np.asarray(model.train_on_batch(x[:20], x[:20]))
        outputs = np.asarray(model.predict(x, batch_size=20, verbose=0))
        assert outputs.shape == (40, 4, 4)
        found.append((history, outputs, on_batch[:1], np.asarray(model(x[:20]))))
    for name, values in found[1][0].items():
        # Some dozen roundings of float32, in numbers of about 1.
        np.testing.assert_allclose(found[0][0][name], values, rtol=1e-4)
    for mine, theirs in zip(found[0][1:], found[1][1:], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-5)
    layers = ours.layers
    model = ours.Sequential([ours.Input((4, 4)), layers.Dense(4)])
    with pytest.raises(ValueError, match=TOGETHER):
        model.compile("sgd", "cosine_similarity")
    for metric in ("accuracy", "cosine_similarity"):
        model.compile("sgd", "mse", metrics=["mae", metric])
        with pytest.raises(ValueError, match=TOGETHER):
            model.fit(x, x, verbose=0)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"takes targets of shape \(samples, 16\)"):
        model.fit(x, x.reshape(40, 2, 8), verbose=0)
