"""The registry of metrics, and from what a user writes in ``metrics=[...]`` to one of them."""

from collections.abc import Callable
from typing import Any

from fastnn.losses.by_sample import loss_of
from fastnn.metrics.base import PIECES, FunctionMetric, Metric
from fastnn.metrics.functions.accuracy import accuracy
from fastnn.metrics.functions.brier_score import brier_score
from fastnn.metrics.functions.cohen_kappa import cohen_kappa
from fastnn.metrics.functions.expected_calibration_error import expected_calibration_error
from fastnn.metrics.functions.f1 import f1
from fastnn.metrics.functions.log_loss import log_loss
from fastnn.metrics.functions.matthews_correlation import matthews_correlation
from fastnn.metrics.functions.mean_absolute_error import mean_absolute_error
from fastnn.metrics.functions.mean_squared_error import mean_squared_error
from fastnn.metrics.functions.precision import precision
from fastnn.metrics.functions.r2 import r2
from fastnn.metrics.functions.recall import recall
from fastnn.metrics.functions.roc_auc import roc_auc
from fastnn.metrics.functions.top_k_accuracy import top_k_accuracy
from fastnn.metrics.mean import Mean
from fastnn.metrics.objects import CLASSES
from fastnn.registry import Registry

__all__ = ["METRICS", "resolve"]

METRICS: Registry[type[Metric]] = Registry(
    "metric", "fastnn.metrics.objects", CLASSES, "a function of (y_true, y_pred)", PIECES
)

# Functions of the package that the object of the same name computes as well, and sooner.
_BY_FUNCTION = {
    "accuracy": accuracy,
    "mean_squared_error": mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
}
# Functions of the package that know their direction; those above have it from their objects.
_LARGER_IS_BETTER = (top_k_accuracy, precision, recall, f1, roc_auc, r2, matthews_correlation, cohen_kappa)
_SMALLER_IS_BETTER = (log_loss, brier_score, expected_calibration_error)


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
    if isinstance(found, Mean):
        raise TypeError(f"the metric {found.name} is the mean of values that you give it, and judges no outputs")
    if found.values is not None:
        raise ValueError(
            f"the metric {found.name} gives an array of {found.values}, but a history holds single numbers: give it "
            "one threshold"
        )
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
    for name, function in _BY_FUNCTION.items():
        if metric is function:
            return METRICS[name](name)
    loss = loss_of(metric)
    # Of what has another name or sign as a metric, the function itself is called.
    if loss is not None and loss != "cosine_similarity" and METRICS.get(loss) is not None:
        return METRICS[loss](name=loss)
    larger = any(metric is known for known in _LARGER_IS_BETTER)
    smaller = any(metric is known for known in _SMALLER_IS_BETTER) or loss is not None
    return FunctionMetric(metric, larger_is_better=True if larger else False if smaller else None)


def _by_name(name: str) -> Metric:
    return METRICS[name](name=name)
