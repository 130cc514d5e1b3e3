"""From what a user passes to ``compile`` to the loss and metrics of each output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fastnn.losses.base import Loss
from fastnn.losses.names import resolve as resolve_loss
from fastnn.metrics.base import Metric
from fastnn.metrics.names import resolve as resolve_metric
from fastnn.models.per_output import LossPerOutput, MetricOfOutput
from fastnn.models.several import by_names
from fastnn.models.weighted_metrics import WeightedMetric

__all__ = ["loss_for", "loss_logs", "loss_names", "metrics_for"]


def loss_for(outputs: Sequence[str], loss: Any, loss_weights: Any) -> Loss:
    """The loss of a model with these outputs: one for each where there are several.

    Raises
    ------
    TypeError, ValueError
        For what is no loss, an output without one, and weights that are not one number for each.
    """
    if len(outputs) == 1:
        if loss_weights is not None:
            raise ValueError("loss_weights is for models with several outputs: this one has one loss alone")
        if isinstance(loss, Mapping | list):
            (loss,) = by_names(loss, outputs, "loss")
        return resolve_loss(loss)
    if isinstance(loss, LossPerOutput) and tuple(loss.losses) == tuple(outputs) and loss_weights is None:
        return loss
    parts = by_names(loss, outputs, "loss") if isinstance(loss, Mapping | list) else [loss] * len(outputs)
    for output, part in zip(outputs, parts, strict=True):
        if part is None:
            raise ValueError(f"the output {output} has no loss: name one, or leave the output out of the model")
    weights = [1.0] * len(outputs) if loss_weights is None else by_names(loss_weights, outputs, "loss_weights")
    return LossPerOutput(dict(zip(outputs, map(resolve_loss, parts), strict=True)), weights)


def metrics_for(outputs: Sequence[str], sizes: Sequence[int], metrics: Any, weighted: Any = ()) -> list[Metric]:
    """The metrics of a model with these outputs, of so many numbers each: those that weigh samples behind the others.

    Of several outputs, all of the first come before those of the second, as in Keras.

    Raises
    ------
    TypeError, ValueError
        For what is no metric, an output that is not there, and two metrics of one name.
    """
    found = _metrics_of(outputs, sizes, metrics, "metrics", lambda metric, output=None: metric)
    taken = {metric.name for metric in found}

    def weigh(metric: Metric, output: str | None = None) -> Metric:
        # A metric of both kinds is called as Keras calls it.
        called = metric.name if output is None else f"{output}_{metric.name}"
        return WeightedMetric(metric, f"weighted_{metric.name}" if called in taken else None)

    found += _metrics_of(outputs, sizes, weighted, "weighted_metrics", weigh)
    found.sort(key=lambda metric: metric.place if isinstance(metric, MetricOfOutput) else 0)
    names = [metric.name for metric in found]
    for name in names:
        if names.count(name) > 1 or name in loss_names(outputs):
            raise ValueError(f"two values would be called {name!r}: give one metric another name")
    return found


def _metrics_of(
    outputs: Sequence[str], sizes: Sequence[int], metrics: Any, argument: str, made: Callable[..., Metric]
) -> list[Metric]:
    if len(outputs) == 1:
        if isinstance(metrics, Mapping):
            (metrics,) = by_names(metrics, outputs, argument)
        listed = _listed(metrics)
        # Those of a model that is compiled already are what they are.
        done = [one for one in listed if isinstance(one, WeightedMetric)]
        return [one if one in done else made(resolve_metric(one, sizes[0])) for one in listed]
    given = list(metrics) if not isinstance(metrics, Mapping | str | Metric) else metrics
    if isinstance(given, list) and all(isinstance(metric, MetricOfOutput) for metric in given):
        return given
    found: list[Metric] = []
    parts = _parts(given, outputs, argument)
    for place, (output, size, part) in enumerate(zip(outputs, sizes, parts, strict=True)):
        for metric in _listed(part):
            found.append(MetricOfOutput(made(resolve_metric(metric, size), output), output, place))
    return found


def _parts(metrics: Any, outputs: Sequence[str], argument: str) -> list[Any]:
    if isinstance(metrics, Mapping):
        unknown = [name for name in metrics if name not in outputs]
        if unknown:
            raise ValueError(f"{argument} must have {', '.join(outputs)} as keys, but has {unknown[0]!r}")
        return [metrics.get(output) for output in outputs]
    return by_names(metrics, outputs, argument)


def _listed(metrics: Any) -> list[Any]:
    if metrics is None:
        return []
    return list(metrics) if isinstance(metrics, Iterable) and not isinstance(metrics, str) else [metrics]


def loss_names(outputs: Sequence[str]) -> list[str]:
    """What logs and histories call the loss, and that of each output where there are several."""
    return ["loss", *(f"{output}_loss" for output in outputs)] if len(outputs) > 1 else ["loss"]


def loss_logs(outputs: Sequence[str], loss: float, by_output: Sequence[float]) -> dict[str, float]:
    """The loss and that of each output under these names."""
    return dict(zip(loss_names(outputs), [loss, *by_output], strict=False))
