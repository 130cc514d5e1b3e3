"""Scaling behind other layers, and arithmetic of numbers and symbolic tensors, which is that."""

import numpy as np
import pytest

import fastnn
from fastnn import Dense, Input, Model, Sequential
from fastnn.layers import Add, Multiply, Rescaling

X = np.random.default_rng(0).normal(size=(7, 5))
# Products and sums of a dozen float64 numbers.
TOLERANCE = {"rtol": 1e-12, "atol": 1e-12}
ARITHMETIC = {
    "x * 2": lambda x: x * 2,
    "2 * x + 1": lambda x: 2 * x + 1,
    "1 - x": lambda x: 1 - x,
    "-x": lambda x: -x,
    "x / 4": lambda x: x / 4,
    "x - 3": lambda x: x - 3,
    "x ** 2": lambda x: x**2,
    "numpy": lambda x: np.float32(0.5) * x - np.float64(1),
}


@pytest.mark.parametrize("compute", ARITHMETIC.values(), ids=ARITHMETIC)
def test_numbers_on_either_side_behind_a_layer(compute):
    begin = Input((5,))
    hidden = Dense(4, "tanh")(begin)
    model = Model(begin, compute(hidden), dtype="float64")
    expected = compute(Model(begin, hidden, dtype="float64").predict(X))
    np.testing.assert_allclose(model.predict(X), expected, **TOLERANCE)


def test_gradients_go_through():
    begin = Input((5,))
    hidden = Dense(4, "tanh")(begin)
    scaled = Rescaling(-3.0, 0.5)(hidden)
    model = Model(begin, Dense(1)(Multiply()([scaled, 1 - hidden])), dtype="float64", seed=1)
    model.compile("sgd", "mse")
    y = X.sum(axis=1, keepdims=True)
    found = model.gradients(X, y, inputs=True)
    start = [one.copy() for one in model.get_weights()]
    step = 1e-6
    for array in range(len(start)):
        for place in np.ndindex(start[array].shape):
            values = []
            for sign in (1, -1):
                moved = [one.copy() for one in start]
                moved[array][place] += sign * step
                model.set_weights(moved)
                values.append(float(np.mean((model.predict(X) - y) ** 2)))
            numbers = list(found.named.values())[array][place]
            # Central differences of float64.
            assert numbers == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-5, abs=1e-8)


def test_an_input_that_others_take_is_not_scaled_for_them():
    begin = Input((5,))
    model = Model(begin, Add()([Rescaling(2.0)(begin), begin, Rescaling(0.5, 1.0)(begin)]), dtype="float64")
    np.testing.assert_allclose(model.predict(X), 3.5 * X + 1, **TOLERANCE)
    first = Rescaling(2.0)(begin)
    model = Model(begin, Add()([Rescaling(3.0)(first), first]), dtype="float64")
    np.testing.assert_allclose(model.predict(X), 8 * X, **TOLERANCE)


@pytest.mark.parametrize("isa", ["portable", None])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_in_every_type_and_instruction_set(isa, dtype):
    from fastnn_ext.engine.plan import Plan

    for size in (1, 7, 17, 1000):
        plan = Plan(size, dtype, isa=isa)
        plan.add_activation(0, fuse=False)
        plan.add_rescaling(-2.5, 0.75)
        x = np.random.default_rng(size).normal(size=(3, size)).astype(dtype)
        tolerance = 1e-6 if dtype == "float32" else 1e-14
        np.testing.assert_allclose(plan.predict(x), np.maximum(x, 0) * -2.5 + 0.75, rtol=tolerance, atol=tolerance)
        with pytest.raises(ValueError, match="must be finite"):
            plan.add_rescaling(np.inf, 0.0)


def test_files_and_exports_have_it(tmp_path):
    model = Sequential([Input((5,)), Rescaling(0.5), Dense(3, "tanh"), Rescaling(-2.0, 1.0), Dense(2)], seed=0)
    expected = model.predict(X)
    model.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(fastnn.load_model(tmp_path / "model.safetensors").predict(X), expected)
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    fastnn.interop.to_onnx(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    found = session.run(None, {session.get_inputs()[0].name: X.astype(np.float32)})[0]
    # Float32 in another order of sums.
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
