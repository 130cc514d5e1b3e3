"""What no exporter takes: both say so in the same words."""

import numpy as np
import pytest
from layer_table import OF_CATEGORIES
from random_models import ACTIVATIONS, MAKERS, STEADY

from fastnn import Sequential, layers
from fastnn.activations.registry import ACTIVATIONS as REGISTRY
from fastnn.interop import to_c, to_onnx
from fastnn.interop.computation import computation_of
from fastnn.layers import merging


@pytest.fixture(params=["to_c", "to_onnx"])
def export(request):
    if request.param == "to_onnx":
        pytest.importorskip("onnx")
        return to_onnx
    return to_c


class OwnLayer(layers.Layer):
    """A layer of the user's own."""

    def lower(self, plan):
        plan.add_activation(layers.ReLU().applied.kind)


class SoftDense(layers.Dense):
    """A known layer that is lowered in a way of its own."""

    def lower(self, plan):
        super().lower(plan)
        plan.add_softmax()


class RenamedDense(layers.Dense):
    """A known layer under another class' name, which computes the same."""


def test_the_random_models_have_every_layer():
    fast = {kind.layer.__name__ for kind in REGISTRY if kind.layer and kind.name not in STEADY}
    assert {*MAKERS, "Rescaling"} | fast == set(layers.__all__) - {
        "Layer",
        "Input",
        *merging.__all__,
    } - OF_CATEGORIES


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_a_step(name):
    steps = computation_of(Sequential([layers.Input((2,)), layers.Activation(name)])).steps
    operations = [step.operation for step in steps]
    assert [operation.activation for operation in operations] == ([] if name == "linear" else [REGISTRY[name].name])


def test_a_model_without_an_input_shape_is_refused(export):
    with pytest.raises(ValueError, match=r"the shape of a sample is not known: start with Input\(shape\)"):
        export(Sequential([layers.Dense(2)]))


def test_a_model_with_an_input_shape_is_built(export):
    model = Sequential([layers.Input((3,)), layers.Dense(2)])
    assert export(model)
    assert model.built


@pytest.mark.parametrize("make", [lambda: OwnLayer(name="mine"), lambda: SoftDense(2, name="mine")])
def test_a_layer_of_ones_own_is_refused(export, make):
    layer = make()
    model = Sequential([layers.Input((3,)), layer])
    with pytest.raises(TypeError, match=f"the layer mine is of your own class {type(layer).__name__}"):
        export(model)


def test_a_derived_layer_that_computes_the_same_is_taken(export):
    assert export(Sequential([layers.Input((3,)), RenamedDense(2)]))


@pytest.mark.parametrize(
    "make", [lambda f: layers.Dense(2, f, name="mine"), lambda f: layers.Activation(f, name="mine")]
)
def test_an_activation_of_ones_own_is_refused(export, make):
    model = Sequential([layers.Input((3,)), make((np.sin, np.cos))])
    with pytest.raises(TypeError, match="the activation sin of mine is a Python function of your own"):
        export(model)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(export, value):
    model = Sequential([layers.Input((3,)), layers.Dense(2, name="mine")])
    model.layers[0].arrays["bias"][1] = value
    with pytest.raises(ValueError, match="the bias of mine holds NaN or infinity"):
        export(model)


@pytest.mark.parametrize(
    ("make", "number"), [(lambda: layers.Rescaling(1e300), "scale"), (lambda: layers.ELU(1e300), "alpha")]
)
def test_numbers_beyond_the_dtype_are_refused(export, make, number):
    model = Sequential([layers.Input((2,)), make()], dtype="float32")
    with pytest.raises(ValueError, match=rf"the {number} of .* is 1e\+300, more than float32 holds"):
        export(model)


def test_something_else_than_a_model_is_refused(export):
    with pytest.raises(TypeError, match=r"model must be a fastnn.Sequential or a fastnn.Model, but it is \[\]"):
        export([])
