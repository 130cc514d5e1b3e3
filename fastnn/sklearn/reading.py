"""What a user passes to ``fit``, checked by scikit-learn's rules."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from fastnn.arrays.array_kinds import check_nothing_masked

__all__ = ["FLOATS", "read_data", "read_inputs", "read_weights"]

FLOATS = (np.float64, np.float32)


def read_data(estimator: Any, X: Any, y: Any, reset: bool, **about_targets: Any) -> tuple[Any, Any]:
    """X and y as arrays; ``reset`` where names and number of features may be others than before.

    Raises
    ------
    ValueError
        For what scikit-learn refuses; of numbers that are not finite the message names the first column.
    """
    if _is_plain(estimator, X, y, reset):
        if reset:
            estimator.n_features_in_ = X.shape[1]
            vars(estimator).pop("feature_names_in_", None)
        return X, y
    check_nothing_masked(X, "X")
    check_nothing_masked(y, "y")
    try:
        X, y = validate_data(
            estimator, X, y, accept_sparse="csr", multi_output=True, dtype=FLOATS, reset=reset, **about_targets
        )
    except ValueError as error:
        raise _with_column(error, X) from None
    return X, y


def _is_plain(estimator: Any, X: Any, y: Any, reset: bool) -> bool:
    """Whether these are arrays of which scikit-learn's checks, half a millisecond of them, would change nothing."""
    if not (type(X) is type(y) is np.ndarray and X.ndim == 2 and X.dtype in FLOATS and X.dtype.isnative):
        return False
    if y.ndim != 1 or y.dtype.kind not in "iufb" or not 0 < len(X) == len(y) or X.shape[1] == 0:
        return False
    if not (reset or (X.shape[1] == estimator.n_features_in_ and not hasattr(estimator, "feature_names_in_"))):
        return False
    # A sum is finite where all numbers are, and some that overflow are looked at again.
    with np.errstate(all="ignore"):
        return bool(np.isfinite(X.sum()) and (y.dtype.kind != "f" or np.isfinite(y.sum())))


def read_inputs(estimator: Any, X: Any) -> Any:
    """X alone, of a prediction."""
    check_nothing_masked(X, "X")
    try:
        return validate_data(estimator, X, accept_sparse="csr", dtype=FLOATS, reset=False)
    except ValueError as error:
        raise _with_column(error, X) from None


def _with_column(error: ValueError, X: Any) -> ValueError:
    """The error, with the first column that is not finite, where that is what it is about."""
    if "contains NaN" not in str(error) and "contains infinity" not in str(error):
        return error
    try:
        bad = np.atleast_1d(~np.isfinite(np.asarray(X, dtype=np.float64)).all(axis=0))
    except (TypeError, ValueError):
        return error
    if not bad.any():
        return error
    place = int(bad.argmax())
    named = getattr(X, "columns", range(len(bad)))[place]
    return ValueError(f"{error}\nThe first column with such a number is {named!r}.")


def read_weights(given: Any, samples: int) -> NDArray[np.float64] | None:
    """Weights of samples, finite and at least 0; one number is that of all."""
    if given is None:
        return None
    check_nothing_masked(given, "sample_weight")
    weights = np.array(given, dtype=np.float64)
    if weights.ndim == 0:
        weights = np.full(samples, weights)
    if weights.shape != (samples,):
        raise ValueError(f"sample_weight must have shape ({samples},), one a sample, but its shape is {weights.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("sample_weight must hold finite numbers of at least 0")
    return weights
