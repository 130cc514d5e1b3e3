"""Weight files: both formats come back to the last bit, and other software reads and writes them."""

import re

import numpy as np
import pytest
import safetensors.numpy
from model_files import bits, data, everything, trained

from fastnn.layers import BatchNormalization, Dense, Input
from fastnn.models import Sequential

SUFFIXES = [".npz", ".safetensors"]


def weights_by_name(model):
    return {f"{layer.name}.{name}": array for layer in model.layers for name, array in layer.arrays.items()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_round_trip(tmp_path, suffix, dtype):
    def make(seed):
        stack = [Dense(4, "relu", name="é"), BatchNormalization(), Dense(2, use_bias=False)]
        model = Sequential([Input((3,)), *stack], seed=seed, dtype=dtype)
        model.compile("adam", "mse")
        return model

    model, other, path = make(0), make(1), tmp_path / f"weights{suffix}"
    model.fit(*data(), epochs=2)
    model.save_weights(path)
    assert bits(other.get_weights()) != bits(model.get_weights())
    other.load_weights(path)
    assert bits(other.get_weights()) == bits(model.get_weights())
    assert other.predict(data()[0]).tobytes() == model.predict(data()[0]).tobytes()
    # The views into one vector, which training changes, are still the layers' arrays.
    other.fit(*data())
    assert bits(other.get_weights()) != bits(model.get_weights())
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_numpy_alone_reads_an_npz(tmp_path):
    model = trained()
    model.save_weights(tmp_path / "weights.npz")
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as file:
        assert list(file) == list(weights_by_name(model))
        assert bits(file.values()) == bits(model.get_weights())


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_numpy_alone_writes_an_npz(tmp_path, write):
    model, other = trained(), trained(seed=1, epochs=0)
    write(tmp_path / "weights.npz", **weights_by_name(model))
    other.load_weights(tmp_path / "weights.npz")
    assert bits(other.get_weights()) == bits(model.get_weights())


@pytest.mark.parametrize("whole", [False, True])
def test_safetensors_alone_reads_ours(tmp_path, whole):
    model, path = trained(), tmp_path / "weights.safetensors"
    (model.save if whole else model.save_weights)(path)
    found = safetensors.numpy.load_file(path)
    found = {name: array for name, array in found.items() if not name.startswith("optimizer/")}
    expected = weights_by_name(model)
    assert set(found) == set(expected)
    assert bits(found[name] for name in expected) == bits(expected.values())


def test_safetensors_alone_writes_what_is_read(tmp_path):
    model, other, path = trained(), trained(seed=1, epochs=0), tmp_path / "weights.safetensors"
    for metadata in (None, {"format": "pt", "author": "somebody"}):
        safetensors.numpy.save_file(weights_by_name(model), path, metadata)
        other.load_weights(path)
        assert bits(other.get_weights()) == bits(model.get_weights())
        other.set_weights([np.zeros_like(array) for array in other.get_weights()])


def test_a_model_s_file_is_a_file_of_weights(tmp_path, good):
    other = trained(seed=1, epochs=0)
    other.load_weights(good)
    assert bits(other.get_weights()) == bits(trained().get_weights())


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8, bool, ">f4"])
def test_numbers_of_another_dtype_are_converted(tmp_path, suffix, dtype):
    model, path = trained(epochs=0), tmp_path / f"weights{suffix}"
    arrays = {name: np.ones(array.shape, dtype) for name, array in weights_by_name(model).items()}
    if suffix == ".npz":
        arrays = {name: np.asfortranarray(array) for name, array in arrays.items()}
        np.savez(path, **arrays)
    elif dtype == ">f4":
        pytest.skip("the format knows no such dtype")
    else:
        safetensors.numpy.save_file(arrays, path)
    model.load_weights(path)
    assert all((array == 1).all() and array.dtype == np.float32 for array in model.get_weights())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_weights_that_do_not_fit_change_nothing(tmp_path, suffix):
    model, path = trained(), tmp_path / f"weights{suffix}"
    before, good = everything(model), {name: array.copy() for name, array in weights_by_name(model).items()}

    def refused(arrays, words):
        if suffix == ".npz":
            np.savez(path, **arrays)
        else:
            safetensors.numpy.save_file(arrays, path)
        with pytest.raises(ValueError, match=rf"weights\{suffix}.*{words}"):
            model.load_weights(path)
        assert everything(model) == before

    # The last array is the wrong one, so that a careless reader would have taken the others.
    last = "dense_1.bias"
    refused({name: good[name] for name in good if name != last}, re.escape("it lacks 'dense_1.bias'"))
    refused(good | {"dense_2.kernel": good[last]}, re.escape("it has 'dense_2.kernel', which the model has not"))
    refused(good | {"../dense.kernel": good[last]}, "which the model has not")
    refused(good | {last: good[last][:1]}, re.escape("must have shape (2,), but its shape is (1,)"))
    refused(good | {last: good[last][None]}, re.escape("must have shape (2,), but its shape is (1, 2)"))
    refused(good | {last: np.float32([np.nan, 1])}, "must hold finite numbers")
    refused(good | {last: np.float32([np.inf, 1])}, "must hold finite numbers")
    refused(good | {last: np.array([1e300, 1])}, "too large for float32")


@pytest.mark.parametrize("name", ["weights", "weights.h5", "weights.npy", "weights.npz.bak"])
def test_other_names(tmp_path, name):
    for call in (trained().save_weights, trained().load_weights):
        with pytest.raises(ValueError, match=rf"a \.safetensors or \.npz, but the name is .*{re.escape(name)}"):
            call(tmp_path / name)
