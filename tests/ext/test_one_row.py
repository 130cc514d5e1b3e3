"""Batches of one row, around the widths of vectors and of groups of them: gradients against float64 NumPy, and sums in
the order of every other way."""

import numpy as np
import pytest
from kernel_sizes import around, kernels_of
from test_own_gradients import close, expected, network, training_of, views

from fastnn_ext.runtime.dispatch import supported_isas


def widths(isa, dtype):
    own = kernels_of(isa, dtype)
    lanes, most = own["LANES"], own["PANEL_VECTORS"]
    # Each number of vectors, and one of several groups.
    return sorted({*around(*(lanes * count for count in range(1, most + 1))), 2 * lanes * most + lanes // 2 + 1})


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("isa", supported_isas())
def test_one_row(isa, dtype):
    for hidden in widths(isa, dtype):
        for inputs, outputs in ((1, 3), (4, 1), (7, 5)):
            plan, vector, arrays = network((inputs, hidden, outputs), dtype, isa)
            rng = np.random.default_rng(hidden)
            x, slope = (rng.normal(size=(6, size)).astype(dtype) for size in (inputs, outputs))
            options = {"input_gradients": [0], "gradients_given": True}
            of_parameters, of_inputs = expected(arrays, x[:1], slope[:1], skip=False)
            training = training_of(plan, vector, arrays, x[:1], slope[:1], **options)
            _, gradient, found = training.run_gradients(x[:1], slope[:1])
            for view, true in zip(views(vector, arrays, gradient), of_parameters, strict=True):
                close(view, true, dtype)
            close(found[0], of_inputs, dtype)
            # Hidden outputs are seen in the gradient of the last weights, of a row that alone has a slope.
            slope[1:] = 0
            together = training_of(plan, vector, arrays, x, slope, **options)
            _, among_others, _ = together.run_gradients(x, slope)
            last, same = (list(views(vector, arrays, each))[2] for each in (gradient, among_others))
            assert np.array_equal(last, same), (inputs, hidden, outputs)
