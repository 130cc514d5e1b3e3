"""What is passed by position means the same as in Keras; all else is passed by name."""

import importlib
import inspect

import pytest

import fastnn
from fastnn.models import Sequential

MODULES = {
    "layers": "layers",
    "losses": "losses",
    "metrics": "metrics",
    "callbacks": "callbacks",
    "initializers": "initializers",
    "regularizers": "regularizers",
    "constraints": "constraints",
    "optimizers": "optimizers",
    "optimizers.schedules": "optimizers.schedules",
    "activations": "activations",
}
# Other words for the same.
SAME = {("path", "filepath"), ("y", "x")}
# Positions that differ, with why they may.
MAY_DIFFER = {
    ("Loss", "__init__"): "nobody but a subclass of one's own calls it, and a loss here has neither a name nor a dtype",
    ("Metric", "__init__"): "nobody but a subclass of one's own calls it, and a metric here has no dtype",
    ("History", "__init__"): "Keras' is a callback and ours a record; neither takes anything",
}
CASES = [
    (place, name)
    for place in MODULES
    for name in getattr(importlib.import_module(f"fastnn.{place}"), "__all__", ())
    if name[0] != "_"
]


def positions(function):
    """The names of arguments that may come by position; None where any may."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.name != "self"]


def assert_same_order(ours, theirs, what):
    if what in MAY_DIFFER:
        return
    own, expected = positions(ours), positions(theirs)
    if own is None or expected is None:
        return
    padded = expected + ["nothing"] * len(own)
    different = [pair for pair in zip(own, padded, strict=False) if pair[0] != pair[1] and pair not in SAME]
    assert not different, f"{what}: {own} here, {expected} in Keras"


def attribute(thing, dotted):
    for name in dotted.split("."):
        thing = getattr(thing, name, None)
    return thing


@pytest.mark.parametrize(("place", "name"), CASES, ids=lambda value: value)
def test_constructors_and_functions(keras_over_any, place, name):
    ours = getattr(importlib.import_module(f"fastnn.{place}"), name)
    theirs = getattr(attribute(keras_over_any, MODULES[place]), name, None)
    if not callable(theirs) or not callable(ours):
        return
    if inspect.isclass(ours):
        if inspect.isclass(theirs):
            assert_same_order(ours.__init__, theirs.__init__, (name, "__init__"))
    else:
        assert_same_order(ours, theirs, (name, ""))


@pytest.mark.parametrize(("place", "name"), CASES, ids=lambda value: value)
def test_methods(keras_over_any, place, name):
    ours = getattr(importlib.import_module(f"fastnn.{place}"), name)
    theirs = getattr(attribute(keras_over_any, MODULES[place]), name, None)
    if not (inspect.isclass(ours) and inspect.isclass(theirs)):
        return
    for method in vars(ours):
        pair = getattr(ours, method), getattr(theirs, method, None)
        if not method.startswith("_") and all(map(inspect.isfunction, pair)):
            assert_same_order(*pair, (name, method))


@pytest.mark.parametrize("method", [name for name in dir(Sequential) if not name.startswith("_")])
def test_methods_of_the_model(keras_over_any, method):
    ours, theirs = getattr(Sequential, method), getattr(keras_over_any.Sequential, method, None)
    if callable(ours) and callable(theirs):
        assert_same_order(ours, theirs, ("Sequential", method))


def test_functions_of_the_package(keras_over_any):
    assert_same_order(fastnn.Sequential.__init__, keras_over_any.Sequential.__init__, ("Sequential", "__init__"))
    assert_same_order(fastnn.load_model, keras_over_any.saving.load_model, ("load_model", ""))
    assert_same_order(fastnn.to_categorical, keras_over_any.utils.to_categorical, ("to_categorical", ""))


def test_many_classes_are_compared(keras_over_any):
    both = [
        name
        for place, name in CASES
        if inspect.isclass(getattr(importlib.import_module(f"fastnn.{place}"), name))
        and inspect.isclass(getattr(attribute(keras_over_any, MODULES[place]), name, None))
    ]
    assert len(both) > 60
