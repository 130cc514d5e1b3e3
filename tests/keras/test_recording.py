"""Recorded arrays: each rule against differences, and whatever would lose a gradient is refused."""

import numpy as np
import pytest

from fastnn.keras import activations, backend, losses, ops
from fastnn.keras.recording.recorded import Recorded, gradient_of
from fastnn.keras.recording.rules import _OF_LISTS, _RULES, apply

RNG = np.random.default_rng(3)
X = RNG.uniform(0.2, 0.9, size=(3, 4))
OTHER = RNG.uniform(1.1, 2.0, size=(3, 4))
# What a function takes beside the first array, where that is anything; a name may have several.
CASES = {
    **{name: [((OTHER,), {}), ((OTHER[0],), {}), ((1.5,), {})] for name in ("add", "subtract", "multiply", "divide")},
    **{name: [((OTHER,), {}), ((0.5,), {}), ((X.mean(),), {})] for name in ("maximum", "minimum")},
    **{
        name: [((), {}), ((), {"axis": -1}), ((), {"axis": (0, 1)}), ((), {"axis": 0, "keepdims": True})]
        for name in ("sum", "mean", "var", "std", "max", "min", "logsumexp")
    },
    "power": [((3,), {}), ((OTHER,), {})],
    "matmul": [((OTHER.T,), {})],
    "clip": [((0.4, 0.7), {})],
    "softmax": [((), {}), ((), {"axis": 0})],
    "log_softmax": [((), {}), ((), {"axis": 0})],
    "reshape": [(((2, 6),), {})],
    "transpose": [((), {}), (((1, 0),), {})],
    "expand_dims": [((), {}), ((0,), {})],
    "cast": [((np.float64,), {})],
    "getitem": [((1,), {}), (((slice(None), 2),), {}), (([0, 0, 2],), {})],
    "concatenate": [((), {}), ((0,), {})],
    "stack": [((), {}), ((1,), {})],
}


def numeric(function, x, step=1e-6):
    """The gradient of the sum of a function's weighted values, by central differences."""
    found = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        there = [x.copy(), x.copy()]
        there[0][place] += step
        there[1][place] -= step
        found[place] = (function(there[0]) - function(there[1])) / (2 * step)
    return found


def check(function, x):
    begin = Recorded(x)
    result = function(begin)
    weights = np.random.default_rng(0).normal(size=result.shape)
    expected = numeric(lambda one: float(np.sum(weights * function(Recorded(one)).value)), x)
    # Central differences of float64 at a step of 1e-6 are good to some 1e-9 of the largest number.
    np.testing.assert_allclose(gradient_of(result, begin, weights), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", sorted(set(_RULES) - {"where", "squeeze"}))
def test_every_rule_agrees_with_differences(name):
    for arguments, options in CASES.get(name, [((), {})]):
        if name in _OF_LISTS:
            check(lambda x, given=arguments: apply(name, [x, OTHER, x * 2], *given), X)
            continue
        check(lambda x, given=arguments, named=options: apply(name, x, *given, **named), X)
        if name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "matmul"):
            other = OTHER.T if name == "matmul" else OTHER
            check(lambda x, other=other: apply(name, other, x), X)


def test_both_sides_of_a_choice():
    check(lambda x: ops.where(x < 0.5, x**2, 3 * x), X)
    check(lambda x: ops.where(x, x**2, 3 * x), X)
    check(lambda x: apply("squeeze", x[:, :1], 1), X)


@pytest.mark.parametrize("name", [name for name in activations.__all__ if name not in ("get", "hard_swish", "swish")])
def test_activations_have_their_derivatives(name):
    if name == "leaky_relu":
        check(activations.leaky_relu, X - 0.5)
    check(getattr(activations, name), X)


@pytest.mark.parametrize("name", [name for name in losses.__all__ if name[0].islower() and name != "get"])
def test_losses_within_losses(name):
    pred = X / X.sum(axis=1, keepdims=True)
    true = np.array([0, 3, 1]) if name.startswith("sparse") else np.eye(4)[[0, 3, 1]]
    if "hinge" in name:
        true = true if name.startswith("categorical") else true * 2 - 1
    if name == "mean_absolute_percentage_error":
        # Shares of zeros are no numbers.
        true = true + 1
    function = getattr(losses, name)
    begin = Recorded(pred)
    np.testing.assert_allclose(function(true, begin).value, function(true, pred), rtol=1e-12)
    if name not in ("kl_divergence",):
        check(lambda x: function(true, x) * 2, pred)


def test_what_repeats_counts_for_each():
    x = Recorded(np.array([2.0]))
    y = x * x
    assert gradient_of(y * x + y, x).tolist() == [3 * 4 + 2 * 2]
    assert gradient_of(Recorded(np.ones(2)), x).tolist() == [0]


def test_numpy_on_either_side():
    x = Recorded(np.array([1.0, 2.0], np.float32))
    for found in (np.ones(2) - x, np.float64(1) - x, 1 - x, np.subtract(1.0, x)):
        assert found.value.tolist() == [0, -1]
        assert gradient_of(found, x).tolist() == [-1, -1]
    assert gradient_of(np.mean(np.square(x)), x).tolist() == [1, 2]
    assert (2.0 * x).dtype == np.float32
    assert (x > 1).tolist() == [False, True]


@pytest.mark.parametrize(
    "lose",
    [lambda x: x.numpy(), float, int, lambda x: np.asarray(x), lambda x: np.linalg.norm(x), lambda x: f"{x:.2f}"],
)
def test_what_loses_the_gradient_is_refused(lose):
    with pytest.raises(TypeError, match=r"keras\.ops, keras\.backend or tf"):
        lose(Recorded(np.array([1.0])))


def test_functions_of_the_backend():
    true, pred = np.array([[0.0], [1.0]]), np.array([[0.25], [0.5]])
    check(lambda x: backend.binary_crossentropy(true, x), pred)
    check(lambda x: backend.categorical_crossentropy(np.eye(4)[:3], x), X)
    check(lambda x: backend.l2_normalize(x, axis=1), X)
    check(lambda x: backend.switch(X > 0.5, x, lambda: x * 3), X)
    check(lambda x: backend.batch_flatten(backend.permute_dimensions(x, (1, 0))), X)
