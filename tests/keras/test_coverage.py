"""The page for those who come from Keras: its tables are of this package and this Keras, and nothing is left unsaid."""

import importlib.util
import inspect
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "keras_coverage.py"
if not SCRIPT.exists():
    pytest.skip("an installed package has no scripts and no docs", allow_module_level=True)
spec = importlib.util.spec_from_file_location("keras_coverage", SCRIPT)
coverage = importlib.util.module_from_spec(spec)
sys.modules["keras_coverage"] = coverage
spec.loader.exec_module(coverage)


@pytest.fixture(scope="module")
def theirs(keras):
    if keras.__version__ != coverage.VERSION:
        pytest.skip(f"the page is about Keras {coverage.VERSION}, and this is {keras.__version__}")
    return keras


def test_the_page_is_up_to_date(theirs):
    text = coverage.PAGE.read_text("utf-8")
    assert coverage.replaced(text, coverage.coverage(theirs)) == text, "run python scripts/keras_coverage.py"
    for table in ("What there is", "What lacks", "What is done otherwise", "Old spellings that are honoured"):
        assert text.count(f"### {table}\n") == 1


def test_every_argument_of_keras_has_an_answer(theirs):
    unsaid, looked_at = [], 0
    for module in coverage.MODULE_NAMES:
        keras_module, ours, names = coverage.public(theirs, module)
        for name in names:
            thing = getattr(keras_module, name)
            if name not in ours.__all__ or not inspect.isclass(thing) or module == "models":
                continue
            mine = inspect.signature(getattr(ours, name)).parameters
            # Of one that has two names, the tables have the first.
            places = getattr(getattr(ours, name), "places", (name, module))
            for argument, _ in coverage.arguments_of(thing):
                looked_at += 1
                # The axes of kernels of other layers than dense ones: refused as any unknown name is.
                if argument in ("input_axes", "output_axes"):
                    with pytest.raises(TypeError, match=f"has no argument '{argument}'"):
                        getattr(ours, name)(**{argument: None})
                elif coverage.answer_to(places, mine, argument) is None:
                    unsaid.append(f"{module}.{name}({argument}=)")
    assert unsaid == []
    assert looked_at > 300


def test_every_argument_of_a_method_has_an_answer(theirs):
    import fastnn
    import fastnn.keras as ours

    unsaid = []
    for method in coverage.METHODS:
        mine = {
            *inspect.signature(getattr(ours.Sequential, method)).parameters,
            *inspect.signature(getattr(fastnn.Sequential, method)).parameters,
        }
        for argument, _ in coverage.arguments_of(getattr(theirs.Model, method)):
            if coverage.answer_to((coverage.method_place(method),), mine, argument) is None:
                unsaid.append(f"{method}({argument}=)")
    assert unsaid == []


def test_places_mean_what_they_mean_in_keras(theirs):
    """What may come by position here is at Keras' places."""
    differ = []
    for module in coverage.MODULE_NAMES:
        keras_module, ours, names = coverage.public(theirs, module)
        for name in names:
            thing, mine = getattr(keras_module, name), getattr(ours, name, None) if name in ours.__all__ else None
            order = getattr(mine, "by_position", None)
            if order is None or not inspect.isclass(thing):
                continue
            expected = [one for one, _ in coverage.arguments_of(thing)]
            if order != expected[: len(order)]:
                differ.append((name, order, expected))
    assert differ == []
