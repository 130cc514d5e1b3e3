"""The registry of optimisers: each is whole, follows its formula, and is everywhere where optimisers are."""

import inspect
import pathlib
import pickle

import numpy as np
import pytest
from optimizer_table import STEADY

import fastnn
from fastnn import Sequential, optimizers
from fastnn.layers import Dense, Input
from fastnn.optimizers import schedules
from fastnn.optimizers.base import PIECES
from fastnn.optimizers.names import OPTIMIZERS, resolve
from fastnn.registry import Registry, Without
from fastnn_ext.tables.enums import UpdateRule

ROOT = pathlib.Path(fastnn.__file__).resolve().parent
NOT_OPTIMIZERS = {"__init__", "applying", "base", "names", "rate", "schedules", "state"}
KINDS = list(OPTIMIZERS)
OTHERS = [*STEADY.values(), optimizers.Adam(schedules.ExponentialDecay(0.1, decay_steps=3, decay_rate=0.5))]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def test_the_list_has_all_files_and_all_that_the_engine_has():
    assert set(OPTIMIZERS.names()) == {path.stem for path in (ROOT / "optimizers").glob("*.py")} - NOT_OPTIMIZERS
    assert [kind.__name__ for kind in KINDS] == list(optimizers.CLASSES.values())
    assert set(optimizers.CLASSES.values()) < set(optimizers.__all__)
    assert {rule for kind in KINDS for rule in kind.engine} == set(UpdateRule)


def test_the_table_of_the_tests_has_every_optimizer_with_a_formula_and_every_rule():
    assert {type(optimizer) for optimizer in OTHERS} == {kind for kind in KINDS if kind.engine != (UpdateRule.COLLECT,)}
    assert {optimizer.rule()["optimizer"] for optimizer in OTHERS} == set(UpdateRule) - {UpdateRule.COLLECT}


@every_kind
def test_weights_decay_where_it_is_asked_for(kind):
    if kind is optimizers.LBFGS:
        with pytest.raises(TypeError, match="LBFGS minimises the loss as it is"):
            kind(weight_decay=0.1)
        return
    assert kind(weight_decay=0.25).rule()["weight_decay"] == kind(weight_decay=0.25).weight_decay == 0.25
    assert "weight_decay" not in kind(weight_decay=0.0).rule()
    for bad in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="weight_decay must"):
            kind(weight_decay=bad)


@every_kind
def test_names_aliases_and_classes_mean_it(kind):
    name = kind.__name__.lower()
    assert getattr(optimizers, kind.__name__) is OPTIMIZERS[name] is kind
    for given in (name, name.upper(), *kind.aliases, kind, kind()):
        assert type(resolve(given)) is kind


@every_kind
def test_it_is_copied_by_pickle(kind):
    assert pickle.loads(pickle.dumps(kind())) == kind()


@pytest.mark.parametrize("optimizer", [*(kind() for kind in KINDS), *OTHERS], ids=repr)
def test_the_rule_is_among_those_that_it_tells(optimizer):
    assert optimizer.rule()["optimizer"] in type(optimizer).engine


@pytest.mark.parametrize("optimizer", [*(kind() for kind in KINDS if kind is not optimizers.LBFGS), *OTHERS], ids=repr)
def test_the_engine_follows_the_formula(optimizer):
    rng = np.random.default_rng(0)
    x, y, weights = rng.normal(size=(7, 5)), rng.normal(size=(7, 3)), rng.normal(size=(5, 3))
    model = Sequential([Input((5,)), Dense(3, use_bias=False)], dtype="float64")
    model.set_weights([weights])
    model.compile(optimizer, "mse")
    state = {}
    for step in range(1, 13):
        model.train_on_batch(x, y)
        gradient = 2 * x.T @ (x @ weights - y) / y.size
        weights = optimizer.formula(weights, gradient, state, step)
        # A dozen steps of sums of a dozen terms, divided by roots of squares that are far above epsilon.
        np.testing.assert_allclose(model.get_weights()[0], weights, rtol=1e-11, atol=1e-12, err_msg=f"step {step}")


def test_an_optimizer_without_a_formula_says_why():
    with pytest.raises(TypeError, match="the steps of LBFGS are SciPy's"):
        optimizers.LBFGS().formula(np.zeros(1), np.zeros(1), {}, 1)


@every_kind
def test_names_of_keras(kind, keras_over_any):
    if isinstance(kind.keras, Without):
        assert kind.keras.reason
    else:
        assert kind.keras == kind.__name__
        assert type(keras_over_any.optimizers.get(kind.__name__.lower())).__name__ == kind.keras


@every_kind
def test_names_of_torch(kind):
    torch = pytest.importorskip("torch")
    assert kind.torch.reason if isinstance(kind.torch, Without) else hasattr(torch.optim, kind.torch)


@pytest.mark.parametrize("piece", PIECES)
def test_an_optimizer_that_forgets_a_piece_is_not_loaded(piece, monkeypatch):
    # What it inherits from Adam is not its own.
    monkeypatch.delattr(optimizers.AdamW, piece)
    with pytest.raises(TypeError, match=f"the optimizer adamw has no {piece}: AdamW must define it"):
        list(Registry("optimizer", "fastnn.optimizers", {"adamw": "AdamW"}, "something else", PIECES))


def row(kind):
    """Its row in the documentation."""
    rate = inspect.signature(kind).parameters.get("learning_rate")
    names = ", ".join(f"`{name}`" for name in (kind.__name__.lower(), *kind.aliases))
    return f"| {names} | `{kind.__name__}({f'{rate.default:g}' if rate else ''})` | {kind.convention} |"


@pytest.mark.skipif(not (ROOT.parent / "docs").is_dir(), reason="an installed package has no docs")
def test_the_documentation_has_the_table():
    text = (ROOT.parent / "docs" / "models.md").read_text("utf-8")
    head = ["| name | optimiser | convention; defaults are Keras' |", "| --- | --- | --- |"]
    rows = "\n".join([*head, *map(row, KINDS), ""])
    assert f"\n\n{rows}\n" in text, f"docs/models.md must have these rows:\n{rows}"
