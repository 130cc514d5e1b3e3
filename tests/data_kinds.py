"""Kinds of data: functions of a contiguous float32 array and a folder, which return its numbers in another form."""

import warnings

import numpy as np
import pytest


def placed(array, make):
    """An array over other memory, with the same numbers."""
    result = make(array.shape)
    result[...] = array
    return result


def unaligned(array):
    memory = np.zeros(array.nbytes + 1, np.uint8)[1:]
    result = memory.view(array.dtype).reshape(array.shape)
    result[...] = array
    assert not result.flags.aligned
    return result


def read_only(array):
    result = array.copy()
    result.flags.writeable = False
    return result


def mapped(array, folder):
    np.save(folder / "mapped.npy", array)
    return np.load(folder / "mapped.npy", mmap_mode="r")


def masked(array):
    return np.ma.array(array, mask=np.zeros(array.shape, bool))


def matrix(array):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.asmatrix(array)


class WithArray:
    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.array, dtype)


class WithDLPack:
    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **how):
        return self.array.__dlpack__(**how)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


NUMPY = {
    "float32": lambda a: a.copy(),
    "float64": lambda a: a.astype(np.float64),
    "float16": lambda a: a.astype(np.float16),
    "long double": lambda a: a.astype(np.longdouble),
    "uint8": lambda a: a.astype(np.uint8),
    "int8": lambda a: a.astype(np.int8),
    "int32": lambda a: a.astype(np.int32),
    "int64": lambda a: a.astype(np.int64),
    "uint64": lambda a: a.astype(np.uint64),
    "other byte order": lambda a: a.astype(np.dtype(np.float32).newbyteorder()),
    "int16 in the other byte order": lambda a: a.astype(np.dtype(np.int16).newbyteorder()),
    "Fortran order": np.asfortranarray,
    "Fortran order of uint8": lambda a: np.asfortranarray(a.astype(np.uint8)),
    "columns of a wider array": lambda a: placed(a, lambda s: np.zeros((s[0], s[1] + 3), a.dtype)[:, 1 : s[1] + 1]),
    "rows backwards": lambda a: placed(a, lambda s: np.zeros(s, a.dtype)[::-1]),
    "columns backwards": lambda a: placed(a, lambda s: np.zeros(s, a.dtype)[:, ::-1]),
    "each second row": lambda a: placed(a, lambda s: np.zeros((2 * s[0], *s[1:]), a.dtype)[::2]),
    "each second row of bytes": lambda a: placed(a, lambda s: np.zeros((2 * s[0], *s[1:]), np.uint8)[::2]),
    "each second column": lambda a: placed(a, lambda s: np.zeros((s[0], 2 * s[1]), a.dtype)[:, ::2]),
    "read-only": read_only,
    "unaligned": unaligned,
    "unaligned float64": lambda a: unaligned(a.astype(np.float64)),
    "masked, nothing of it": masked,
    "masked without a mask": np.ma.array,
    "matrix": matrix,
    "list": lambda a: a.tolist(),
    "list of integers": lambda a: a.astype(int).tolist(),
    "tuple": lambda a: tuple(map(tuple, a.tolist())),
    "list of arrays": lambda a: list(a),
    "__array__": WithArray,
    "__dlpack__": WithDLPack,
}


def numpy_kind(name):
    return lambda array, folder: NUMPY[name](array)


def with_library(library, make):
    return lambda array, folder: make(pytest.importorskip(library), array)


def named(array):
    return {f"c{number}": column.copy() for number, column in enumerate(array.T)}


def sparse(how):
    return with_library("scipy.sparse", lambda library, a: getattr(library, how)(a))


SPARSE = {how: sparse(how) for how in (
    "csr_array", "csr_matrix", "csc_array", "csc_matrix", "coo_array", "coo_matrix", "bsr_array", "dia_array",
    "dok_array", "lil_array",
)} | {
    "csr of uint8": with_library("scipy.sparse", lambda library, a: library.csr_array(a.astype(np.uint8))),
    "csr of int64": with_library("scipy.sparse", lambda library, a: library.csr_array(a.astype(np.int64))),
}  # fmt: skip

KINDS = {name: numpy_kind(name) for name in NUMPY} | SPARSE | {
    "memory-mapped": mapped,
    "memory-mapped uint8": lambda a, folder: mapped(a.astype(np.uint8), folder),
    "bfloat16 of ml_dtypes": with_library("ml_dtypes", lambda library, a: a.astype(library.bfloat16)),
    "pandas": with_library("pandas", lambda library, a: library.DataFrame(named(a))),
    "pandas, one block": with_library("pandas", lambda library, a: library.DataFrame(a, copy=False)),
    "pandas, mixed": with_library("pandas", lambda library, a: library.DataFrame(named(a)).astype({"c0": "int64"})),
    "pandas, nullable": with_library("pandas", lambda library, a: library.DataFrame(named(a)).astype("Float32")),
    "pandas, nullable integers": with_library("pandas", lambda library, a: library.DataFrame(named(a)).astype("Int64")),
    "pandas of Arrow": with_library(
        "pandas",
        lambda library, a: pytest.importorskip("pyarrow") and library.DataFrame(named(a)).astype("float[pyarrow]"),
    ),
    "pandas of sparse columns": with_library(
        "pandas", lambda library, a: library.DataFrame(named(a)).astype(library.SparseDtype("float32", 0))
    ),
    "polars": with_library("polars", lambda library, a: library.DataFrame(named(a))),
    "polars, integers": with_library("polars", lambda library, a: library.DataFrame(named(a.astype(int)))),
    "pyarrow": with_library("pyarrow", lambda library, a: library.table(named(a))),
    "torch": with_library("torch", lambda library, a: library.tensor(a)),
    "torch, transposed": with_library("torch", lambda library, a: library.tensor(np.ascontiguousarray(a.T)).T),
    "torch with a gradient": with_library("torch", lambda library, a: library.tensor(a, requires_grad=True)),
    "torch float16": with_library("torch", lambda library, a: library.tensor(a).half()),
    "torch bfloat16": with_library("torch", lambda library, a: library.tensor(a).bfloat16()),
    "torch int64": with_library("torch", lambda library, a: library.tensor(a).long()),
    "jax": with_library("jax.numpy", lambda library, a: library.asarray(a)),
    "jax bfloat16": with_library("jax.numpy", lambda library, a: library.asarray(a).astype("bfloat16")),
}  # fmt: skip
