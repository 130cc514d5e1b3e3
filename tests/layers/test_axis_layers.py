"""Layers that normalise, encode, reshape and permute, learned slopes and other dropouts, against Keras and PyTorch."""

import copy

import numpy as np
import pytest

import fastnn
from fastnn import layers, optimizers
from fastnn.layers import Activation, Concatenate, Dense, Dot, Embedding, Flatten, Input
from fastnn.models import Sequential
from fastnn.models.from_json import model_from_json

# Keras' own way to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(0)
ROWS, GRIDS = RNG.normal(size=(7, 6)).astype(np.float32), RNG.normal(size=(7, 2, 3)).astype(np.float32)
CODES = RNG.integers(0, 4, (7, 3))
MEAN, VARIANCE = RNG.normal(size=3).tolist(), RNG.uniform(1, 2, 3).tolist()

# The class, its arguments, which are Keras', and data.
CASES = {
    "normalization": ("Normalization", {"mean": MEAN * 2, "variance": VARIANCE * 2}, ROWS),
    "normalization of grids": ("Normalization", {"mean": MEAN, "variance": VARIANCE}, GRIDS),
    "normalization by one number": ("Normalization", {"mean": 0.5, "variance": 4.0}, GRIDS),
    "one hot": ("CategoryEncoding", {"num_tokens": 4, "output_mode": "one_hot"}, CODES),
    "one hot of one": ("CategoryEncoding", {"num_tokens": 4, "output_mode": "one_hot"}, CODES[:, :1]),
    "multi hot": ("CategoryEncoding", {"num_tokens": 5}, CODES),
    "count": ("CategoryEncoding", {"num_tokens": 4, "output_mode": "count"}, CODES),
    "reshape": ("Reshape", {"target_shape": (3, -1)}, ROWS),
    "reshape to rows": ("Reshape", {"target_shape": (6,)}, GRIDS),
    "permute": ("Permute", {"dims": (2, 1)}, GRIDS),
    "permute three": ("Permute", {"dims": (3, 1, 2)}, RNG.normal(size=(5, 2, 3, 4)).astype(np.float32)),
    "identity": ("Identity", {}, GRIDS),
    "unit": ("UnitNormalization", {}, ROWS),
    "unit of grids": ("UnitNormalization", {}, GRIDS),
    "unit of zeros": ("UnitNormalization", {}, np.zeros((2, 3), np.float32)),
    "rms": ("RMSNormalization", {"epsilon": 0.01}, ROWS),
    "rms of grids": ("RMSNormalization", {}, GRIDS),
    "prelu": ("PReLU", {"alpha_initializer": "random_normal"}, ROWS),
    "prelu of grids": ("PReLU", {"alpha_initializer": "ones"}, GRIDS),
    "prelu of one slope": ("PReLU", {"alpha_initializer": "ones", "shared_axes": 1}, ROWS),
    "prelu by rows": ("PReLU", {"shared_axes": [2]}, GRIDS),
    "prelu by columns": ("PReLU", {"shared_axes": (1,)}, GRIDS),
    "prelu of all": ("PReLU", {"shared_axes": (1, 2)}, GRIDS),
    "alpha dropout": ("AlphaDropout", {"rate": 0.5}, ROWS),
    "gaussian dropout": ("GaussianDropout", {"rate": 0.5}, ROWS),
}


def alone(name, options, x, dtype="float32"):
    return Sequential([Input(x.shape[1:]), getattr(layers, name)(**options)], dtype=dtype, seed=0)


@pytest.mark.parametrize("case", CASES)
def test_predictions_and_shapes_are_those_of_keras(keras, case):
    name, options, x = CASES[case]
    ours = alone(name, options, x)
    # Over JAX, Keras encodes whole numbers alone.
    dtype = "int32" if x is CODES or x.base is CODES else "float32"
    theirs = keras.Sequential([keras.Input(x.shape[1:], dtype=dtype), getattr(keras.layers, name)(**options)])
    if theirs.get_weights():
        theirs.set_weights([RNG.uniform(0.5, 1.5, array.shape) for array in theirs.get_weights()])
        ours.set_weights(theirs.get_weights())
    expected = np.asarray(theirs.predict(x, verbose=0))
    assert ours.output_shape == expected.shape[1:]
    # A few roundings of float32.
    np.testing.assert_allclose(ours.predict(x), expected.reshape(len(x), -1), rtol=2e-6, atol=1e-6)


NOT_WRITTEN = {"Normalization"}


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][0] not in NOT_WRITTEN])
def test_files_of_keras(keras, tmp_path, case):
    name, options, x = CASES[case]
    model = alone(name, options, x)
    path = str(tmp_path / "model.keras")
    fastnn.interop.to_keras(model, path)
    theirs = keras.models.load_model(path, compile=False)
    # As above.
    expected = np.asarray(theirs.predict(x, verbose=0)).reshape(len(x), -1)
    np.testing.assert_allclose(model.predict(x), expected, rtol=2e-6, atol=1e-6)
    theirs.save(path)
    again = fastnn.interop.from_keras(path)
    assert again.predict(x).tobytes() == model.predict(x).tobytes()
    assert type(again.layers[0]) is type(model.layers[0])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_is_saved_and_described(tmp_path, case, dtype):
    name, options, x = CASES[case]
    parts = [Input(x.shape[1:]), getattr(layers, name)(**options), Flatten(), Dense(2)]
    model = Sequential(parts, dtype=dtype, seed=0)
    model.compile("adam", "mse")
    model.fit(x, x.reshape(len(x), -1)[:, [0, 0]], epochs=2, batch_size=3)
    model.save(tmp_path / "model.safetensors")
    loaded = fastnn.load_model(tmp_path / "model.safetensors")
    described = model_from_json(model.to_json())
    described.set_weights(model.get_weights())
    for same in (loaded, described, copy.deepcopy(model)):
        assert same.predict(x).tobytes() == model.predict(x).tobytes()


LEARNING = {
    "rms": (lambda: layers.RMSNormalization(epsilon=0.01), "rms_norm"),
    "prelu": (lambda: layers.PReLU("ones"), "prelu"),
    "prelu of one slope": (lambda: layers.PReLU("ones", shared_axes=1), "prelu"),
    "unit": (layers.UnitNormalization, "normalize"),
}


@pytest.mark.parametrize("kind", LEARNING)
def test_steps_are_those_of_pytorch(kind):
    torch = pytest.importorskip("torch")
    make, function = LEARNING[kind]
    x, y = RNG.normal(size=(9, 4)), RNG.normal(size=(9, 2))
    model = Sequential([Input((4,)), Dense(6), make(), Dense(2)], dtype="float64", seed=0)
    model.compile(optimizers.SGD(0.1), "mse")
    model.parameters[...] += 0.1 * RNG.normal(size=model.parameters.shape)
    weights = [torch.tensor(array, requires_grad=True) for array in model.get_weights()]
    of_torch = getattr(torch.nn.functional, function)

    def forward():
        first, bias, *own, second, last = weights
        hidden = torch.tensor(x) @ first + bias
        given = {"rms_norm": ((6,), *own, 0.01), "prelu": tuple(own), "normalize": ()}[function]
        return of_torch(hidden, *given) @ second + last

    for _ in range(4):
        for weight in weights:
            weight.grad = None
        torch.nn.functional.mse_loss(forward(), torch.tensor(y)).backward()
        with torch.no_grad():
            for weight in weights:
                weight -= 0.1 * weight.grad
        model.train_on_batch(x, y)
    for mine, theirs in zip(model.get_weights(), weights, strict=True):
        # A few steps of sums of some dozen terms of size one in another order.
        np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=0, atol=1e-12)


def test_adapt_takes_mean_and_variance_of_data():
    data = RNG.normal(3, 2, size=(50, 2, 3))
    before, after = layers.Normalization(), layers.Normalization()
    before.adapt(data)
    models = [Sequential([Input((2, 3)), layer], dtype="float64") for layer in (before, after)]
    assert models[1].predict(data).tobytes() == data.reshape(50, 6).tobytes()
    after.adapt(data)
    expected = (data - data.mean(axis=(0, 1))) / data.std(axis=(0, 1))
    for model in models:
        # Two roundings.
        np.testing.assert_allclose(model.predict(data), expected.reshape(50, 6), rtol=1e-13, atol=1e-13)
    assert model_from_json(models[1].to_json()).predict(data).tobytes() == models[1].predict(data).tobytes()


def test_constant_columns_are_not_divided_by_zero():
    layer = layers.Normalization()
    layer.adapt(np.array([[1.0, 5.0], [3.0, 5.0]]))
    assert Sequential([Input((2,)), layer]).predict([[1.0, 5.0]]).tolist() == [[-1, 0]]


def test_a_normalization_does_not_learn():
    model = Sequential([Input((6,)), layers.Normalization(mean=1.0, variance=2.0), Dense(1)], seed=0)
    model.compile("adam", "mse")
    model.fit(ROWS, ROWS[:, 0], epochs=2)
    assert model.layers[0].get_weights()[0].tolist() == [1] * 6
    assert model.layers[0].get_weights()[1].tolist() == [2] * 6


@pytest.mark.parametrize("normalize", [False, True])
def test_dot_is_that_of_keras(keras, normalize):
    left, right = RNG.normal(size=(2, 8, 5)).astype(np.float32)
    # The cosine of nothing is nothing.
    left[0] = 0
    inputs = Input((5,)), Input((5,))
    ours = fastnn.Model(inputs, Dot(1, normalize)(inputs))
    theirs = [keras.Input((5,)), keras.Input((5,))]
    model = keras.Model(theirs, keras.layers.Dot(1, normalize=normalize)(theirs))
    expected = model.predict([left, right], verbose=0)
    assert ours.output_shape == (1,)
    # Sums of five products.
    np.testing.assert_allclose(ours.predict([left, right]), expected, rtol=0, atol=1e-6)


def test_dot_learns_as_in_pytorch(tmp_path):
    torch = pytest.importorskip("torch")
    users, films = Input((1,)), Input((1,))
    tables = Embedding(5, 3)(users), Embedding(6, 3)(films)
    model = fastnn.Model(
        [users, films], Dot(normalize=True)([Flatten()(one) for one in tables]), dtype="float64", seed=0
    )
    model.compile(optimizers.SGD(0.5), "mse")
    x, y = [RNG.integers(0, size, 20) for size in (5, 6)], RNG.uniform(-1, 1, size=20)
    first, second = (torch.tensor(array, requires_grad=True) for array in model.get_weights())
    for _ in range(3):
        first.grad = second.grad = None
        cosine = torch.nn.functional.cosine_similarity(first[x[0]], second[x[1]])
        torch.nn.functional.mse_loss(cosine, torch.tensor(y)).backward()
        with torch.no_grad():
            for weight in (first, second):
                weight -= 0.5 * weight.grad
        model.train_on_batch(x, y)
    for mine, theirs in zip(model.get_weights(), (first, second), strict=True):
        # Vectors of a twentieth, by whose lengths gradients are divided.
        np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=0, atol=1e-10)
    model.save(tmp_path / "model.safetensors")
    assert fastnn.load_model(tmp_path / "model.safetensors").predict(x).tobytes() == model.predict(x).tobytes()


@pytest.mark.parametrize("kind", [layers.AlphaDropout, layers.GaussianDropout])
def test_dropouts_keep_mean_and_variance_in_their_way(kind):
    """The loss of an epoch is that of what training saw: the mean square of numbers of mean 0 and variance 1."""
    size, rate = 400, 0.3
    x = np.random.default_rng(0).normal(size=(200, size)).astype(np.float32)
    model = Sequential([Input((size,)), kind(rate), Dense(size, kernel_initializer=lambda shape, rng: np.eye(size))])
    model.compile(optimizers.SGD(0.0), "mse")
    squares = model.fit(x, np.zeros_like(x), batch_size=200, epochs=1).history["loss"][0]
    expected = {layers.AlphaDropout: 1.0, layers.GaussianDropout: 1 + rate / (1 - rate)}[kind]
    # 80,000 squares: the mean is wrong by some hundredth of its size, many times over.
    assert squares == pytest.approx(expected, rel=0.03)
    assert model.predict(x).tobytes() == pytest.approx(x.tobytes())


def test_seeds_of_dropouts_decide():
    results = []
    for seed in (1, 1, 2):
        model = Sequential([Input((6,)), layers.AlphaDropout(0.5, seed=seed), Dense(1, kernel_initializer="ones")])
        model.compile(optimizers.SGD(0.1), "mse")
        model.train_on_batch(ROWS, ROWS[:, 0])
        results.append(model.get_weights()[0].tolist())
    assert results[0] == results[1] != results[2]


REFUSED = {
    "half of a normalization": (lambda: layers.Normalization(mean=1.0), "come together"),
    "other lengths": (lambda: layers.Normalization(mean=[1.0, 2.0], variance=[1.0]), "their shapes are"),
    "a negative variance": (lambda: layers.Normalization(mean=1.0, variance=-1.0), "must not be negative"),
    "other columns": (
        lambda: Sequential([Input((3,)), layers.Normalization(mean=[1, 2], variance=[1, 2])]),
        "normalization .* those of 2 columns",
    ),
    "data of other columns": (
        lambda: Sequential([Input((3,)), layers.Normalization()]).layers[0].adapt(np.ones((2, 4))),
        "data must have 3 columns, but they have 4",
    ),
    "data without samples": (
        lambda: layers.Normalization().adapt([1.0, 2.0]),
        r"must have shape \(samples, ..., columns\)",
    ),
    "data with NaN": (lambda: layers.Normalization().adapt([[np.nan]]), "must hold finite numbers"),
    "no mode": (lambda: layers.CategoryEncoding(3, "onehot"), "must be one of one_hot, multi_hot, count"),
    "no categories": (lambda: layers.CategoryEncoding(0), "num_tokens must be at least 1"),
    "an encoding behind a layer": (
        lambda: Sequential([Input((3,)), Activation("relu"), layers.CategoryEncoding(3)]),
        "category_encoding takes categories, which are data",
    ),
    "a number beyond them": (
        lambda: Sequential([Input((3,)), layers.CategoryEncoding(3)]).predict([[0, 1, 3]]),
        r"category_encoding \(CategoryEncoding\) takes whole numbers from 0 to 2, but x\[0, 2\] is 3",
    ),
    "two rests": (lambda: layers.Reshape((-1, -1)), "of which one may be -1"),
    "no size": (lambda: layers.Reshape((0, 2)), "sizes of at least 1"),
    "a shape that does not fit": (lambda: Sequential([Input((6,)), layers.Reshape((4,))]), "reshape .* do not fit"),
    "a rest that does not fit": (lambda: Sequential([Input((6,)), layers.Reshape((4, -1))]), "reshape .* do not fit"),
    "no axes": (lambda: layers.Permute((0, 1)), "axes of a sample from 1 on"),
    "other axes": (lambda: Sequential([Input((6,)), layers.Permute((2, 1))]), "permute .* those of 2 axes"),
    "no epsilon": (lambda: layers.RMSNormalization(epsilon=0), "epsilon must be above 0"),
    "all left out": (lambda: layers.AlphaDropout(1.0), "rate must be at least 0 and below 1"),
    "three of a dot": (lambda: Dot()([Input((2,)), Input((2,)), Input((2,))]), "takes two inputs, but is called on 3"),
    "rows of other lengths": (lambda: Dot()([Input((2,)), Input((3,))]), "must have the same shape"),
    "no rows": (lambda: Dot()([Input((2, 2)), Input((2, 2))]), "must be rows"),
    "shared axes from 0": (lambda: layers.PReLU(shared_axes=0), "axes of a sample, counted from 1, each once"),
    "shared axes twice": (lambda: layers.PReLU(shared_axes=[1, 1]), "but it is \\[1, 1\\]"),
    "shared axes that are none": (lambda: layers.PReLU(shared_axes="12"), "but it is '12'"),
    "a shared axis beyond": (
        lambda: Sequential([Input((2, 3)), layers.PReLU(shared_axes=(1, 3), name="slopes")]),
        r"slopes.* its shared_axes \(1, 3\) are counted from 1, but it gets samples of shape \(2, 3\)",
    ),
    "other axes of a dot": (lambda: Dot(axes=2), "axes must be 1"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_fit_is_refused_by_name(what):
    act, message = REFUSED[what]
    with pytest.raises(ValueError, match=message):
        act()


def test_full_batches_find_their_arrays():
    pytest.importorskip("scipy")
    parts = [layers.PReLU("ones"), layers.RMSNormalization(), Dense(1)]
    model = Sequential([Input((6,)), Dense(8), *parts], dtype="float64", seed=0)
    model.compile("lbfgs", "mse")
    first = model.evaluate(ROWS, ROWS[:, 0])
    model.fit(ROWS, ROWS[:, 0], epochs=20)
    assert model.evaluate(ROWS, ROWS[:, 0]) < first / 10


def test_a_graph_of_all():
    codes, numbers = Input((1,)), Input((6,))
    encoded = layers.CategoryEncoding(4, "one_hot")(codes)
    scaled = layers.PReLU()(layers.Normalization(mean=0.0, variance=4.0)(numbers))
    grid = layers.Permute((2, 1))(layers.Reshape((2, 3))(scaled))
    both = Concatenate()([encoded, Flatten()(layers.UnitNormalization()(grid)), layers.Identity()(numbers)])
    model = fastnn.Model([codes, numbers], Dense(1)(layers.RMSNormalization()(both)), seed=0)
    model.compile("adam", "mse")
    x, y = [CODES[:, 0], ROWS], ROWS[:, 0]
    first = model.evaluate(x, y)
    model.fit(x, y, epochs=200, batch_size=4)
    assert model.evaluate(x, y) < first / 2
