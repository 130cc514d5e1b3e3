"""The single neuron: a weighted sum of the inputs and a bias, then a step that fires (1) or does not (0).

The perceptron rule trains it: after each row, every weight moves by the learning rate times the error times
its input, in float64 and in one fixed order, so that the results are the same everywhere.
"""

import math
import sys
from collections.abc import Sequence
from numbers import Real
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.numbers import finite_array
from fastnn.checking.scalars import whole_number

__all__ = ["weighted_sum", "step", "f", "predict", "train_weights", "ten_rows"]


def weighted_sum(inputs: ArrayLike, weights: ArrayLike) -> float:
    """Compute the activation ``weights[0] + weights[1]*inputs[0] + weights[2]*inputs[1] + …``.

    Parameters
    ----------
    inputs : array_like, shape (n_features,)
        One row of finite numbers.
    weights : array_like, shape (n_features + 1,)
        The bias first, then one finite weight per input.

    Returns
    -------
    float
        The sum in float64, added from left to right.

    Raises
    ------
    TypeError
        If an argument is not numeric.
    ValueError
        If a shape is wrong, an element is not finite, or the sum overflows.

    Examples
    --------
    >>> from fastnn.neuron import weighted_sum
    >>> weighted_sum([2.0, 3.0], [0.5, 1.0, -1.0])
    -0.5
    """
    row = finite_array(inputs, "inputs", ndim=1).tolist()
    vector = finite_array(weights, "weights", ndim=1).tolist()
    if len(vector) != len(row) + 1:
        raise ValueError(
            f"weights has {len(vector)} element(s) for {len(row)} input(s); "
            f"expected {len(row) + 1}: the bias first, then one weight per input."
        )
    activation = _activation(row, vector)
    if not math.isfinite(activation):
        raise ValueError("the weighted sum overflowed: inputs or weights are too large. Scale them down.")
    return activation


def step(activation: float) -> float:
    """Fire or not: 1.0 if `activation` is at least 0, else 0.0.

    Parameters
    ----------
    activation : float
        A weighted sum.

    Returns
    -------
    float
        1.0 or 0.0; an activation of exactly 0 gives 1.0.

    Raises
    ------
    TypeError
        If `activation` is not a real number.
    ValueError
        If `activation` is NaN.

    Examples
    --------
    >>> from fastnn.neuron import step
    >>> step(0.0), step(-0.5)
    (1.0, 0.0)
    """
    if not isinstance(activation, Real):
        raise TypeError(f"activation is a {type(activation).__name__}; expected one real number.")
    if activation != activation:
        raise ValueError("activation is NaN; expected a number.")
    return 1.0 if activation >= 0 else 0.0


def f(activation: float) -> int:
    """Fire or not, as an int: 1 if `activation` is at least 0, else 0.

    This is the name and the result in teaching notebooks; argument and errors are those of `step`.

    Examples
    --------
    >>> from fastnn.neuron import f
    >>> f(0.0), f(-0.5)
    (1, 0)
    """
    return int(step(activation))


def predict(inputs: ArrayLike, weights: ArrayLike) -> float:
    """Predict the class of one row: ``step(weighted_sum(inputs, weights))``.

    Parameters
    ----------
    inputs : array_like, shape (n_features,)
        One row of finite numbers, without its label.
    weights : array_like, shape (n_features + 1,)
        The bias first, then one finite weight per input.

    Returns
    -------
    float
        1.0 or 0.0.

    Raises
    ------
    TypeError, ValueError
        As `weighted_sum`.

    Examples
    --------
    >>> from fastnn.neuron import predict
    >>> predict([2.0, 3.0], [0.5, 1.0, -1.0])
    0.0
    """
    return step(weighted_sum(inputs, weights))


def train_weights(
    x: ArrayLike,
    y: ArrayLike,
    l_rate: float,
    n_epoch: SupportsIndex,
    *,
    verbose: bool = True,
    history: list[float] | None = None,
) -> list[float]:
    """Train a neuron with the perceptron rule, row by row in the order given.

    For each row, ``error = y - predict(row)``; the bias moves by ``l_rate * error`` and the weight of each
    input by ``l_rate * error * input``. All weights start at zero.

    Parameters
    ----------
    x : array_like, shape (n_samples, n_features)
        Finite numbers, computed with in float64.
    y : array_like, shape (n_samples,)
        The labels, each 0 or 1.
    l_rate : float
        The learning rate, above 0.
    n_epoch : int
        How often to go through all rows, 0 or more.
    verbose : bool, default True
        Print the epoch (counted from 0), learning rate and sum of squared errors after each epoch, as teaching code.
    history : list, optional
        A list to which the sum of squared errors of each epoch is appended.

    Returns
    -------
    list of float, length n_features + 1
        The bias first, then one weight per input.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If a shape or value is not as above, or the weights overflow.

    Notes
    -----
    F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the
    brain", Psychological Review 65 (1958). If a line separates the classes, the errors reach 0 and stay so.

    Examples
    --------
    >>> from fastnn.neuron import ten_rows, train_weights
    >>> x, y = ten_rows()
    >>> errors = []
    >>> weights = train_weights(x, y, 0.1, 5, history=errors)
    >epoch=0, lrate=0.100, error=2.000
    >epoch=1, lrate=0.100, error=1.000
    >epoch=2, lrate=0.100, error=0.000
    >epoch=3, lrate=0.100, error=0.000
    >epoch=4, lrate=0.100, error=0.000
    >>> [round(weight, 4) for weight in weights]
    [-0.1, 0.2065, -0.2342]
    >>> errors
    [2.0, 1.0, 0.0, 0.0, 0.0]
    """
    rows, labels = _check_rows(x, y)
    rate = _check_l_rate(l_rate)
    epochs = whole_number(n_epoch, "n_epoch", at_least=0)
    if history is not None and not isinstance(history, list):
        raise TypeError(f"history is a {type(history).__name__}; expected a list to append to, or None.")

    weights = [0.0] * (len(rows[0]) + 1)
    for epoch in range(epochs):
        sum_error = 0.0
        for row, label in zip(rows, labels, strict=True):
            activation = _activation(row, weights)
            if not math.isfinite(activation):
                raise _overflow("weighted sum", epoch, rate)
            error = label - step(activation)
            sum_error += error**2
            weights[0] += rate * error
            for i, value in enumerate(row):
                weights[i + 1] += rate * error * value
        if not all(map(math.isfinite, weights)):
            raise _overflow("weights", epoch, rate)
        if history is not None:
            history.append(sum_error)
        if verbose:
            print(f">epoch={epoch}, lrate={rate:.3f}, error={sum_error:.3f}")
    return weights


def ten_rows() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the classic small data set for a neuron: ten points in the plane that a line separates.

    Returns
    -------
    x : ndarray of float64, shape (10, 2)
        The points; new arrays at each call.
    y : ndarray of float64, shape (10,)
        The labels: five 0, then five 1.

    Examples
    --------
    >>> from fastnn.neuron import ten_rows
    >>> x, y = ten_rows()
    >>> x.shape, y.tolist()
    ((10, 2), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    """
    x = np.array(
        [
            [2.7810836, 2.550537003],
            [1.465489372, 2.362125076],
            [3.396561688, 4.400293529],
            [1.38807019, 1.850220317],
            [3.06407232, 3.005305973],
            [7.627531214, 2.759262235],
            [5.332441248, 2.088626775],
            [6.922596716, 1.77106367],
            [8.675418651, -0.242068655],
            [7.673756466, 3.508563011],
        ]
    )
    return x, np.repeat([0.0, 1.0], 5)


def _activation(row: Sequence[float], weights: Sequence[float]) -> float:
    # Starting at the bias and adding one product at a time fixes the rounding; numpy.dot does not.
    activation = weights[0]
    for i, value in enumerate(row):
        activation += weights[i + 1] * value
    return activation


def _overflow(what: str, epoch: int, rate: float) -> ValueError:
    return ValueError(
        f"the {what} overflowed in epoch {epoch}: x or l_rate ({rate}) is too large. Scale x down or lower l_rate."
    )


def _check_rows(x: ArrayLike, y: ArrayLike) -> tuple[list[list[float]], list[float]]:
    rows = finite_array(x, "x", ndim=2)
    labels = finite_array(y, "y", ndim=1)
    if len(labels) != len(rows):
        raise ValueError(f"y has {len(labels)} label(s) for {len(rows)} row(s) of x; expected one per row.")
    wrong = labels[(labels != 0) & (labels != 1)]
    if wrong.size:
        raise ValueError(f"y holds the label {wrong[0]}; expected 0 or 1, the two classes.")
    return rows.tolist(), labels.tolist()


def _check_l_rate(l_rate: float) -> float:
    expected = "expected a finite number above 0, such as 0.1"
    if isinstance(l_rate, bool) or not isinstance(l_rate, Real):
        raise TypeError(f"l_rate is a {type(l_rate).__name__}; {expected}.")
    if not 0 < l_rate <= sys.float_info.max:
        raise ValueError(f"l_rate is {l_rate}; {expected}.")
    return float(l_rate)
