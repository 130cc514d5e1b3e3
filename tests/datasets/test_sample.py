"""The shipped pictures: the genuine first ones, byte for byte, and the script that makes them."""

import hashlib
import pathlib
import runpy
import subprocess
import sys

import numpy as np
import pytest

from fastnn.datasets import load_mnist_sample
from fastnn.datasets.download import cache_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "make_mnist_sample.py"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPT))


def test_shapes_dtypes_labels_and_class_counts():
    (x_train, y_train), (x_test, y_test) = load_mnist_sample()
    assert [array.shape for array in (x_train, y_train, x_test, y_test)] == [
        (1000, 28, 28),
        (1000,),
        (2000, 28, 28),
        (2000,),
    ]
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    np.testing.assert_array_equal(y_train[:10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    np.testing.assert_array_equal(y_test[:10], [2, 4, 6, 9, 6, 7, 1, 7, 7, 1])
    np.testing.assert_array_equal(np.bincount(y_train), [97, 116, 99, 93, 105, 92, 94, 117, 87, 100])
    np.testing.assert_array_equal(np.bincount(y_test), [197, 214, 217, 197, 203, 158, 218, 219, 188, 189])


def test_arrays_are_the_callers_own():
    (x_train, _), _ = load_mnist_sample()
    x_train[...] = 0
    (again, _), _ = load_mnist_sample()
    assert again.any()


def test_shipped_bytes_are_those_that_the_script_promises(script):
    assert hashlib.sha256(script["OUTPUT"].read_bytes()).hexdigest() == script["OUTPUT_SHA256"]
    (x_train, y_train), (x_test, y_test) = load_mnist_sample()
    for name, array in {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}.items():
        assert hashlib.sha256(array.tobytes()).hexdigest() == script["ARRAYS_SHA256"][name]


def test_licence_lies_beside_the_data():
    text = (ROOT / "fastnn" / "datasets" / "data" / "LICENSE.md").read_text(encoding="utf-8")
    for needed in ("Share Alike 3.0", "Yann LeCun", "Corinna Cortes", "Christopher J.C. Burges", "first 1,000 images"):
        assert needed in text


def test_packing_does_not_depend_on_the_day(script, few):
    first, second = script["packed"](few), script["packed"](few)
    assert first == second
    assert b"\x00\x00\x21\x00" in first  # 1 January 1980 in the form of zip files


def test_script_refuses_other_inputs(tmp_path):
    for arguments, reason in ((["absent"], "No such file"), ([], "FOLDER holds"), (["--help"], "FOLDER holds")):
        result = subprocess.run([sys.executable, SCRIPT, *arguments], cwd=tmp_path, capture_output=True, text=True)
        assert result.returncode == 1
        assert reason in result.stderr
        assert "Traceback" not in result.stderr


def test_script_makes_the_shipped_arrays_from_the_originals(script):
    folder = cache_folder()
    if not all((folder / name).is_file() for name in script["INPUTS"]):
        pytest.skip("the unpacked originals are not in the cache: make data puts them there")
    arrays = script["sample"](folder)
    (x_train, y_train), (x_test, y_test) = load_mnist_sample()
    for name, array in {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}.items():
        np.testing.assert_array_equal(arrays[name], array)
