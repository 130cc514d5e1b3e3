"""The registry of losses: each is whole, is what its formula says, and is everywhere where losses are."""

import json
import pathlib
import pickle

import numpy as np
import pytest
from loss_table import CASES

import fastnn
from fastnn import Sequential, losses, optimizers
from fastnn.layers import Activation, Dense, Input
from fastnn.losses.base import PIECES
from fastnn.losses.names import LOSSES, resolve
from fastnn.registry import Registry, Without
from fastnn_ext.tables.enums import Loss as Engine

ROOT = pathlib.Path(fastnn.__file__).resolve().parent
SAMPLES, OUTPUTS = 9, 4
KINDS = list(LOSSES)
# Options that change the formula.
OTHERS = [loss for loss, *_ in CASES.values() if loss.configuration() != type(loss)().configuration()]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
every_loss = pytest.mark.parametrize("loss", [*(kind() for kind in KINDS), *OTHERS], ids=repr)


def example(loss, seed=0):
    y_true, y_pred = loss.example(np.random.default_rng(seed), SAMPLES, OUTPUTS)
    # Logits have any size and sign.
    return y_true, np.log(y_pred) + 0.5 if getattr(loss, "from_logits", False) else y_pred


def samples_of(loss, values):
    return values.sum(axis=1) if loss.summed else values.mean(axis=1)


def test_the_list_has_all_files_and_all_that_the_engine_has():
    assert set(LOSSES.names()) == {path.stem for path in (ROOT / "losses" / "kinds").glob("*.py")} - {"__init__"}
    assert [kind.__name__ for kind in KINDS] == list(losses.CLASSES.values())
    assert set(losses.CLASSES.values()) < set(losses.__all__)
    assert {kind.engine for kind in KINDS} == set(Engine)


@every_kind
def test_names_aliases_and_classes_mean_it(kind):
    assert getattr(losses, kind.__name__) is kind
    for given in (kind.name, kind.name.upper(), *kind.aliases, kind, kind()):
        assert type(resolve(given)) is kind


@every_kind
def test_it_takes_outputs_of_its_last_layer(kind):
    model = Sequential([Input((3,)), Dense(OUTPUTS, kind.last_layer)], seed=0)
    model.compile("adam", kind())
    y, _ = kind.example(np.random.default_rng(1), SAMPLES, OUTPUTS)
    x = np.random.default_rng(2).normal(size=(SAMPLES, 3))
    history = model.fit(x, y, epochs=200).history["loss"]
    assert history[-1] < history[0]


@every_kind
def test_it_is_copied_by_pickle(kind):
    assert repr(pickle.loads(pickle.dumps(kind()))) == repr(kind())


@every_loss
def test_it_is_made_anew_of_its_configuration(loss):
    config = json.loads(json.dumps(loss.get_config()))
    assert repr(type(loss).from_config(config)) == repr(loss)


def test_a_loss_of_ones_own_is_no_data():
    with pytest.raises(TypeError, match="the loss len is made of functions of your own"):
        losses.CustomLoss(len, len).get_config()


@every_loss
def test_the_derivative_is_that_of_the_formula(loss):
    y_true, y_pred = example(loss)
    step = 1e-6
    expected = np.empty_like(y_pred)
    for column in range(OUTPUTS):
        change = step * (np.arange(OUTPUTS) == column)
        above, below = loss.formula(y_true, y_pred + change), loss.formula(y_true, y_pred - change)
        expected[:, column] = (above - below).sum(axis=1) / (2 * step)
    # Central differences are off by step**2 times a third derivative of up to some 2 / 0.05**3, and 1e-16 / step.
    np.testing.assert_allclose(loss.derivative(y_true, y_pred), expected, rtol=1e-6, atol=1e-8)


@every_loss
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_engine_computes_the_formula(loss, dtype):
    y_true, y_pred = example(loss)
    # Rows of the identity: the kernel holds the outputs. Of linear ones some losses are refused.
    identity = Activation((np.array, np.ones_like))
    model = Sequential([Input((SAMPLES,)), Dense(OUTPUTS, use_bias=False), identity], dtype=dtype)
    model.set_weights([y_pred])
    model.compile(optimizers.SGD(1.0), loss)
    x = np.eye(SAMPLES, dtype=dtype)
    value, before = model.evaluate(x, y_true), model.get_weights()[0].astype(np.float64)
    # Some thirty roundings of numbers of size 1; shares of 0.01 have gradients of a hundred.
    eps = float(np.finfo(dtype).eps)
    assert value == pytest.approx(samples_of(loss, loss.formula(y_true, before)).mean(), rel=100 * eps)
    model.train_on_batch(x, y_true)
    gradient = loss.derivative(y_true, before) / SAMPLES / (1 if loss.summed else OUTPUTS)
    np.testing.assert_allclose(before - model.get_weights()[0], gradient, rtol=100 * eps, atol=100 * eps)


@every_kind
def test_names_of_keras(kind, keras_over_any):
    if isinstance(kind.keras, Without):
        assert kind.keras.reason
        return
    theirs = getattr(keras_over_any.losses, kind.keras)
    assert kind.keras == kind.__name__
    for name in (kind.name, *kind.aliases):
        assert keras_over_any.losses.get(name) in (theirs, getattr(keras_over_any.losses, kind.name))


@every_loss
def test_values_are_those_of_keras(loss, keras_over_any):
    if isinstance(loss.keras, Without):
        return
    y_true, y_pred = example(loss)
    theirs = getattr(keras_over_any.losses, loss.keras)(**loss.configuration())
    value = float(theirs(y_true.astype(np.float32), y_pred.astype(np.float32)))
    # Keras computes in float32, and keeps probabilities 1e-7 from 0 and 1.
    assert samples_of(loss, loss.formula(y_true, y_pred)).mean() == pytest.approx(value, rel=1e-5, abs=1e-6)


@every_kind
def test_names_of_torch(kind):
    nn = pytest.importorskip("torch").nn
    assert kind.torch.reason if isinstance(kind.torch, Without) else hasattr(nn, kind.torch)


@pytest.mark.parametrize("piece", PIECES)
def test_a_loss_that_forgets_a_piece_is_not_loaded(piece, monkeypatch):
    monkeypatch.delattr(losses.Huber, piece)
    with pytest.raises(TypeError, match=f"the loss huber has no {piece}: Huber must define it"):
        list(Registry("loss", "fastnn.losses.kinds", {"huber": "Huber"}, "something else", PIECES))


def test_a_loss_of_another_name_than_its_file_is_not_loaded(monkeypatch):
    monkeypatch.setattr(losses.Huber, "name", "hubert")
    with pytest.raises(TypeError, match="the loss of the file huber is called 'hubert'"):
        list(Registry("loss", "fastnn.losses.kinds", {"huber": "Huber"}, "something else", PIECES))


def row(kind):
    """Its row in the documentation."""
    return f"| {', '.join(f'`{name}`' for name in (kind.name, *kind.aliases))} | {kind.takes} | {kind.last_layer} |"


@pytest.mark.skipif(not (ROOT.parent / "docs").is_dir(), reason="an installed package has no docs")
def test_the_documentation_has_the_table():
    text = (ROOT.parent / "docs" / "models.md").read_text("utf-8")
    rows = "\n".join(["| loss | targets `y` | last layer |", "| --- | --- | --- |", *map(row, KINDS), ""])
    assert f"\n\n{rows}\n" in text, f"docs/models.md must have these rows:\n{rows}"
