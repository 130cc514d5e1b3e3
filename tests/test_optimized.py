"""``python -O`` takes the package's assertions away: what a user is told must not be one of them."""

import ast
import os
import pathlib
import subprocess
import sys

import pytest

import fastnn

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "fastnn").rglob("*.py"))

# An assertion that fails, and one that does something.
GUARDED = "def refuse(value):\n    assert value > 0\n    return value\n"
TESTS = """
import pytest
import fastnn.guarded

def test_it():
    with pytest.raises(AssertionError):
        fastnn.guarded.refuse(-1)
"""


def pytest_of(folder, *options):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "test_guarded.py"]
    # Without the plugins of others, whose import takes seconds.
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


@pytest.fixture
def copy(tmp_path):
    """A small package called fastnn whose only guard is an assertion, a test of it, and the plugin."""
    for name in ("fastnn", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "fastnn" / "__init__.py").write_text("")
    (tmp_path / "fastnn" / "guarded.py").write_text(GUARDED)
    (tmp_path / "tests" / "optimized.py").write_text((ROOT / "tests" / "optimized.py").read_text())
    (tmp_path / "test_guarded.py").write_text(TESTS)
    return tmp_path


def test_the_plugin_finds_what_an_assertion_guards(copy):
    assert pytest_of(copy).returncode == 0
    result = pytest_of(copy, "-p", "tests.optimized")
    assert result.returncode == 1
    assert "DID NOT RAISE" in result.stdout
    # Also where compiled files with the assertions lie about.
    assert pytest_of(copy).returncode == 0
    assert pytest_of(copy, "-p", "tests.optimized").returncode == 1


def test_tests_keep_their_assertions(copy):
    (copy / "test_guarded.py").write_text(
        "import fastnn.guarded\n\ndef test_it():\n    assert fastnn.guarded.refuse(-1) > 0\n"
    )
    result = pytest_of(copy, "-p", "tests.optimized")
    assert result.returncode == 1
    assert "assert -1 > 0" in result.stdout


def test_the_package_is_what_the_plugin_makes_it(request):
    """In a run with the plugin no module has an assertion left; in one without it, some have."""
    optimised = request.config.pluginmanager.hasplugin("tests.optimized")
    # What a module gives only when it is asked for is imported then: of a copy, and from what is there.
    loaded = [vars(module) for name, module in list(sys.modules.items()) if name.startswith("fastnn.")]
    kinds = {type(one["__loader__"]).__name__ for one in loaded if str(one.get("__file__")).endswith(".py")}
    assert kinds == ({"Loader"} if optimised else {"SourceFileLoader"})
    assert fastnn.__spec__.loader.__class__.__name__ in kinds


def test_assertions_only_tell_types():
    """An assertion has no message for a user and does nothing: it tells a type checker what is so anyway."""
    found = 0
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Assert):
                assert node.msg is None, f"{path}:{node.lineno} speaks to a user, whom `python -O` leaves alone"
                narrows = isinstance(node.test, ast.Compare) and isinstance(node.test.ops[0], ast.Is | ast.IsNot)
                checks = isinstance(node.test, ast.Call) and getattr(node.test.func, "id", "") == "isinstance"
                assert narrows or checks, f"{path}:{node.lineno} is a check: raise an error in its place"
                found += 1
    assert found
