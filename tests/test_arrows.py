"""The arrows between the modules of the package: imports point down, and none leads back."""

import ast
import graphlib
import pathlib

import pytest

import fastnn

ROOT = pathlib.Path(fastnn.__file__).resolve().parent
MODULES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}

# From the bottom: a folder, or a file beside them, imports from its own line and from those above it.
LINES = [
    {"checking"},
    {"registry", "encoding", "progress", "threads", "config", "constraints", "initializers", "regularizers"},
    {"activations", "augmentation", "metrics"},
    {"losses", "optimizers", "layers", "data", "neuron", "datasets"},
    {"files"},
    {"callbacks"},
    {"models", "notebook"},
    {"interop", "plotting"},
    {"cli", "__main__"},
]
# An activation is one file, its layer and what other systems call it included.
UP = {("activations", "layers"), ("activations", "interop")}


def imported_by(path, *, when_called):
    """The package's modules that a module imports; those in functions only where asked for."""

    def visit(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not when_called:
                continue
            if isinstance(child, ast.ImportFrom) and child.level == 0 and child.module.partition(".")[0] == "fastnn":
                for name in child.names:
                    module = f"{child.module}.{name.name}"
                    yield module if module in MODULES else child.module
            elif isinstance(child, ast.Import):
                yield from (name.name for name in child.names if name.name in MODULES)
            yield from visit(child)

    return set(visit(ast.parse(path.read_text(encoding="utf-8"))))


def folder_of(module):
    return module.split(".")[1] if "." in module else None


def line_of(folder):
    return next(number for number, folders in enumerate(LINES) if folder in folders)


@pytest.mark.parametrize("module", [module for module in MODULES if folder_of(module)])
def test_folders_import_from_below(module):
    for other in imported_by(MODULES[module], when_called=False):
        own, others = folder_of(module), folder_of(other)
        if others is not None and (own, others) not in UP:
            assert line_of(others) <= line_of(own), f"{module} imports {other}"


def test_no_import_leads_back():
    # A folder's __init__ lists what is in the folder, and is no way from one of its files to another.
    files = {module for module, path in MODULES.items() if path.name != "__init__.py"}
    graph = {
        module: {
            other
            for other in imported_by(MODULES[module], when_called=True)
            if other in files
            and folder_of(module) != "activations"
            # Models and histories draw themselves.
            and not (folder_of(other) == "plotting" and folder_of(module) in ("models", "callbacks"))
        }
        - {module}
        for module in files
    }
    # Raises CycleError, which names the modules.
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("fastnn.models.")])
def test_what_is_done_with_a_model_is_done_with_every_class_of_model(module):
    # Loading makes one.
    if module != "fastnn.models.saving.loading":
        assert "fastnn.models.sequential" not in imported_by(MODULES[module], when_called=True)
