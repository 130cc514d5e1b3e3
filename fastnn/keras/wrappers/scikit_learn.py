"""Models behind scikit-learn's protocol: a function that makes a model becomes an estimator.

`fastnn.sklearn` has estimators of its own, which need no such function and are faster.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from fastnn.checking.names import nearest_name
from fastnn.encoding import to_categorical
from fastnn.keras import optimizers
from fastnn.keras.sequential import Sequential
from fastnn.keras.spellings import RENAMED
from fastnn.keras.translating import tell
from fastnn.losses.kinds.categorical_crossentropy import CategoricalCrossentropy
from fastnn.models import Sequential as Ours

__all__ = ["KerasClassifier", "KerasRegressor"]

_OF_FIT = frozenset(inspect.signature(Ours.fit).parameters) - {"self", "x", "y"}
_OF_COMPILE = frozenset({"optimizer", "loss", "metrics"})
# What the function that makes a model is called with, in scikeras' form.
_ROUTED = "model__"
# What an optimiser is made with, in the same form, and what fit is called with.
_OF_OPTIMIZER, _FOR_FIT = "optimizer__", "fit__"
# What scikeras tells a function that makes models of the data, and of how it is to be compiled.
_TOLD = frozenset({"meta", "compile_kwargs"})


class _Wrapper(BaseEstimator):  # type: ignore[misc]
    """What both estimators share; parameters are those of the function, of ``compile`` and of ``fit``."""

    def __init__(
        self, model: Callable[..., Sequential] | Sequential | None = None, *, build_fn: Any = None, **parameters: Any
    ) -> None:
        if build_fn is not None:
            if model is not None:
                raise TypeError(f"{type(self).__name__} has model and build_fn, which are the same: pass model")
            tell(f"{type(self).__name__}(build_fn=...)", "model=...")
            model = build_fn
        self._given = model
        self._parameters = self._checked(parameters)

    @property
    def model(self) -> Any:
        """What makes the models; once there is one that is trained, that, as in Keras' own wrapper."""
        return self.__dict__.get("model_", self._given)

    @model.setter
    def model(self, value: Any) -> None:
        self._given = value

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All parameters by name."""
        return {"model": self._given, **self._parameters}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; ValueError for an unknown one, before any is set."""
        given = dict(params)
        model = given.pop("model", self._given)
        self._parameters = self._parameters | self._checked(given, model)
        self._given = model
        return self

    def _checked(self, parameters: dict[str, Any], model: Any = None) -> dict[str, Any]:
        """Parameters under their names of today, which are all of something."""
        model = self._given if model is None else model
        known = {*_OF_FIT, *_OF_COMPILE, *(f"{_ROUTED}{name}" for name in _arguments(model)), *_arguments(model)}
        checked = {}
        for name, value in parameters.items():
            new = RENAMED["Sequential.fit"].get(name, name)
            if new != name:
                tell(f"{type(self).__name__}({name}=...)", f"{new}=...")
            new = new.removeprefix(_FOR_FIT) if new.removeprefix(_FOR_FIT) in _OF_FIT else new
            if new not in known and not new.startswith(_OF_OPTIMIZER):
                nearest = nearest_name(new, sorted(known))
                hint = f"; did you mean {nearest!r}?" if nearest else "."
                raise ValueError(
                    f"{type(self).__name__} has no parameter {name!r}{hint} It takes those of the function that makes "
                    "the model, those of fit, and optimizer, loss and metrics for a model that is not compiled"
                )
            checked[new] = value
        return checked

    def _compilation(self) -> dict[str, Any]:
        """What ``compile`` is called with; numbers of the optimiser make one."""
        found = {name: value for name, value in self._parameters.items() if name in _OF_COMPILE}
        numbers = {
            name.removeprefix(_OF_OPTIMIZER): value
            for name, value in self._parameters.items()
            if name.startswith(_OF_OPTIMIZER)
        }
        if numbers:
            kind = optimizers.get(found.get("optimizer", "rmsprop"))
            found["optimizer"] = optimizers.deserialize(
                {"class_name": type(kind).__name__, "config": kind.get_config() | numbers}
            )
        return found

    def _made(self, meta: dict[str, Any]) -> Sequential:
        """A new model, compiled."""
        own, parameters = _arguments(self._given), self._parameters
        if isinstance(self._given, Ours):
            made: Any = copy.copy(self._given)
        elif callable(self._given):
            routed = {name.removeprefix(_ROUTED): name for name in parameters if name.startswith(_ROUTED)}
            taken = {name: parameters[name] for name in own if name in parameters}
            told = {"meta": meta, "compile_kwargs": self._compilation()}
            asked = inspect.signature(self._given).parameters.keys() & _TOLD
            taken |= {name: told[name] for name in asked}
            made = self._given(**taken | {name: parameters[place] for name, place in routed.items()})
        else:
            raise TypeError(f"model must be a function that makes a model, or a model, but it is {self._given!r}")
        if not isinstance(made, Ours):
            raise TypeError(f"the function {self._given!r} must return a model, but it returned {made!r}")
        compilation = {name: value for name, value in self._compilation().items() if name not in own}
        if made.loss is None:
            made.compile(**compilation)
        elif compilation and not inspect.signature(self._given).parameters.keys() & {"compile_kwargs"}:
            raise ValueError(
                f"{', '.join(compilation)} would have no effect, as the model is compiled already: let the function "
                "that makes it take this argument, or leave compile to the estimator"
            )
        return made if isinstance(made, Sequential) else Sequential.of(made)

    def _fit(self, X: Any, y: Any, model: Sequential, more: dict[str, Any]) -> Self:
        options = {name: value for name, value in self._parameters.items() if name in _OF_FIT}
        # What is said of this fit alone goes before what is said of all.
        history = model.fit(X, y, **options | more)
        self.model_, self.history_ = model, history.history
        self.n_features_in_ = int(np.prod(model.input_shape or ()))
        return self

    def _outputs(self, X: Any, more: dict[str, Any]) -> Any:
        check_is_fitted(self, "model_")
        return self.model_.predict(X, **more)


class KerasClassifier(ClassifierMixin, _Wrapper):  # type: ignore[misc]
    """A classifier of a function that makes a compiled model.

    Parameters
    ----------
    model : function or Sequential
        What makes a model for each fit, or a model of which each fit trains a copy. ``build_fn`` is its old name.
    **parameters
        What the function takes, by name or with ``model__`` before it; what ``fit`` takes, such as ``epochs``; and
        ``optimizer``, ``loss`` and ``metrics`` for a model that is not compiled.

    Attributes
    ----------
    model_ : Sequential
        The trained model.
    classes_ : ndarray
        The labels, in the order of `predict_proba`.
    history_ : dict of list of float
        Of the last fit.

    Examples
    --------
    >>> from fastnn.keras import Sequential, layers
    >>> def make(units=8):
    ...     model = Sequential([layers.Dense(units, "tanh", input_dim=1), layers.Dense(1, "sigmoid")])
    ...     model.compile("adam", "binary_crossentropy")
    ...     return model
    >>> classifier = KerasClassifier(make, units=4, epochs=200)
    >>> classifier.fit([[-1.0], [1.0]], ["no", "yes"]).predict([[-1.0], [1.0]]).shape
    (2,)
    """

    def fit(self, X: Any, y: ArrayLike, **more: Any) -> Self:
        """Train a new model; further arguments are those of ``Sequential.fit``."""
        labels = np.asarray(y)
        model = self._made(_meta(X, labels))
        if labels.ndim == 2 and labels.shape[1] > 1:
            self.classes_, targets = np.arange(labels.shape[1]), labels
        else:
            self.classes_, targets = np.unique(labels, return_inverse=True)
            targets = targets.reshape(-1)
            if isinstance(model.loss, CategoricalCrossentropy):
                targets = to_categorical(targets, len(self.classes_))
        return self._fit(X, targets, model, more)

    def predict_proba(self, X: Any, **more: Any) -> NDArray[Any]:
        """The probability of each class, shape (samples, classes)."""
        outputs = self._outputs(X, more)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def predict(self, X: Any, **more: Any) -> NDArray[Any]:
        """The labels of samples."""
        probabilities = self.predict_proba(X, **more)
        found: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return found


class KerasRegressor(RegressorMixin, _Wrapper):  # type: ignore[misc]
    """A regressor of a function that makes a compiled model; its score is R², as scikit-learn's.

    Parameters
    ----------
    model, **parameters
        As in `KerasClassifier`.

    Examples
    --------
    >>> from fastnn.keras import Sequential, layers
    >>> regressor = KerasRegressor(Sequential([layers.Dense(1, input_dim=1)]), optimizer="sgd", loss="mse", epochs=100)
    >>> regressor.fit([[0.0], [1.0]], [0.0, 1.0]).predict([[0.5]]).shape
    (1,)
    """

    def fit(self, X: Any, y: ArrayLike, **more: Any) -> Self:
        """Train a new model; further arguments are those of ``Sequential.fit``."""
        targets = np.asarray(y)
        return self._fit(X, targets, self._made(_meta(X, targets)), more)

    def predict(self, X: Any, **more: Any) -> Any:
        """The outputs, shape (samples,) where there is one."""
        outputs = self._outputs(X, more)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs


def _meta(X: Any, y: NDArray[Any]) -> dict[str, Any]:
    """What scikeras calls the data by."""
    shape = np.shape(X)
    classes = y.shape[1] if y.ndim == 2 and y.shape[1] > 1 else len(np.unique(y))
    outputs = y.shape[1] if y.ndim == 2 else 1
    kind = "binary" if classes == 2 else "multiclass"
    return {
        "n_features_in_": int(np.prod(shape[1:])),
        "X_shape_": shape,
        "n_classes_": classes,
        "n_outputs_": outputs,
        "n_outputs_expected_": outputs,
        "target_type_": kind if y.dtype.kind != "f" or classes <= 2 else "continuous",
    }


def _arguments(model: Any) -> list[str]:
    """The names of what a function that makes models takes."""
    if isinstance(model, Ours) or not callable(model):
        return []
    return list(inspect.signature(model).parameters)
