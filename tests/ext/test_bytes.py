"""Rows of bytes: the zeros among them are left out where they lie, and all results are those of the same numbers."""

import numpy as np
import pytest
from making import training_of
from plain_training import RULES, bytes_of, copied, network_of, plan_of

from fastnn_ext.engine.plan import Plan
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss, OperationKind

# Around groups of 8 and 32 bytes, and the 1,024 whose groups are looked at together.
SIZES = [1, 7, 8, 9, 31, 32, 33, 40, 63, 64, 65, 255, 784, 1023, 1024, 1025, 1056, 2100]
SAMPLES = 13
SCALE = 1 / 255
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())


def pixels_of(size, density, form="whole"):
    rng = np.random.default_rng(size)
    pixels = (rng.integers(1, 256, (SAMPLES, size)) * (rng.random((SAMPLES, size)) < density)).astype(np.uint8)
    if form == "whole":
        return pixels
    # Rows that begin anywhere, with other bytes between them.
    holder = np.full((SAMPLES, size + 5), 255, np.uint8)
    holder[:, 3 : size + 3] = pixels
    return holder[:, 3 : size + 3]


@both_dtypes
@every_isa
@pytest.mark.parametrize("size", SIZES)
def test_predictions_are_those_of_the_numbers(size, dtype, isa):
    network, _ = network_of((11, Activation.RELU, 3, "softmax"), size, dtype)
    for density in (0.0, 0.2, 1.0):
        for form in ("whole", "part"):
            pixels = pixels_of(size, density, form)
            for scale in (1.0, SCALE):
                plan = plan_of(network, size, dtype, isa)
                expected = plan.predict(pixels.astype(dtype) * dtype(scale))
                plan.set_input_scale(scale, 0.0)
                for rows in (1, 3, SAMPLES):
                    where = density, form, scale, rows
                    assert plan.predict(pixels[:rows]).tobytes() == expected[:rows].tobytes(), where


@both_dtypes
@every_isa
@pytest.mark.parametrize("batch_size", [1, 5])
def test_training_is_that_of_the_numbers(dtype, isa, batch_size):
    for size in (33, 784, 1056):
        pixels = pixels_of(size, 0.2, "part")
        y = np.eye(3)[np.arange(SAMPLES) % 3].astype(dtype)
        for scale in (1.0, SCALE):
            results = []
            for x, read_with in ((pixels.astype(dtype) * dtype(scale), 1.0), (pixels, scale)):
                network, _ = network_of((11, Activation.RELU, 3, "softmax"), size, dtype)
                plan = plan_of(network, size, dtype, isa)
                plan.set_input_scale(read_with, 0.0)
                training = training_of(plan, x, y, batch_size, Loss.CROSS_ENTROPY, **RULES["adam"], threads=2)
                assert training.sparse
                results.append(([training.run_epoch() for _ in range(2)], bytes_of(network)))
            assert results[0] == results[1], (size, scale)


@both_dtypes
def test_a_scale_that_makes_bytes_infinite_is_found(dtype):
    network, _ = network_of((3,), 40, dtype)
    plan = plan_of(copied(network), 40, dtype)
    plan.set_input_scale(float(np.finfo(dtype).max), 0.0)
    with pytest.raises(ValueError, match="NaN or infinity"):
        plan.predict(pixels_of(40, 0.2))


def test_several_inputs_are_all_read():
    # The one of bytes could be listed, the other is read beside it.
    rng = np.random.default_rng(0)
    pixels, others = pixels_of(40, 0.2), rng.normal(size=(SAMPLES, 4)).astype(np.float32)
    first, second = (rng.normal(size=(size, 5)).astype(np.float32) for size in (40, 4))
    results = []
    for x in (pixels, pixels.astype(np.float32)):
        plan = Plan(40, np.float32)
        other = plan.add_input(4)
        parts = [
            plan.add_dense(first, np.zeros(5, np.float32)),
            plan.add_dense(second, np.zeros(5, np.float32), inputs=other),
        ]
        plan.add_merge(OperationKind.ADD, parts)
        results.append(plan.predict((x, others)).tobytes())
    assert results[0] == results[1]
