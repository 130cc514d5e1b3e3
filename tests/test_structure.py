"""The arrows of docs/architecture.md: which part of the packages may import which, and that no imports form a circle.

What does not hold yet is listed as an exception, and the lists are exact: one that has gone must leave its list.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
Graph = Mapping[str, set[str]]

# The parts of `fastnn`, the highest first: each imports what stands in lower rows, or in its own without a circle.
LEVELS = (
    {"__init__", "__main__", "cli", "distributed", "interop", "keras", "neuron", "notebook", "plotting"}
    | {"river", "sklearn"},
    {"models"},
    {"augmentation", "callbacks", "data", "datasets", "files", "progress"},
    {"layers"},
    {"activations", "constraints", "encoding", "initializers", "losses", "metrics", "optimizers", "regularizers"},
    {"arrays"},
    {"checking", "config", "html", "registry", "threads"},
)
# An activation's file says how it is written for other systems, and makes its layer; a history plots itself.
UPWARD = {
    ("activations", "interop"),
    ("activations", "layers"),
    ("callbacks", "plotting"),
    ("config", "__init__"),
    ("models", "plotting"),
    ("threads", "__init__"),
}
AMONG_EQUALS = {("interop", "__init__")}
# Modules of one part that import each other.
CIRCLES = {
    "initializers": {"__init__", "names"},
    "optimizers": {"__init__", "names"},
}

# The parts of `fastnn_ext`. Bindings and loops know the engine's structs and constants alone.
STRUCTS = {"engine.run", "engine.layout", "engine.adjustments", "engine.numbers"}
ALLOWED = {
    "__init__": {"runtime"},
    "tables": set(),
    "simd": set(),
    "operations": {"tables"},
    "runtime": set(),
    "engine": {"runtime", "tables"},
    "loops": {"operations", "runtime", "simd", "tables"} | STRUCTS,
    "kernels": {"loops"},
    "bindings": {"runtime", "tables"} | STRUCTS,
}


def module_of(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def part_of(module: str) -> str:
    """The part of its package that a module of it belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def imported(tree: ast.AST, modules: Iterable[str]) -> set[str]:
    """The modules that a file imports, at its beginning, in functions and for type checkers alone."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports name the package"
            whole = {f"{node.module}.{name.name}" for name in node.names}
            found |= (whole & set(modules)) or {str(node.module)}
    return found


def python_imports(package: str) -> Graph:
    """What each module of a Python package imports."""
    paths = {module_of(path): path for path in (ROOT / package).rglob("*.py")}
    assert len(paths) > 10, f"{package} is not where these tests look for it"
    return {module: imported(ast.parse(path.read_text("utf-8")), paths) - {module} for module, path in paths.items()}


def circles(graph: Graph) -> list[set[str]]:
    """The sets of two nodes and more that can all reach each other."""

    def reached(start: str) -> set[str]:
        seen, waiting = set(), [start]
        while waiting:
            for node in graph.get(waiting.pop(), set()) - seen:
                seen.add(node)
                waiting.append(node)
        return seen

    reach = {node: reached(node) for node in graph}
    found = [
        {other for other in reach[node] if node in reach.get(other, set())} for node in graph if node in reach[node]
    ]
    return [circle for number, circle in enumerate(found) if circle not in found[:number]]


def test_circles_are_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a", "f"}, "f": {"e"}}
    assert circles(graph) == [{"b", "c"}, {"e", "f"}]


@pytest.fixture(scope="module")
def modules() -> Graph:
    return python_imports("fastnn")


@pytest.fixture(scope="module")
def parts(modules) -> set[tuple[str, str]]:
    """Which part of `fastnn` imports which other."""
    pairs = {(part_of(name), part_of(other)) for name in modules for other in modules[name] & set(modules)}
    return {(part, other) for part, other in pairs if part != other}


def test_every_part_has_its_place(modules):
    placed = [part for level in LEVELS for part in sorted(level)]
    assert len(placed) == len(set(placed))
    assert {part_of(name) for name in modules} <= set(placed), "write down where a new part of fastnn stands"


def test_imports_go_down(parts):
    level = {part: number for number, level in enumerate(LEVELS) for part in level}
    assert {(part, other) for part, other in parts if level[other] < level[part]} == UPWARD
    assert parts >= AMONG_EQUALS
    equals = {part: {other for first, other in parts if first == part} for part, _ in parts}
    for part, other in UPWARD | AMONG_EQUALS:
        equals[part].discard(other)
    assert circles(equals) == []


def test_no_part_has_a_circle_inside(modules):
    found = {}
    for part in {part_of(name) for name in modules} - {"__init__"}:
        inside = {name for name in modules if part_of(name) == part}
        for circle in circles({name: modules[name] & inside for name in inside}):
            found.setdefault(part, set()).update(
                name.split(".", 2)[2] if name.count(".") > 1 else "__init__" for name in circle
            )
    assert found == CIRCLES


# What a source of the compiled package names: modules, headers, and files of its own folder or of the package's.
NAMED = re.compile(r"^[ \t]*(?:from +(fastnn\w*[\w.]*) +c?import|c?import +(fastnn\w*[\w.]*))", re.MULTILINE)
INCLUDED = re.compile(r'^[ \t]*(?:#[ \t]*include|include|cdef extern from) +"([^"]+)"', re.MULTILINE)
IMPORTED_NAMES = re.compile(r"^[ \t]*from +(fastnn_ext\.\w+) +c?import +(\w+(?:, *\w+)*)", re.MULTILINE)
SOURCES = sorted(
    path
    for path in (ROOT / "fastnn_ext").rglob("*")
    if path.suffix in {".pyx", ".pxd", ".pxi", ".h", ".def", ".py", ".pyi"}
)


def named_by(path: Path) -> set[str]:
    """The modules of `fastnn_ext` that one of its sources names, as "engine.plan"; of `fastnn` with that name."""
    text = path.read_text("utf-8")
    found = {one or other for one, other in NAMED.findall(text)}
    found |= {
        f"{package}.{name}" for package, names in IMPORTED_NAMES.findall(text) for name in re.findall(r"\w+", names)
    }
    found = {name.removeprefix("fastnn_ext.") for name in found}
    for name in INCLUDED.findall(text):
        near = path.parent / name if (path.parent / name).exists() else ROOT / "fastnn_ext" / name
        assert near.exists(), f"{path}: there is no {name}"
        found.add(".".join(near.relative_to(ROOT / "fastnn_ext").with_suffix("").parts))
    return found


def test_sources_are_read():
    assert {"engine.run", "runtime.kernels", "loops.gathering"} <= named_by(
        ROOT / "fastnn_ext" / "loops" / "kernels.pxi"
    )
    assert {"simd.simd", "tables.tables"} <= named_by(ROOT / "fastnn_ext" / "loops" / "kernels.h")
    assert {"engine.plan", "runtime.dispatch"} <= named_by(ROOT / "fastnn_ext" / "engine" / "layout.py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "fastnn_ext")))
def test_the_compiled_package_keeps_its_arrows(path):
    inside = path.relative_to(ROOT / "fastnn_ext").parts
    part = inside[0] if len(inside) > 1 else re.sub(r"_.*", "", inside[0]) or "__init__"
    for name in named_by(path):
        folder = name.partition(".")[0]
        allowed = ALLOWED[part] | {part}
        assert folder in allowed or name in allowed, f"{part} must not use {name}: see docs/architecture.md"
