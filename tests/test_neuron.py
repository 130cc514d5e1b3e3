"""Tests of the single neuron: the classic result bit for bit, the rule by hand, and what is refused."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from fastnn.neuron import f, predict, step, ten_rows, train_weights, weighted_sum

CLASSIC_WEIGHTS = [-0.1, 0.20653640140000007, -0.23418117710000003]
EXAMPLE = Path(__file__).parents[1] / "examples" / "neuron.py"


def test_classic_weights_bit_for_bit():
    weights = train_weights(*ten_rows(), 0.1, 5)
    assert weights == CLASSIC_WEIGHTS
    assert all(type(weight) is float for weight in weights)


def test_classic_errors_per_epoch():
    errors = []
    train_weights(*ten_rows(), 0.1, 5, history=errors)
    assert errors == [2.0, 1.0, 0.0, 0.0, 0.0]


def test_all_ten_rows_are_classified():
    x, y = ten_rows()
    assert [predict(row, CLASSIC_WEIGHTS) for row in x] == y.tolist()


def test_ten_rows_are_fresh_float64():
    x, y = ten_rows()
    assert (x.shape, y.shape, x.dtype, y.dtype) == ((10, 2), (10,), np.float64, np.float64)
    x[:] = 0
    assert ten_rows()[0][0, 0] == 2.7810836


def test_one_update_by_hand():
    # The first row's activation is 0, which fires, so its label 0 gives an error of -1.
    assert train_weights([[2.0, -4.0]], [0], 0.5, 1) == [-0.5, -1.0, 2.0]


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="long double is float64")
def test_long_double_beyond_float64_is_refused():
    with pytest.raises(ValueError, match="x contains an infinity"):
        train_weights(np.full((1, 1), np.finfo(np.longdouble).max), [1], 0.1, 1)


def test_no_epoch_leaves_zeros():
    assert train_weights([[1.0, 2.0]], [1], 0.1, 0) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.bool_])
def test_arithmetic_is_float64_whatever_the_input(dtype):
    x, y = ten_rows()
    narrow = x.astype(dtype)
    expected = train_weights(narrow.astype(np.float64), y, 0.1, 5)
    assert train_weights(narrow, y.astype(dtype), 0.1, 5) == expected


def test_read_only_strided_and_list_inputs():
    x, y = ten_rows()
    wide = np.repeat(x, 2, axis=1)
    wide.flags.writeable = False
    assert train_weights(wide[:, ::2], y, 0.1, 5) == CLASSIC_WEIGHTS
    assert train_weights(x.tolist(), y.astype(int).tolist(), 0.1, 5) == CLASSIC_WEIGHTS


def test_numpy_scalars_for_rate_and_epochs():
    assert train_weights(*ten_rows(), np.float64(0.1), np.int64(5)) == CLASSIC_WEIGHTS


def test_each_epoch_is_printed_unless_told_otherwise(capsys):
    train_weights(*ten_rows(), 0.1, 2, verbose=False)
    assert capsys.readouterr().out == ""
    train_weights(*ten_rows(), 0.1, 2)
    assert capsys.readouterr().out == (">epoch=0, lrate=0.100, error=2.000\n>epoch=1, lrate=0.100, error=1.000\n")


def test_weighted_sum_adds_the_bias_first():
    # 1e16 + 1 rounds back to 1e16, so only the order bias, first, second gives 0.
    assert weighted_sum([1.0, -1e16], [1e16, 1.0, 1.0]) == 0.0


@pytest.mark.parametrize(
    ("activation", "fires"),
    [(0.0, 1.0), (-0.0, 1.0), (5e-324, 1.0), (-5e-324, 0.0), (np.inf, 1.0), (-np.inf, 0.0), (10**400, 1.0)],
)
def test_step(activation, fires):
    assert step(activation) == fires
    assert f(activation) == fires
    assert (type(step(activation)), type(f(activation))) == (float, int)


@pytest.mark.parametrize("function", [step, f])
def test_step_refuses_what_is_no_number(function):
    with pytest.raises(ValueError, match="activation is NaN"):
        function(float("nan"))
    with pytest.raises(TypeError, match="activation is a ndarray"):
        function(np.zeros(2))


@pytest.mark.parametrize(
    ("inputs", "weights", "error", "message"),
    [
        ([1.0], [1.0], ValueError, "weights has 1 element.* expected 2"),
        ([1.0, 0.0], [1.0, 1.0], ValueError, "weights has 2 element.* expected 3"),
        ([], [1.0], ValueError, r"inputs has shape \(0,\)"),
        ([[1.0]], [1.0, 1.0], ValueError, r"inputs has shape \(1, 1\)"),
        ([np.nan], [1.0, 1.0], ValueError, "inputs contains NaN"),
        ([1.0], [1.0, np.inf], ValueError, "weights contains an infinity"),
        (["a"], [1.0, 1.0], TypeError, "inputs must hold real numbers, but its dtype is <U1"),
        ([1.0], [None, 1.0], TypeError, "weights must hold real numbers, but its dtype is object"),
        ([1e308], [0.0, 1e308], ValueError, "weighted sum overflowed"),
    ],
)
def test_weighted_sum_and_predict_refuse(inputs, weights, error, message):
    for function in (weighted_sum, predict):
        with pytest.raises(error, match=message):
            function(inputs, weights)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": [1.0, 2.0]}, ValueError, r"x has shape \(2,\)"),
        ({"x": np.zeros((0, 2))}, ValueError, r"x has shape \(0, 2\)"),
        ({"x": np.zeros((2, 0))}, ValueError, r"x has shape \(2, 0\)"),
        ({"x": [[1.0], [2.0, 3.0]]}, TypeError, "x must be an array of numbers, but its rows differ"),
        ({"x": [[np.nan], [1.0]]}, ValueError, "x contains NaN"),
        ({"x": [[np.inf], [1.0]]}, ValueError, "x contains an infinity"),
        ({"x": np.array([[1.0], [2.0]], dtype=object)}, TypeError, "x must hold real numbers, but its dtype is object"),
        ({"x": np.ones((2, 1), dtype=complex)}, TypeError, "x must hold real numbers, but its dtype is complex128"),
        ({"y": [0, 1, 1]}, ValueError, r"y has 3 label\(s\) for 2 row"),
        ({"y": [[0], [1]]}, ValueError, r"y has shape \(2, 1\)"),
        ({"y": []}, ValueError, r"y has shape \(0,\)"),
        ({"y": [0, 2]}, ValueError, "y holds the label 2.0; expected 0 or 1"),
        ({"y": [-1, 1]}, ValueError, "y holds the label -1.0"),
        ({"y": [0, np.nan]}, ValueError, "y contains NaN"),
        ({"l_rate": 0.0}, ValueError, "l_rate is 0.0"),
        ({"l_rate": -0.1}, ValueError, "l_rate is -0.1"),
        ({"l_rate": np.inf}, ValueError, "l_rate is inf"),
        ({"l_rate": np.nan}, ValueError, "l_rate is nan"),
        ({"l_rate": "0.1"}, TypeError, "l_rate is a str"),
        ({"l_rate": True}, TypeError, "l_rate is a bool"),
        ({"n_epoch": -1}, ValueError, "n_epoch must be at least 0, but it is -1"),
        ({"n_epoch": 5.0}, TypeError, "n_epoch must be an integer, but it is 5.0"),
        ({"n_epoch": True}, TypeError, "n_epoch must be an integer, but it is True"),
        ({"history": ()}, TypeError, "history is a tuple"),
        ({"l_rate": 10**400}, ValueError, "l_rate is 1000"),
        ({"x": [[1e200], [1e200]]}, ValueError, "weighted sum overflowed in epoch 0"),
    ],
)
def test_train_weights_refuses(change, error, message):
    arguments = {"x": [[1.0], [2.0]], "y": [0, 1], "l_rate": 0.1, "n_epoch": 3} | change
    with pytest.raises(error, match=message):
        train_weights(**arguments)


def test_weights_that_overflow_after_the_last_row_are_refused():
    with pytest.raises(ValueError, match="weights overflowed in epoch 0"):
        train_weights([[1e308]], [0], 10.0, 1)


@pytest.mark.skipif(not EXAMPLE.exists(), reason="examples are not part of an installed package")
def test_example_runs_and_gets_every_row_right(capsys):
    runpy.run_path(str(EXAMPLE))
    lines = capsys.readouterr().out.splitlines()
    assert lines[4] == ">epoch=4, lrate=0.100, error=0.000"
    assert lines[6:] == ["expected=0, predicted=0"] * 5 + ["expected=1, predicted=1"] * 5
