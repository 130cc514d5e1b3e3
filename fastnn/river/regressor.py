"""`MLPRegressor`: a perceptron that learns numbers from one dict at a time."""

from __future__ import annotations

import struct
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import DTypeLike, NDArray
from river.base import MiniBatchRegressor

from fastnn.checking.scalars import non_negative_number
from fastnn.river.base import BaseMLP
from fastnn.river.features import checked_number
from fastnn.river.frames import series_like
from fastnn.river.network import Network

__all__ = ["MLPRegressor"]


class MLPRegressor(BaseMLP, MiniBatchRegressor):  # type: ignore[misc]
    """A multilayer perceptron for a number, trained by one step on each dict of features.

    Put river's ``StandardScaler`` in front, and ``TargetStandardScaler`` around where targets are far from 0 or large.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default (64,)
        Units of each hidden layer; an empty one is a linear model.
    activation : str or layer, default "relu"
        Any activation of `fastnn.layers` by its name, or a layer such as ``LeakyReLU(0.1)``; of all hidden layers.
    optimizer : str or Optimizer, optional
        Of `fastnn.optimizers`, such as ``SGD(0.01, clipnorm=1)``; its ``learning_rate`` may be assigned at any time. By
        default ``Adam(0.003)``, which learns from a thousand rows and does not shake after a hundred thousand.
    loss : str or Loss, default "mean_squared_error"
        Of `fastnn.losses`, such as ``Huber()`` or ``QuantileLoss(0.9)``.
    l2 : float, default 0
        ``0.5 * l2 * sum(w**2)`` of all weights but biases is added to the loss of each step.
    batch_size : int, default 1
        Rows of a step of `learn_many`; one leads to the same numbers as `learn_one` row by row, more are faster.
    dtype : "float32" or "float64", default "float32"
    seed : int or None, default None
        Of first weights.

    Attributes
    ----------
    model : Sequential or None
        The network, to save, export and plot like any other.
    feature_names : list
        Of the features that came so far, in the order of its inputs.

    Raises
    ------
    TypeError, ValueError
        For a parameter that has no meaning, and for features and targets that are no finite numbers; the message names
        them, and the estimator is as it was before.
    FloatingPointError
        Where loss or weights stop being finite. The weights are those from before the step.

    Notes
    -----
    A feature that is absent counts 0. One that is new gets an input with first weights, by which nothing changes where
    it is absent; before it is learnt from, a prediction leaves it out. Estimators are for one thread at a time.

    Examples
    --------
    >>> from river import datasets, evaluate, metrics, preprocessing
    >>> model = preprocessing.TargetStandardScaler(regressor=MLPRegressor(seed=0))
    >>> model = preprocessing.StandardScaler() | model
    >>> evaluate.progressive_val_score(datasets.TrumpApproval(), model, metrics.MAE()).get() < 1
    True
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (64,),
        activation: Any = "relu",
        optimizer: Any = None,
        loss: Any = "mean_squared_error",
        l2: float = 0.0,
        batch_size: int = 1,
        dtype: DTypeLike = "float32",
        seed: int | None = None,
    ) -> None:
        # An empty tuple would be for river's clone a class with its parameters.
        self.hidden_layer_sizes = [] if hidden_layer_sizes == () else hidden_layer_sizes
        self.activation = activation
        self.optimizer = optimizer
        self.loss = loss
        self.l2 = l2
        self.batch_size = batch_size
        self.dtype = dtype
        self.seed = seed
        self._start("linear", loss)

    def learn_one(self, x: Mapping[Hashable, Any], y: float, w: float = 1.0) -> None:
        """Take one step on a dict of features and its target, which counts ``w`` times."""
        network = self._network
        if w != 1:
            w = non_negative_number(w, "w")
        row = None if network is None else network.features.row(x)
        target = self._target(y)
        if network is None or row is None:
            self._check_target(y)
            network, row = self._first_row(x, ())
        self._learn(network, row, target, w, x, y)

    def predict_one(self, x: Mapping[Hashable, Any]) -> float:
        """The number predicted for a dict of features; 0 before anything was learnt."""
        network = self._network
        return 0.0 if network is None else self._outputs(network, x).item()

    def learn_many(self, X: Any, y: Any, w: Any = 1.0) -> None:
        """Take a step on each `batch_size` rows.

        Parameters
        ----------
        X : data frame
            A column for each feature. Missing values are refused.
        y : series
        w : float or series, default 1
            How much each row counts.
        """
        self._learn_frame(X, y, w)

    def predict_many(self, X: Any) -> Any:
        """The numbers predicted for the rows of a data frame, as a series with its index."""
        network = self._network
        values = np.zeros(len(X)) if network is None else self._outputs_of_frame(network, X)[:, 0]
        return series_like(values, self._target_name, X)

    def _target(self, y: Any) -> NDArray[Any]:
        dtype = self._parameters.dtype
        try:
            return ndarray((1, 1), dtype, struct.pack(dtype.char, y))
        except (struct.error, OverflowError):
            self._check_target(y)
            raise

    def _check_target(self, y: Any) -> None:
        checked_number(y, "y", self._parameters.dtype)

    def _targets_of(self, network: Network, targets: list[Any]) -> NDArray[Any]:
        return np.array(targets, dtype=self._parameters.dtype)[:, None]
