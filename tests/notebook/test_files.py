"""Saving and loading: what comes back, and what damaged files get."""

import json

import numpy as np
import pytest

import fastnn
from fastnn import ActivationLayer, FCLayer, FlattenLayer, SoftmaxLayer
from fastnn.notebook.files import load_metadata


def network(dtype=np.float32):
    rng = np.random.default_rng(0)
    return [
        FlattenLayer((2, 3)),
        FCLayer(6, 5, rng=rng, dtype=dtype),
        ActivationLayer(fastnn.leaky_relu),
        FCLayer(5, 2, rng=rng, dtype=dtype),
        SoftmaxLayer(2),
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_round_trip(tmp_path, dtype):
    path = tmp_path / "network.npz"
    original = network(dtype)
    fastnn.save_network(path, original, {"classes": ["no", "yes"]})
    loaded = fastnn.load_network(path)
    x = np.random.default_rng(1).normal(size=(9, 2, 3))
    assert fastnn.predict(loaded, x).tobytes() == fastnn.predict(original, x).tobytes()
    assert load_metadata(path) == {"classes": ["no", "yes"]}
    assert [p.name for p in tmp_path.iterdir()] == ["network.npz"]


def test_own_layers_are_refused_and_nothing_is_written(tmp_path):
    for layer in (ActivationLayer(np.tanh, np.cos), type("Own", (FCLayer,), {})(2, 2)):
        with pytest.raises(TypeError, match=r"cannot be saved|only networks of built-in"):
            fastnn.save_network(tmp_path / "n.npz", [layer])
    assert not list(tmp_path.iterdir())


def test_a_failed_save_keeps_the_old_file(tmp_path):
    path = tmp_path / "n.npz"
    fastnn.save_network(path, network())
    before = path.read_bytes()
    with pytest.raises(TypeError):
        fastnn.save_network(path, network(), {"not json": object()})
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_truncated_anywhere_is_a_clear_error(tmp_path):
    path = tmp_path / "n.npz"
    fastnn.save_network(path, network())
    content = path.read_bytes()
    for length in range(0, len(content) - 1, max(1, len(content) // 60)):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"n\.npz' is not a network saved by fastnn"):
            fastnn.load_network(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h["layers"][1].update(layer="OSLayer"), "unknown kind 'OSLayer'"),
        (lambda h: h["layers"][2].update(activation="__import__"), "unknown activation '__import__'"),
        (lambda h: h["layers"][1].update(input_size=7), "promises another shape"),
        (lambda h: h.update(format="other"), "its format is 'other'"),
        (lambda h: h["layers"].pop(3), "2.weights|expects|not a file in the archive|KeyError"),
    ],
)
def test_headers_that_lie_are_refused(tmp_path, change, message):
    path = tmp_path / "n.npz"
    fastnn.save_network(path, network())
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(str(arrays.pop("header")))
    change(header)
    np.savez(path, header=np.array(json.dumps(header)), **arrays)
    with pytest.raises(ValueError, match=message):
        fastnn.load_network(path)


def test_pickles_are_never_opened(tmp_path):
    path = tmp_path / "n.npz"
    np.savez(path, header=np.array([{"format": "fastnn-network-1"}], dtype=object))
    with pytest.raises(ValueError, match="not a network saved by fastnn"):
        fastnn.load_network(path)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        fastnn.load_network(tmp_path / "none.npz")
