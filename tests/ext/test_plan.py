"""A plan's predictions: against plain NumPy on every instruction set, for every kind of input and of ``out``."""

import numpy as np
import pytest
from binding_table import softmax_rows
from kernel_sizes import DEPTH_BLOCK, rows_of, widths_of
from plain_training import NETWORKS, copied, data_of, network_of, outputs_of, plan_of

from fastnn_ext.engine.plan import NonFiniteDataError, Plan
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation

INPUTS = 12
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())


@pytest.mark.parametrize("name", NETWORKS)
@both_dtypes
@every_isa
def test_every_network_is_the_plain_forward(name, dtype, isa):
    network, width = network_of(NETWORKS[name], INPUTS, dtype)
    x, _ = data_of(INPUTS, width, 9, dtype)
    plan = plan_of(network, INPUTS, dtype, isa)
    exact = outputs_of(copied(network, np.float64), x.astype(np.float64))[-1]
    for samples in (1, 9):
        result = plan.predict(x[:samples])
        assert result.dtype == dtype
        # Some forty terms of size one.
        np.testing.assert_allclose(result, exact[:samples], rtol=0, atol=200 * np.finfo(dtype).eps)


@pytest.mark.parametrize("inputs", [1, 7, 130, DEPTH_BLOCK - 1, DEPTH_BLOCK + 1])
@both_dtypes
@every_isa
@pytest.mark.parametrize("density", [0.2, 1.0])
def test_odd_shapes(inputs, dtype, isa, density):
    rows = rows_of(isa, dtype)
    x, _ = data_of(inputs, 1, rows[-1], dtype, density)
    if inputs > 1:
        x[0] = 0
    for width in widths_of(isa, dtype):
        [(weights, bias)], _ = network_of((width,), inputs, dtype, seed=width)
        plan = plan_of([(weights, bias)], inputs, dtype, isa)
        exact = x.astype(float) @ weights.astype(float) + bias.astype(float)
        # A sum of n terms is off by at most n eps times the sum of their absolute values.
        allowed = (inputs + 2) * np.finfo(dtype).eps * (np.abs(x) @ np.abs(weights) + np.abs(bias))
        for samples in rows:
            off = np.abs(plan.predict(x[:samples]) - exact[:samples])
            assert (off <= allowed[:samples]).all(), (width, samples, off.max())


@both_dtypes
@every_isa
def test_functions_are_right_over_their_whole_range(dtype, isa):
    eps, largest = float(np.finfo(dtype).eps), np.finfo(dtype).max
    rng = np.random.default_rng(0)
    points = [0.0, -0.0, 1e-30, -1e-30, 0.5, 1, -1, 20, -20, 100, -100, 800, -800, largest / 4, -largest / 4]
    x = np.concatenate([points, rng.normal(size=200) * 8]).astype(dtype)[:, None]
    with np.errstate(over="ignore"):
        exact = {
            Activation.SIGMOID: 1 / (1 + np.exp(-x.astype(np.longdouble))),
            Activation.TANH: np.tanh(x.astype(np.longdouble)),
        }
    for kind, right in exact.items():
        plan = Plan(1, dtype, isa=isa)
        plan.add_activation(kind)
        result = plan.predict(x)
        # A few units in the last place, and one where the result is so small that the sum with 1 rounds it.
        np.testing.assert_allclose(result, right.astype(float), rtol=8 * eps, atol=4 * eps, err_msg=kind.name)
    plan = Plan(len(x), dtype, isa=isa)
    plan.add_softmax()
    for row in (x.T, x.T / 100, np.full_like(x.T, -largest), np.full_like(x.T, largest)):
        result = plan.predict(np.ascontiguousarray(row))
        # An exponent of -800 has itself an error of 400 eps.
        np.testing.assert_allclose(result, softmax_rows(row.astype(np.longdouble)), rtol=500 * eps, atol=eps)


def small(dtype=np.float64, sample_shape=None):
    network, _ = network_of(NETWORKS["relu, softmax"], INPUTS, dtype)
    plan = Plan(INPUTS, dtype, sample_shape)
    plan.add_dense(*network[0])
    plan.add_activation(Activation.RELU)
    plan.add_dense(*network[2])
    plan.add_softmax()
    return plan


@both_dtypes
@pytest.mark.parametrize("samples", [1, 5, 40])
def test_inputs_of_other_dtypes_are_converted(dtype, samples):
    plan = small(dtype)
    x = np.random.default_rng(0).integers(0, 256, (samples, INPUTS)).astype(np.uint8)
    expected = plan.predict(x.astype(dtype)).tobytes()
    for same in (x, x.astype(np.float32), x.astype(np.float64)):
        assert plan.predict(same).tobytes() == expected, same.dtype


def test_read_only_inputs_and_files(tmp_path):
    plan, x = small(), np.random.default_rng(0).normal(size=(40, INPUTS))
    expected = plan.predict(x).tobytes()
    np.save(tmp_path / "x.npy", x)
    assert plan.predict(np.load(tmp_path / "x.npy", mmap_mode="r")).tobytes() == expected
    x.flags.writeable = False
    assert plan.predict(x).tobytes() == expected


def test_one_sample_and_shaped_samples():
    plan, x = small(sample_shape=(3, 4)), np.random.default_rng(0).normal(size=(5, INPUTS))
    expected = plan.predict(x)
    assert plan.predict(x.reshape(5, 3, 4)).tobytes() == expected.tobytes()
    for one in (x[0], x[:1], x[0].reshape(3, 4), x[0].reshape(1, 3, 4)):
        result = plan.predict(one)
        assert result.shape == (1, 3)
        assert result.tobytes() == expected[:1].tobytes()


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((5, 11)),
        np.zeros((4, 3)),
        np.zeros((5, 4, 3)),
        np.zeros(()),
        np.zeros((5, 24))[:, ::2],
        np.asfortranarray(np.zeros((5, 12))),
        np.zeros((5, 12), dtype=int),
        np.zeros((5, 12), dtype=">f8"),
        np.zeros((5, 12), dtype=object),
        [[0.0] * 12],
        None,
    ],
    ids=lambda x: f"{type(x).__name__} {getattr(x, 'shape', '')} {getattr(x, 'dtype', '')}",
)
def test_what_cannot_be_read_in_place_is_left_to_the_caller(x):
    assert small(sample_shape=(3, 4)).predict(x) is None


@pytest.mark.parametrize("shape", [(0, 12), (0, 3, 4)])
def test_no_samples(shape):
    result = small(np.float32, (3, 4)).predict(np.zeros(shape))
    assert (result.shape, result.dtype) == ((0, 3), np.float32)


@both_dtypes
@every_isa
def test_no_layers(dtype, isa):
    plan = Plan(INPUTS, dtype, isa=isa)
    x = np.random.default_rng(0).normal(size=(120, INPUTS)).astype(np.float32)
    for samples in (1, 3, 120):
        assert np.array_equal(plan.predict(x[:samples]), x[:samples])
    assert not np.shares_memory(plan.predict(x), x)


@both_dtypes
@every_isa
@pytest.mark.parametrize("samples", [1, 3, 150])
def test_inputs_that_are_not_finite_name_their_sample(dtype, isa, samples):
    network, _ = network_of(NETWORKS["relu"], INPUTS, dtype)
    plan = plan_of(network, INPUTS, dtype, isa)
    for bad in (np.nan, np.inf, -np.inf):
        for column in range(INPUTS):
            x = np.zeros((samples, INPUTS))
            x[samples // 2, column] = bad
            for given in (x, x.astype(np.float32)):
                with pytest.raises(NonFiniteDataError, match=f"sample {samples // 2} holds NaN") as caught:
                    plan.predict(given)
                assert caught.value.sample == samples // 2


# The array for the result.


@both_dtypes
@pytest.mark.parametrize("samples", [0, 1, 40])
def test_out_is_written_and_returned(dtype, samples):
    plan, x = small(dtype), np.random.default_rng(0).normal(size=(samples, INPUTS))
    out = np.full((samples, 3), np.nan, dtype)
    assert plan.predict(x, out) is out
    assert out.tobytes() == plan.predict(x).tobytes()
    memory = np.zeros((samples + 2, 3), dtype)
    plan.predict(x, out=memory[1:-1])
    assert memory[1:-1].tobytes() == out.tobytes()
    assert not memory[0].any()
    assert not memory[-1].any()


def read_only():
    array = np.zeros((5, 3))
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.zeros((4, 3)), ValueError, r"^out must have shape \(5, 3\), but its shape is \(4, 3\)"),
        (np.zeros(15), ValueError, r"^out must have shape \(5, 3\), but its shape is \(15,\)"),
        (np.zeros((5, 3), np.float32), TypeError, "^out must be a writeable, C-contiguous float64.* it is float32"),
        (np.zeros((5, 3), int), TypeError, "^out must be a writeable, C-contiguous float64.* it is int64"),
        (np.zeros((5, 3), ">f8"), TypeError, "^out must be a writeable, C-contiguous float64"),
        (read_only(), TypeError, "^out must be a writeable.*read-only"),
        (np.zeros((5, 6))[:, ::2], TypeError, "^out must be a writeable.*another layout"),
        (np.asfortranarray(np.zeros((5, 3))), TypeError, "^out must be a writeable.*another layout"),
        ([[0.0] * 3] * 5, TypeError, "^out must be a NumPy array, but it is a list"),
        (3, TypeError, "^out must be a NumPy array, but it is a int"),
    ],
    ids=str,
)
def test_bad_out(out, error, message):
    before = np.array(out)
    with pytest.raises(error, match=message):
        small().predict(np.ones((5, INPUTS)), out)
    assert np.array_equal(np.array(out), before)


@pytest.mark.parametrize("offset", [0, 1, 50, 59])
def test_out_in_the_memory_of_the_input(offset):
    memory = np.ones(80)
    x, out = memory[: 5 * INPUTS].reshape(5, INPUTS), memory[offset : offset + 15].reshape(5, 3)
    with pytest.raises(ValueError, match="out must not share memory with the input"):
        small().predict(x, out)
    assert (memory == 1).all()
    small().predict(x, memory[60:75].reshape(5, 3))
