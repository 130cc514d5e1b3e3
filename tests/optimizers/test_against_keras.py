"""The optimisers' formulas against Keras' own classes, on the same gradients."""

import numpy as np
import pytest
from optimizer_table import PEERS

STEPS = 12
PAIRS = {name: (ours, keras) for name, (ours, _, keras) in PEERS.items() if keras is not None}


@pytest.mark.parametrize("name", PAIRS)
def test_steps_are_those_of_keras(name, keras_over_any):
    keras = keras_over_any
    rng = np.random.default_rng(0)
    start = [rng.normal(size=shape).astype(np.float32) for shape in ((5, 3), (3,))]
    ours, make = PAIRS[name]
    theirs, variables = make(keras), [keras.Variable(array) for array in start]
    weights, states = [array.astype(np.float64) for array in start], [{} for _ in start]
    for step in range(1, STEPS + 1):
        # Sizes that differ between steps, so that means of them matter.
        size = rng.uniform(0.1, 3)
        gradients = [rng.normal(size=array.shape, scale=size).astype(np.float32) for array in start]
        theirs.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], variables)
        weights = [
            ours.formula(array, gradient.astype(np.float64), state, step)
            for array, gradient, state in zip(weights, gradients, states, strict=True)
        ]
        for exact, variable in zip(weights, variables, strict=True):
            # A dozen steps of float32, of some five roundings each, of numbers below four.
            now = keras.ops.convert_to_numpy(variable.value)
            np.testing.assert_allclose(now, exact, rtol=0, atol=1e-5, err_msg=f"step {step}")
    moved = max(np.abs(array - old).max() for array, old in zip(weights, start, strict=True))
    assert moved > 1e-2, "the steps go far beyond the tolerance"
