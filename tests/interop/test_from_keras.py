"""Keras models: files that Keras itself wrote, live models, and files that nobody should trust."""

import importlib
import importlib.util
import io
import json
import os
import re
import sys
import warnings
import zipfile

import numpy as np
import pytest

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
# Every activation that both have. TensorFlow rounds a slope and GELU's root of 2 to float32, also in float64.
ACTIVATIONS = {
    "float64": ["linear", "relu", "sigmoid", "tanh", "elu", "selu", "silu", "swish", "softplus", "softmax", None],
}
ACTIVATIONS["float32"] = ["leaky_relu", "gelu", *ACTIVATIONS["float64"]]


@pytest.fixture(scope="module")
def keras():
    """Keras over TensorFlow: over the others it rounds to float32 where it should not."""
    if not all(importlib.util.find_spec(name) for name in ("keras", "tensorflow")):
        pytest.skip("Keras or TensorFlow is not installed")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # What it imports speaks of processors and deprecated names.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = importlib.import_module("keras")
    if found.config.backend() != "tensorflow":
        pytest.skip(f"Keras runs over {found.config.backend()}, not TensorFlow")
    return found


@pytest.fixture
def in_dtype(keras):
    """A function that sets the dtype in which Keras makes inputs and layers."""

    def use(dtype):
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        return dtype

    yield use
    use("float32")


def width(rng):
    return int(rng.integers(1, 71))


def coin(rng):
    return bool(rng.integers(2))


def slope(rng):
    """One that float32 has, too."""
    return float(np.float32(rng.uniform(0.01, 0.9)))


def activation(keras, rng):
    known = ACTIVATIONS[keras.config.floatx()]
    return known[rng.integers(len(known))]


def maybe(rng, value):
    return value if coin(rng) else None


def random_layer(keras, rng):
    """A layer that takes rows."""
    kinds = keras.layers
    makers = [
        lambda: kinds.Activation(activation(keras, rng) or "linear"),
        lambda: kinds.ReLU(),
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
        assert largest_difference(ours.predict(x), expected) < TOLERANCE[dtype], case
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
    assert [layer.applied.slope for layer in ours.layers] == [pytest.approx(0.3), 0.2, 0.125, 0.5]


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
        lambda k: k.layers.PReLU(name="p"),
        r"'p' \(PReLU\): fastnn has no such layer; it has Dense, ",
    ),
    "an unknown activation": (
        lambda k: k.layers.Dense(2, "hard_sigmoid", name="p"),
        r"'p' \(Dense\): activation 'hard_sigmoid' is unknown",
    ),
    "code": (lambda k: k.layers.Lambda(lambda x: x, name="p"), r"'p' \(Lambda\): fastnn has no such layer"),
    "code for an activation": (
        lambda k: k.layers.Activation(lambda x: x, name="p"),
        "'p'.*: give a lambda's function a name",
    ),
    "a ReLU with a limit": (lambda k: k.layers.ReLU(6, name="p"), r"'p' \(ReLU\): it has max_value=6"),
    "a ReLU of nothing": (lambda k: k.layers.ReLU(0, name="p"), "it has max_value=0"),
    "a ReLU from a threshold": (lambda k: k.layers.ReLU(threshold=1.0, name="p"), "it has threshold=1"),
    "a slope of 1": (lambda k: k.layers.LeakyReLU(1.0), "negative_slope must be at least 0 and below 1"),
    "an activation with weights": (lambda k: k.layers.Dense(2, k.layers.PReLU()), "its activation is {.*'PReLU'"),
    "a penalty for biases": (lambda k: k.layers.Dense(2, bias_regularizer="l2"), "it has bias_regularizer="),
    "a penalty for outputs": (lambda k: k.layers.Dense(2, activity_regularizer="l2"), "it has activity_regularizer="),
    "another penalty": (
        lambda k: k.layers.Dense(2, kernel_regularizer="orthogonal_regularizer"),
        "kernel_regularizer is OrthogonalRegularizer, but fastnn has L1, L2, L1L2",
    ),
    "another limit": (lambda k: k.layers.Dense(2, kernel_constraint="non_neg"), "is NonNeg, but fastnn has MaxNorm"),
    "a limit of rows": (
        lambda k: k.layers.Dense(2, kernel_constraint=k.constraints.MaxNorm(2, axis=1)),
        "fastnn has MaxNorm over axis 0",
    ),
    "shared noise": (lambda k: k.layers.Dropout(0.5, noise_shape=(1, 3)), "it has noise_shape="),
    "nothing left": (lambda k: k.layers.Dropout(1), "rate must be at least 0 and below 1"),
    "frozen weights": (lambda k: k.layers.Dense(2, trainable=False), "it is frozen"),
    "a frozen model": (lambda k: k.Sequential([k.layers.Dense(2)], trainable=False), "it is frozen"),
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
        (kinds.Dense(2), "it takes rows, but gets samples of shape"),
        (kinds.BatchNormalization(axis=2), "its axis is 2"),
        (kinds.BatchNormalization(), "it takes rows"),
        (kinds.LayerNormalization(axis=(1, 2)), "its axis is"),
        (kinds.Softmax(), "a softmax takes rows"),
        (kinds.Softmax(axis=1), "its axis is 1"),
        (kinds.Flatten(data_format="channels_first"), "channels_first"),
    ]:
        with pytest.raises(ValueError, match=message):
            from_keras(keras.Sequential([keras.Input((4, 3)), layer]))
    with pytest.raises(ValueError, match="must come before all layers that compute"):
        from_keras(keras.Sequential([keras.Input((3,)), kinds.Dense(2), kinds.Rescaling(2.0)]))


def test_models_that_are_no_chain_of_known_shape(keras):
    inputs = keras.Input((3,))
    dense = keras.layers.Dense(3)(inputs)
    for outputs, message in [
        (keras.layers.Add()([dense, inputs]), "is no chain"),
        (keras.layers.Activation("relu")(keras.layers.Dropout(0.5)(dense, training=True)), "is no chain"),
        ([dense, keras.layers.Activation("relu")(dense)], "has outputs other than"),
    ]:
        with pytest.raises(ValueError, match=message):
            from_keras(keras.Model(inputs, outputs))
    with pytest.raises(ValueError, match="shape of its inputs is not known"):
        from_keras(keras.Sequential([keras.layers.Dense(2)]))
    with pytest.raises(ValueError, match="every size but that of the batch"):
        from_keras(keras.Sequential([keras.Input((None, 3)), keras.layers.Flatten()]))


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
    with pytest.raises(TypeError, match=r"source must be a \.keras file's path or a Keras model"):
        from_keras(source)


# Files. What follows needs no Keras.

DENSE = {"name": "last", "units": 2, "activation": "relu", "use_bias": True}


def content(**changes):
    """A configuration as Keras writes it, of one dense layer."""
    parts = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "input"}},
        {"class_name": "Dense", "config": DENSE | changes},
    ]
    return {"class_name": "Sequential", "config": {"name": "small", "layers": parts}}


def weights(arrays=None):
    """The bytes of a file of weights."""
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        for path, array in (arrays or {"0": np.ones((3, 2)), "1": np.ones(2)}).items():
            opened[f"layers/dense/vars/{path}"] = array
    return file.getvalue()


@pytest.fixture
def written(tmp_path):
    """A function that writes a .keras file."""

    def write(config=None, stored=None, compression=zipfile.ZIP_STORED):
        path = tmp_path / "model.keras"
        with zipfile.ZipFile(path, "w", compression) as archive:
            archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config or content()))
            if stored != b"":
                archive.writestr("model.weights.h5", stored or weights())
        return path

    return write


def refused(path, message):
    with pytest.raises(ValueError, match=re.escape(repr(str(path))) + ".*" + message):
        from_keras(path)


def test_a_plain_file(written):
    np.testing.assert_array_equal(from_keras(written()).predict([[1, 2, 3]]), [[7, 7]])
    np.testing.assert_array_equal(from_keras(written(compression=zipfile.ZIP_DEFLATED)).predict([[1, 2, 3]]), [[7, 7]])


def test_without_h5py(written, monkeypatch):
    path = written()
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match="pip install 'h5py"):
        from_keras(path)


def test_paths(tmp_path, written):
    with pytest.raises(FileNotFoundError, match="nothing"):
        from_keras(tmp_path / "nothing.keras")
    with pytest.raises(IsADirectoryError):
        from_keras(tmp_path)
    (tmp_path / "text.keras").write_text("words")
    refused(tmp_path / "text.keras", "not a zip file")
    refused(written(stored=b""), "it lacks .*model.weights.h5")
    refused(written("{"), "cannot be loaded")
    refused(written("[1]"), "cannot be loaded")
    refused(written("[" * 100_000), "cannot be loaded")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": 10**12}, r"must have shape \(3, 1000000000000\), but the file's has \(3, 2\)"),
        ({"units": 10**30}, r"must have shape \(3, 1000"),
        ({"units": -1}, "units must be at least 1"),
        ({"units": "many"}, "units must be an integer"),
        ({"use_bias": "yes"}, "use_bias must be true or false"),
        ({"name": 3}, "names are strings"),
        ({"name": ""}, "names are strings"),
        ({"activation": {"class_name": "Dense", "config": DENSE}}, "its activation is a Dense"),
        ({"activation": ["relu"]}, "fastnn takes names and layers of activations"),
        ({"activation": {"value": ["4wEA"]}}, "fastnn takes names and layers of activations"),
        ({"kernel_regularizer": {"class_name": "L2", "config": {"l2": "x"}}}, "l2 must be a finite number"),
        ({"kernel_regularizer": "l2"}, "last"),
        ({"lora_rank": 4}, "it has lora_rank=4"),
        ({"dtype": {"class_name": "DTypePolicy", "config": {"name": "int8_from_float32"}}}, "its dtype is"),
    ],
)
def test_configurations_nobody_should_write(written, changes, message):
    refused(written(content(**changes)), message)


def test_absurd_inputs(written):
    config = content()
    for size in (10**12, 10**30):
        config["config"]["layers"][0]["config"]["batch_shape"] = [None, size]
        refused(written(config), "larger than any memory|must have shape")
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, 3]
    config["config"]["layers"] += [{"class_name": "Flatten", "config": {"name": "many"}}] * 10_000
    refused(written(config), "more than 10000 layers")
    del config["config"]["layers"][1]["config"]
    refused(written(config), "it lacks 'config'")


def test_weights_that_do_not_fit(written):
    kernel, bias = np.ones((3, 2)), np.ones(2)
    for arrays, message in [
        ({"0": kernel}, r"it lacks the bias of last \('layers/dense/vars/1'\)"),
        ({"0": kernel.T, "1": bias}, r"must have shape \(3, 2\), but the file's has \(2, 3\)"),
        ({"0": kernel, "1": bias, "2": bias}, "arrays for which the model has no place: layers/dense/vars/2"),
        ({"0": kernel, "1": ["a", "b"]}, "must hold real numbers"),
        ({"0": kernel, "1": bias * 1j}, "must hold real numbers"),
        ({"0": kernel, "1": bias * np.nan}, "must hold finite numbers"),
        ({"0": kernel, "1": bias * 1e300}, "too large for float32"),
        ({"0/deeper": kernel, "1": bias}, "is no dataset"),
    ]:
        refused(written(stored=weights(arrays)), message)


def test_arrays_that_are_not_in_the_file(written, tmp_path):
    (tmp_path / "secret").write_bytes(np.ones(2).tobytes())
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["bias"] = np.ones(2)

    def with_bias(add):
        file = io.BytesIO()
        with h5py.File(file, "w") as opened:
            opened["layers/dense/vars/0"] = np.ones((3, 2))
            add(opened["layers/dense/vars"])
        return written(stored=file.getvalue())

    def external_file(group):
        group.create_dataset("1", (2,), "f8", external=[(str(tmp_path / "secret"), 0, 16)])

    def virtual(group):
        layout = h5py.VirtualLayout((2,), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "bias", (2,))
        group.create_virtual_dataset("1", layout)

    refused(with_bias(external_file), "elsewhere")
    refused(with_bias(virtual), "elsewhere")
    refused(with_bias(lambda group: group.create_dataset("1", (2,), "f8")), "elsewhere")
    refused(with_bias(lambda group: group.__setitem__("1", h5py.SoftLink("/layers/dense/vars/0"))), "a link in place")
    link = h5py.ExternalLink(str(tmp_path / "other.h5"), "bias")
    refused(with_bias(lambda group: group.__setitem__("1", link)), "a link in place")


def test_files_that_would_grow(written):
    def stored(**options):
        file = io.BytesIO()
        with h5py.File(file, "w") as opened:
            opened.create_dataset("layers/dense/vars/0", (1000, 1000), data=np.zeros((1000, 1000)), **options)
            opened["layers/dense/vars/1"] = np.zeros(1000)
        return file.getvalue()

    config = content(units=1000)
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, 1000]
    refused(written(config, stored(compression="gzip")), "is compressed")
    refused(written(config, stored(), zipfile.ZIP_DEFLATED), "would grow from")
    refused(written(config, stored(), zipfile.ZIP_LZMA), "compressed in a way that Keras does not use")
    # A thousand layers whose arrays are one.
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        opened["layers/dense/vars/0"] = np.zeros((100, 100))
        for number in range(1, 1000):
            opened[f"layers/dense_{number}/vars/0"] = opened["layers/dense/vars/0"]
    entry = content(units=100, use_bias=False)["config"]["layers"][1]
    config["config"]["layers"] = [{"class_name": "InputLayer", "config": {"batch_shape": [1, 100]}}, *[entry] * 1000]
    refused(written(config, file.getvalue()), "its arrays take 80000000 bytes, but it has")


def test_damaged_files(written):
    """Each byte that is changed leaves a model or a ValueError, and so does every file that is cut short."""
    path = written()
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refusals = []
    for number in range(600):
        damaged = bytearray(whole)
        if number % 2:
            damaged = damaged[: rng.integers(len(whole))]
        else:
            # In the content, not under the archive's checksum of it.
            stored = bytearray(weights())
            for place in rng.integers(len(stored), size=3):
                stored[place] = rng.integers(256)
            damaged = bytearray(written(stored=bytes(stored)).read_bytes())
            for place in rng.integers(len(damaged), size=number % 3):
                damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            model = from_keras(path)
        except ValueError as error:
            refusals.append(str(error))
        else:
            assert all(np.isfinite(array).all() for array in model.get_weights()), f"damage {number}"
    assert len(refusals) > 400
    assert all("model.keras" in refusal for refusal in refusals)


# Weights alone.


def small_model(**options):
    return Sequential([layers.Input((3,)), layers.Dense(2, "relu", name="last")], **options)


def test_weights_of_another_model(tmp_path, written):
    path = tmp_path / "small.weights.h5"
    path.write_bytes(weights())
    model = small_model()
    load_keras_weights(model, path)
    before = model.get_weights()
    np.testing.assert_array_equal(before[0], np.ones((3, 2)))
    for arrays, message in [
        ({"0": np.zeros((3, 2))}, "it lacks the bias of last"),
        ({"0": np.zeros((3, 2)), "1": [np.inf, 0]}, "must hold finite numbers"),
        ({"0": np.zeros((3, 2)), "1": [0, 1e300]}, "too large for float32"),
        ({"0": np.zeros((3, 2)), "1": np.zeros(2), "2": np.zeros(2)}, "no place"),
    ]:
        path.write_bytes(weights(arrays))
        with pytest.raises(ValueError, match=f"small.weights.h5' cannot be loaded: .*{message}"):
            load_keras_weights(model, path)
        np.testing.assert_array_equal(model.get_weights()[0], before[0])
    path.write_bytes(weights()[:1000])
    with pytest.raises(ValueError, match=r"small\.weights\.h5' cannot be loaded"):
        load_keras_weights(model, path)
    with pytest.raises(FileNotFoundError):
        load_keras_weights(model, tmp_path / "nothing.weights.h5")
    wider = Sequential([layers.Input((3,)), layers.Dense(2), layers.BatchNormalization()])
    with pytest.raises(ValueError, match="its layers with weights are Dense, but the model's are Dense, BatchNorm"):
        load_keras_weights(wider, written())


def test_a_model_within_a_model_needs_the_keras_file(keras, tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.Sequential([keras.layers.Dense(2)]), keras.layers.Dense(2)])
    model.save_weights(tmp_path / "model.weights.h5")
    model.save(tmp_path / "model.keras")
    ours = Sequential([layers.Input((3,)), layers.Dense(2), layers.Dense(2)])
    with pytest.raises(ValueError, match="arrays for which the model has no place: layers/sequential/"):
        load_keras_weights(ours, tmp_path / "model.weights.h5")
    load_keras_weights(ours, tmp_path / "model.keras")
    np.testing.assert_array_equal(ours.get_weights()[2], model.get_weights()[2])


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
        load_keras_weights(small_model(), tmp_path / "model.h5")


def test_an_hdf5_file_is_told_where_to_go(tmp_path):
    (tmp_path / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(ValueError, match=r"model\.h5' is no \.keras file: .* load_keras_weights"):
        from_keras(tmp_path / "model.h5")
