"""Optimisers of Keras' face: what the engine does with them are Keras' own steps, in double precision."""

import inspect
import pickle

import numpy as np
import pytest

import fastnn.keras as ours
from fastnn_ext.bindings.update import optimizer_step
from fastnn_ext.tables.enums import SLOTS

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

STEPS = 50
# Each class as it is and with all that it has, a rate that decays among it.
CASES = {
    "SGD": {},
    "SGD momentum": {"momentum": 0.9},
    "SGD Nesterov": {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
    "SGD plain decay": {"weight_decay": 0.1},
    "RMSprop": {},
    "RMSprop momentum": {"rho": 0.7, "momentum": 0.8, "epsilon": 1e-2, "weight_decay": 0.1},
    "RMSprop centered": {"centered": True, "epsilon": 1e-3},
    "Adagrad": {"epsilon": 1e-2},
    "Adadelta": {"epsilon": 1e-2},
    "Adam": {"epsilon": 1e-2},
    "Adam amsgrad": {"beta_2": 0.7, "amsgrad": True, "weight_decay": 0.1},
    "AdamW": {"epsilon": 1e-2},
    "Adamax": {"epsilon": 1e-2},
    "Nadam": {"epsilon": 1e-2},
    "Lion": {"weight_decay": 0.1},
}


@pytest.fixture
def doubles(keras):
    """Keras with double precision, in which its rates and moments are made, too."""
    jax = pytest.importorskip("jax")
    keras.config.set_floatx("float64")
    with jax.enable_x64(True):
        yield keras
    keras.config.set_floatx("float32")


def made(keras, case, decays):
    kind = getattr(keras.optimizers, case.split()[0])
    rate = keras.optimizers.schedules.InverseTimeDecay(0.05, 1, 0.25) if decays else 0.05
    return kind(rate, **CASES[case])


@pytest.mark.parametrize("decays", [False, True], ids=["one rate", "a rate that decays"])
@pytest.mark.parametrize("case", CASES)
def test_fifty_steps_are_those_of_keras(case, decays, doubles):
    rng = np.random.default_rng(0)
    mine = rng.normal(size=8)
    theirs, variable = made(doubles, case, decays), doubles.Variable(mine, dtype="float64")
    optimizer = made(ours, case, decays)
    numbers = optimizer.rule()
    del numbers["learning_rate"]
    start = numbers.pop("initial_square", 0.0)
    state = [np.full(8, start if slot == 1 else 0.0) for slot in SLOTS[numbers["optimizer"]]]
    known = set(inspect.signature(optimizer_step).parameters)
    assert set(numbers) <= known
    product, before = 1.0, mine.copy()
    for step in range(1, STEPS + 1):
        gradient = rng.normal(size=8, scale=rng.uniform(0.01, 2))
        theirs.apply([doubles.ops.convert_to_tensor(gradient, dtype="float64")], [variable])
        rate = optimizer.rate_at(step - 1)
        product = optimizer_step(mine, gradient, state, step, learning_rate=rate, momentum_product=product, **numbers)
        # Fifty steps of doubles; what is added elsewhere, or has another rate in it, is off by far more.
        np.testing.assert_allclose(mine, variable.numpy(), rtol=0, atol=1e-10, err_msg=f"step {step}")
    assert np.abs(mine - before).max() > 1e-3


def test_the_old_name_of_the_rate(told):
    optimizer = ours.optimizers.Adam(0.1)
    with told() as messages:
        assert optimizer.lr == 0.1
        optimizer.lr = 0.01
        assert optimizer.lr == optimizer.learning_rate == 0.01
    assert messages == ["optimizer.lr is an old spelling of Keras: write optimizer.learning_rate"]
    with pytest.raises(ValueError, match="learning_rate must"):
        optimizer.lr = -1.0
    assert optimizer.learning_rate == 0.01


def test_iterations_are_the_steps_of_apply_gradients():
    optimizer, weights = ours.optimizers.Adam(), np.ones(2)
    assert optimizer.iterations == 0
    for _ in range(3):
        optimizer.apply_gradients([(np.ones(2), weights)])
    assert (int(optimizer.iterations), optimizer.iterations.numpy()) == (3, 3)
    assert pickle.loads(pickle.dumps(optimizer)).iterations == 3


def test_iterations_of_a_model_are_refused_with_what_to_write():
    model = ours.Sequential([ours.layers.Dense(1, input_dim=2)])
    model.compile("adam", "mse")
    model.fit(np.ones((8, 2)), np.ones(8), batch_size=4, verbose=0)
    with pytest.raises(AttributeError, match=r"a model's training are model.optimizer_state.step"):
        _ = model.optimizer.iterations
    assert model.optimizer_state.step == 2
