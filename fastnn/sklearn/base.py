"""What both estimators share: fitting their networks, their attributes as views of these, and predictions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from fastnn.models import Sequential
from fastnn.models.inputs import read_inputs as read_rows
from fastnn.sklearn.fitting import fit_members
from fastnn.sklearn.member import Member, Task, TrainingData, ValidationData
from fastnn.sklearn.network import OUTPUTS, dense_layers
from fastnn.sklearn.parameters import STOCHASTIC, checked_parameters
from fastnn.sklearn.progress import Progress
from fastnn.sklearn.reading import FLOATS, read_data, read_inputs, read_weights
from fastnn.sklearn.stepping import Stepping
from fastnn.sklearn.workers import keep_to_one_thread
from fastnn_ext.engine.plan import NonFiniteDataError

__all__ = ["BaseMLP"]


class BaseMLP(BaseEstimator):  # type: ignore[misc]
    """Networks behind scikit-learn's protocol; use a subclass.

    Attributes are views of the first network, ``model_``; all of them are ``models_``.
    """

    _losses: ClassVar[tuple[str, ...]]

    _members: list[Member]
    out_activation_: str

    # What subclasses say of targets.

    @abstractmethod
    def _read_targets(self, y: Any, reset: bool, incremental: bool, classes: Any) -> NDArray[Any]:
        """y as the engine reads it, shape (samples, outputs) or of class numbers; sets what is known of targets."""

    @abstractmethod
    def _weights_of_classes(self, y: Any, incremental: bool) -> NDArray[np.float64] | None:
        """How much each sample counts by its class."""

    @abstractmethod
    def _score_outputs(self, outputs: NDArray[Any], validation: ValidationData) -> float:
        """The score of a network's outputs; targets are as the engine reads them."""

    @abstractmethod
    def _stratify(self, targets: NDArray[Any]) -> NDArray[Any] | None:
        """What a split for validation is stratified by."""

    def _constant(self, targets: NDArray[Any]) -> NDArray[np.float64] | None:
        """What scikit-learn's loss of each sample is beyond the package's."""
        return None

    @abstractmethod
    def _encoder(self) -> Callable[[NDArray[Any]], NDArray[Any] | None]:
        """What takes plain targets to the engine's, and gives None for others."""

    # Fitting.

    def __setattr__(self, name: str, value: Any) -> None:
        # What a step goes by may be another now.
        self.__dict__.pop("_stepping", None)
        super().__setattr__(name, value)

    def _step(self, X: Any, y: Any) -> bool:
        """Take a step of ``partial_fit`` where nothing has to be looked at first."""
        stepping: Stepping | None = self.__dict__.get("_stepping")
        return stepping is not None and stepping.step(X, y)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, validation_data: Any = None, incremental: bool = False,
        classes: Any = None,
    ) -> Any:  # fmt: skip
        before = dict(vars(self))
        goes_on = self.warm_start or incremental
        kept = [member.kept() for member in before.get("_members", ())] if goes_on else []
        self.__dict__.pop("_stepping", None)
        try:
            self._fit_checked(X, y, sample_weight, validation_data, incremental, classes)
        except BaseException as failure:
            # The estimator as it was before.
            self.__dict__.clear()
            self.__dict__.update(before)
            for restore in kept:
                restore()
            if isinstance(failure, FloatingPointError):
                raise ValueError(
                    f"{failure}; of this estimator that is learning_rate_init, and a StandardScaler in front"
                ) from None
            raise
        return self

    def _fit_checked(
        self, X: Any, y: Any, sample_weight: Any, validation_data: Any, incremental: bool, classes: Any
    ) -> None:
        keep_to_one_thread()
        parameters = checked_parameters(self)
        if incremental and parameters.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: it has one epoch")
        reset = not hasattr(self, "_members") or not (self.warm_start or incremental)
        X, y = read_data(self, X, y, reset, **self._about_targets)
        targets = self._read_targets(y, reset, incremental, classes)
        weights = read_weights(sample_weight, X.shape[0])
        of_classes = self._weights_of_classes(y, incremental)
        if of_classes is not None:
            weights = of_classes if weights is None else weights * of_classes
        if weights is not None and not weights.any():
            raise ValueError("sample_weight must not be zero for all samples: there is nothing to learn then")
        dtype = parameters.dtype or np.dtype(X.dtype if X.dtype in FLOATS else np.float64)
        data = TrainingData(X, targets, weights, self._constant(targets))
        validation = self._validation(validation_data)
        outputs = len(self.classes_) if self.out_activation_ == "softmax" else targets.shape[1]
        task = Task(OUTPUTS[self.out_activation_], outputs, self._score_outputs, self._stratify)
        members = [] if reset else self._members
        jobs = fit_members(parameters, task, data, validation, dtype, self.random_state, members, incremental)
        self._members = [job.member for job in jobs]
        names = getattr(self, "feature_names_in_", None)
        for member in self._members:
            member.model.feature_names = names
        plain = names is None and len(jobs) == 1 and of_classes is None
        if incremental and plain and Stepping.possible(jobs[0], self.random_state):
            self.__dict__["_stepping"] = Stepping(jobs[0], self._encoder())

    _about_targets: ClassVar[dict[str, Any]] = {}

    def _validation(self, given: Any) -> ValidationData | None:
        if given is None:
            return None
        if not isinstance(given, tuple | list) or len(given) not in (2, 3):
            raise TypeError(
                f"validation_data must be (X, y) or (X, y, sample_weight), but it is a {type(given).__name__}"
            )
        X, y = read_data(self, given[0], given[1], False, **self._about_targets)
        weights = read_weights(given[2], X.shape[0]) if len(given) == 3 else None
        return ValidationData(X, self._read_targets(y, False, True, None), weights)

    # Attributes: views of the first network.

    def __sklearn_is_fitted__(self) -> bool:
        return "_members" in vars(self)

    @property
    def _first(self) -> Member:
        members = vars(self).get("_members")
        if not members:
            raise AttributeError(f"this {type(self).__name__} is not fitted yet: call its fit(X, y) first")
        return members[0]  # type: ignore[no-any-return]

    @property
    def model_(self) -> Sequential:
        """The network; of an ensemble the first."""
        return self._first.model

    @property
    def models_(self) -> list[Sequential]:
        """All networks of an ensemble, or the one."""
        return [self._first.model, *(member.model for member in self._members[1:])]

    @property
    def coefs_(self) -> list[NDArray[Any]]:
        """The weights of each layer, shape (inputs, outputs): the network's own arrays."""
        return [layer.arrays["kernel"] for layer in dense_layers(self.model_)]

    @property
    def intercepts_(self) -> list[NDArray[Any]]:
        """The biases of each layer: the network's own arrays."""
        return [layer.arrays["bias"] for layer in dense_layers(self.model_)]

    @property
    def n_layers_(self) -> int:
        """Layers with that of the inputs."""
        return len(dense_layers(self.model_)) + 1

    @property
    def n_outputs_(self) -> int:
        """Numbers that the network gives for a sample."""
        return int(self.model_.needs_plan().output_size)

    @property
    def n_iter_(self) -> int:
        """Epochs, or iterations of lbfgs, of the last fit."""
        return self._first.progress.epochs

    @property
    def loss_(self) -> float:
        """The last loss."""
        return self._first.progress.loss

    @property
    def loss_curve_(self) -> list[float]:
        """The loss of each epoch, or iteration of lbfgs."""
        return self._first.progress.loss_curve

    @property
    def t_(self) -> int:
        """Samples seen by sgd or adam."""
        return self._first.progress.samples_seen

    @property
    def best_loss_(self) -> float | None:
        """The smallest loss of sgd or adam; None with early stopping."""
        progress = self._stochastic
        return None if progress.scored else progress.best_loss

    @property
    def validation_scores_(self) -> list[float] | None:
        """The score after each epoch, where there is validation."""
        scores = self._first.progress.validation_scores
        return scores if scores or self._stochastic.scored else None

    @property
    def best_validation_score_(self) -> float | None:
        """The best of these, with early stopping; otherwise None."""
        progress = self._stochastic
        return progress.best_score if progress.scored else None

    @property
    def _stochastic(self) -> Progress:
        if self._first.progress.solver not in STOCHASTIC:
            raise AttributeError("the solver lbfgs has no such attribute: sgd and adam have")
        return self._first.progress

    # Predictions.

    def _outputs(self, X: Any) -> NDArray[Any]:
        """The networks' outputs, the mean of all, shape (samples, outputs)."""
        members: list[Member] | None = self.__dict__.get("_members")
        if members is None:
            check_is_fitted(self)
            raise AssertionError
        keep_to_one_thread()
        if (
            type(X) is ndarray
            and X.ndim == 2
            and X.dtype.char in "fd"
            and X.shape[1] == self.n_features_in_
            and X.shape[0] > 0
            and "feature_names_in_" not in self.__dict__
        ):
            # The engine looks for NaN itself.
            try:
                found = [member.model.needs_plan().predict(X) for member in members]
                if found[0] is not None:
                    return _mean(found)
            except NonFiniteDataError:
                pass
        rows = read_rows(members[0].model, read_inputs(self, X), "X")
        return _mean([member.model.predict(rows) for member in members])

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        # What is made for the next row alone.
        return {name: value for name, value in state.items() if name != "_stepping"}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _mean(outputs: list[Any]) -> NDArray[Any]:
    if len(outputs) == 1:
        return outputs[0]  # type: ignore[no-any-return]
    mean: NDArray[Any] = np.mean(outputs, axis=0, dtype=outputs[0].dtype)
    return mean
