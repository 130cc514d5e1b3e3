"""The ``.pxd`` files as other Cython code uses them: a user's module is compiled and run."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import fastnn_ext

pytest.importorskip("Cython")
pytest.importorskip("setuptools")

USER = """
from libc.stdlib cimport free, malloc
from libc.string cimport memset
from fastnn_ext.tables.enums cimport SIGMOID
from fastnn_ext.runtime.dispatch cimport kernels_named
from fastnn_ext.runtime.kernels cimport DenseCall, Kernels

def classify(double[:, ::1] x, double[:, ::1] weights, double[::1] bias, double[:, ::1] out):
    # The kernels of the best instruction set, for float64.
    cdef const Kernels* kernels = kernels_named(None, True)
    cdef DenseCall call
    memset(&call, 0, sizeof(DenseCall))
    call.y, call.x, call.weights, call.bias = &out[0, 0], &x[0, 0], &weights[0, 0], &bias[0]
    call.rows, call.fan_in, call.fan_out = x.shape[0], x.shape[1], weights.shape[1]
    with nogil:
        kernels.dense_forward(&call, 0, 1)
        kernels.softmax(call.y, call.y, call.rows, call.fan_out)

def squash(float[::1] numbers):
    kernels_named(None, False).activate(&numbers[0], &numbers[0], SIGMOID, NULL, numbers.shape[0])
"""

SETUP = """
import fastnn_ext
import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

include_dirs = [numpy.get_include(), fastnn_ext.get_include()]
extension = Extension("user_of_fastnn", ["user_of_fastnn.pyx"], include_dirs=include_dirs)
setup(ext_modules=cythonize([extension], language_level=3, include_path=INCLUDE))
"""

PROGRAM = """
import numpy as np
import user_of_fastnn
rng = np.random.default_rng(0)
x, w, b, out = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=2), np.empty((3, 2))
user_of_fastnn.classify(x, w, b, out)
e = np.exp(x @ w + b)
np.testing.assert_allclose(out, e / e.sum(axis=1, keepdims=True), rtol=1e-13)
p = np.zeros(5, np.float32)
user_of_fastnn.squash(p)
print(p.tolist())
"""


def run(folder, *command):
    root = pathlib.Path(fastnn_ext.__file__).resolve().parents[1]
    environment = os.environ | {"PYTHONPATH": str(root)}
    result = subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_a_user_of_the_kernels_compiles_and_runs(tmp_path):
    root = pathlib.Path(fastnn_ext.__file__).resolve().parents[1]
    (tmp_path / "user_of_fastnn.pyx").write_text(USER)
    (tmp_path / "setup.py").write_text(SETUP.replace("INCLUDE", repr([str(root)])))
    run(tmp_path, "setup.py", "build_ext", "--inplace")
    assert run(tmp_path, "-c", PROGRAM) == f"{np.full(5, 0.5).tolist()}\n"
