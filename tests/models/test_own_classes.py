"""Classes of the user's own: what would not be run is refused with what to write."""

import numpy as np
import pytest

import fastnn
import fastnn.keras
from fastnn.layers import Dense, Input, Layer
from fastnn.models import Model, Sequential


def nothing(self, *arguments):
    return arguments[0]


BASES = [Model, Sequential, fastnn.keras.Model, fastnn.keras.Sequential]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    ("method", "instead"),
    [
        ("train_step", "model.gradients and model.apply_gradients"),
        ("compute_loss", "model.gradients and model.apply_gradients"),
        ("test_step", "model.predict"),
        ("predict_step", "model.predict"),
    ],
)
def test_methods_that_keras_runs(base, method, instead):
    with pytest.raises(TypeError, match=f"Net has a method {method}, which Keras runs and fastnn does .*: .*{instead}"):
        type("Net", (base,), {method: nothing})


@pytest.mark.parametrize("base", [base for base in BASES if base is not fastnn.keras.Model])
def test_a_call_which_one_class_alone_describes(base):
    instead = r"describe what it calls, x = Input\(shape\); model = Model\(x, call\(x\)\), .* from fastnn\.keras\.Model"
    with pytest.raises(TypeError, match=f"Net has a method call, which Keras runs and fastnn does .*: .*{instead}"):
        type("Net", (base,), {"call": nothing})
    type("Net", (fastnn.keras.Model,), {"call": nothing})


def test_a_class_that_describes_a_model_is_one():
    class Net(Model):
        def __init__(self, units):
            x = Input((4,))
            super().__init__(x, Dense(1)(Dense(units, "relu")(x)), seed=0)

        def twice(self, x):
            return 2 * self.predict(x)

    model = Net(3)
    assert model.twice(np.ones((2, 4))).shape == (2, 1)
    assert fastnn.clone_model(model).count_params() == 19


def test_a_layer_with_a_call():
    for base in (Dense, Layer):
        with pytest.raises(TypeError, match=r"Mine has a call, which no model would run: .* a pair of a function and"):
            type("Mine", (base,), {"call": nothing})


def test_a_layer_that_does_not_begin_as_one():
    class Mine(Layer):
        def __init__(self):
            pass

    for use in (lambda: Sequential([Input((4,)), Mine()]), lambda: Mine()(Input((4,)))):
        with pytest.raises(AttributeError, match=r"its __init__ must call super\(\).__init__\(\) first"):
            use()


@pytest.mark.parametrize("given", [None, "four", (0,), (2.5,), ()])
def test_a_layer_that_gives_no_shape(given):
    class Mine(Layer):
        def output_for(self, input_shape):
            return given

    for use in (lambda: Sequential([Input((4,)), Mine(), Dense(1)]), lambda: Mine()(Input((4,)))):
        with pytest.raises((TypeError, ValueError), match="what output_for of Mine gives must"):
            use()
