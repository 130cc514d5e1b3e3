"""`MLPClassifier`: a perceptron that learns classes from one dict at a time."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from river.base import MiniBatchClassifier

from fastnn.checking.scalars import non_negative_number
from fastnn.river.base import BaseMLP
from fastnn.river.frames import frame_like, series_like
from fastnn.river.network import Network

__all__ = ["MLPClassifier"]


class MLPClassifier(BaseMLP, MiniBatchClassifier):  # type: ignore[misc]
    """A multilayer perceptron for any number of classes, trained by one step on each dict of features.

    It minimises the log-loss. Put river's ``StandardScaler`` in front.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default (64,)
        Units of each hidden layer; an empty one is a linear model.
    activation : str or layer, default "relu"
        Any activation of `fastnn.layers` by its name, or a layer such as ``LeakyReLU(0.1)``; of all hidden layers.
    optimizer : str or Optimizer, optional
        Of `fastnn.optimizers`, such as ``SGD(0.01, clipnorm=1)``; its ``learning_rate`` may be assigned at any time. By
        default ``Adam(0.003)``, which learns from a thousand rows and does not shake after a hundred thousand.
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
    feature_names, classes : list
        The features and the classes that came so far, in the order of its inputs and outputs. While there is one class
        alone, the network has an output more, for the second.

    Raises
    ------
    TypeError, ValueError
        For a parameter that has no meaning, for features that are no finite numbers, and for None or NaN in place of a
        class; the message names them, and the estimator is as it was before.
    FloatingPointError
        Where loss or weights stop being finite. The weights are those from before the step.

    Notes
    -----
    A feature that is absent counts 0. One that is new gets an input with first weights, by which nothing changes where
    it is absent; before it is learnt from, a prediction leaves it out. A class that is new gets an output with first
    weights. Estimators are for one thread at a time.

    Examples
    --------
    >>> from river import datasets, evaluate, metrics, preprocessing
    >>> model = preprocessing.StandardScaler() | MLPClassifier(seed=0)
    >>> evaluate.progressive_val_score(datasets.Phishing(), model, metrics.Accuracy()).get() > 0.87
    True
    >>> model["MLPClassifier"].model.output_shape, model["MLPClassifier"].classes
    ((2,), [True, False])
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (64,),
        activation: Any = "relu",
        optimizer: Any = None,
        l2: float = 0.0,
        batch_size: int = 1,
        dtype: DTypeLike = "float32",
        seed: int | None = None,
    ) -> None:
        # An empty tuple would be for river's clone a class with its parameters.
        self.hidden_layer_sizes = [] if hidden_layer_sizes == () else hidden_layer_sizes
        self.activation = activation
        self.optimizer = optimizer
        self.l2 = l2
        self.batch_size = batch_size
        self.dtype = dtype
        self.seed = seed
        self._start("softmax", "sparse_categorical_crossentropy")

    @property
    def classes(self) -> list[Hashable]:
        """The classes that came so far, in the order of the network's outputs."""
        return [] if self._network is None else list(self._network.classes)

    @property
    def _multiclass(self) -> bool:
        return True

    def learn_one(self, x: Mapping[Hashable, Any], y: Hashable, w: float = 1.0) -> None:
        """Take one step on a dict of features and its class, which counts ``w`` times."""
        network = self._network
        if w != 1:
            w = non_negative_number(w, "w")
        row = None if network is None else network.features.row(x)
        target = None if network is None else network.targets.get(y)
        if network is None or row is None or target is None:
            self._check_target(y)
            network, row = self._first_row(x, [y])
            target = network.targets[y]
        self._learn(network, row, target, w, x, y)

    def predict_one(self, x: Mapping[Hashable, Any]) -> Any:
        """The likeliest class for a dict of features; None before anything was learnt."""
        network = self._network
        if network is None:
            return None
        return network.classes[self._outputs(network, x)[0, : len(network.classes)].argmax()]

    def predict_proba_one(self, x: Mapping[Hashable, Any]) -> dict[Any, float]:
        """The probability of each class for a dict of features; none before anything was learnt."""
        network = self._network
        if network is None:
            return {}
        values = self._outputs(network, x)[0].tolist()
        if len(network.classes) == 1:
            # The other output is that of no class yet.
            return {network.classes[0]: 1.0}
        # Sums of float32 numbers are 1 to seven digits.
        total = sum(values)
        return {label: value / total for label, value in zip(network.classes, values, strict=True)}

    def learn_many(self, X: Any, y: Any, w: Any = 1.0) -> None:
        """Take a step on each `batch_size` rows.

        Parameters
        ----------
        X : data frame
            A column for each feature. Missing values are refused.
        y : series
            Classes.
        w : float or series, default 1
            How much each row counts.
        """
        self._learn_frame(X, y, w)

    def predict_many(self, X: Any) -> Any:
        """The likeliest class for each row of a data frame, as a series with its index."""
        network = self._network
        if network is None:
            return series_like([None] * len(X), self._target_name, X)
        numbers = self._outputs_of_frame(network, X)[:, : len(network.classes)].argmax(axis=1)
        return series_like([network.classes[number] for number in numbers], self._target_name, X)

    def predict_proba_many(self, X: Any) -> Any:
        """The probabilities for each row of a data frame, as a frame with its index and a column for each class."""
        network = self._network
        if network is None:
            return frame_like({}, X)
        values = self._outputs_of_frame(network, X).astype(np.float64)
        if len(network.classes) == 1:
            values = np.ones((len(values), 1))
        values /= values.sum(axis=1, keepdims=True)
        return frame_like(dict(zip(network.classes, values.T, strict=True)), X)

    def _check_target(self, y: Any) -> None:
        # NaN alone is not equal to itself.
        if y is None or y != y:
            raise ValueError(f"y must be a class, but it is {y!r}: leave out samples whose class is missing")

    def _classes_among(self, targets: list[Any]) -> list[Any]:
        return targets

    def _targets_of(self, network: Network, targets: list[Any]) -> NDArray[Any]:
        return np.concatenate([network.targets[target] for target in targets])
