"""The registry of activations: each is whole, is what its formula says, and is everywhere where activations are."""

import ast
import importlib
import inspect
import pathlib
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import Sequential, activations, layers
from fastnn.activations import kinds
from fastnn.activations.base import ActivationKind
from fastnn.activations.registry import ACTIVATIONS, of_engine
from fastnn.interop import to_c, to_onnx
from fastnn.registry import Registry, Without, given
from fastnn_ext.bindings.activations import activate, derivative
from fastnn_ext.tables.enums import Activation as Engine

ROOT = pathlib.Path(fastnn.__file__).resolve().parent
KINDS = list(ACTIVATIONS)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
# No kink of any, which are whole numbers, is among these.
X = np.concatenate([np.linspace(-7.3, -0.01, 60), np.linspace(0.01, 7.3, 60)]).reshape(12, 10)


def numbers_of(kind):
    return tuple(parameter.example for parameter in kind.parameters)


def test_the_list_has_all_files_and_all_that_the_engine_has():
    files = {path.stem for path in (ROOT / "activations" / "kinds").glob("*.py")} - {"__init__"}
    assert set(ACTIVATIONS.names()) == files
    assert [kind.name for kind in KINDS] == ACTIVATIONS.names()
    assert [name for name in kinds.LAYERS.values() if name] == kinds.__all__
    assert {kind.engine for kind in KINDS if kind.engine is not None and not isinstance(kind.engine, Without)} == set(
        Engine
    )
    assert [of_engine(number).engine for number in Engine] == list(Engine)


def test_functions_and_layers_are_public():
    expected = [name for number in Engine for name in (number.name.lower(), f"{number.name.lower()}_prime")]
    assert activations.__all__ == expected
    assert set(kinds.__all__) < set(layers.__all__)
    assert set(kinds.__all__) < set(fastnn.__all__)
    for name in kinds.__all__:
        assert getattr(fastnn, name) is getattr(layers, name) is getattr(kinds, name)


@every_kind
def test_the_layer_is_the_one_of_the_list(kind):
    name = kinds.LAYERS[kind.name]
    if name is None:
        assert isinstance(kind.layer, Without)
    else:
        assert kind.layer is getattr(layers, name)
        assert kind.layer().applied.entry is kind
        assert kind.layer.__module__ == f"fastnn.activations.kinds.{kind.name}"
        names = list(inspect.signature(kind.layer).parameters)
        options = kind.parameters or (ACTIVATIONS["general_relu"].parameters if kind.name == "relu" else ())
        assert names == [*(parameter.name for parameter in options), "name", "input_shape"]


def test_a_layer_is_unpickled_also_from_where_it_was_before():
    for name in kinds.__all__:
        layer = getattr(layers, name)()
        copy = pickle.loads(pickle.dumps(layer))
        assert type(copy) is type(layer)
        assert vars(copy.applied) == vars(layer.applied)
        assert getattr(importlib.import_module("fastnn.layers.activation"), name) is type(layer)
    assert not hasattr(importlib.import_module("fastnn.layers.activation"), "Relu")


@every_kind
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_engine_computes_the_formula(kind, dtype):
    activation = kind.name
    if kind.parameters:
        activation = {"name": kind.name, **{parameter.name: parameter.example for parameter in kind.parameters}}
    model = Sequential([layers.Input((10,)), layers.Activation(activation)], dtype=dtype)
    # Two functions of libm and their sum, each an ulp or two; an exponent's own error is eps |x|.
    atol = 16 * np.finfo(dtype).eps
    expected = kind.function(X, *numbers_of(kind))
    np.testing.assert_allclose(model.predict(X.astype(dtype)), expected, rtol=atol, atol=atol)


@every_kind
def test_the_derivative_is_that_of_the_formula(kind):
    if isinstance(kind.derivative, Without):
        assert kind.derivative.reason
        return
    step, numbers = 1e-6, numbers_of(kind)
    # Central differences are off by about step**2 and 1e-16 / step, times the function itself where that is large.
    expected = (kind.function(X + step, *numbers) - kind.function(X - step, *numbers)) / (2 * step)
    np.testing.assert_allclose(kind.derivative(X, *numbers), expected, rtol=2e-9, atol=2e-9)
    if kind.from_output is not None:
        derivative = kind.from_output(kind.function(X, *numbers), *numbers)
        np.testing.assert_allclose(derivative, expected, rtol=2e-9, atol=2e-9)


@every_kind
def test_the_left_hand_derivative_is_taken_at_kinks(kind):
    if isinstance(kind.engine, Without):
        return
    # All kinks are among these; differences to the left are off by step f'' / 2.
    numbers, step, x = numbers_of(kind), 1e-6, np.arange(-6.0, 7.0)
    expected = (kind.function(x, *numbers) - kind.function(x - step, *numbers)) / step
    np.testing.assert_allclose(kind.derivative(x, *numbers), expected, rtol=1e-5, atol=1e-5)
    for dtype in (np.float32, np.float64):
        compiled = derivative(kind.engine, x.astype(dtype), *numbers)
        np.testing.assert_allclose(compiled, expected, rtol=1e-5, atol=1e-5)


@every_kind
def test_large_numbers_reach_limits_and_nan_stays(kind):
    if isinstance(kind.engine, Without):
        return
    numbers = numbers_of(kind)
    for dtype in (np.float32, np.float64):
        x = np.array([-1e4, -300, 300, 1e4, np.nan, 1, -1], dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            expected = kind.function(x.astype(np.float64), *numbers).astype(dtype)
        # A rounding or two; below the smallest normal number digits are lost.
        bounds = {"rtol": 8 * np.finfo(dtype).eps, "atol": 300 * np.finfo(dtype).tiny}
        np.testing.assert_allclose(activate(kind.engine, x, *numbers), expected, **bounds)
        slopes = derivative(kind.engine, x, *numbers)
        assert np.array_equal(np.isnan(slopes), np.isnan(x))


@every_kind
def test_whether_it_may_be_negative(kind):
    assert kind.negative == bool((kind.function(X, *numbers_of(kind)) < 0).any())


@every_kind
def test_compiled_functions_are_those_of_its_name(kind):
    if isinstance(kind.engine, Without):
        assert kind.compiled is None
        assert kind.name not in activations.__all__
        return
    function, derivative = kind.compiled
    assert (function, derivative) == (getattr(activations, kind.name), getattr(activations, f"{kind.name}_prime"))
    numbers = kind.function_numbers
    np.testing.assert_allclose(function(X), kind.function(X, *numbers), rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(derivative(X), kind.derivative(X, *numbers), rtol=1e-14, atol=1e-14)
    applied = layers.Activation(function).applied
    assert (applied.name, applied.numbers) == (kind.name, numbers)
    own_pair = layers.Activation((function, np.cos)).applied
    assert own_pair.functions == (function, np.cos)


@every_kind
def test_names_and_aliases_mean_it(kind):
    for name in (kind.name, *kind.aliases):
        for written in (name, name.upper()):
            applied = layers.Dense(1, written).activation
            assert (applied.name, applied.numbers, applied.entry) == (name, kind.numbers, kind)


@every_kind
def test_limits_of_a_parameter(kind):
    make = kind.layer or layers.ReLU
    for parameter in kind.parameters:
        for wrong in (-0.1, parameter.below, float("nan"), float("inf")):
            with pytest.raises(ValueError, match=f"{parameter.name} must be {parameter.allowed}, but it is"):
                make(**{parameter.name: wrong})


@every_kind
def test_a_missing_piece_has_a_reason(kind):
    for name, piece in vars(kind).items():
        if isinstance(piece, Without):
            with pytest.raises(TypeError, match=r"are missing: [A-Za-z]"):
                given(piece, f"the {name} of {kind.name}")
            assert not piece


# Pieces that an entry may leave out: no activation needs them.
OPTIONAL = {"torch_options", "torch_misfit", "onnx_opset"}


def whole():
    signature = inspect.signature(ActivationKind)
    pieces = dict.fromkeys(set(signature.parameters) - OPTIONAL, None)
    return pieces | {"name": "new", "aliases": (), "engine": Engine.TANH}


@pytest.mark.parametrize("left_out", sorted(set(inspect.signature(ActivationKind).parameters) - OPTIONAL))
def test_an_entry_that_forgets_a_piece_is_not_made(left_out):
    assert ActivationKind(**whole()).name == "new"
    with pytest.raises(TypeError, match=f"'{left_out}'"):
        ActivationKind(**{name: piece for name, piece in whole().items() if name != left_out})


def test_an_entry_that_the_engine_cannot_run_is_not_made():
    with pytest.raises(TypeError, match="the activation new has neither a number of the engine nor a way to lower it"):
        ActivationKind(**whole() | {"engine": Without("there is none")})


def test_two_entries_with_one_name_are_refused(monkeypatch):
    relu = ACTIVATIONS["relu"]
    monkeypatch.setattr(relu, "aliases", ("tanh",))
    with pytest.raises(TypeError, match="activation 'tanh' takes the name 'tanh' of another"):
        list(Registry("activation", "fastnn.activations.kinds", {"relu": "KIND", "tanh": "KIND"}, "something else"))


@every_kind
def test_every_file_says_its_formula(kind):
    text = ast.get_docstring(ast.parse((ROOT / "activations" / "kinds" / f"{kind.name}.py").read_text("utf-8")))
    assert "``" in text.splitlines()[0]


def row(kind):
    """Its row in the documentation."""
    module = importlib.import_module(f"fastnn.activations.kinds.{kind.name}")
    formula = module.__doc__.splitlines()[0].partition(": ")[2].removesuffix(".").replace("``", "`")
    names = ", ".join(f"`{name}`" for name in (kind.name, *kind.aliases))
    layer = "" if isinstance(kind.layer, Without) else f"`{kind.layer.__name__}`"
    if kind.parameters:
        names += f" ({', '.join(f'{number:g}' for number in kind.numbers)})"
    if kind.parameters and kind.layer:
        defaults = inspect.signature(kind.layer).parameters
        options = ", ".join(f"{parameter.name}={defaults[parameter.name].default}" for parameter in kind.parameters)
        layer = f"`{kind.layer.__name__}({options})`"
    return f"| {names} | {layer} | {formula} |"


@pytest.mark.skipif(not (ROOT.parent / "docs").is_dir(), reason="an installed package has no docs")
def test_the_documentation_has_the_table():
    text = (ROOT.parent / "docs" / "models.md").read_text("utf-8")
    rows = "\n".join(["| name | layer | formula |", "| --- | --- | --- |", *map(row, KINDS), ""])
    assert f"\n\n{rows}\n" in text, f"docs/models.md must have these rows:\n{rows}"


def test_exporters_name_an_activation_that_they_lack(monkeypatch):
    model = Sequential([layers.Input((2,)), layers.Tanh()])
    tanh = ACTIVATIONS["tanh"]
    monkeypatch.setattr(tanh, "c", Without("nobody has written it"))
    with pytest.raises(TypeError, match="C's lines of tanh are missing: nobody has written it"):
        to_c(model)
    pytest.importorskip("onnx")
    monkeypatch.setattr(tanh, "onnx", Without("nobody has written them"))
    with pytest.raises(TypeError, match="the ONNX operators of the activation tanh are missing: nobody has written"):
        to_onnx(model)
