"""`MLPClassifier`: scikit-learn's perceptron for classes, on the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target

from fastnn.sklearn.base import BaseMLP
from fastnn.sklearn.labels import Labels
from fastnn.sklearn.member import ValidationData
from fastnn.sklearn.parameters import STOCHASTIC

__all__ = ["MLPClassifier"]


class MLPClassifier(ClassifierMixin, BaseMLP):  # type: ignore[misc]
    """A multilayer perceptron for classes, with scikit-learn's parameters, attributes and numbers, and more.

    It minimises the log-loss, by batches (sgd, adam) or over all samples at once (lbfgs). In float64 and with the same
    `random_state` it follows scikit-learn's own from its first weights on, to the last digits.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default (100,)
        Units of each hidden layer; an empty one is a linear model.
    activation : str, layer, or sequence of these, default "relu"
        "identity", "logistic", "tanh", "relu", any other activation of `fastnn.layers` by its name, or a layer such as
        ``LeakyReLU(0.1)``; one for all hidden layers, or a list with one for each.
    solver : {"adam", "sgd", "lbfgs"}, default "adam"
    alpha : float, default 0.0001
        ``0.5 * alpha * sum(w**2)`` of all weights but biases, divided by the samples of the batch, or the sum of their
        weights, is added to the loss.
    batch_size : int or "auto", default "auto"
        Of sgd and adam; "auto" is 200, or all samples where there are fewer.
    learning_rate : {"constant", "invscaling", "adaptive"}, default "constant"
        Of sgd. "invscaling": after each epoch ``learning_rate_init / (t_ + 1)**power_t``. "adaptive": a fifth each time
        that `n_iter_no_change` epochs bring no `tol`, in place of stopping.
    learning_rate_init : float, default 0.001
    power_t : float, default 0.5
    max_iter : int, default 200
        Most epochs, or iterations of lbfgs.
    shuffle : bool, default True
        Visit the samples in a new order each epoch.
    random_state : int, RandomState or None, default None
        Of first weights, orders and the split for validation: the same numbers as in scikit-learn.
    tol : float, default 0.0001
        What is an improvement; of lbfgs the largest gradient at the end.
    verbose : bool, default False
        Print the loss of each epoch.
    warm_start : bool, default False
        `fit` goes on with the weights of the last call, and with the optimiser's state where its parameters are as
        before; scikit-learn's optimisers start anew.
    momentum : float, default 0.9
        Of sgd, in [0, 1).
    nesterovs_momentum : bool, default True
    early_stopping : bool, default False
        Of sgd and adam: keep a part of the samples, score the network on them after each epoch, and stop by that score.
    validation_fraction : float, default 0.1
        That part, where `fit` gets no ``validation_data``.
    beta_1, beta_2, epsilon : float, default 0.9, 0.999 and 1e-8
        Of adam.
    n_iter_no_change : int, default 10
        Epochs without an improvement after which training stops; ``math.inf`` never stops it.
    max_fun : int, default 15000
        Most looks at all data by lbfgs.
    dropout : float or sequence of float, default 0
        The share of a hidden layer's outputs that are dropped in training: one for all layers, or a list.
    class_weight : dict of class to weight, "balanced" or None, default None
        How much the samples of a class count; classes that are not named count 1. "balanced": all classes as much
        together. `partial_fit` takes a dict.
    restore_best_weights : bool, default True
        With early stopping, end with the weights of the best score, as scikit-learn does, and not with the last.
    dtype : "float32", "float64" or None, default None
        Of the network; None is that of X, or float64. float32 trains about twice as fast.
    callbacks : list of fastnn.callbacks.Callback, optional
        Told of each epoch, with ``loss`` and ``val_score``.
    n_jobs : int or None, default None
        Most threads of `fit`, -1 for all. None: as many as pay, and one within a worker process of a search.
    n_members : int, default 1
        Networks, each from other first weights, whose outputs are averaged; they train side by side, one a thread.

    Attributes
    ----------
    model_, models_ : Sequential and list of Sequential
        The network, with the attributes below as views of it, to save, export and plot like any other; and all members.
    classes_ : ndarray
        Sorted; of several labels a sample the numbers of their columns.
    coefs_, intercepts_ : list of ndarray
        Weights, shape (inputs, outputs), and biases of each layer: changed in place, the network's.
    loss_, loss_curve_ : float and list of float
        The last loss and that of each epoch, or iteration of lbfgs, in scikit-learn's scale.
    best_loss_, validation_scores_, best_validation_score_
        As in scikit-learn: None where there is no such thing, and of sgd and adam alone.
    n_iter_, n_layers_, n_outputs_, t_ : int
        Epochs of the last fit, layers with the inputs', outputs, and samples seen.
    out_activation_ : str
        "logistic" for two classes and for several labels a sample, "softmax" for more classes.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X had names; others, or another order, are refused from then on.

    Raises
    ------
    TypeError, ValueError
        By `fit`, for a parameter or data that have no meaning, and where loss or weights stop being finite; the
        estimator is then as it was before.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=500, random_state=0))
    >>> pipeline.fit(X[:400], y[:400]).score(X[400:], y[400:]) > 0.95
    True
    """

    # scikit-learn has no such parameter: the loss is that of the probabilities.
    loss: ClassVar = "log_loss"
    _losses: ClassVar = ("log_loss",)

    _labels: Labels

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: float | Sequence[float] = 0.0,
        class_weight: Mapping[Any, float] | str | None = None,
        restore_best_weights: bool = True,
        dtype: DTypeLike | None = None,
        callbacks: Sequence[Any] | None = None,
        n_jobs: int | None = None,
        n_members: int = 1,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.dropout = dropout
        self.class_weight = class_weight
        self.restore_best_weights = restore_best_weights
        self.dtype = dtype
        self.callbacks = callbacks
        self.n_jobs = n_jobs
        self.n_members = n_members

    def fit(self, X: Any, y: Any, sample_weight: Any = None, validation_data: Any = None) -> MLPClassifier:
        """Train anew, or on with ``warm_start``.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix, shape (samples, features)
        y : array-like
            Classes, shape (samples,), or columns of 0 and 1 for several labels a sample.
        sample_weight : array-like, shape (samples,), optional
            How much each sample counts, at least 0; with every solver.
        validation_data : tuple (X, y) or (X, y, sample_weight), optional
            To score the network on after each epoch, and by early stopping in place of a part of X.
        """
        return self._fit(X, y, sample_weight, validation_data)  # type: ignore[no-any-return]

    @available_if(lambda self: self.solver in STOCHASTIC)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> MLPClassifier:
        """Train one epoch more on these samples, in batches; a single row takes some microseconds.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array-like, optional
            All that may come in this call and later ones: the first call needs it.
        """
        if sample_weight is None and classes is None and self._step(X, y):
            return self
        return self._fit(X, y, sample_weight, incremental=True, classes=classes)  # type: ignore[no-any-return]

    def predict(self, X: Any) -> Any:
        """The likeliest classes, shape (samples,); of several labels a sample, columns of 0 and 1."""
        outputs = self._outputs(X)
        return self._labels.predicted(outputs)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """The probability of each of `classes_`, shape (samples, classes)."""
        outputs = self._outputs(X)
        if self._labels.kind != "binary":
            return outputs
        both = np.empty((len(outputs), 2), outputs.dtype)
        both[:, 1:] = outputs
        np.subtract(1, outputs, out=both[:, :1])
        return both

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """The logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            logarithms: NDArray[Any] = np.log(self.predict_proba(X))
        return logarithms

    # What `BaseMLP` asks.

    def _read_targets(self, y: Any, reset: bool, incremental: bool, classes: Any) -> NDArray[Any]:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if reset:
            self._take(self._first_labels(y, incremental, classes))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={list(classes)} is not the same as on the last call to partial_fit: {self.classes_.tolist()}"
            )
        elif not incremental:
            found = Labels.of(y)
            if found.kind != self._labels.kind or not np.array_equal(found.classes, self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit: they "
                    f"were {self.classes_.tolist()}, and now are {found.classes.tolist()}"
                )
        return self._labels.targets(y)

    def _first_labels(self, y: Any, incremental: bool, classes: Any) -> Labels:
        if not incremental or type_of_target(y) == "multilabel-indicator":
            return Labels.of(y)
        if classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit: all that may come later")
        return Labels.among(np.unique(classes))

    def _take(self, labels: Labels) -> None:
        self._labels, self.classes_, self.out_activation_ = labels, labels.classes, labels.out_activation

    def _weights_of_classes(self, y: Any, incremental: bool) -> NDArray[np.float64] | None:
        if isinstance(self.class_weight, str) and incremental:
            raise ValueError(f"class_weight={self.class_weight!r} needs all samples at once: pass partial_fit a dict")
        return None if self.class_weight is None else self._labels.weights(y, self.class_weight)

    def _encoder(self) -> Callable[[NDArray[Any]], NDArray[Any] | None]:
        return self._labels.encoder()

    def _stratify(self, targets: NDArray[Any]) -> NDArray[Any] | None:
        # As scikit-learn, which splits by the one column that two classes have.
        return targets[:, 0] if self._labels.kind == "binary" else None

    def _score_outputs(self, outputs: NDArray[Any], validation: ValidationData) -> float:
        right = self._labels.targets_of(outputs) == validation.targets
        return float(np.average(right.all(axis=1), weights=validation.weights))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
