"""The build's own rules: a sentence where there is no compiler, and no performance hint let through."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow

# Cython must ask for the GIL after each call of a function that may raise: what a kernel can never afford.
SLOW = """

cdef void slow(int* x) nogil:
    x[0] += 1
"""


@pytest.fixture
def source(tmp_path):
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("fastnn", "fastnn_ext", "build/cython"):
        # What is translated already is not translated again.
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    return tmp_path


def build(folder, **environment):
    command = [sys.executable, "setup.py", "build_ext", "--inplace"]
    return subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True)


def test_a_missing_compiler_gets_a_sentence(source):
    result = build(source, CC="no-such-compiler")
    assert result.returncode != 0
    assert "fastnn needs a C compiler" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_performance_hint_fails_the_build(source):
    with open(source / "fastnn_ext" / "runtime" / "config.pyx", "a") as file:
        file.write(SLOW)
    # The second build has what the first has translated.
    for _ in range(2):
        result = build(source)
        assert result.returncode != 0
        assert "Cython gave the performance hints above" in result.stderr


def test_a_directive_that_does_not_exist_is_refused(source):
    setup = source / "setup.py"
    setup.write_text(setup.read_text().replace('"cdivision": True', '"cdivison": True'))
    result = build(source)
    assert result.returncode != 0
    assert "directives that do not exist: ['cdivison']" in result.stderr
