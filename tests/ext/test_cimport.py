"""The ``.pxd`` files as other Cython code uses them: a user's module is compiled and run."""

import os
import pathlib
import subprocess
import sys

import numpy as np

import fastnn_ext

USER = """
cimport numpy as cnp
from fastnn_ext.dense cimport dense_forward_formula
from fastnn_ext.softmax cimport softmax_forward
from fastnn_ext.update cimport sgd_update

cnp.import_array()

def classify(double[:, ::1] x, double[:, ::1] weights, double[::1] bias, double[:, ::1] out):
    cdef Py_ssize_t batch = x.shape[0], fan_in = x.shape[1], fan_out = weights.shape[1]
    with nogil:
        dense_forward_formula(&out[0, 0], &x[0, 0], &weights[0, 0], &bias[0], batch, fan_in, fan_out)
        softmax_forward(&out[0, 0], &out[0, 0], batch, fan_out)

def descend(float[::1] parameters, float[::1] gradients):
    sgd_update(&parameters[0], &gradients[0], <float> 0.5, parameters.shape[0])
"""

SETUP = """
import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

extension = Extension("user_of_fastnn", ["user_of_fastnn.pyx"], include_dirs=[numpy.get_include()])
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
p = np.ones(5, np.float32)
user_of_fastnn.descend(p, np.ones(5, np.float32))
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
