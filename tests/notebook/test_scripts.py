"""Whole from-scratch scripts: with their import lines changed they come to what plain NumPy comes to."""

import pathlib
import re
import sys
import types

import numpy as np
import pytest

from fastnn.datasets import load_mnist_sample

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import scratch

SCRIPTS = pathlib.Path(__file__).parent / "scripts"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))


@pytest.fixture
def run(monkeypatch):
    """A function that runs a text; its data are the shipped digits, and its library is the one in plain NumPy."""
    (x_train, y_train), (x_test, y_test) = load_mnist_sample()
    data = types.ModuleType("data")
    data.__dict__.update(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    monkeypatch.setitem(sys.modules, "data", data)
    monkeypatch.setitem(sys.modules, "scratch", scratch)
    state = np.random.get_state()  # noqa: NPY002 - scripts seed it

    def run_script(text):
        space = {"__name__": "__main__"}
        exec(compile(text, "script", "exec"), space)
        return space

    yield run_script
    np.random.set_state(state)  # noqa: NPY002


@pytest.mark.parametrize("name", NAMES)
def test_the_same_as_in_plain_numpy(name, run, capsys):
    text = (SCRIPTS / f"{name}.py").read_text("utf-8")
    changed = re.sub(r"^from scratch import", "from fastnn import", text, flags=re.MULTILINE)
    assert changed != text
    expected = run(text)
    printed = capsys.readouterr().out
    found = run(changed)
    lines = [capsys.readouterr().out, printed]
    assert lines[0].count("epoch ") == lines[1].count("epoch ")
    for variable in re.search(r"^# compared: (.*)$", text, re.MULTILINE)[1].split(", "):
        one, other = (np.concatenate([np.ravel(part) for part in space[variable]]) for space in (found, expected))
        # Some hundred steps in float32, of numbers of about 1.
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4, err_msg=variable)


def test_there_are_eleven():
    assert len(NAMES) == 11
