"""Labels: from a user's classes to the engine's targets, and from outputs back to classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import type_of_target

from fastnn.checking.scalars import non_negative_number

__all__ = ["Labels"]


class Labels:
    """The labels of a classifier.

    Parameters
    ----------
    kind : {"binary", "multiclass", "multilabel"}
    classes : ndarray
        Sorted; the numbers of the columns where labels are several a sample.
    as_sparse : bool
        Whether several labels are predicted as a sparse matrix, as they came.

    Examples
    --------
    >>> labels = Labels.of(np.array(["no", "yes", "no"]))
    >>> labels.targets(np.array(["yes", "no"]))
    array([[1],
           [0]], dtype=uint8)
    >>> labels.predicted(np.array([[0.3], [0.8]]))
    array(['no', 'yes'], dtype='<U3')
    """

    def __init__(self, kind: str, classes: NDArray[Any], as_sparse: bool = False) -> None:
        self.kind, self.classes, self.as_sparse = kind, classes, as_sparse

    @classmethod
    def of(cls, y: Any) -> Labels:
        """The labels that targets have.

        Raises
        ------
        ValueError
            When they are no classes, or only one.
        """
        if y.ndim == 1 and y.dtype.kind in "iubU":
            return cls.among(np.unique(y))
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind == "multilabel-indicator":
            return cls("multilabel", np.arange(y.shape[1]), sparse.issparse(y))
        _refuse_numbers(kind)
        if kind not in ("binary", "multiclass"):
            raise ValueError(
                "Multioutput target data is not supported: y must be one class a sample, or columns of 0 and 1"
            )
        return cls.among(np.unique(y))

    @classmethod
    def among(cls, classes: NDArray[Any]) -> Labels:
        """Labels of these classes, sorted."""
        if len(classes) < 2:
            raise ValueError(
                f"a classifier needs at least two classes, but y has one class alone: {classes.tolist()[0]!r}"
            )
        return cls("binary" if len(classes) == 2 else "multiclass", classes)

    @property
    def out_activation(self) -> str:
        """scikit-learn's name for what probabilities come from."""
        return "softmax" if self.kind == "multiclass" else "logistic"

    def targets(self, y: Any) -> NDArray[Any]:
        """y as the engine reads it: class numbers, shape (samples, 1), or columns of 0 and 1.

        Raises
        ------
        ValueError
            For classes that are not known, and for another number of columns.
        """
        if self.kind == "multilabel":
            rows = y.toarray() if sparse.issparse(y) else np.asarray(y)
            if rows.ndim != 2 or rows.shape[1] != len(self.classes) or not np.isin(rows, (0, 1)).all():
                raise ValueError(
                    f"y must have {len(self.classes)} columns of 0 and 1 as before, but its shape is {rows.shape}"
                )
            columns: NDArray[Any] = np.ascontiguousarray(rows, dtype=np.uint8)
            return columns
        numbers = np.searchsorted(self.classes, y)
        known = self.classes[np.minimum(numbers, len(self.classes) - 1)] == y
        if not np.all(known):
            _refuse_numbers(type_of_target(y, input_name="y", raise_unknown=True))
            unknown = np.unique(np.asarray(y)[~known]).tolist()
            raise ValueError(
                f"`y` has classes not in `self.classes_`: {unknown} beside {self.classes.tolist()}. Pass all that may "
                "come as classes=... to the first partial_fit"
            )
        return np.asarray(numbers.reshape(-1, 1), np.int32 if self.kind == "multiclass" else np.uint8)

    def weights(self, y: Any, class_weight: Any) -> NDArray[np.float64]:
        """How much each sample counts: "balanced", or a dict of class to weight, 1 for those not named.

        Raises
        ------
        ValueError
            For a class that is not there, and for a weight that is not finite or negative.
        """
        if isinstance(class_weight, Mapping):
            known = self.classes.tolist()
            strange = [label for label in class_weight if label not in known]
            if strange:
                raise ValueError(f"class_weight has {strange}, but the classes are {known}")
            for label, weight in class_weight.items():
                non_negative_number(weight, f"class_weight[{label!r}]")
            present = set(np.unique(y).tolist())
            class_weight = {label: class_weight.get(label, 1.0) for label in known if label in present}
        weights: NDArray[np.float64] = np.asarray(compute_sample_weight(class_weight, y), dtype=np.float64)
        # Those of a list, one dict for each column.
        if not np.isfinite(weights).all() or (weights < 0).any():
            raise ValueError(f"class_weight must hold finite numbers of at least 0, but it is {class_weight!r}")
        return weights

    def encoder(self) -> Callable[[NDArray[Any]], NDArray[Any] | None]:
        """What takes one-dimensional labels to targets, and gives None for those that are not known."""
        numbers = {label: number for number, label in enumerate(self.classes.tolist())}
        dtype = np.int32 if self.kind == "multiclass" else np.uint8

        def encode(y: NDArray[Any]) -> NDArray[Any] | None:
            try:
                return np.array([[numbers[label]] for label in y.tolist()], dtype)
            except (KeyError, TypeError):
                return None

        return encode if self.kind != "multilabel" else lambda y: None

    def targets_of(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """The targets that outputs speak for."""
        targets: NDArray[Any] = outputs.argmax(axis=1)[:, None] if self.kind == "multiclass" else outputs > 0.5
        return targets

    def predicted(self, outputs: NDArray[Any]) -> Any:
        """The classes that outputs speak for."""
        chosen = self.targets_of(outputs)
        if self.kind == "multilabel":
            columns = chosen.astype(int)
            return sparse.csr_matrix(columns) if self.as_sparse else columns
        return self.classes[chosen[:, 0].astype(np.intp, copy=False)]


def _refuse_numbers(kind: str) -> None:
    if kind.startswith("continuous"):
        raise ValueError(
            f"Unknown label type: {kind}. y holds numbers that are no classes: take MLPRegressor, or make bins"
        )
