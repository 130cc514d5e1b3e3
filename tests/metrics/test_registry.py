"""The lists of metrics: each has all files, and all names mean the same wherever metrics are."""

import importlib
import inspect
import json
import pathlib
import pickle

import pytest

import fastnn
from fastnn import metrics
from fastnn.metrics.functions import FUNCTIONS
from fastnn.metrics.names import METRICS, resolve
from fastnn.metrics.objects import CLASSES

ROOT = pathlib.Path(fastnn.__file__).resolve().parent / "metrics"
SHARED = {
    "functions": {"averages", "pairs", "probabilities"},
    "objects": {"decisions", "means", "of_losses", "of_outputs"},
}
KINDS = dict(zip(METRICS.names(), METRICS, strict=True))
# As many as the five largest need.
OUTPUTS = 5


@pytest.mark.parametrize(("folder", "names"), [("functions", FUNCTIONS), ("objects", METRICS.names())])
def test_the_list_has_all_files(folder, names):
    assert set(names) == {path.stem for path in (ROOT / folder).glob("*.py")} - SHARED[folder] - {"__init__"}


def test_the_lists_are_what_is_public():
    assert set(metrics.__all__) == {*FUNCTIONS, *CLASSES.values(), "Mean", "Metric", "FunctionMetric", "resolve"}
    assert [kind.__name__ for kind in KINDS.values()] == list(CLASSES.values())


@pytest.mark.parametrize("name", KINDS)
def test_names_aliases_and_classes_mean_it(name):
    kind = KINDS[name]
    assert getattr(metrics, kind.__name__) is kind
    for given in (name, name.upper(), kind.__name__, *kind.aliases, kind, kind()):
        assert type(resolve(given, OUTPUTS)) is kind
    assert kind().name == name


@pytest.mark.parametrize("name", KINDS)
def test_it_is_copied_by_pickle(name):
    assert repr(pickle.loads(pickle.dumps(KINDS[name]()))) == repr(KINDS[name]())


@pytest.mark.parametrize("name", KINDS)
def test_it_is_made_anew_of_its_configuration(name):
    kind = KINDS[name]
    config = json.loads(json.dumps(kind().get_config()))
    assert repr(kind.from_config(config)) == repr(kind())


def test_lists_of_thresholds_are_plain():
    metric = metrics.Recall([0.25, 0.5], class_id=1, name="mine")
    config = json.loads(json.dumps(metric.get_config()))
    assert config == metric.get_config() == {"name": "mine", "thresholds": [0.25, 0.5], "class_id": 1}
    assert repr(metrics.Recall.from_config(config)) == repr(metric)
    with pytest.raises(TypeError, match="did you mean 'thresholds'"):
        metrics.Recall.from_config({"threshold": 0.5})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_stays_one_when_its_module_is_loaded(name):
    module = importlib.import_module(f"fastnn.metrics.functions.{name}")
    function = getattr(metrics, name)
    assert inspect.isfunction(function)
    assert function is getattr(module, name)
    assert pickle.loads(pickle.dumps(function)) is function
