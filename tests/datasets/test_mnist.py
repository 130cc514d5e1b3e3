"""MNIST from a folder, an npz, the environment and the cache: each in its turn, and errors that say what is missing."""

import gzip
import subprocess
import sys

import numpy as np
import pytest

from fastnn.datasets import download, load_mnist, load_mnist_sample
from fastnn.datasets.arrays import NAMES
from fastnn.datasets.mnist import FILES

from .conftest import idx_bytes


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("FASTNN_DATA", raising=False)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache of the test's own, whose downloads come from a port of this machine where nothing listens."""
    monkeypatch.setenv("FASTNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "MIRRORS", ("http://127.0.0.1:9/",))
    folder = tmp_path / "cache" / "mnist"
    folder.mkdir(parents=True)
    return folder


def assert_same(data, arrays):
    (x_train, y_train), (x_test, y_test) = data
    for name, array in zip(NAMES, (x_train, y_train, x_test, y_test), strict=True):
        assert array.dtype == np.uint8
        np.testing.assert_array_equal(array, arrays[name])


@pytest.mark.parametrize("dotted", [False, True], ids=["hyphen", "dot"])
@pytest.mark.parametrize("form", ["plain", "gz"])
def test_folder_of_idx_files(make_folder, few, form, dotted):
    folder = make_folder(form, dotted=dotted)
    assert_same(load_mnist(folder), few)
    assert_same(load_mnist(str(folder)), few)


def test_folder_with_an_npz_and_the_npz_itself(make_folder, few):
    folder = make_folder("npz")
    assert_same(load_mnist(folder), few)
    assert_same(load_mnist(folder / "mnist.npz"), few)


def test_npz_serves_where_idx_files_are_incomplete(make_folder, few):
    folder = make_folder("npz")
    (folder / FILES["x_train"]).write_bytes(idx_bytes(few["x_train"]))
    assert_same(load_mnist(folder), few)


def test_environment_names_the_folder_and_the_argument_wins(make_folder, few, monkeypatch, tmp_path):
    folder = make_folder("gz")
    monkeypatch.setenv("FASTNN_DATA", str(folder))
    assert_same(load_mnist(), few)
    with pytest.raises(FileNotFoundError, match=r"no file or folder '.*absent'"):
        load_mnist(tmp_path / "absent")
    monkeypatch.setenv("FASTNN_DATA", str(tmp_path / "gone"))
    with pytest.raises(FileNotFoundError, match=r"no file or folder '.*gone'"):
        load_mnist()
    assert_same(load_mnist(folder), few)


def test_missing_files_are_named(make_folder, tmp_path):
    folder = make_folder("plain")
    (folder / FILES["y_test"]).unlink()
    with pytest.raises(FileNotFoundError, match="lacks t10k-labels-idx1-ubyte: put the four IDX files there"):
        load_mnist(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="lacks train-images-idx3-ubyte, train-labels"):
        load_mnist(tmp_path / "empty")


def test_counts_that_disagree_and_damaged_files_are_refused(make_folder, few):
    folder = make_folder("plain", few | {"y_train": few["y_train"][:-1]})
    with pytest.raises(ValueError, match="50 images but 49 labels"):
        load_mnist(folder)
    (folder / FILES["y_train"]).write_bytes(gzip.compress(b"not idx"))
    with pytest.raises(ValueError, match=r"train-labels-idx1-ubyte' is not a sound IDX file"):
        load_mnist(folder)


@pytest.mark.parametrize("path", [3, b"bytes", ["list"]])
def test_path_of_another_type(path):
    with pytest.raises(TypeError, match=r"path must be the path of a folder or an \.npz file, not"):
        load_mnist(path)


@pytest.mark.parametrize("form", ["plain", "gz", "npz"])
def test_cache_serves_without_network(cache, make_folder, few, form):
    for file in make_folder(form).iterdir():
        if file.is_file():
            file.rename(cache / file.name)
    assert_same(load_mnist(), few)


def test_damaged_cache_says_what_to_delete(cache, make_folder):
    for file in make_folder("npz").glob("*.npz"):
        (cache / file.name).write_bytes(file.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"mnist.npz' is not a sound .* in the cache: delete it"):
        load_mnist()


@pytest.mark.parametrize("missing", list(FILES))
def test_incomplete_cache_is_fetched_again_and_offline_says_what_to_do(cache, make_folder, missing):
    pytest.importorskip("pooch")
    for name, file in FILES.items():
        (make_folder("plain") / file).rename(cache / file)
        if name == missing:
            (cache / file).unlink()
    with pytest.raises(ConnectionError, match=r"could not be downloaded .*path=folder.*FASTNN_DATA.*make data"):
        load_mnist()


def test_import_brings_in_nothing_heavy():
    program = "import sys, fastnn.datasets; print({'pooch', 'requests', 'matplotlib'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "set()"


def test_the_full_set_starts_with_the_sample():
    folder = download.cache_folder()
    if not (folder / FILES["y_test"]).is_file():
        pytest.skip("the full MNIST is not in the cache: make data puts it there")
    (x_train, y_train), (x_test, y_test) = load_mnist(folder)
    assert x_train.shape == (60000, 28, 28)
    assert y_train.shape == (60000,)
    np.testing.assert_array_equal(np.bincount(y_train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    (x_few, y_few), (x_same, y_same) = load_mnist_sample()
    np.testing.assert_array_equal(x_train[:1000], x_few)
    np.testing.assert_array_equal(y_train[:1000], y_few)
    np.testing.assert_array_equal(x_test[1::5], x_same)
    np.testing.assert_array_equal(y_test[1::5], y_same)
