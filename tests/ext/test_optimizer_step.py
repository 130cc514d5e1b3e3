"""An optimiser's step in place: its values against the formulas, and all that it refuses."""

import numpy as np
import pytest
from optimizer_table import STEADY
from plain_training import RULES

from fastnn_ext.bindings.update import optimizer_step
from fastnn_ext.tables.enums import SLOTS, UpdateRule

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def state_of(rule, shape, dtype=np.float64):
    return [np.zeros(shape, dtype) for _ in SLOTS[rule["optimizer"]]]


@pytest.mark.parametrize("name", RULES)
@both_dtypes
@pytest.mark.parametrize("shape", [(1,), (7,), (17, 7), (2, 3, 4), (255,), (256,), (257,), (0,), ()])
def test_steps_are_the_formula(name, dtype, shape):
    rng = np.random.default_rng(0)
    weights = np.asarray(rng.normal(size=shape)).astype(dtype)
    exact, exact_state, state = weights.astype(np.float64), {}, state_of(RULES[name], shape, dtype)
    product = 1.0
    for step in range(1, 6):
        gradient = np.asarray(rng.normal(size=shape)).astype(dtype)
        kept = gradient.copy()
        product = optimizer_step(weights, gradient, state, step, **RULES[name], momentum_product=product)
        exact = STEADY[name].formula(exact, gradient.astype(np.float64), exact_state, step)
        assert np.array_equal(gradient, kept)
    # Five steps of some five roundings each, of numbers below ten.
    np.testing.assert_allclose(weights, exact, rtol=0, atol=250 * np.finfo(dtype).eps)


def test_the_first_step_of_adam_is_the_rate():
    # Corrected for their start, mean and root mean square are both the gradient, whatever its size.
    for size in (1e-6, 1.0, 1e6):
        parameters, first, second = np.zeros(1), np.zeros(1), np.zeros(1)
        optimizer_step(parameters, np.array([size]), [first, second], 1, UpdateRule.ADAM, 0.5, 0.9, 0.999)
        assert parameters[0] == pytest.approx(-0.5, rel=1e-12)


@pytest.mark.parametrize("name", RULES)
def test_all_that_a_rule_keeps_is_given_and_changed(name):
    state = state_of(RULES[name], 3)
    optimizer_step(np.ones(3), np.ones(3), state, 1, **RULES[name])
    assert all(array.all() for array in state)
    for bad in ([*state, np.zeros(3)], state[1:]):
        if len(bad) != len(state):
            with pytest.raises(ValueError, match=f"state must hold the {len(state)} arrays .* it holds {len(bad)}"):
                optimizer_step(np.ones(3), np.ones(3), bad, 1, **RULES[name])


def test_the_product_of_nadams_momentums_is_returned():
    rule = {"optimizer": UpdateRule.NADAM, "learning_rate": 0.1, "beta_1": 0.8, "momentum_decay": 0.1, "epsilon": 1.0}
    product = optimizer_step(np.ones(3), np.ones(3), np.zeros((2, 3)), 2, **rule, momentum_product=0.25)
    assert product == pytest.approx(0.25 * 0.8 * (1 - 0.5 * 0.96**0.2), rel=1e-15)


def test_coupled_decay_is_a_part_of_the_gradient():
    for name in ("sgd", "momentum", "rmsprop", "adam"):
        weights, plain = np.full(3, 2.0), np.full(3, 2.0)
        state, other = state_of(RULES[name], 3), state_of(RULES[name], 3)
        for step in (1, 2):
            optimizer_step(weights, np.ones(3), state, step, **RULES[name], coupled_decay=0.5)
            optimizer_step(plain, 1 + 0.5 * plain, other, step, **RULES[name])
        assert np.array_equal(weights, plain), name


def test_gradients_of_any_layout_and_dtype():
    gradients = np.random.default_rng(0).integers(-9, 9, size=(7, 5))
    for given in (gradients, gradients.tolist(), np.asfortranarray(gradients.astype(">f4")), gradients[::-1][::-1]):
        parameters, momentum = (np.zeros((7, 5), np.float32) for _ in range(2))
        optimizer_step(parameters, given, [momentum], 1, UpdateRule.MOMENTUM, 0.5, 0.9)
        assert np.array_equal(parameters, -0.5 * gradients)
        assert np.array_equal(momentum, gradients)


def read_only():
    array = np.ones((4, 6))
    array.flags.writeable = False
    return array


NAMES = ("parameters", "gradients", "state[0]", "state[1]")
GOOD = {"optimizer": UpdateRule.ADAM, "learning_rate": 0.1, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}


@pytest.mark.parametrize("name", ["parameters", "state[0]", "state[1]"])
@pytest.mark.parametrize(
    ("value", "error"),
    [
        (read_only(), ValueError),
        (np.ones((4, 12))[:, ::2], ValueError),
        (np.ones((4, 6), dtype=">f8"), ValueError),
        (np.ones((4, 6), dtype=int), TypeError),
        (np.ones((4, 6), dtype=object), TypeError),
        ([[1.0] * 6] * 4, TypeError),
        (np.ones((6, 4)), ValueError),
        (np.ones((4, 6), np.float32), ValueError),
    ],
    ids=lambda value: getattr(value, "__name__", f"{np.shape(value)}"),
)
def test_arrays_that_cannot_be_changed_in_place(name, value, error):
    arrays = {each: np.full((4, 6), 3.0) for each in NAMES} | {name: value}
    before = {each: np.array(array) for each, array in arrays.items()}
    parameters, gradients, *state = arrays.values()
    with pytest.raises(error, match=r"must (be|have)"):
        optimizer_step(parameters, gradients, state, 1, **GOOD)
    assert all(np.array_equal(np.array(array), before[each]) for each, array in arrays.items())


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"gradients": np.ones(24)}, ValueError, r"gradients must have the shape.*\(24,\)"),
        ({"gradients": np.ones((4, 6), complex)}, TypeError, "gradients must hold real numbers"),
        ({"step": 0}, ValueError, "step must be at least 1, but it is 0"),
        ({"step": 1.5}, TypeError, "int"),
        ({"optimizer": 99}, ValueError, "99"),
        ({"optimizer": "adam"}, (TypeError, ValueError), "int|adam"),
    ],
    ids=str,
)
def test_other_bad_arguments(changes, error, message):
    good = {each: np.ones((4, 6)) for each in NAMES[:2]} | {"state": np.ones((2, 4, 6)), "step": 1} | GOOD
    with pytest.raises(error, match=message):
        optimizer_step(**(good | changes))
    assert (good["parameters"] == 1).all()


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, 2), (0, 3), (2, 3), (1, 2), (1, 3)])
def test_arrays_that_share_memory(one, other):
    arrays = [np.ones(5) for _ in NAMES]
    memory = np.ones(8)
    arrays[one], arrays[other] = memory[:5], memory[3:]
    with pytest.raises(ValueError, match="must not share memory"):
        optimizer_step(*arrays[:2], arrays[2:], 1, **GOOD)
    assert (memory == 1).all()
