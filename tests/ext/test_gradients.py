"""The engine's gradients against finite differences: a step of plain descent with rate 1 is the gradient itself."""

import itertools

import numpy as np
import pytest
from binding_table import numerical_gradient
from making import training_of
from plain_training import CASES, NETWORKS, copied, data_of, loss_of, network_of, parameters_of, plan_of

from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import UpdateRule

INPUTS = 6


@pytest.mark.parametrize(("name", "loss"), CASES, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("samples", [1, 5])
def test_a_step_is_the_gradient_of_the_mean_loss(name, loss, samples):
    start, width = network_of(NETWORKS[name], INPUTS, seed=3)
    x, y = data_of(INPUTS, width, samples, density=0.7, seed=4)
    expected = []
    for array in parameters_of(start):

        def loss_with(value, array=array):
            kept = array.copy()
            array[...] = value
            result = loss_of(start, x, y, loss)
            array[...] = kept
            return result

        expected.append(numerical_gradient(loss_with, array))
    for isa, sparse in itertools.product(supported_isas(), (False, True)):
        network, case = copied(start), f"{isa}, sparse {sparse}"
        plan = plan_of(network, INPUTS, isa=isa)
        training_of(plan, x, y, samples, loss, UpdateRule.SGD, 1.0, sparse=sparse).run_epoch()
        moved = [old - new for old, new in zip(parameters_of(start), parameters_of(network), strict=True)]
        for number, (step, gradient) in enumerate(zip(moved, expected, strict=True)):
            told = f"parameter {number}, {case}"
            # Differences of step 1e-6 in sums of size one are off by some 1e-10.
            np.testing.assert_allclose(step, gradient, rtol=1e-6, atol=1e-8, err_msg=told)
