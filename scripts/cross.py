"""Compiles every module of fastnn_ext for systems and processors that are not here, as objects: `make cross`.

    python scripts/cross.py                     all targets
    python scripts/cross.py windows-x86_64      this one

Zig's C compiler (Clang, from the package index as `ziglang`) brings the headers of each system's C library, NumPy's
wheels bring theirs, and Python's are those of the Python that runs this, under the limited API, with a description of
each target in place of `pyconfig.h`. Warnings are errors. Nothing is linked: that takes each system's Python.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "cross"
NUMPY = "numpy>=2.0"


@dataclass(frozen=True)
class Target:
    """A system and processor: Zig's name, the wheel whose headers describe NumPy there, and sizes in bytes."""

    zig: str
    wheel: str
    long: int = 8
    pointer: int = 8
    wchar: int = 4
    instruction_sets: tuple[str, ...] = ("portable", "baseline")

    def python_config(self) -> str:
        """What Python's headers ask of a machine under the limited API."""
        sizes = {"INT": 4, "SHORT": 2, "FLOAT": 4, "DOUBLE": 8, "LONG_LONG": 8, "LONG": self.long}
        sizes |= dict.fromkeys(("VOID_P", "SIZE_T", "UINTPTR_T"), self.pointer) | {"WCHAR_T": self.wchar}
        lines = [f"#define SIZEOF_{name} {size}" for name, size in sizes.items()]
        if "windows" in self.zig:
            lines += ["#define MS_WINDOWS 1", "#define MS_WIN32 1", "#define HAVE_DECLSPEC_DLL 1"]
            lines += ["typedef __int64 Py_ssize_t;" if self.pointer == 8 else "typedef int Py_ssize_t;"]
            lines += ["#define PY_SSIZE_T_MAX INTPTR_MAX"]
        else:
            lines += ["#define HAVE_SSIZE_T 1", "#define HAVE_PTHREAD_H 1", "#define HAVE_UNISTD_H 1"]
        return "\n".join(["#include <stdint.h>", "#define HAVE_STDDEF_H 1", "#define HAVE_SYS_TYPES_H 1", *lines, ""])


X86 = ("portable", "baseline", "avx2", "avx512")
TARGETS = {
    "windows-x86_64": Target("x86_64-windows-gnu", "win_amd64", long=4, wchar=2, instruction_sets=X86),
    "windows-aarch64": Target("aarch64-windows-gnu", "win_arm64", long=4, wchar=2),
    "macos-x86_64": Target("x86_64-macos", "macosx_10_9_x86_64", instruction_sets=X86),
    "macos-aarch64": Target("aarch64-macos", "macosx_11_0_arm64"),
    "musl-x86_64": Target("x86_64-linux-musl", "musllinux_1_2_x86_64", instruction_sets=X86),
    "musl-aarch64": Target("aarch64-linux-musl", "musllinux_1_2_aarch64"),
    # There are no wheels of NumPy for these two; long and pointers are as on Windows with 32 bits.
    "linux-x86": Target("x86-linux-gnu", "win32", long=4, pointer=4),
    "wasm32": Target("wasm32-wasi", "win32", long=4, pointer=4),
}
FLAGS = {"avx2": ["-mavx2", "-mfma"], "portable": ["-DFASTNN_PORTABLE"]}
FLAGS["avx512"] = [*FLAGS["avx2"], "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"]
EXACT = ["-O1", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
# Cython's own code has functions that a module does not call, and compares what is always true for some types.
WARNINGS = ["-Wall", "-Werror", "-Wno-unused-function", "-Wno-unused-variable", "-Wno-unreachable-code"]


def headers(target: Target) -> list[Path]:
    """The folders of NumPy's and Python's headers for a target."""
    numpy = FOLDER / "numpy" / target.wheel
    if not numpy.exists():
        wheels = FOLDER / "wheels"
        download = [
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--python-version",
            "3.11",
            "--dest",
            wheels,
        ]
        command = [sys.executable, "-m", "pip", *download, "--platform", target.wheel, NUMPY]
        subprocess.run(command, check=True)
        [wheel] = wheels.glob(f"*{target.wheel}.whl")
        with zipfile.ZipFile(wheel) as file:
            file.extractall(numpy, [name for name in file.namelist() if "/include/" in name])
    # A copy, since a header finds the pyconfig.h beside it before any other.
    python = FOLDER / "python" / target.zig
    shutil.copytree(sysconfig.get_paths()["include"], python, dirs_exist_ok=True)
    (python / "pyconfig.h").write_text(target.python_config())
    return [numpy / "numpy" / "_core" / "include", python]


def translate() -> list[Path]:
    """The modules in C, which is the same for every target."""
    subprocess.run([sys.executable, ROOT / "fastnn_ext" / "tables" / "expand.py"], check=True)
    off = ["boundscheck", "wraparound", "initializedcheck", "binding"]
    options = ",".join([*(f"{name}=False" for name in off), "cdivision=True"])

    def one(source: Path) -> Path:
        result = FOLDER / "c" / f"{'_'.join(source.relative_to(ROOT).with_suffix('').parts)}.c"
        command = [sys.executable, "-m", "cython", "-3", "-X", options, source.relative_to(ROOT), "-o", result]
        subprocess.run(command, cwd=ROOT, check=True)
        return result

    (FOLDER / "c").mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, sorted((ROOT / "fastnn_ext").rglob("*.pyx"))))


def compile_all(name: str, sources: list[Path]) -> list[str]:
    """What the compiler says of a target's modules, those without a word left out."""
    target = TARGETS[name]
    macros = ["-DPy_LIMITED_API=0x030B0000", "-DCYTHON_LIMITED_API=1", "-DNPY_NO_DEPRECATED_API=NPY_2_0_API_VERSION"]
    macros += ["-DNPY_TARGET_VERSION=NPY_2_0_API_VERSION"]
    includes = [f"-I{folder}" for folder in (*headers(target), ROOT / "fastnn_ext")]
    (FOLDER / name).mkdir(parents=True, exist_ok=True)

    def one(source: Path) -> str:
        kind = source.stem.removeprefix("fastnn_ext_")
        own = []
        if kind.startswith("kernels_"):
            _, isa, numbers = kind.split("_")
            if isa not in target.instruction_sets:
                return ""
            own = [*FLAGS.get(isa, []), *(["-DFASTNN_DOUBLE"] if numbers == "f64" else [])]
            if name == "wasm32" and isa == "baseline":
                own.append("-msimd128")
        object_file = FOLDER / name / f"{kind}.o"
        command = [sys.executable, "-m", "ziglang", "cc", "-target", target.zig, *EXACT, *WARNINGS, *macros, *own]
        done = subprocess.run([*command, *includes, "-c", source, "-o", object_file], capture_output=True, text=True)
        return f"{name}: {kind}\n{done.stderr}" if done.returncode or done.stderr else ""

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [said for said in pool.map(one, sources) if said]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"all of {', '.join(TARGETS)}")
    names = parser.parse_args().targets or list(TARGETS)
    if not set(names) <= set(TARGETS):
        parser.error(f"there are the targets {', '.join(TARGETS)}")
    sources = translate()
    failed = False
    for name in names:
        said = compile_all(name, sources)
        failed = failed or bool(said)
        print("\n".join([*said, f"{name}: {'failed' if said else 'compiled'}"]), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
