"""scikit-learn's estimators: `from_sklearn` takes a multilayer perceptron that is fitted, by what it has learnt."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

from fastnn.activations.registry import ACTIVATIONS
from fastnn.checking.arrays import real_dtype_array
from fastnn.interop.assembling import assemble
from fastnn.layers.dense import Dense
from fastnn.models.sequential import Sequential
from fastnn.optimizers.adam import Adam
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.sgd import SGD

__all__ = ["from_sklearn"]

_ACTIVATIONS = {kind.sklearn: kind.name for kind in ACTIVATIONS if kind.sklearn is not None}
_LOSSES = {"identity": "mse", "logistic": "binary_crossentropy", "softmax": "categorical_crossentropy"}


def from_sklearn(estimator: Any, dtype: DTypeLike | None = None) -> Sequential:
    """Make a model of a multilayer perceptron of scikit-learn.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Fitted.
    dtype : dtype-like, optional
        float32 or float64; by default that of ``coefs_``.

    Returns
    -------
    Sequential
        Its outputs, shape (samples, outputs), are what ``predict`` of a regressor and ``predict_proba`` of a classifier
        give; of two classes the second column alone. It is compiled with the loss, and with the optimiser where that is
        adam, or sgd at a constant rate; otherwise it is not compiled. ``feature_names`` are the estimator's.

    Raises
    ------
    TypeError
        When `estimator` is neither, or `dtype` is another.
    ValueError
        When it is not fitted, has an activation that fastnn has not, or arrays that do not fit or are not finite.

    Notes
    -----
    Training goes on from there, but not to the same numbers: the penalty ``alpha`` and the optimiser's past are left
    behind, and scikit-learn takes the sum of several outputs' losses, and half of the squared error, where fastnn takes
    means.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neural_network import MLPRegressor
    >>> x = np.random.default_rng(0).normal(size=(20, 3))
    >>> estimator = MLPRegressor(hidden_layer_sizes=(5,), solver="lbfgs", max_iter=5000, random_state=0).fit(x, x[:, 0])
    >>> model = from_sklearn(estimator)
    >>> np.allclose(model.predict(x)[:, 0], estimator.predict(x))
    True
    """
    kind = type(estimator).__name__
    if not all(hasattr(estimator, name) for name in ("hidden_layer_sizes", "activation", "solver")):
        raise TypeError(f"estimator must be an MLPClassifier or MLPRegressor, but it is a {kind}")
    if not all(hasattr(estimator, name) for name in ("coefs_", "intercepts_", "out_activation_")):
        raise ValueError(f"the {kind} is not fitted: call its fit(x, y) first")
    hidden, last = str(estimator.activation), str(estimator.out_activation_)
    if hidden not in _ACTIVATIONS or last not in _LOSSES:
        raise ValueError(
            f"the {kind} has the activation {hidden!r} and at its output {last!r}, but fastnn has "
            f"{', '.join(_ACTIVATIONS)}, and at the output {', '.join(_LOSSES)}"
        )
    kernels = [real_dtype_array(array, "coefs_") for array in estimator.coefs_]
    biases = [real_dtype_array(array, "intercepts_") for array in estimator.intercepts_]
    if not kernels or len(kernels) != len(biases) or any(kernel.ndim != 2 for kernel in kernels):
        raise ValueError(
            f"coefs_ must be matrices, as many as intercepts_, but there are {len(kernels)}, {len(biases)}"
        )
    names = [_ACTIVATIONS[hidden]] * (len(kernels) - 1) + [_ACTIVATIONS.get(last, last)]
    layers = [Dense(kernel.shape[1], name) for kernel, name in zip(kernels, names, strict=True)]
    model = Sequential(layers, dtype=kernels[0].dtype if dtype is None else dtype)
    arrays = [array for pair in zip(kernels, biases, strict=True) for array in pair]
    assemble(model, kernels[0].shape[:1], arrays)
    model.feature_names = getattr(estimator, "feature_names_in_", None)
    optimizer = _optimizer(estimator)
    if optimizer is not None:
        model.compile(optimizer, _LOSSES[last])
    return model


def _optimizer(estimator: Any) -> Optimizer | None:
    if estimator.solver == "adam":
        numbers = estimator.learning_rate_init, estimator.beta_1, estimator.beta_2, estimator.epsilon
        return Adam(*numbers, epsilon_hat=True)
    if estimator.solver == "sgd" and estimator.learning_rate == "constant":
        # Without momentum looking ahead is nothing.
        nesterov = bool(estimator.nesterovs_momentum and estimator.momentum)
        return SGD(estimator.learning_rate_init, momentum=estimator.momentum, nesterov=nesterov)
    return None
