"""Mutation testing: one small change at a time to a source file, and whether a test notices.

    python scripts/mutate.py --count 60 --seed 1 fastnn_ext/*/*.h fastnn_ext/*/*.pxi
    python scripts/mutate.py --count 60 fastnn/models/*.py fastnn/losses/*/*.py
    python scripts/mutate.py --only fastnn_ext/operations/tiles.h:44:17 fastnn_ext/operations/tiles.h

Everything happens in a copy of the tree below the system's temporary folder, with the compiled modules of this one. Of
the kernels only `kernels_portable_f32` and `_f64` are built anew, at -O1, and tests run with FASTNN_ISA=portable (of a
.pyx its own module, and what includes or cimports a file of another part); for Python nothing is built. A change that
does not compile, or that leaves the object code as it was, is replaced by another one.

Every mutant is a line: killed, survived or timeout, then file:line:column, which --only takes, and the change.
"""

import argparse
import ast
import concurrent.futures
import functools
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The modules of the portable kernels and what tells the compiler their number type.
PORTABLE = {
    "fastnn_ext/kernels_portable_f32": ["-DFASTNN_PORTABLE"],
    "fastnn_ext/kernels_portable_f64": ["-DFASTNN_PORTABLE", "-DFASTNN_DOUBLE"],
}
# Sources that are a part of other modules, which are built in the place of kernels.
PARTS = {
    **{
        f"fastnn_ext/engine/{name}.pxi": ["fastnn_ext/engine/training"]
        for name in (
            "arena", "backup", "decisions", "epochs", "graph", "optimizer_state", "own_loops", "training_constants",
            "training_data", "training_errors", "training_gradients", "training_setup",
        )
    },
    **{
        f"fastnn_ext/engine/{name}.pxi": ["fastnn_ext/engine/plan"]
        for name in ("alignment", "plan_graph", "prediction", "python_calls", "trainable_operations")
    },
    "fastnn_ext/runtime/arrays.pxd": [f"fastnn_ext/bindings/{name}" for name in ("dense", "metrics", "update")],
    "fastnn_ext/runtime/pool.h": ["fastnn_ext/runtime/pool"],
}  # fmt: skip
OTHER_ISAS = "not avx512 and not avx2 and not baseline and not neon"

# Which tests belong to which folder: those that mirror it first, since most mutants end there, then what else uses it.
ENGINE = [
    [
        f"tests/ext/test_{name}.py"
        for name in (
            "epochs", "plan", "training_rules", "training_layers", "training_losses", "training_refusals", "same_bits",
            "sizes", "gradients", "augmentation", "compressed", "memory", "training_data", "training_runs",
            "optimizer_step", "against_torch", "plan_making",
        )
    ],
    ["tests/layers", "tests/losses", "tests/models/test_fit_engine.py", "tests/metrics/test_kernels.py"],
]  # fmt: skip
# The fits that everything else serves.
FITS = [
    *(f"tests/models/test_{name}.py" for name in ("fit", "fit_failures", "fit_engine", "single_batches")),
    *(f"tests/models/test_{name}.py" for name in ("class_weight", "building", "compile")),
    *("tests/test_arguments.py", "tests/files/test_round_trip.py"),
]
FITTING = {
    "fastnn_ext": ENGINE,
    "fastnn/models": [FITS, ["tests/models", "tests/callbacks"]],
    "fastnn/losses": [["tests/losses", "tests/models/test_compile.py", "tests/models/test_against_torch.py"], FITS],
    "fastnn/metrics": [["tests/metrics"], FITS],
    "fastnn/optimizers": [
        ["tests/optimizers", "tests/models/test_lbfgs.py", "tests/models/test_against_torch.py"],
        [*FITS, "tests/notebook/test_optimizers.py"],
    ],
    "fastnn/data": [["tests/data"], FITS],
    "fastnn/callbacks": [["tests/callbacks"], FITS],
}

# A mutant that takes more memory than any test does has lost its way.
MEMORY = 16 << 30


@dataclass(frozen=True)
class Mutant:
    """``old`` becomes ``new`` at this place; the line counts from 1, the column from 1."""

    path: str
    line: int
    column: int
    kind: str
    old: str
    new: str

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


# What is no code: comments, strings, lines of the preprocessor that choose and include.
NOT_CODE = {
    "c": r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^[ \t]*#[ \t]*(?!define)(?:[^\n\\]|\\.|\\\n)*",
    "python": r'"""(?:\\.|[^\\])*?"""|#[^\n]*|[rbfRBF]*"(?:\\.|[^"\\\n])*"|[rbfRBF]*\'(?:\\.|[^\'\\\n])*\'',
}
BINARY = {" + ": " - ", " - ": " + ", " * ": " / ", " / ": " * ", " // ": " * ", " % ": " + "}
ASSIGNING = {" += ": " -= ", " -= ": " += ", " *= ": " /= ", " /= ": " *= "}
BOUNDARY = {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == "}
LOGIC = {
    " and ": " or ", " or ": " and ", " && ": " || ", " || ": " && ", "True": "False", "False": "True",
    " is None": " is not None", " is not None": " is None", "not ": "",
}  # fmt: skip
SWAPPED = {"min(": "max(", "max(": "min(", "N(min)": "N(max)", "N(max)": "N(min)"}
TABLES = {"arithmetic": BINARY, "assignment": ASSIGNING, "comparison": BOUNDARY, "logic": LOGIC, "min and max": SWAPPED}
# Names whose brackets hold a type.
TYPES = "list|dict|tuple|set|type|frozenset|Callable|Iterable|Iterator|Sequence|Mapping|Literal|ClassVar|floating|Any"

# What begins a line that is no statement, or one without which nothing would compile.
KEPT_C = "const|static|typedef|enum|return|break|continue|case|real|vec|part|int|ptrdiff_t"
KEPT_PYTHON = "cdef|cimport|import|from|def|class|if|elif|else|for|while|with|try|except|return|pass"


def language_of(path: str) -> str:
    return "c" if path.endswith((".h", ".c")) else "python"


def code_alone(text: str, language: str) -> str:
    """The text with spaces for all that is no code."""
    flags = re.DOTALL | re.MULTILINE
    return re.sub(NOT_CODE[language], lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=flags)


def replacements(code: str) -> list[tuple[int, str, str, str]]:
    """(offset, kind, old, new) of every small change of operators, numbers and indices."""
    found = []
    for kind, table in TABLES.items():
        for old, new in table.items():
            edge = r"(?<![\w.])" if old[0].isalpha() else ""
            end = r"(?!\w)" if old[-1].isalnum() else ""
            found += [(match.start(), kind, old, new) for match in re.finditer(edge + re.escape(old) + end, code)]
    # 0x1f, 1e5 and the 8 of uint8 are left alone.
    for match in re.finditer(r"(?<![\w.])\d+(?:\.\d+)?(?=[^\w.])", code):
        whole, _, rest = match[0].partition(".")
        found.append((match.start(), "constant", match[0], f"{int(whole) + 1}{'.' * bool(rest)}{rest}"))
    for match in re.finditer(rf"(?<!\w)(?!(?:{TYPES})\[)[a-z_]\w*\[([a-z]\w*)\]", code):
        found.append((match.start(1), "index", match[1], f"{match[1]} - 1"))
    return found


def statements(text: str, code: str, language: str) -> list[tuple[int, str, str, str]]:
    """Every statement of one line, which goes."""
    found = []
    if language == "c":
        for match in re.finditer(r"(?<=[;{}]\n)([ \t]+)([a-zA-Z*][^;\n]*;)(?=[ \t]*\n)", code):
            if not re.match(rf"(?:{KEPT_C})\b", match[2]):
                found.append((match.start(2), "statement", text[match.start(2) : match.end(2)], ";"))
        return found
    depth = 0
    open_before = False
    offset = 0
    for line in code.splitlines(keepends=True):
        bare = line.strip()
        starts = depth == 0 and not open_before
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        open_before = bare.endswith("\\")
        simple = re.match(rf"(?!(?:{KEPT_PYTHON})\b)[a-z_][\w.\[\]]*.*(?:=|\().*[^:,]$", bare)
        if starts and depth == 0 and not open_before and simple and line[:1] == " ":
            at = offset + len(line) - len(line.lstrip())
            found.append((at, "statement", text[at : at + len(bare)], "pass"))
        offset += len(line)
    return found


def mutants_of(path: str, text: str) -> list[Mutant]:
    """All small changes to a file, in the order of its text."""
    language = language_of(path)
    code = code_alone(text, language)
    if path.endswith(".py"):
        code = without_types(text, code)
    mutants = []
    for offset, kind, old, new in sorted(replacements(code) + statements(text, code, language)):
        line, start = text.count("\n", 0, offset) + 1, text.rfind("\n", 0, offset) + 1
        if not re.match(r"\s*(?:from|import|cimport|include|@)", code[start:]):
            mutants.append(Mutant(path, line, offset - start + 1, kind, old, new))
    return mutants


def without_types(text: str, code: str) -> str:
    """The code of a Python file with spaces for its annotations, which nothing evaluates."""
    lines = [list(line) for line in code.splitlines(keepends=True)]
    for node in ast.walk(ast.parse(text)):
        for note in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(note, ast.expr) and note.lineno == note.end_lineno:
                line = lines[note.lineno - 1]
                line[note.col_offset : note.end_col_offset] = " " * ((note.end_col_offset or 0) - note.col_offset)
    return "".join(map("".join, lines))


def changed(text: str, mutant: Mutant) -> str:
    lines = text.splitlines(keepends=True)
    offset = sum(map(len, lines[: mutant.line - 1])) + mutant.column - 1
    if text[offset : offset + len(mutant.old)] != mutant.old:
        raise ValueError(f"{mutant.place} does not hold {mutant.old!r}")
    return text[:offset] + mutant.new + text[offset + len(mutant.old) :]


def order_of(mutants: list[Mutant], seed: int) -> list[Mutant]:
    """A random order in which every kind of change has its turn, so that numbers do not crowd out the rest."""
    rng = random.Random(seed)
    kinds: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        kinds.setdefault(mutant.kind, []).append(mutant)
    for group in kinds.values():
        rng.shuffle(group)
    order = []
    while kinds:
        for kind in sorted(kinds):
            order.append(kinds[kind].pop())
        kinds = {kind: group for kind, group in kinds.items() if group}
    return order


class Tree:
    """A copy of the sources in which one file at a time is changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writes = 0
        self.sound: dict[str, bytes] = {}
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        modules = [str(path.relative_to(ROOT)) for path in (ROOT / "fastnn_ext").rglob(f"*{suffix()}")]
        if not modules:
            sys.exit("fastnn_ext is not compiled in this tree: make test, or python setup.py build_ext --inplace")
        for name in filter(None, [*names, *modules]):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        subprocess.run([sys.executable, folder / "fastnn_ext" / "tables" / "expand.py"], check=True)

    def write(self, path: str, text: str) -> None:
        self.writes += 1
        (self.folder / path).write_text(text)
        # Python knows its compiled files by time, in seconds, and size: no two versions may share both.
        stamp = time.time() + 10 * self.writes
        os.utime(self.folder / path, (stamp, stamp))

    def build(self, modules: list[str]) -> list[bytes]:
        """The modules' object code, each empty where it does not compile."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self.build_one, modules))

    def build_one(self, module: str) -> bytes:
        import numpy

        off = ["boundscheck", "wraparound", "initializedcheck"]
        options = ",".join([*(f"{name}=False" for name in off), "cdivision=True"])
        translate = [sys.executable, "-m", "cython", "-3", "-X", options, f"{module}.pyx", "-o", f"{module}.c"]
        macros = [f"-D{name}=NPY_2_0_API_VERSION" for name in ("NPY_NO_DEPRECATED_API", "NPY_TARGET_VERSION")]
        macros += PORTABLE.get(module, [])
        includes = [f"-I{numpy.get_include()}", f"-I{sysconfig.get_paths()['include']}", "-Ifastnn_ext"]
        flags = ["-w", "-shared", "-fPIC", "-O1", "-g0", "-fwrapv"]
        flags += ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
        built = self.folder / (module + suffix())
        compiler = [os.environ.get("CC", "gcc"), *flags, *macros, *includes, f"{module}.c", "-o", str(built), "-lm"]
        built.unlink(missing_ok=True)
        for command in (translate, compiler):
            if subprocess.run(command, cwd=self.folder, capture_output=True, check=False).returncode:
                return b""
        return built.read_bytes()

    def restore(self, modules: list[str]) -> None:
        for module in modules:
            built = self.folder / (module + suffix())
            built.unlink(missing_ok=True)
            built.write_bytes(self.sound[module])

    def test(self, tests: list[str], portable: bool, limit: float) -> str:
        """passed, failed or timeout."""
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow", "-p", "no:cacheprovider", *tests]
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        if portable:
            command += ["-k", OTHER_ISAS]
            environment["FASTNN_ISA"] = "portable"
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            return "timeout"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return "passed" if status == 0 else "failed"


def modules_of(path: str) -> list[str]:
    """The compiled modules that a source is a part of; none for Python."""
    own = path.rpartition(".")[0]
    if not path.startswith("fastnn_ext/") or path.endswith(".py"):
        return []
    if path in PARTS:
        return PARTS[path]
    return [own] if (ROOT / f"{own}.pyx").exists() else list(PORTABLE)


def suffix() -> str:
    return str(sysconfig.get_config_var("EXT_SUFFIX"))


def stages_of(path: str) -> list[list[str]]:
    """The tests that fit a file, the nearest first."""
    folder = next((folder for folder in FITTING if path.startswith(folder + "/")), None)
    if folder is None:
        sys.exit(f"{path}: FITTING in this script names no tests for it; its folders are {', '.join(FITTING)}")
    return FITTING[folder]


def existing(tests: list[str], tree: Tree) -> list[str]:
    return [test for test in tests if (tree.folder / test).exists()]


@functools.cache
def limit_of(tree: Tree, tests: str, portable: bool) -> float:
    """Four times what these tests take with nothing changed, and half a minute; they must pass."""
    start = time.monotonic()
    if tree.test(tests.split(), portable, 3600) != "passed":
        sys.exit(f"these tests fail with nothing changed: {tests}")
    return 4 * (time.monotonic() - start) + 30


def outcome_of(tree: Tree, mutant: Mutant, text: str) -> str:
    """killed, survived, timeout, or "void" for a change that is none."""
    modules = modules_of(mutant.path)
    stages = [existing(stage, tree) for stage in stages_of(mutant.path)]
    # Before anything is changed: a stage is measured when it is first needed.
    limits = [limit_of(tree, " ".join(tests), bool(modules)) for tests in stages]
    stages[0] += [] if modules else [mutant.path]
    try:
        mutated = changed(text, mutant)
        if not modules:
            compile(mutated, mutant.path, "exec")
        tree.write(mutant.path, mutated)
        built = tree.build(modules)
        if modules and (b"" in built or built == [tree.sound[module] for module in modules]):
            return "void"
        for tests, limit in zip(stages, limits, strict=True):
            result = tree.test(tests, bool(modules), limit)
            if result != "passed":
                return "killed" if result == "failed" else result
        return "survived"
    except SyntaxError:
        return "void"
    finally:
        tree.write(mutant.path, text)
        tree.restore(modules)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="sources to change: of fastnn_ext, or of fastnn, not of both")
    parser.add_argument("--count", type=int, default=20, help="number of mutants (20)")
    parser.add_argument("--seed", type=int, default=0, help="of their choice (0)")
    parser.add_argument("--only", action="append", default=[], metavar="PLACE", help="the mutants at this place alone")
    parser.add_argument("--list", action="store_true", help="print the chosen mutants and test none")
    arguments = parser.parse_args()
    paths = [str(Path(name).resolve().relative_to(ROOT)) for name in arguments.files]
    if len({path.startswith("fastnn_ext/") for path in paths}) > 1:
        parser.error("the kernels and the Python package are tested in different ways: two runs")
    texts = {path: (ROOT / path).read_text() for path in paths}
    order = order_of([mutant for path in paths for mutant in mutants_of(path, texts[path])], arguments.seed)
    if arguments.only:
        order = [mutant for mutant in order if mutant.place in arguments.only]
        arguments.count = len(order)
    counts = dict.fromkeys(("killed", "survived", "timeout"), 0)
    if arguments.list:
        for mutant in order[: arguments.count]:
            print(f"{mutant.place} [{mutant.kind}] {mutant.old!r} -> {mutant.new!r}")
        return 0
    with tempfile.TemporaryDirectory(prefix="fastnn-mutants-") as folder:
        tree = Tree(Path(folder))
        modules = sorted({module for path in paths for module in modules_of(path)})
        for module, built in zip(modules, tree.build(modules), strict=True):
            tree.sound[module] = built
            if not built:
                sys.exit(f"{module} does not compile as it is")
        for mutant in order:
            if sum(counts.values()) == arguments.count:
                break
            outcome = outcome_of(tree, mutant, texts[mutant.path])
            if outcome != "void":
                counts[outcome] += 1
                print(f"{outcome:8} {mutant.place} [{mutant.kind}] {mutant.old!r} -> {mutant.new!r}", flush=True)
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    return 1 if counts["survived"] else 0


if __name__ == "__main__":
    sys.exit(main())
