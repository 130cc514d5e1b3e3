"""Keras models: files that Keras itself wrote, and live models."""

import numpy as np
import pytest
from random_models import STEADY

from fastnn import activations, layers
from fastnn.constraints import MaxNorm
from fastnn.interop import from_keras, load_keras_weights
from fastnn.models import Sequential
from fastnn.regularizers import L1L2

h5py = pytest.importorskip("h5py")

# Keras' own: of NumPy's new arguments, and of a softmax over one unit and lambdas, which some tests mean.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are using a softmax over axis:UserWarning"),
    pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`:UserWarning"),
]

# Random models have at most seven layers of at most 70 units: rounding grows by less than this, relative to the largest
# output. Keras itself is no nearer to its own float64.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
# Every activation that Keras may have. TensorFlow rounds a slope and GELU's root of 2 to float32, also in float64.
ACTIVATIONS = {
    "float64": [name for name in STEADY if name not in ("leaky_relu", "gelu")] + [None],
    "float32": [*STEADY, None],
}


@pytest.fixture
def in_dtype(keras):
    """A function that sets the dtype in which Keras makes inputs and layers."""

    def use(dtype):
        if keras.config.backend() == "jax":
            import jax

            # Without this, JAX has no float64. Other tests of this process want it so.
            jax.config.update("jax_enable_x64", dtype == "float64")
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        return dtype

    yield use
    use("float32")


def width(rng):
    # Of few, as JAX compiles each operation for each shape.
    return int(rng.choice([1, 2, 7, 16, 33, 70]))


def coin(rng):
    return bool(rng.integers(2))


def slope(rng):
    """One that float32 has, too."""
    return float(np.float32(rng.uniform(0.01, 0.9)))


def activation(keras, rng):
    known = [name for name in ACTIVATIONS[keras.config.floatx()] if name is None or hasattr(keras.activations, name)]
    return known[rng.integers(len(known))]


def maybe(rng, value):
    return value if coin(rng) else None


def random_layer(keras, rng):
    """A layer that takes rows."""
    kinds = keras.layers
    makers = [
        lambda: kinds.Activation(activation(keras, rng) or "linear"),
        lambda: kinds.ReLU(),
        lambda: kinds.ReLU(6),
        lambda: kinds.ReLU(maybe(rng, 5 * slope(rng)), maybe(rng, slope(rng)) or 0.0, maybe(rng, slope(rng)) or 0.0),
        lambda: kinds.ReLU(negative_slope=slope(rng)),
        lambda: kinds.LeakyReLU(slope(rng)),
        lambda: kinds.ELU(rng.uniform(0, 2)),
        lambda: kinds.Softmax(),
        lambda: kinds.Dropout(rng.uniform(0, 0.9)),
        lambda: kinds.GaussianNoise(0.3),
        lambda: kinds.Flatten(),
        lambda: kinds.BatchNormalization(
            # An epsilon too small would divide by the rounding of sums.
            momentum=rng.uniform(0, 1),
            epsilon=rng.uniform(1e-3, 0.1),
            center=coin(rng),
            scale=coin(rng),
        ),
        lambda: kinds.LayerNormalization(epsilon=rng.uniform(0.01, 0.1), center=coin(rng), scale=coin(rng)),
    ]
    if coin(rng):
        return kinds.Dense(
            width(rng),
            kinds.LeakyReLU(slope(rng)) if rng.integers(5) == 0 else activation(keras, rng),
            use_bias=coin(rng),
            kernel_regularizer=maybe(rng, keras.regularizers.L1L2(0.1, 0.2)),
            kernel_constraint=maybe(rng, keras.constraints.MaxNorm(3)),
        )
    return makers[rng.integers(len(makers))]()


def rounded_to_float32(keras, ours):
    """Whether Keras rounds to float32 in the middle of a model: over JAX its tanh and 1 / sqrt give no float64."""
    normal = (layers.BatchNormalization, layers.LayerNormalization)
    applied = [getattr(layer, "applied", getattr(layer, "activation", None)) for layer in ours.layers]
    tanh = any(activation is not None and activation.name == "tanh" for activation in applied)
    return keras.config.backend() == "jax" and (tanh or any(isinstance(layer, normal) for layer in ours.layers))


def random_model(keras, seed):
    """One to six layers, some of them in a model of their own, and what rows need before them."""
    rng = np.random.default_rng(seed)
    shape = [(width(rng),), (width(rng),), (5, 6), (2, 3, 4)][rng.integers(4)]
    parts = [keras.Input(shape)]
    if rng.integers(3) == 0:
        parts.append(keras.layers.Rescaling(slope(rng), slope(rng)))
    if len(shape) > 1:
        parts.append(keras.layers.Flatten())
    inner = [random_layer(keras, rng) for _ in range(rng.integers(1, 7))]
    if rng.integers(3) == 0:
        inner = [keras.Sequential(inner[:2]), *inner[2:]]
    model = keras.Sequential([*parts, *inner])
    model.set_weights([random_weight(array, rng) for array in model.get_weights()])
    if coin(rng):
        return as_functional(keras, model, shape), rng
    return model, rng


def as_functional(keras, model, shape):
    """The same layers in a model that is made by calls."""
    inputs = outputs = keras.Input(shape)
    for layer in model.layers:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


def random_weight(array, rng):
    """As after training: no 0 or 1, variances above 0, numbers that keep their size from layer to layer."""
    if array.ndim == 2:
        return rng.normal(size=array.shape, scale=1.2 / np.sqrt(len(array)))
    return rng.uniform(0.3, 1.5, size=array.shape)


def outputs_of(keras, model, x):
    return keras.ops.convert_to_numpy(model(x, training=False))


def largest_difference(ours, theirs):
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


@pytest.mark.parametrize("seed", range(100))
def test_random_model(keras, in_dtype, tmp_path, seed):
    dtype = in_dtype(("float32", "float64")[seed % 2])
    model, rng = random_model(keras, seed)
    x = rng.normal(size=(9, *model.input_shape[1:])).astype(dtype)
    expected = outputs_of(keras, model, x)
    model.save(tmp_path / "model.keras")
    for source in (tmp_path / "model.keras", model):
        ours = from_keras(source)
        case = f"seed {seed}, {source}: {ours}"
        assert ours.dtype == dtype, case
        assert ours.optimizer is None
        limit = TOLERANCE["float32" if rounded_to_float32(keras, ours) else dtype]
        assert largest_difference(ours.predict(x), expected) < limit, case
    # The other way: weights alone into a model of the same layers.
    same = from_keras(model)
    for name in ("model.keras", "model.weights.h5"):
        if name == "model.weights.h5":
            if any(hasattr(layer, "layers") for layer in model.layers):
                continue
            model.save_weights(tmp_path / name)
        same.set_weights([np.ones_like(array) for array in same.get_weights()])
        load_keras_weights(same, tmp_path / name)
        np.testing.assert_array_equal(same.predict(x), from_keras(model).predict(x), err_msg=f"seed {seed}: {name}")


def test_options_that_training_reads(keras):
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(
                2, kernel_regularizer="l2", kernel_constraint=keras.constraints.MaxNorm(3), name="first"
            ),
            keras.layers.Dropout(0.25),
            keras.layers.GaussianNoise(0.5),
            keras.layers.BatchNormalization(momentum=0.8, epsilon=0.01),
            keras.layers.Dense(2, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2)),
        ],
        name="small",
    )
    ours = from_keras(model)
    assert ours.name == "small"
    first, dropout, noise, normal, last = ours.layers
    assert first.name == "first"
    assert (first.kernel_regularizer, first.kernel_constraint) == (L1L2(0, 0.01), MaxNorm(3))
    assert (dropout.rate, noise.stddev) == (0.25, 0.5)
    assert (normal.momentum_of_moving, normal.epsilon) == (0.8, 0.01)
    assert (last.kernel_regularizer, last.kernel_constraint) == (L1L2(0.1, 0.2), None)
    ours.compile("sgd", "mse")
    assert ours.fit(np.ones((4, 3)), np.zeros((4, 2)), verbose=0).history["loss"]


def test_slopes(keras):
    ours = from_keras(
        keras.Sequential(
            [
                keras.Input((3,)),
                keras.layers.LeakyReLU(),
                keras.layers.Activation("leaky_relu"),
                keras.layers.ReLU(negative_slope=0.125),
                keras.layers.ELU(0.5),
            ]
        )
    )
    assert [layer.applied.numbers for layer in ours.layers] == [(pytest.approx(0.3),), (0.2,), (0.125,), (0.5,)]


@pytest.mark.parametrize(
    "options",
    [(), (6,), (5,), (0,), (6, 0.1), (None, 0.3), (None, 2.0), (None, 0.0, 1.0), (3.0, 0.25, 0.5), (0.5, 0.0, 1.0)],
)
def test_options_of_relu(keras, options):
    model = keras.Sequential([keras.Input((41,)), keras.layers.ReLU(*options)])
    # The threshold itself is among these.
    x = np.linspace(-10, 10, 41, dtype=np.float32)[None]
    np.testing.assert_allclose(from_keras(model).predict(x), outputs_of(keras, model, x), rtol=1e-6)


def test_names_that_two_models_share_get_a_number(keras):
    inner = [keras.Sequential([keras.layers.Dense(3, name="same")], name=name) for name in ("one", "two")]
    model = keras.Sequential([keras.Input((3,)), *inner])
    assert [layer.name for layer in from_keras(model).layers] == ["same", "same_1"]


def cube(x):
    return x**3


def cube_prime(x):
    return 3 * x**2


def test_own_activation(keras, tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, cube, name="odd")])
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match=r"'odd' \(Dense\): activation 'cube' is unknown.*custom_objects={'cube': "):
        from_keras(tmp_path / "model.keras")
    ours = from_keras(tmp_path / "model.keras", custom_objects={"cube": (cube, cube_prime)})
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    assert largest_difference(ours.predict(x), outputs_of(keras, model, x)) < TOLERANCE["float32"]
    # Registered, its name begins with a package's; an object of fastnn serves, too.
    model.layers[0].activation = keras.saving.register_keras_serializable("mine", "cubed")(cube)
    assert from_keras(model, {"mine>cubed": (cube, cube_prime)}).layers[0].activation.functions == (cube, cube_prime)
    assert from_keras(model, {"cubed": activations.tanh}).layers[0].activation.name == "tanh"


REFUSED = {
    "an unknown layer": (
        lambda k: k.layers.EinsumDense("ab,bc->ac", 2, name="p"),
        r"'p' \(EinsumDense\): fastnn has no such layer; it has Dense, ",
    ),
    "an unknown activation": (
        lambda k: k.layers.Dense(2, "sparsemax", name="p"),
        r"'p' \(Dense\): activation 'sparsemax' is unknown",
    ),
    "code": (lambda k: k.layers.Lambda(lambda x: x, name="p"), r"'p' \(Lambda\): fastnn has no such layer"),
    "code for an activation": (
        lambda k: k.layers.Activation(lambda x: x, name="p"),
        "'p'.*: give a lambda's function a name",
    ),
    "a slope of 1": (lambda k: k.layers.LeakyReLU(1.0), "negative_slope must be at least 0 and below 1"),
    "an activation with weights": (
        lambda k: k.layers.Dense(2, k.layers.PReLU()),
        "its activation is a PReLU, which is none",
    ),
    "another penalty": (
        lambda k: k.layers.Dense(2, kernel_regularizer="orthogonal_regularizer"),
        "kernel_regularizer is OrthogonalRegularizer, but fastnn has L1, L2, L1L2",
    ),
    "shared noise": (lambda k: k.layers.Dropout(0.5, noise_shape=(1, 3)), "it has noise_shape="),
    "nothing left": (lambda k: k.layers.Dropout(1), "rate must be at least 0 and below 1"),
    "whole numbers": (lambda k: k.layers.Dense(2, dtype="bfloat16"), "its dtype is 'bfloat16'"),
    "scales by feature": (lambda k: k.layers.Rescaling([1.0, 2.0, 3.0]), "scale must be a finite number"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_fastnn_has_not(keras, name):
    make, message = REFUSED[name]
    model = keras.Sequential([keras.Input((3,)), make(keras)])
    with pytest.raises(ValueError, match=message):
        from_keras(model)


def test_layers_of_pictures_and_other_axes(keras):
    kinds = keras.layers
    for layer, message in [
        (kinds.Dense(2, "softmax"), "its softmax goes over all numbers of a sample, and takes rows"),
        (kinds.BatchNormalization(axis=2), "its axis is 2"),
        (kinds.BatchNormalization(), "it takes rows"),
        (kinds.LayerNormalization(axis=(1, 2)), "its axis is"),
        (kinds.Softmax(), "a softmax takes rows"),
        (kinds.Softmax(axis=1), "its axis is 1"),
        (kinds.Flatten(data_format="channels_first"), "channels_first"),
    ]:
        with pytest.raises(ValueError, match=message):
            from_keras(keras.Sequential([keras.Input((4, 3)), layer]))


def test_models_of_unknown_shape_and_calls_that_are_not_there(keras):
    inputs = keras.Input((3,))
    dense = keras.layers.Dense(3)(inputs)
    model = keras.Model(inputs, keras.layers.Activation("relu")(keras.layers.Dropout(0.5)(dense, training=True)))
    with pytest.raises(ValueError, match=r"'dropout.*' is called with \{'training': True\}, which fastnn has not"):
        from_keras(model)
    with pytest.raises(ValueError, match=r"\(Power\) is none that fastnn has; it has Add"):
        from_keras(keras.Model(inputs, dense**2))
    with pytest.raises(ValueError, match=r"is called on 2\.0, but fastnn's are called on what others give"):
        from_keras(keras.Model(inputs, dense * 2.0))
    with pytest.raises(ValueError, match="the last one, -1"):
        from_keras(keras.Model(inputs, keras.layers.Concatenate(axis=0)([dense, dense])))
    with pytest.raises(ValueError, match="shape of its inputs is not known"):
        from_keras(keras.Sequential([keras.layers.Dense(2)]))
    with pytest.raises(ValueError, match="every size but that of the batch"):
        from_keras(keras.Sequential([keras.Input((None, 3)), keras.layers.Flatten()]))


def shared(keras, name):
    """A model in which a layer occurs twice, in one of several ways."""
    kinds = keras.layers
    dense, other = kinds.Dense(3, name="again"), kinds.Dense(3)
    inner = keras.Sequential([kinds.Dense(3)], name="again")
    relu = kinds.ReLU(name="again")
    parts = {
        "at once": [dense, dense],
        "later": [dense, other, dense],
        "with others of its shape": [dense, other, dense, other],
        "without weights": [relu, other, relu],
        "in a model within": [keras.Sequential([dense, other]), dense],
        "in two models within": [keras.Sequential([dense]), keras.Sequential([other, dense])],
        "a model": [inner, inner],
        "deep": [keras.Sequential([keras.Sequential([dense]), other]), dense],
    }
    return keras.Sequential([keras.Input((3,)), *parts[name]])


@pytest.mark.parametrize(
    "name",
    [
        "at once",
        "later",
        "with others of its shape",
        "without weights",
        "in a model within",
        "in two models within",
        "a model",
        "deep",
    ],
)
def test_a_layer_that_occurs_twice(keras, name):
    with pytest.raises(ValueError, match=r"the layer '(again|dense.*)' \(.*\) occurs more than once, and Keras'"):
        from_keras(shared(keras, name))


@pytest.mark.parametrize("name", ["later", "with others of its shape", "without weights", "a model"])
def test_a_file_of_a_layer_that_occurs_twice_is_what_keras_reads(keras, tmp_path, name):
    # Keras writes the layer once: its own file is that of a shorter model, and nothing in it tells.
    path = tmp_path / "model.keras"
    shared(keras, name).save(path)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    expected = outputs_of(keras, keras.saving.load_model(path), x)
    assert largest_difference(from_keras(path).predict(x), expected) < TOLERANCE["float32"]


@pytest.mark.parametrize("name", ["in a model within", "in two models within", "deep"])
def test_a_file_without_the_arrays_of_a_second_place(keras, tmp_path, name):
    path = tmp_path / "model.keras"
    shared(keras, name).save(path)
    with pytest.raises(ValueError, match="it lacks the kernel of"):
        from_keras(path)


def test_calls_that_use_a_layer_twice(keras):
    inputs, dense = keras.Input((3,)), keras.layers.Dense(3)
    for outputs in (dense(dense(inputs)), dense(keras.layers.ReLU()(dense(inputs)))):
        theirs = keras.Model(inputs, outputs)
        x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
        # A dozen roundings of float32.
        np.testing.assert_allclose(from_keras(theirs).predict(x), theirs.predict(x, verbose=0), atol=1e-6)


def test_a_class_of_the_users_own(keras):
    class Dense(keras.layers.Dense):
        """Computes what it likes."""

    class Model(keras.Sequential):
        """May call its layers as it likes."""

    with pytest.raises(ValueError, match="is a Dense that is not Keras' own"):
        from_keras(keras.Sequential([keras.Input((3,)), Dense(2)]))
    with pytest.raises(ValueError, match="is a Model that is not Keras' own"):
        from_keras(Model([keras.Input((3,)), keras.layers.Dense(2)]))


@pytest.mark.parametrize("source", [None, 3, layers.Dense(2), Sequential()])
def test_no_keras_model(source):
    with pytest.raises(TypeError, match=r"source must be the path of a \.keras or \.h5 file or a Keras model"):
        from_keras(source)


def test_weights_as_keras_2_writes_them(keras, tmp_path):
    """Keras still writes that form, for whole models."""
    parts = keras.layers
    rng = np.random.default_rng(0)
    inner = [parts.Dense(4), parts.BatchNormalization(), parts.Dense(4, use_bias=False)]
    model = keras.Sequential([keras.Input((3,)), parts.Dense(5), keras.Sequential(inner), parts.LayerNormalization()])
    model.set_weights([random_weight(array, rng) for array in model.get_weights()])
    model.save(tmp_path / "model.h5")
    ours = from_keras(model)
    ours.set_weights([np.ones_like(array) for array in ours.get_weights()])
    load_keras_weights(ours, tmp_path / "model.h5")
    for found, expected in zip(ours.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(
        ValueError, match=r"it has \[2, 2, 4, 1, 2\] arrays by layer, but the model's layers have \[2\]"
    ):
        load_keras_weights(Sequential([layers.Input((3,)), layers.Dense(2)]), tmp_path / "model.h5")
