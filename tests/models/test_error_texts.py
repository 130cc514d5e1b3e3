"""What a user is told of numbers, shapes and sizes beyond all measure: what came, what was expected, what to do."""

import contextlib

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.interop import to_c, to_onnx
from fastnn.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    Input,
    LayerNormalization,
    ReLU,
    Rescaling,
)
from fastnn.models import Sequential
from fastnn.models.evaluation import metrics_of

X, Y = np.arange(12, dtype=np.float32).reshape(4, 3), np.ones((4, 2), np.float32)


def model():
    made = Sequential([Input((3,)), Dense(2)], seed=0)
    made.compile("sgd", "mse")
    return made


WAYS = {
    "predict": lambda m, x: m.predict(x),
    "call": lambda m, x: m(x),
    "evaluate": lambda m, x: m.evaluate(x, Y),
    "fit": lambda m, x: m.fit(x, Y, verbose=0),
    "validation": lambda m, x: m.fit(X, Y, validation_data=(x, Y), verbose=0),
    "train_on_batch": lambda m, x: m.train_on_batch(x, Y),
    "notebook predict": lambda m, x: fastnn.predict([fastnn.FCLayer(3, 2)], x),
    "notebook train": lambda m, x: fastnn.train([fastnn.FCLayer(3, 2)], x, Y, epochs=1, learning_rate=0.1),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["float64", "longdouble", "csr"])
def test_numbers_too_large_for_float32(way, kind):
    x = np.full((4, 3), 1e300, np.longdouble if kind == "longdouble" else np.float64)
    x = pytest.importorskip("scipy.sparse").csr_array(x) if kind == "csr" else x
    with pytest.raises(ValueError, match=r"reaches 1e\+300, too large for float32: scale it, or make the layers with"):
        WAYS[way](model(), x)


@pytest.mark.parametrize("way", WAYS)
def test_unaligned_arrays_are_arrays(way):
    def unaligned(array):
        moved = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
        moved[...] = array
        assert not moved.flags.aligned
        return moved

    for x in (X, X.astype(np.float64), X.astype(np.int32)):
        results = []
        for given in (x, unaligned(x)):
            made = model()
            made.set_weights([unaligned(array) for array in made.get_weights()])
            network = [fastnn.FCLayer(3, 2, rng=np.random.default_rng(0))]
            if way.startswith("notebook"):
                results.append(
                    fastnn.predict(network, given)
                    if way.endswith("predict")
                    else fastnn.train(network, given, unaligned(Y), epochs=1, learning_rate=0.001)[1]
                )
            else:
                result = WAYS[way](made, given)
                results.append(result.history["loss"] if hasattr(result, "history") else result)
        assert np.array_equal(*results)


NOTHING = {
    "linear": lambda: [Activation("linear")],
    "linear twice": lambda: [Activation("linear"), Activation(None)],
    "flatten": lambda: [Flatten()],
    "rescaling": lambda: [Rescaling(2.0)],
    "rescaling and flatten": lambda: [Rescaling(0.5), Flatten()],
    "dropout of none": lambda: [Dropout(0.0)],
}


@pytest.mark.parametrize("name", NOTHING)
def test_layers_that_only_hand_on_are_a_model(tmp_path, name):
    made = Sequential([Input((3,)), *NOTHING[name]()], seed=0)
    made.compile("adam", "mse", metrics=["mae"])
    scale = {"rescaling": 2.0, "rescaling and flatten": 0.5}.get(name, 1.0)
    signed = X - 5
    assert np.array_equal(made.predict(signed), signed * scale)
    assert made.evaluate(signed, signed * scale) == [0, 0]
    assert made.fit(signed, signed * scale, epochs=2, verbose=0).history["loss"] == [0, 0]
    assert made.train_on_batch(signed, signed * scale) == [0, 0]
    made.summary(print_fn=lambda text: None)
    made.save(tmp_path / "m.safetensors")
    assert np.array_equal(fastnn.load_model(tmp_path / "m.safetensors").predict(signed), signed * scale)
    to_c(made, tmp_path / "m.c")
    to_onnx(made, tmp_path / "m.onnx")
    made.add(Dense(1))
    assert made.predict(signed).shape == (4, 1)


SIZES = {
    "units": (lambda: Sequential([Input((3,)), Dense(2**61)]), MemoryError, r"kernel of dense .*27.7 EB"),
    "many more units": (lambda: Sequential([Input((3,)), Dense(10**400)]), MemoryError, "kernel of dense"),
    "terabytes": (lambda: Sequential([Input((3,)), Dense(2**44)]), MemoryError, r"kernel of dense .*211 TB"),
    "normalised": (lambda: Sequential([Input((2**44,)), LayerNormalization()]), MemoryError, "gamma of layer_norm"),
    "moving": (
        lambda: Sequential([Input((2**44,)), BatchNormalization(center=False, scale=False)]),
        MemoryError,
        "moving_mean of batch_norm",
    ),
    "input": (
        lambda: Sequential([Input((256,) * 8), Flatten(), Dense(1)]),
        ValueError,
        r"flatten .*\(256, 256, .* larger",
    ),
    "input alone": (lambda: Sequential([Input((256,) * 8), ReLU()]), ValueError, "larger than any memory"),
    "input of 2**63": (lambda: Sequential([Input((2**63,)), ReLU()]), ValueError, "larger than any memory"),
    "build": (lambda: Sequential([Dense(1)]).build((2**70,)), ValueError, "larger than any memory"),
    "float64": (lambda: Sequential([Input((2**60,)), ReLU()], dtype="float64"), ValueError, "larger than any memory"),
    "notebook": (
        lambda: fastnn.FCLayer(2**40, 2**40),
        MemoryError,
        r"weights of FCLayer\(1099511627776, .* take 9.67e",
    ),
    "notebook, beyond": (lambda: fastnn.FCLayer(10**400, 1), MemoryError, "weights of FCLayer"),
}


@pytest.mark.parametrize("size", SIZES)
def test_sizes_beyond_all_memory(size):
    make, kind, message = SIZES[size]
    with pytest.raises(kind, match=message):
        make()


def test_a_layer_that_does_not_fit_memory_leaves_the_model_as_it_was():
    made = model()
    before, outputs = made.get_weights(), made.predict(X)
    with pytest.raises(MemoryError, match="there is no memory for the kernel of dense_1"):
        made.add(Dense(2**61))
    assert [layer.name for layer in made.layers] == ["dense"]
    assert np.array_equal(made.predict(X), outputs)
    assert all(map(np.array_equal, made.get_weights(), before))
    made.fit(X, Y, verbose=0)


@pytest.mark.parametrize("kind", [Dense, BatchNormalization, LayerNormalization])
def test_arrays_of_a_layer_that_is_not_built(kind):
    layer = kind(3) if kind is Dense else kind()
    with pytest.raises(RuntimeError, match=rf"the layer {kind.__name__} is not built.*put it into a model"):
        layer.variables()
    layer.build((3,))
    assert layer.variables()


def test_layers_that_are_not_there():
    made = model()
    for index in (1, -2, 99):
        with pytest.raises(ValueError, match=f"there is no layer {index}: the model has 1 layers"):
            made.get_layer(index=index)
    assert made.get_layer(index=-1) is made.layers[0]


def test_metrics_that_were_not_compiled():
    with pytest.raises(RuntimeError, match="other metrics than when it was compiled"):
        metrics_of([fastnn.metrics.MeanAbsoluteError()], Y, None, None, (slice(None),))


def test_every_layer_has_a_sentence_for_what_it_is_not_made_for():
    """No constructor of a layer ends in an assertion or an error of NumPy's for a wrong first argument."""
    for name in layers.__all__:
        kind = getattr(layers, name)
        for wrong in (object(), "nonsense", -1, float("nan"), [], {}):
            with contextlib.suppress(TypeError, ValueError):
                kind(wrong)
