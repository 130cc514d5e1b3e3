"""Fashion-MNIST and Boston housing: from a folder, the cache and a download, and under Keras' names."""

import numpy as np
import pytest

import fastnn.keras as keras
from fastnn.datasets import boston_housing, fashion_mnist, load_boston_housing, load_fashion_mnist
from fastnn.datasets.arrays import NAMES

# The discard port, where nothing listens.
DEAD = ("http://127.0.0.1:9/",)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """An empty cache of the test's own, and no network."""
    monkeypatch.setenv("FASTNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FASTNN_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for module in (boston_housing, fashion_mnist):
        monkeypatch.setattr(module, "MIRRORS", DEAD)
    return tmp_path / "cache"


@pytest.fixture
def houses(tmp_path):
    path = tmp_path / "houses.npz"
    np.savez(path, x=np.arange(506 * 13.0).reshape(506, 13), y=np.arange(506.0))
    return path


def assert_same(data, few):
    (x_train, y_train), (x_test, y_test) = data
    for name, array in zip(NAMES, (x_train, y_train, x_test, y_test), strict=True):
        np.testing.assert_array_equal(array, few[name])


def test_clothes_from_a_folder_and_the_cache(make_folder, few, cache):
    folder = make_folder("gz")
    assert_same(load_fashion_mnist(folder), few)
    (cache / "fashion-mnist").mkdir(parents=True)
    for name in fashion_mnist.HASHES:
        (folder / name).rename(cache / "fashion-mnist" / name)
    assert_same(load_fashion_mnist(), few)
    assert_same(keras.datasets.fashion_mnist.load_data(), few)


def test_digits_under_keras_name(make_folder, few, cache, monkeypatch):
    folder = make_folder("npz")
    assert_same(keras.datasets.mnist.load_data(folder / "mnist.npz"), few)
    (cache / "mnist").mkdir(parents=True)
    (folder / "mnist.npz").rename(cache / "mnist" / "mnist.npz")
    assert_same(keras.datasets.mnist.load_data(), few)
    assert_same(keras.datasets.mnist.load_data("mnist.npz"), few)
    with pytest.raises(FileNotFoundError, match=r"other\.npz"):
        keras.datasets.mnist.load_data("other.npz")


def test_houses(houses, cache):
    (x, y), (x_test, y_test) = load_boston_housing(houses)
    assert (x.shape, y.shape, x_test.shape, y_test.shape) == ((404, 13), (404,), (102, 13), (102,))
    np.testing.assert_array_equal(x[:, 0], 13 * y)
    # The order of the first houses in Keras, from its generator and seed.
    order = np.arange(506)
    np.random.RandomState(113).shuffle(order)
    np.testing.assert_array_equal([*y, *y_test], order)
    assert len(load_boston_housing(houses, test_split=0)[0][0]) == 506
    assert load_boston_housing(houses, seed=1)[0][1][0] != y[0]
    (cache / "boston_housing").mkdir(parents=True)
    houses.rename(cache / "boston_housing" / "boston_housing.npz")
    np.testing.assert_array_equal(keras.datasets.boston_housing.load_data()[0][1], y)
    np.testing.assert_array_equal(keras.datasets.boston_housing.load_data(test_split=0.5)[1][1], order[253:])


@pytest.mark.parametrize("load", [load_fashion_mnist, load_boston_housing])
def test_offline_says_what_to_do(load):
    pytest.importorskip("pooch")
    with pytest.raises(ConnectionError, match=rf"could not be downloaded .*pass {load.__name__}\(path="):
        load()


def test_what_is_no_such_file(tmp_path, houses):
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(
        ValueError, match=r"other\.npz' is no file of Boston housing: it lacks the arrays x and y: it has a"
    ):
        load_boston_housing(tmp_path / "other.npz")
    np.savez(tmp_path / "other.npz", x=np.ones((3, 13)), y=np.ones(4))
    with pytest.raises(ValueError, match=r"is not of Boston housing: x has shape \(3, 13\), and y \(4,\)"):
        load_boston_housing(tmp_path / "other.npz")
    with pytest.raises(ValueError, match="test_split must be at least 0 and below 1"):
        load_boston_housing(houses, test_split=1)


def test_hashes_are_of_their_algorithms():
    lengths = {"md5": 16, "sha256": 32}
    for known in (*fashion_mnist.HASHES.values(), *boston_housing.HASHES.values()):
        algorithm, _, number = known.partition(":")
        assert len(bytes.fromhex(number)) == lengths[algorithm]
