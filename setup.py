"""Builds the compiled package `fastnn_ext`; everything else is in pyproject.toml.

``FASTNN_LIMITED_API=1`` builds one ``cp311-abi3`` wheel for every Python from 3.11 on; ``FASTNN_DEBUG=1`` turns
bounds checks and annotated HTML on; ``FASTNN_SANITIZE=address,undefined`` builds with these sanitizers of GCC or Clang.
"""

import contextlib
import io
import os
import platform
import runpy
import sys
import tempfile
from pathlib import Path

import numpy
from Cython.Build import cythonize
from Cython.Compiler import Options
from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

LIMITED_API = os.environ.get("FASTNN_LIMITED_API") == "1"
DEBUG = os.environ.get("FASTNN_DEBUG") == "1"
SANITIZERS = os.environ.get("FASTNN_SANITIZE", "")
PYTHON_FLOOR = "0x030B0000"

# The one table of directives: a misspelt one in a header comment would be accepted in silence.
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "initializedcheck": DEBUG,
    "cdivision": True,
    "embedsignature": True,
    "embedsignature.format": "python",
    "show_performance_hints": True,
    "freethreading_compatible": True,
}

MODULES = (
    "bindings.activations",
    "bindings.dense",
    "bindings.losses",
    "bindings.metrics",
    "bindings.softmax",
    "bindings.update",
    "engine.compressed",
    "engine.options",
    "engine.plan",
    "engine.rows",
    "engine.training",
    "runtime.config",
    "runtime.dispatch",
    "runtime.peak",
    "runtime.pool",
    "tables.enums",
)

# A module of kernels for each instruction set and number type, from one source; the best one is chosen at import.
# Where CPython's own cross builds do, _PYTHON_HOST_PLATFORM says for which machine, as in "linux-aarch64".
MACHINE = os.environ.get("_PYTHON_HOST_PLATFORM", platform.machine()).lower().rpartition("-")[2]
X86 = MACHINE in ("x86_64", "amd64") and sys.platform != "win32"
AVX2 = ["-mavx2", "-mfma"]
AVX512 = [*AVX2, "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"]
INSTRUCTION_SETS = {"baseline": [], "portable": ["-DFASTNN_PORTABLE"]}
if X86:
    INSTRUCTION_SETS |= {"avx2": AVX2, "avx512": AVX512}
NUMBER_TYPES = {"f32": [], "f64": ["-DFASTNN_DOUBLE"]}
KERNELS = {
    f"kernels_{isa}_{numbers}": [*isa_args, *type_args]
    for isa, isa_args in INSTRUCTION_SETS.items()
    for numbers, type_args in NUMBER_TYPES.items()
}

# -ffast-math would change the whole process' floating-point mode, -march=native would make wheels that crash
# elsewhere; contraction is off so that the same source gives the same digits on every processor.
COMPILE_ARGS = (
    ["/O2"]
    if sys.platform == "win32"
    else ["-O0" if DEBUG else "-O3", "-g0", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
)

# What is undefined ends the run.
SANITIZE_ARGS = [f"-fsanitize={SANITIZERS}", "-fno-sanitize-recover=all"] if SANITIZERS else []
if SANITIZERS:
    COMPILE_ARGS = [*COMPILE_ARGS, *SANITIZE_ARGS, "-O1", "-g1", "-fno-omit-frame-pointer"]

# What the tables of activations and the like say to Cython.
runpy.run_path(str(Path(__file__).parent / "fastnn_ext" / "tables" / "expand.py"))["expand"]()

NO_COMPILER = (
    "fastnn needs a C compiler to build and found none that works: install one "
    "(Debian and Ubuntu: apt-get install build-essential; Fedora: dnf install gcc; macOS: xcode-select --install; "
    "Windows: the Visual Studio build tools), or set CC to yours."
)


class BuildExt(build_ext):
    """Compiles in parallel, and says in one sentence when there is no compiler."""

    def build_extensions(self) -> None:
        self._require_compiler()
        super().build_extensions()

    def _require_compiler(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "probe.c"
            source.write_text("int probe(void) { return 0; }\n")
            try:
                self.compiler.compile([str(source)], output_dir=folder)
            except Exception:
                sys.exit(NO_COMPILER)


class BdistWheel(bdist_wheel):
    """Tags the wheel abi3 when it was built under the limited API."""

    def finalize_options(self) -> None:
        if LIMITED_API:
            self.py_limited_api = "cp311"
        super().finalize_options()


def extensions() -> list[Extension]:
    macros = [("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"), ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION")]
    if LIMITED_API:
        macros += [("Py_LIMITED_API", PYTHON_FLOOR), ("CYTHON_LIMITED_API", "1")]
    return [
        Extension(
            f"fastnn_ext.{name}",
            [f"fastnn_ext/{name.replace('.', '/')}.pyx"],
            include_dirs=[numpy.get_include(), "fastnn_ext"],
            define_macros=macros,
            extra_compile_args=[*COMPILE_ARGS, *KERNELS.get(name, [])],
            extra_link_args=SANITIZE_ARGS,
            py_limited_api=LIMITED_API,
        )
        for name in (*MODULES, *KERNELS)
    ]


def cythonize_strictly() -> list[Extension]:
    """Translate to C; a performance hint is an error, since each marks a slow path in a kernel."""
    unknown = set(DIRECTIVES) - set(Options.get_directive_defaults())
    if unknown:
        sys.exit(f"setup.py names Cython directives that do not exist: {sorted(unknown)}")
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            result = cythonize(
                extensions(),
                build_dir=os.path.join("build", "cython"),
                compiler_directives=DIRECTIVES,
                annotate=DEBUG,
                # Hints are printed only when a file is translated, so a cached translation would hide them.
                force=True,
            )
    finally:
        sys.stderr.write(said.getvalue())
    if "performance hint" in said.getvalue():
        sys.exit("Cython gave the performance hints above: declare what they ask for, or mark the function noexcept.")
    return result


setup(ext_modules=cythonize_strictly(), cmdclass={"build_ext": BuildExt, "bdist_wheel": BdistWheel})
