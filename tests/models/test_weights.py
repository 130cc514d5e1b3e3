"""Weights that are put into a model, also where they are views of its own arrays: as if they had been copied first."""

import copy

import numpy as np
import pytest

import fastnn
from fastnn.interop import load_torch_weights
from fastnn.interop.assembling import assemble
from fastnn.layers import BatchNormalization, Dense, Input
from fastnn.models import Sequential


def made(seed=0, dtype="float32"):
    model = Sequential([Input((4,)), *(Dense(4) for _ in range(4)), BatchNormalization()], seed=seed, dtype=dtype)
    model.compile("adam", "mse")
    model.fit(np.random.default_rng(0).normal(size=(20, 4)), np.ones((20, 4)), verbose=0)
    return model


def live(model):
    return [array for layer in model.layers for array in layer.arrays.values()]


# What is set, of the model's own arrays.
CHANGES = {
    "the same": lambda arrays: arrays,
    "two layers swapped": lambda arrays: [*arrays[2:4], *arrays[:2], *arrays[4:]],
    "all turned round": lambda arrays: [*[arrays[i] for i in (6, 7, 4, 5, 2, 3, 0, 1)], *arrays[8:][::-1]],
    "shifted": lambda arrays: [*arrays[2:8], *arrays[:2], *arrays[9:], arrays[8]],
    "transposed": lambda arrays: [array.T if array.ndim == 2 else array for array in arrays],
    "reversed rows": lambda arrays: [array[::-1] for array in arrays],
    "one for all": lambda arrays: [arrays[0] if array.ndim == 2 else arrays[1] for array in arrays],
    "rows of another": lambda arrays: [*arrays[:3], arrays[0][1], *arrays[4:]],
    "parts that overlap": lambda arrays: [arrays[0], *[np.broadcast_to(arrays[0][:1], a.shape) if a.ndim == 2 else a
                                                       for a in arrays[1:]]],
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("change", CHANGES)
def test_views_of_its_own_arrays(change, dtype):
    model = made(dtype=dtype)
    expected = [array.copy() for array in CHANGES[change](live(copy.deepcopy(model)))]
    model.set_weights(CHANGES[change](live(model)))
    for array, wanted in zip(live(model), expected, strict=True):
        np.testing.assert_array_equal(array, wanted)


def test_views_of_its_own_vector():
    model = made()
    kernels = [array for array in live(model) if array.ndim == 2]
    size = kernels[0].size
    place = (kernels[0].ctypes.data - model.parameters.ctypes.data) // 4 + 1
    moved = model.parameters[place : place + size].reshape(4, 4)
    expected = moved.copy()
    model.set_weights([moved, *live(model)[1:]])
    np.testing.assert_array_equal(model.layers[0].arrays["kernel"], expected)


def test_a_state_of_torch_names_with_views_of_its_own_arrays():
    model = Sequential([Input((3,)), Dense(3), Dense(3)], seed=0)
    first, second = (layer.arrays for layer in model.layers)
    expected = [array.copy() for array in (second["kernel"], second["bias"], first["kernel"], first["bias"])]
    state = {
        "0.weight": second["kernel"].T,
        "0.bias": second["bias"],
        "1.weight": first["kernel"].T,
        "1.bias": first["bias"],
    }
    load_torch_weights(model, state)
    for array, wanted in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(array, wanted)


def test_arrays_of_another_model_stay_its_own():
    first, second = made(), made(seed=1)
    second.set_weights(live(first))
    before = first.get_weights()
    second.fit(np.ones((4, 4)), np.ones((4, 4)), verbose=0)
    assert all(map(np.array_equal, first.get_weights(), before))
    third = assemble(Sequential([Dense(4), Dense(4)]), (4,), live(first)[:4])
    third.layers[0].arrays["kernel"][...] = 0
    assert all(map(np.array_equal, first.get_weights(), before))


def test_a_refused_list_changes_nothing():
    model = made()
    before = model.get_weights()
    swapped = CHANGES["two layers swapped"](live(model))
    with pytest.raises(ValueError, match="the moving_variance of batch_normalization must have shape"):
        model.set_weights([*swapped[:-1], np.ones(3)])
    assert all(map(np.array_equal, model.get_weights(), before))


def test_layers_of_the_notebook_are_swapped_through_copies():
    a, b = (fastnn.FCLayer(3, 3, rng=np.random.default_rng(seed)) for seed in (0, 1))
    before = a.weights.copy(), b.weights.copy()
    a.weights, b.weights = b.weights.copy(), a.weights.copy()
    assert np.array_equal(a.weights, before[1])
    assert np.array_equal(b.weights, before[0])
    a.weights = a.weights.T
    assert np.array_equal(a.weights, before[1].T)
