"""The four arrays from ``.npz``: refused by file, array and reason, within bounded memory."""

import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn.datasets import load_mnist
from fastnn.datasets.arrays import NAMES, checked, read_npz

from .conftest import peak_memory

MEGABYTE = 1 << 20


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npy_header(text, version=1):
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode()


def describe(shape, dtype="|u1", fortran=False):
    return npy_header(f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n")


@pytest.fixture
def npz(tmp_path, few):
    """A function that writes a sound npz with some members' bytes replaced; None leaves one out."""

    def write(replaced, method=zipfile.ZIP_DEFLATED):
        path = tmp_path / "other.npz"
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in ({key: npy(array) for key, array in few.items()} | replaced).items():
                if content is not None:
                    archive.writestr(f"{name}.npy", content)
        return path

    return write


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_reads_what_was_written(npz, few, method):
    (x_train, y_train), (x_test, y_test) = load_mnist(npz({}, method))
    for name, array in zip(NAMES, (x_train, y_train, x_test, y_test), strict=True):
        np.testing.assert_array_equal(array, few[name])
        assert array.dtype == np.uint8
        assert array.flags.writeable


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "holds no array 'x_train'"),
        (b"hello", "in x_train.npy: EOF"),
        (b"hello, hello", "in x_train.npy: the magic string"),
        (describe((50, 28, 28)) + bytes(50 * 784 - 1), "promises 39200 bytes.*holds 39199"),
        (describe((50, 28, 28)) + bytes(50 * 784 + 1), "promises 39200 bytes.*holds 39201"),
        (describe((2**32, 28, 28)) + bytes(9), "promises 3367254360064 bytes"),
        (describe((-50, -28, 28)) + bytes(50 * 784), "it is empty"),
        (describe((0, 28, 28)), "it is empty"),
        (describe((50, 28, 28), "<f4") + bytes(4 * 50 * 784), "its dtype is float32"),
        (describe((50, 28, 28), "|O") + bytes(50 * 784), "its dtype is object"),
        (describe((50, 28, 28), fortran=True) + bytes(50 * 784), "C order"),
        (npy_header("((((((\n"), ""),
        (npy_header("-" * 5000 + "1\n"), ""),
        (npy_header("[" * 5000 + "]" * 5000), ""),
        (npy_header(" " * 20_000), ""),
        (npy_header("{}", version=2), r"format is \(2, 0\)"),
    ],
)
def test_refuses_damaged_arrays_by_name_and_reason(npz, content, reason):
    with pytest.raises(ValueError, match=rf"(?s)other.npz' is not a sound .*{reason}"):
        read_npz(npz({"x_train": content}))


def test_a_pickle_is_never_opened(npz):
    file = io.BytesIO()
    np.save(file, np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="its dtype is object"):
        read_npz(npz({"y_test": file.getvalue()}))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_refuses_methods_that_unpack_without_a_limit(npz, few, method):
    path = npz({"x_train": npy(few["x_train"]) + bytes(200 * MEGABYTE)}, method)
    assert peak_memory(lambda: read_npz(path)) < 3 * MEGABYTE


@pytest.mark.parametrize(
    "start",
    [
        b"\x93NUMPY\x02\x00" + struct.pack("<I", 200 * MEGABYTE),  # a header as long as the bomb
        describe((9, 28, 28)),  # more than the shape promises
        describe((2**22, 28, 28)),  # less than it promises
    ],
)
def test_a_bomb_or_a_promise_of_gigabytes_takes_no_memory(npz, start):
    path = npz({"x_train": start + bytes(200 * MEGABYTE)})
    assert peak_memory(lambda: read_npz(path)) < 3 * MEGABYTE


def test_a_directory_that_lies_about_the_size_takes_no_memory(npz):
    path = npz({"x_train": describe((2**22, 28, 28)) + bytes(100)})
    content = path.read_bytes()
    size = len(describe((2**22, 28, 28)))
    true, promised = struct.pack("<I", size + 100), struct.pack("<I", size + 2**22 * 784 & 0xFFFFFFFF)
    assert content.count(true) >= 2
    path.write_bytes(content.replace(true, promised))
    assert peak_memory(lambda: read_npz(path)) < 3 * MEGABYTE


def test_refuses_what_is_no_archive(tmp_path):
    path = tmp_path / "mnist.npz"
    for content in (b"", b"not a zip", b"PK\3\4"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"mnist.npz' is not a sound .npz file of MNIST: File is not a zip"):
            read_npz(path)
    with pytest.raises(FileNotFoundError, match="absent"):
        read_npz(tmp_path / "absent.npz")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 10**9), st.integers(0, 7))
def test_any_flipped_bit_gives_an_error_or_the_same_arrays(tmp_path_factory, few, position, bit):
    file = io.BytesIO()
    np.savez(file, **{name: array[:1] for name, array in few.items()})
    content = bytearray(file.getvalue())
    content[position % len(content)] ^= 1 << bit
    path = tmp_path_factory.getbasetemp() / "flipped.npz"
    path.write_bytes(content)
    try:
        (x_train, y_train), (x_test, y_test) = read_npz(path)
    except ValueError as error:
        assert "flipped.npz" in str(error)  # noqa: PT017 - both outcomes are right
    else:
        for name, array in zip(NAMES, (x_train, y_train, x_test, y_test), strict=True):
            np.testing.assert_array_equal(array, few[name][:1])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"x_train": np.zeros((50, 784), np.uint8)}, r"x_train of 'here' must have shape \(samples, 28, 28\)"),
        ({"x_test": np.zeros((30, 28, 27), np.uint8)}, r"x_test .*theirs is \(30, 28, 27\)"),
        ({"y_train": np.zeros((50, 1), np.uint8)}, r"y_train of 'here' must have shape \(samples,\)"),
        ({"y_test": np.zeros(31, np.uint8)}, "'here' has 30 images but 31 labels"),
        ({"y_train": np.full(50, 10, np.uint8)}, "must lie in 0 to 9, but reach 10"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(few, changes, reason):
    with pytest.raises(ValueError, match=reason):
        checked(few | changes, "here")
