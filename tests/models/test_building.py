"""Building a model: shapes, names, first weights, what does not fit, and the table that tells of it."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
from layer_table import OF_CATEGORIES

import fastnn
from fastnn import layers
from fastnn.activations.registry import ACTIVATIONS
from fastnn.files.description import described
from fastnn.layers import merging
from fastnn.models import Sequential
from fastnn.models.summary import _bytes

ALL_LAYERS = {
    "Rescaling": lambda: layers.Rescaling(0.5, 0.1),
    "Flatten": layers.Flatten,
    "Dense": lambda: layers.Dense(3, "tanh"),
    "Activation": lambda: layers.Activation("gelu"),
    # With a parameter that is no default, where there is one.
    **{
        kind.layer.__name__: partial(kind.layer, *(parameter.example for parameter in kind.parameters))
        for kind in ACTIVATIONS
        if kind.layer
    },
    "Dropout": lambda: layers.Dropout(0.3),
    "GaussianNoise": lambda: layers.GaussianNoise(0.2),
    "AlphaDropout": lambda: layers.AlphaDropout(0.1),
    "GaussianDropout": lambda: layers.GaussianDropout(0.1),
    "Normalization": lambda: layers.Normalization(mean=[0.1, 0, 0, 0, 0], variance=[1, 2, 1, 1, 1]),
    "PReLU": lambda: layers.PReLU("ones"),
    "Reshape": lambda: layers.Reshape((-1,)),
    "Permute": lambda: layers.Permute((1,)),
    "Identity": layers.Identity,
    "UnitNormalization": layers.UnitNormalization,
    "RMSNormalization": layers.RMSNormalization,
    "ActivityRegularization": lambda: layers.ActivityRegularization(0.1, 0.2),
    "BatchNormalization": layers.BatchNormalization,
    "LayerNormalization": layers.LayerNormalization,
}


def data(samples=20, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(samples, 5)).astype(np.float32), rng.normal(size=(samples, 2)).astype(np.float32)


def test_the_table_has_all_layers():
    # Those of several inputs are in test_functional.py.
    assert set(ALL_LAYERS) == set(layers.__all__) - {"Layer", "Input", *merging.__all__} - OF_CATEGORIES


@pytest.mark.parametrize("kind", ALL_LAYERS)
def test_every_layer_trains_predicts_and_is_copied(kind):
    model = Sequential([layers.Input((5,)), ALL_LAYERS[kind](), layers.Dense(2)], seed=1)
    model.compile("adam", "mse")
    x, y = data()
    first = model.evaluate(x, y)
    model.fit(x, y, epochs=20, batch_size=5)
    assert model.evaluate(x, y) < first
    expected = model.predict(x)
    assert np.isfinite(expected).all()
    for same in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert same.predict(x).tobytes() == expected.tobytes()
        same.fit(x, y)
        assert model.predict(x).tobytes() == expected.tobytes()
    # Training goes on alike in a copy: the optimiser's state and the random numbers are copied, too.
    same = copy.deepcopy(model)
    assert same.fit(x, y, epochs=2).history == model.fit(x, y, epochs=2).history


@pytest.mark.parametrize("kind", ALL_LAYERS)
def test_every_layer_has_its_configuration(kind):
    layer = ALL_LAYERS[kind]()
    configuration = layer.configuration()
    assert configuration["name"] is None
    again = type(layer)(**configuration)
    assert described(again) == described(layer)


def test_shapes_and_names():
    model = Sequential(
        [
            layers.Input((4, 3)),
            layers.Flatten(),
            layers.Dense(7),
            layers.BatchNormalization(),
            layers.Dense(7, name="middle"),
            layers.Dense(2),
        ]
    )
    assert [layer.name for layer in model.layers] == ["flatten", "dense", "batch_normalization", "middle", "dense_1"]
    assert [layer.output_shape for layer in model.layers] == [(12,), (7,), (7,), (7,), (2,)]
    assert model.input_shape == (4, 3)
    assert model.output_shape == (2,)
    assert model.count_params() == 12 * 7 + 7 + 4 * 7 + 7 * 7 + 7 + 7 * 2 + 2
    assert model.get_layer("middle") is model.get_layer(index=3)
    assert {array.shape for array in model.layers[2].arrays.values()} == {(7,)}


def test_parameters_lie_in_one_vector():
    model = Sequential([layers.Input((3,)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(1)], seed=0)
    for layer in model.layers:
        for name, array in layer.arrays.items():
            assert np.shares_memory(array, model.parameters) == (not name.startswith("moving")), name
            assert array.ctypes.data % 64 == 0
    model.parameters[...] = 0.5
    assert all((array == 0.5).all() for name, array in model.layers[0].arrays.items())


def test_the_input_shape_comes_from_the_first_layer_the_data_or_build():
    x, y = data()
    for make in (
        lambda: Sequential([layers.Input((5,)), layers.Dense(2)], seed=3),
        lambda: Sequential([layers.Dense(2, input_shape=(5,))], seed=3),
        lambda: Sequential([layers.Dense(2, input_shape=5)], seed=3),
        lambda: Sequential([layers.Dense(2)], seed=3),
    ):
        model = make()
        model.compile("sgd", "mse")
        model.fit(x, y)
        assert model.input_shape == (5,)
    later = Sequential([layers.Dense(2)], seed=3)
    assert not later.built
    later.build((5,))
    assert later.built
    later.build((5,))
    with pytest.raises(ValueError, match=r"the model takes samples of shape \(5,\), not \(6,\)"):
        later.build((6,))


def test_one_seed_is_one_model():
    weights = []
    for seed in (0, 0, 1):
        model = Sequential([layers.Dense(8, "relu", input_shape=(5,)), layers.Dense(2)], seed=seed)
        weights.append(np.concatenate([array.ravel() for array in model.get_weights()]))
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])
    double = Sequential([layers.Dense(8, "relu", input_shape=(5,)), layers.Dense(2)], seed=0, dtype="float64")
    assert np.array_equal(double.get_weights()[0].astype(np.float32), weights[0][:40].reshape(5, 8))


def test_layers_given_together_are_those_added_one_by_one():
    def make():
        return [layers.Input((5,)), layers.Dense(4, "tanh"), layers.BatchNormalization(), layers.Dense(2)]

    together, one_by_one = Sequential(make(), seed=0), Sequential(seed=0)
    for layer in make():
        one_by_one.add(layer)
    for one, other in zip(together.get_weights(), one_by_one.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert [layer.name for layer in together.layers] == [layer.name for layer in one_by_one.layers]


def test_layers_that_do_not_fit_together_can_be_used_again():
    first = layers.Dense(4, input_shape=(3,))
    second = layers.Dense(2, kernel_initializer=lambda shape, rng: np.full(shape, np.nan))
    with pytest.raises(ValueError, match="must give finite numbers"):
        Sequential([first, second])
    assert Sequential([first, layers.Dense(2)]).layers[0] is first
    assert not second.in_model


def test_adding_keeps_the_weights_there_are():
    model = Sequential([layers.Dense(3, input_shape=(4,))], seed=0)
    before = model.get_weights()
    model.add(layers.Dense(2))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=False))
    assert len(model.get_weights()) == 4
    removed = model.pop()
    assert not removed.in_model
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    model.add(removed)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: [layers.Input((4, 4)), layers.Dense(3, "softmax")],
            ValueError,
            r"dense \(Dense\) does not fit: its softmax .* takes rows.*Flatten",
        ),
        (lambda: [layers.Input((4, 4)), layers.BatchNormalization()], ValueError, r"it takes rows.*Flatten\(\) before"),
        (
            lambda: [layers.Input((4,)), layers.Input((4,))],
            ValueError,
            "an Input must be the first layer, and the only",
        ),
        (
            lambda: [layers.Dense(3), layers.Dense(2, input_shape=(3,))],
            ValueError,
            "only the first layer has an input_sh",
        ),
        (lambda: [layers.Dense(3, name="a"), layers.Dense(3, name="a")], ValueError, "there is a layer 'a' already"),
        (lambda: ["relu"], TypeError, "a model takes layers of fastnn.layers"),
        (lambda: [layers.Dense], TypeError, "a model takes layers of fastnn.layers"),
        (lambda: [fastnn.FCLayer(3, 2)], TypeError, "a model takes layers of fastnn.layers"),
    ],
)
def test_layers_that_do_not_fit(make, error, message):
    with pytest.raises(error, match=message):
        Sequential(make())


def test_a_layer_that_does_not_fit_leaves_the_model_as_it_was():
    model = Sequential([layers.Dense(3, input_shape=(4,))], seed=0)
    x = np.ones((2, 4), np.float32)
    before = model.predict(x)
    with pytest.raises(ValueError, match="does not fit"):
        model.add(layers.Reshape((7,)))
    assert len(model.layers) == 1
    assert np.array_equal(model.predict(x), before)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"dtype": "float16"}, TypeError, "dtype must be float32 or float64, but it is float16"),
        ({"dtype": int}, TypeError, "dtype must be float32 or float64"),
        ({"name": ""}, TypeError, "name must be a string"),
        ({"seed": "one"}, TypeError, None),
    ],
)
def test_bad_models(arguments, error, message):
    with pytest.raises(error, match=message):
        Sequential([layers.Dense(1)], **arguments)


@pytest.mark.parametrize("shape", [(), (0,), (-1,), (2.5,), "three", None])
def test_bad_input_shapes(shape):
    with pytest.raises((TypeError, ValueError), match="shape"):
        layers.Input(shape)


def test_no_layers():
    model = Sequential()
    with pytest.raises(ValueError, match="the shape of a sample is not known"):
        model.build()
    with pytest.raises(ValueError, match="the model has no layers"):
        model.build((3,))
    with pytest.raises(ValueError, match="there is no layer to remove"):
        model.pop()


# Weights.


def test_weights_go_out_and_in_again():
    model = Sequential([layers.Dense(3, input_shape=(4,)), layers.BatchNormalization(), layers.Dense(1)], seed=0)
    weights = model.get_weights()
    assert [array.shape for array in weights] == [(4, 3), (3,), (3,), (3,), (3,), (3,), (3, 1), (1,)]
    assert not any(np.shares_memory(array, model.parameters) for array in weights)
    other = Sequential([layers.Dense(3, input_shape=(4,)), layers.BatchNormalization(), layers.Dense(1)], seed=1)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    assert not np.array_equal(other.predict(x), model.predict(x))
    other.set_weights(weights)
    assert other.predict(x).tobytes() == model.predict(x).tobytes()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda w: w[:-1], ValueError, "weights must be a list of 4 arrays, but there are 3"),
        (
            lambda w: [w[0].T, *w[1:]],
            ValueError,
            r"the kernel of dense must have shape \(4, 3\), but its shape is \(3, 4\)",
        ),
        (lambda w: [*w[:3], np.array(["a"])], TypeError, "the bias of dense_1 must hold real numbers, but its dtype"),
        (lambda w: [*w[:3], np.array([np.nan])], ValueError, "the bias of dense_1 must hold finite numbers"),
        (lambda w: w[0], ValueError, "weights must be a list of 4 arrays"),
    ],
)
def test_weights_that_do_not_fit_change_nothing(change, error, message):
    model = Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(1)], seed=0)
    before = model.parameters.copy()
    with pytest.raises(error, match=message):
        model.set_weights(change([array + 1 for array in model.get_weights()]))
    assert np.array_equal(model.parameters, before)


@pytest.mark.parametrize(
    ("initializer", "error", "message"),
    [
        (lambda shape, rng: np.zeros(3), ValueError, r"must give finite numbers of shape \(4, 3\), but gave"),
        (lambda shape, rng: np.full(shape, np.inf), ValueError, "must give finite numbers"),
        (lambda shape, rng: np.full(shape, "a"), ValueError, "must give finite numbers"),
        ("glorot", ValueError, "initializer 'glorot' is unknown; did you mean 'glorot_normal'"),
        (3, TypeError, "an initializer must be a name or a function"),
    ],
)
def test_bad_initializers(initializer, error, message):
    with pytest.raises(error, match=message):
        Sequential([layers.Dense(3, kernel_initializer=initializer, input_shape=(4,))])


def test_an_initializer_of_ones_own():
    def diagonal(shape, rng):
        return np.eye(*shape)

    model = Sequential([layers.Dense(3, kernel_initializer=diagonal, bias_initializer="ones", input_shape=(3,))])
    assert np.array_equal(model.predict(np.eye(3, dtype=np.float32)), np.eye(3) + 1)


# What a layer refuses.


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Dense(0), ValueError, "units must be at least 1, but it is 0"),
        (lambda: layers.Dense(2.5), TypeError, "units must be an integer, but it is 2.5"),
        (lambda: layers.Dense(True), TypeError, "units must be an integer"),
        (lambda: layers.Dense(2, use_bias="no"), TypeError, "use_bias must be True or False"),
        (
            lambda: layers.Dense(2, "rleu"),
            ValueError,
            "activation 'rleu' is unknown; did you mean 'relu'. Expected one of",
        ),
        (lambda: layers.Dense(2, np.sin), TypeError, "an activation of your own needs its derivative too"),
        (lambda: layers.Dense(2, 3), TypeError, "an activation must be a name, a layer, or a pair"),
        (
            lambda: layers.Dense(2, kernel_regularizer="l3"),
            ValueError,
            "regularizer 'l3' is unknown. Expected one of l1, l2",
        ),
        (lambda: layers.Dense(2, kernel_regularizer=0.1), TypeError, "a regularizer must be a name or an object"),
        (lambda: layers.Dense(2, kernel_constraint="norm"), ValueError, "constraint 'norm' is unknown"),
        (lambda: layers.Dense(2, name=3), TypeError, "name must be a string"),
        (lambda: layers.Dropout(1.0), ValueError, "rate must be at least 0 and below 1"),
        (lambda: layers.Dropout("half"), TypeError, "rate must be a number"),
        (lambda: layers.GaussianNoise(-1), ValueError, "stddev must be finite and not negative"),
        (lambda: layers.LeakyReLU(1.5), ValueError, "negative_slope must be at least 0 and below 1"),
        (lambda: layers.ELU(-1), ValueError, "alpha must be finite and not negative"),
        (lambda: layers.BatchNormalization(momentum=2), ValueError, "momentum must be from 0 to 1"),
        (lambda: layers.BatchNormalization(epsilon=0), ValueError, "epsilon must be above 0"),
        (lambda: layers.LayerNormalization(epsilon=0), ValueError, "epsilon must be above 0"),
    ],
)
def test_bad_layers(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_an_activation_of_ones_own():
    x = np.random.default_rng(0).normal(size=(7, 5))
    pair = (np.sin, np.cos)
    for layer in (
        layers.Activation(pair, input_shape=(5,)),
        layers.Dense(5, pair, kernel_initializer=lambda s, r: np.eye(5)),
    ):
        model = Sequential([layer], dtype="float64")
        model.build((5,))
        np.testing.assert_allclose(model.predict(x), np.sin(x), rtol=1e-13)
    # The notebook's pair is known to the engine.
    assert layers.Activation((fastnn.relu, fastnn.relu_prime)).applied.kind is not None


# The summary.


def test_the_summary_tells_shapes_and_counts():
    model = Sequential(
        [
            layers.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(20, "relu"),
            layers.BatchNormalization(),
            layers.Dense(10),
        ]
    )
    told = []
    model.summary(print_fn=told.append)
    text = "\n".join(told)
    for part in (
        "dense (Dense)",
        "(None, 784)",
        "15,700",
        "(None, 20)",
        "80",
        "210",
        "relu",
        "15,990",
        "15,950 are trained",
    ):
        assert part in text, part
    lines = text.splitlines()
    assert len({line.index("(None") for line in lines if "(None" in line}) == 1, "columns are aligned"


def test_the_summary_of_a_model_that_is_not_built():
    told = []
    Sequential([layers.Dense(3)]).summary(print_fn=told.append)
    assert "not built: start with Input(shape)" in told[0]


def test_weights_too_large_for_the_models_dtype_change_nothing():
    model = Sequential([layers.Input((2,)), layers.Dense(1)], seed=0)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"the kernel of dense reaches 1e\+300, too large for float32"):
        model.set_weights([np.full((2, 1), 1e300), np.zeros(1)])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (1536, "1.5 KB"),
        (2**20 - 1, "1024.0 KB"),
        (2**20, "1.0 MB"),
        (5 * 2**30, "5.0 GB"),
        (2**42, "4096.0 GB"),
    ],
)
def test_sizes_in_the_summary(count, text):
    assert _bytes(count) == text


@pytest.mark.parametrize(("units", "dtype", "text"), [(1, "float32", "1.0 KB"), (3, "float64", "6.0 KB")])
def test_the_summary_tells_how_large_the_parameters_are(units, dtype, text):
    made = Sequential([layers.Input((255,)), layers.Dense(units)], dtype=dtype)
    lines = []
    made.summary(print_fn=lines.append)
    assert f"parameters: {256 * units} ({text}), of which {256 * units} are trained" in "\n".join(lines)
