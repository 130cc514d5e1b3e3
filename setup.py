"""Builds the compiled package `fastnn_ext`; everything else is in pyproject.toml.

What the environment can ask for:

- ``FASTNN_LIMITED_API=1``: one ``cp311-abi3`` wheel for every Python from 3.11 on.
- ``FASTNN_CLANG_CL=path``: on Windows, Clang's form of Microsoft's compiler, which alone compiles the vector kernels.
- ``FASTNN_INSTRUCTION_SETS=baseline``: of the kernels these alone, separated by commas, and the portable ones.
- ``FASTNN_DEBUG=1``: bounds checks and annotated HTML. ``FASTNN_SANITIZE=address,undefined``: sanitizers.
- ``FASTNN_QUICK_BUILD=1``: no optimisation, for tests of packages: built in a third of the time, and slow.
- ``SOURCE_DATE_EPOCH``: the time of all files in source distributions and wheels, so that they are the same bytes.
"""

import contextlib
import json
import multiprocessing
import os
import platform
import re
import runpy
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Iterator
from gzip import GzipFile
from pathlib import Path

import numpy
from Cython import __version__ as cython_version
from Cython.Build import cythonize
from Cython.Compiler import Options
from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
LIMITED_API = os.environ.get("FASTNN_LIMITED_API") == "1"
DEBUG = os.environ.get("FASTNN_DEBUG") == "1"
QUICK = os.environ.get("FASTNN_QUICK_BUILD") == "1"
SANITIZERS = os.environ.get("FASTNN_SANITIZE", "")
WINDOWS = sys.platform == "win32"
CLANG_CL = os.environ.get("FASTNN_CLANG_CL", "") if WINDOWS else ""
PYTHON_FLOOR = "0x030B0000"

# The one table of directives: a misspelt one in a header comment would be accepted in silence.
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "initializedcheck": DEBUG,
    "cdivision": True,
    # Functions of Python's own kind, with a signature that `inspect` reads: smaller, and called faster.
    "binding": False,
    "embedsignature": True,
    "embedsignature.format": "clinic",
    "show_performance_hints": True,
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


def machine() -> str:
    """The processor that the build is for: cross builds say it where CPython's own and Microsoft's do."""
    if WINDOWS:
        named = os.environ.get("VSCMD_ARG_TGT_ARCH") or sysconfig.get_platform()
    else:
        named = os.environ.get("_PYTHON_HOST_PLATFORM") or platform.machine()
    return re.split(r"[-_](?=[^-_]+$)", named.lower().replace("x86_64", "x64").replace("amd64", "x64"))[-1]


def mac_processors() -> set[str]:
    """Those that a Mac's compiler is told to build for at once, as for universal2."""
    flags = os.environ.get("ARCHFLAGS") or sysconfig.get_config_var("CFLAGS") or ""
    return set(re.findall(r"-arch (\w+)", flags)) if sys.platform == "darwin" else set()


def for_x86(*flags: str) -> list[str]:
    """Flags of one processor, which Apple's compiler keeps from the other that it builds for."""
    if len(mac_processors()) > 1:
        return [part for flag in flags for part in ("-Xarch_x86_64", flag)]
    return list(flags)


# A module of kernels for each instruction set and number type, from one source; the best one is chosen at import.
# Microsoft's compiler has no vector extensions: what it builds is portable.
AVX2 = ("-mavx2", "-mfma")
AVX512 = (*AVX2, "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl")
INSTRUCTION_SETS = {"portable": ["-DFASTNN_PORTABLE"]}
if not WINDOWS or CLANG_CL:
    INSTRUCTION_SETS["baseline"] = ["-msimd128"] if machine() == "wasm32" else []
    if machine() in ("x64", "universal2") or "x86_64" in mac_processors():
        INSTRUCTION_SETS |= {"avx2": for_x86(*AVX2), "avx512": for_x86(*AVX512)}
if os.environ.get("FASTNN_INSTRUCTION_SETS"):
    wanted = {"portable", *os.environ["FASTNN_INSTRUCTION_SETS"].split(",")}
    if not wanted <= set(INSTRUCTION_SETS):
        sys.exit(f"FASTNN_INSTRUCTION_SETS must be of {', '.join(INSTRUCTION_SETS)} here, but it has {sorted(wanted)}")
    INSTRUCTION_SETS = {name: INSTRUCTION_SETS[name] for name in INSTRUCTION_SETS if name in wanted}
NUMBER_TYPES = {"f32": [], "f64": ["-DFASTNN_DOUBLE"]}
KERNELS = {
    f"kernels_{isa}_{numbers}": [*isa_args, *type_args]
    for isa, isa_args in INSTRUCTION_SETS.items()
    for numbers, type_args in NUMBER_TYPES.items()
}

# -ffast-math would change the whole process' floating-point mode, -march=native would make wheels that crash
# elsewhere; contraction is off so that the same source gives the same digits on every processor.
EXACT = ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
if CLANG_CL:
    COMPILE_ARGS = ["/O2", *(f"/clang:{flag}" for flag in ("-O0" if QUICK else "-O3", *EXACT))]
elif WINDOWS:
    COMPILE_ARGS = ["/Od" if QUICK else "/O2", "/fp:precise"]
else:
    COMPILE_ARGS = ["-O0" if DEBUG or QUICK else "-O3", "-g0", *EXACT]
# Kernels are compiled for speed. What runs once a call or a batch is as fast with -O2. The rest is for size, a third
# less: what runs once a model, and the portable kernels where there are others, as they serve for comparison then.
EACH_CALL = {f"bindings.{name}" for name in ("activations", "dense", "losses", "softmax", "update")}
EACH_CALL |= {"engine.plan", "engine.training", "runtime.pool"}
if not WINDOWS:
    COMPILE_ARGS += ["-fvisibility=hidden", "-ffunction-sections", "-fdata-sections"]
# What nothing calls, and symbols that only a debugger reads, are a tenth of a wheel.
LINK_ARGS = ["-Wl,-s", "-Wl,--gc-sections"] if sys.platform == "linux" and not (DEBUG or SANITIZERS) else []
if SANITIZERS:
    # What is undefined ends the run.
    LINK_ARGS = [f"-fsanitize={SANITIZERS}", "-fno-sanitize-recover=all"]
    COMPILE_ARGS += [*LINK_ARGS, "-O1", "-g1", "-fno-omit-frame-pointer"]

# C is translated again when one of them changes, and compiled again for other flags, too.
TRANSLATORS = [sys.version, cython_version, numpy.__version__]

# What the tables of activations and the like say to Cython, and to all who cimport.
runpy.run_path(str(ROOT / "fastnn_ext" / "tables" / "expand.py"))["expand"]()

NO_COMPILER = (
    "fastnn needs a C compiler to build and found none that works: install one "
    "(Debian and Ubuntu: apt-get install build-essential; Fedora: dnf install gcc; macOS: xcode-select --install; "
    "Windows: the Visual Studio build tools), or set CC to yours."
)


class BuildExt(build_ext):
    """Translates to C, compiles in parallel what has changed, and says in one sentence when there is no compiler."""

    def run(self) -> None:
        if self.editable_mode:
            # A folder that stays, in place of a temporary one: what has not changed is not compiled again.
            name = f"{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
            self.build_lib, self.build_temp = (os.path.join("build", f"{kind}.{name}") for kind in ("lib", "temp"))
        super().run()

    def build_extensions(self) -> None:
        self._use_clang()
        self._require_compiler()
        flags = ROOT / self.build_temp / "flags.json"
        said = json.dumps([DIRECTIVES, TRANSLATORS, os.environ.get("CC"), *map(vars, extensions())])
        translated = {extension.name: extension.sources for extension in cythonize_strictly(bool(self.force))}
        if self.force or not flags.exists() or flags.read_text() != said:
            self.force = True
            # A wheel takes all that lies there, of whichever build.
            for path in Path(self.build_lib).rglob("*"):
                if path.suffix in (".so", ".pyd"):
                    path.unlink()
        for extension in self.extensions:
            extension.sources = translated[extension.name]
        if self.parallel is None:
            self.parallel = os.cpu_count()
        super().build_extensions()
        flags.parent.mkdir(parents=True, exist_ok=True)
        flags.write_text(said)

    def _use_clang(self) -> None:
        if CLANG_CL:
            if not self.compiler.initialized:
                self.compiler.initialize(self.plat_name)
            self.compiler.cc = CLANG_CL

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


class Sdist(sdist):
    """The same bytes from the same files: in order, of nobody, and of one time."""

    def make_archive(self, base_name, format, root_dir=None, base_dir=None, owner=None, group=None) -> str:
        if format != "gztar" or "SOURCE_DATE_EPOCH" not in os.environ:
            return super().make_archive(base_name, format, root_dir, base_dir, owner, group)
        epoch = int(os.environ["SOURCE_DATE_EPOCH"])

        def of_nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = epoch
            entry.mode = 0o755 if entry.mode & 0o100 else 0o644
            return entry

        archive = f"{base_name}.tar.gz"
        with (
            open(archive, "wb") as file,
            GzipFile("", "wb", fileobj=file, mtime=epoch) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for path in sorted(Path(base_dir).rglob("*")):
                tar.add(path, recursive=False, filter=of_nobody)
        return archive


def optimization(name: str) -> list[str]:
    """The level of one module, where it is another than that of kernels."""
    for_comparison = name.startswith("kernels_portable") and len(INSTRUCTION_SETS) > 1
    if DEBUG or QUICK or SANITIZERS or (WINDOWS and not CLANG_CL) or (name in KERNELS and not for_comparison):
        return []
    level = "-O2" if name in EACH_CALL else "-Os"
    return [f"/clang:{level}" if CLANG_CL else level]


def extensions() -> list[Extension]:
    macros = [("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"), ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION")]
    if LIMITED_API:
        macros += [("Py_LIMITED_API", PYTHON_FLOOR), ("CYTHON_LIMITED_API", "1")]
    built = [(f"FASTNN_BUILT_{isa.upper()}", "1") for isa in INSTRUCTION_SETS if isa != "portable"]
    headers = sorted(str(path) for kind in ("h", "def") for path in Path("fastnn_ext").glob(f"*/*.{kind}"))
    shared = [name for name in headers if Path(name).parent.name in ("runtime", "tables")]
    return [
        Extension(
            f"fastnn_ext.{name}",
            [f"fastnn_ext/{name.replace('.', '/')}.pyx"],
            include_dirs=[numpy.get_include(), "fastnn_ext"],
            define_macros=macros + (built if name == "runtime.dispatch" else []),
            extra_compile_args=[*COMPILE_ARGS, *KERNELS.get(name, []), *optimization(name)],
            extra_link_args=LINK_ARGS,
            depends=headers if name in KERNELS else shared,
            py_limited_api=LIMITED_API,
        )
        for name in (*MODULES, *KERNELS)
    ]


@contextlib.contextmanager
def recorded(said: list[str]) -> Iterator[None]:
    """Take what this process and those that it starts print, and print it at the end."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, old in zip((1, 2), kept, strict=True):
                os.dup2(old, number)
                os.close(old)
            file.seek(0)
            said.append(file.read().decode(errors="replace"))
            sys.stderr.write(said[-1])


def cythonize_strictly(force: bool) -> list[Extension]:
    """Translate to C; a performance hint is an error, since each marks a slow path in a kernel."""
    unknown = set(DIRECTIVES) - set(Options.get_directive_defaults())
    if unknown:
        sys.exit(f"setup.py names Cython directives that do not exist: {sorted(unknown)}")
    folder = Path("build", "cython")
    stamp, by = folder / "translated.json", json.dumps([DIRECTIVES, TRANSLATORS])
    force = force or not stamp.exists() or stamp.read_text() != by
    processes = 0
    if sys.platform == "linux":
        # Elsewhere, new processes would run this file again.
        multiprocessing.set_start_method("fork", force=True)
        processes = os.cpu_count() or 1
    said: list[str] = []
    started = time.time()
    with recorded(said):
        result = cythonize(
            extensions(),
            build_dir=str(folder),
            compiler_directives=DIRECTIVES,
            annotate=DEBUG,
            force=force,
            nthreads=processes,
        )
    if "performance hint" in said[0]:
        # Hints are given only when a file is translated: the next build has to hear them, too.
        for path in folder.rglob("*.c"):
            # Some file systems' times are of whole seconds.
            if path.stat().st_mtime >= started - 2:
                path.unlink()
        sys.exit("Cython gave the performance hints above: declare what they ask for, or mark the function noexcept.")
    stamp.write_text(by)
    return result


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildExt, "bdist_wheel": BdistWheel, "sdist": Sdist})
