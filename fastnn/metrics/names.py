"""From what a user writes in ``metrics=[...]`` to a metric object."""

from collections.abc import Callable
from typing import Any

from fastnn.checking.names import unknown_name
from fastnn.metrics import area, classes, correct, decisions, errors, objects, of_losses
from fastnn.metrics.base import FunctionMetric, Metric

__all__ = ["resolve"]

_BY_NAME: dict[str, type[Metric]] = {
    "accuracy": objects.Accuracy,
    "acc": objects.Accuracy,
    "binary_accuracy": objects.BinaryAccuracy,
    "categorical_accuracy": objects.CategoricalAccuracy,
    "sparse_categorical_accuracy": objects.SparseCategoricalAccuracy,
    "top_k_categorical_accuracy": objects.TopKCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy": objects.SparseTopKCategoricalAccuracy,
    "precision": decisions.Precision,
    "recall": decisions.Recall,
    "f1_score": decisions.F1Score,
    "auc": decisions.AUC,
    "mean_squared_error": objects.MeanSquaredError,
    "mse": objects.MeanSquaredError,
    "mean_absolute_error": objects.MeanAbsoluteError,
    "mae": objects.MeanAbsoluteError,
    "r2_score": objects.R2Score,
    "mean_absolute_percentage_error": of_losses.MeanAbsolutePercentageError,
    "mape": of_losses.MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": of_losses.MeanSquaredLogarithmicError,
    "msle": of_losses.MeanSquaredLogarithmicError,
    "log_cosh_error": of_losses.LogCoshError,
    "cosine_similarity": of_losses.CosineSimilarity,
    "squared_hinge": of_losses.SquaredHinge,
    "categorical_hinge": of_losses.CategoricalHinge,
}
_BY_CLASS_NAME = {metric.__name__: metric for metric in _BY_NAME.values()}

# Functions of the package that an object computes as well, and sooner.
_BY_FUNCTION = (
    ("accuracy", correct.accuracy, objects.Accuracy),
    ("mean_squared_error", errors.mean_squared_error, objects.MeanSquaredError),
    ("mean_absolute_error", errors.mean_absolute_error, objects.MeanAbsoluteError),
)
# Functions of the package that know their direction; those above have it from their objects.
_LARGER_IS_BETTER = (correct.top_k_accuracy, classes.precision, classes.recall, classes.f1, area.roc_auc, errors.r2)


def resolve(metric: str | Metric | type[Metric] | Callable[[Any, Any], Any], output_size: int) -> Metric:
    """Return the metric object that a user means.

    Parameters
    ----------
    metric : str, Metric, class or callable
        A name such as "accuracy", "mse" or "AUC", an object or class of `fastnn.metrics`, or a function of
        ``(y_true, y_pred)`` that returns a number.
    output_size : int
        The number of the model's outputs, for metrics that need two or more.

    Returns
    -------
    Metric
        Its name is the string as it was given, or the function's.

    Raises
    ------
    TypeError
        If `metric` is none of these.
    ValueError
        If the name is unknown, or the metric needs more outputs.

    Examples
    --------
    >>> resolve("acc", 10)
    Accuracy(name='acc')
    >>> resolve("acuracy", 10)
    Traceback (most recent call last):
    ValueError: metric 'acuracy' is unknown; did you mean 'accuracy'? Expected one of accuracy, acc, ...
    """
    found = _resolve(metric)
    if output_size < found.least_outputs:
        raise ValueError(
            f"the metric {found.name} needs {found.least_outputs} outputs or more, but the model has {output_size}. "
            "Choose another metric, or give it other arguments."
        )
    return found


def _resolve(metric: object) -> Metric:
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, str):
        return _by_name(metric)
    if isinstance(metric, type) and issubclass(metric, Metric):
        make: Callable[[], Metric] = metric  # each class has defaults for all arguments
        return make()
    if not callable(metric):
        raise TypeError(
            "a metric must be a name, an object of fastnn.metrics or a function of (y_true, y_pred), "
            f"but it is {metric!r}"
        )
    for name, function, compiled in _BY_FUNCTION:
        if metric is function:
            return compiled(name)
    return FunctionMetric(
        metric, larger_is_better=True if any(metric is known for known in _LARGER_IS_BETTER) else None
    )


def _by_name(name: str) -> Metric:
    found = _BY_NAME.get(name.lower()) or _BY_CLASS_NAME.get(name)
    if found is not None:
        return found(name=name)
    raise unknown_name("metric", name, _BY_NAME, "a function of (y_true, y_pred)")
