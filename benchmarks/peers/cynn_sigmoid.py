"""What FANN, genann and Tinn have in common: C libraries of sigmoid networks, which cynn binds alike."""

import ctypes
import importlib
import importlib.metadata
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run

DIFFERS = "sigmoid units in every layer, no softmax, its own first weights"

# cynn's builds of genann and Tinn call what GCC's -ffast-math called until the GNU C library of 2020 no longer had it.
_LOST_FUNCTIONS = """
#include <math.h>
double __exp_finite(double x) { return exp(x); }
float __expf_finite(float x) { return expf(x); }
"""


def version_of(name: str) -> str:
    """The library's name and the bindings' version."""
    return f"{name} in cynn {importlib.metadata.version('cynn')}"


def load(name: str) -> Any:
    """The module of cynn, with the functions that its build expects of the C library."""
    try:
        return importlib.import_module(f"cynn.{name}")
    except ImportError as error:
        if "_finite" not in str(error):
            raise
    from setuptools._distutils.ccompiler import new_compiler
    from setuptools._distutils.sysconfig import customize_compiler

    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "lost.c", Path(folder) / "lost.so"
        source.write_text(_LOST_FUNCTIONS)
        compiler = new_compiler()
        customize_compiler(compiler)
        objects = compiler.compile([str(source)], output_dir=folder, extra_postargs=["-fPIC"])
        compiler.link_shared_object(objects, str(library), libraries=["m"])
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    return importlib.import_module(f"cynn.{name}")


def sizes_of(task: Task) -> list[int]:
    """Inputs, units of every layer, outputs."""
    return [task.rows.shape[1], *(weights.shape[1] for weights, _ in task.parameters)]


def setup_sigmoid(
    task: Task, module: Any, network: Callable[[], Any], dtype: type[Any], train: Callable[..., dict[str, float]]
) -> Run:
    """A job with networks made by ``network``; ``train(network, samples, targets)`` goes over the data once.

    ``dtype`` is the library's own: any other is converted number by number.
    """
    held: dict[str, Any] = {}

    def reset() -> None:
        module.seed(0)
        held["network"] = network()

    samples, targets = list(task.rows.astype(dtype)), list(task.y.astype(dtype))
    if task.goal == "predict":
        reset()

        def predict() -> Any:
            call = held["network"].predict
            outputs: list[Any] = []
            for _ in range(task.epochs):
                outputs = [call(sample) for sample in samples]
            return outputs

        return Run(predict, differs=DIFFERS)

    def fit() -> list[float]:
        return [train(held["network"], samples, targets)["mean_loss"] for _ in range(task.epochs)]

    return Run(fit, reset, lambda losses: np.array(losses), DIFFERS)
