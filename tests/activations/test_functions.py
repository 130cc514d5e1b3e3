"""Functions of activations by the engine's number, and those by name that derive from them."""

import pickle

import numpy as np
import pytest

from fastnn import activations
from fastnn.activations.registry import of_engine
from fastnn_ext.bindings.activations import activate, derivative
from fastnn_ext.tables.enums import Activation

X = np.linspace(-5, 5, 41, dtype=np.float32).reshape(1, 41)
every_number = pytest.mark.parametrize("number", list(Activation), ids=lambda number: number.name)


@every_number
def test_by_number_and_by_name_are_the_same(number):
    name = number.name.lower()
    for by_number, by_name in (
        (activate, getattr(activations, name)),
        (derivative, getattr(activations, f"{name}_prime")),
    ):
        got = by_number(number, X, *of_engine(number).function_numbers)
        assert got.dtype == np.float32
        assert got.shape == X.shape
        assert got.tobytes() == by_name(X).tobytes()


@every_number
def test_functions_are_pickled_by_name(number):
    name = number.name.lower()
    for own in (name, f"{name}_prime"):
        function = getattr(activations, own)
        assert function.__name__ == own
        assert function.__doc__
        assert pickle.loads(pickle.dumps(function)) is function


@pytest.mark.parametrize("function", [activate, derivative])
@pytest.mark.parametrize("number", [-1, len(Activation), 1000])
def test_numbers_of_no_activation_are_refused(function, number):
    with pytest.raises(ValueError, match=f"kind must be a member of Activation, but it is {number}"):
        function(number, X)
