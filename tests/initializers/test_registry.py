"""The registry of initializers: the list, the files and the names that users write are one."""

import pathlib
import pickle
import subprocess
import sys

import numpy as np
import pytest

import fastnn
from fastnn import Sequential, initializers
from fastnn.initializers.names import INITIALIZERS, resolve
from fastnn.layers import Dense, Input

ROOT = pathlib.Path(fastnn.__file__).resolve().parent
# Files that hold what initializers share.
SHARED = {"__init__", "base", "names", "scaled"}
KINDS = list(INITIALIZERS)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def test_the_list_has_all_files():
    assert set(INITIALIZERS.names()) == {path.stem for path in (ROOT / "initializers").glob("*.py")} - SHARED
    assert [kind.__name__ for kind in KINDS] == list(initializers.CLASSES.values())
    assert set(initializers.__all__) == {*initializers.CLASSES.values(), "Initializer", "resolve"}


@every_kind
def test_names_and_classes_mean_it(kind):
    [name] = [name for name, known in initializers.CLASSES.items() if known == kind.__name__]
    assert getattr(initializers, kind.__name__) is INITIALIZERS[name] is kind
    for given in (name, name.upper(), *kind.aliases, kind.__name__, kind, kind()):
        assert type(resolve(given)) is kind


@every_kind
def test_a_layer_takes_it_by_name(kind):
    name = next(name for name, known in initializers.CLASSES.items() if known == kind.__name__)
    by_name = Sequential([Input((4,)), Dense(3, kernel_initializer=name)], seed=1)
    by_object = Sequential([Input((4,)), Dense(3, kernel_initializer=kind())], seed=1)
    for one, other in zip(by_name.get_weights(), by_object.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@every_kind
def test_it_is_copied_by_pickle(kind):
    assert pickle.loads(pickle.dumps(kind())) == kind()


def test_nothing_else_is_there():
    with pytest.raises(AttributeError, match="has no attribute 'Glorot'"):
        _ = initializers.Glorot


def test_none_is_loaded_before_it_is_needed():
    code = "import sys, fastnn.initializers; print([m for m in sys.modules if m.startswith('fastnn.initializers.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
