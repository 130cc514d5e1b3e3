"""Outputs of several axes, which are rows to the engine: what judges each number by itself does as Keras does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastnn import metrics
from fastnn.losses.base import Loss
from fastnn.models.compiled import CompiledModel

__all__ = ["check_axes", "in_shape"]

_OF_NUMBERS = (
    *(metrics.MeanSquaredError, metrics.MeanAbsoluteError, metrics.MeanAbsolutePercentageError),
    *(metrics.MeanSquaredLogarithmicError, metrics.RootMeanSquaredError, metrics.LogCoshError),
    *(metrics.BinaryAccuracy, metrics.BinaryCrossentropy, metrics.Hinge, metrics.SquaredHinge, metrics.Poisson),
)


def in_shape(model: CompiledModel, outputs: Any) -> Any:
    """Rows of outputs in the shape that the model gives; of several outputs, a list of them."""
    shapes = model.output_shapes
    if isinstance(outputs, list):
        return [one.reshape(-1, *shape) for one, shape in zip(outputs, shapes, strict=True)]
    return outputs.reshape(-1, *shapes[0]) if len(shapes[0]) > 1 else outputs


def check_axes(model: CompiledModel, loss: Loss, judges: Iterable[metrics.Metric]) -> None:
    """Raise ValueError where a loss or one of these metrics takes numbers of outputs of several axes together."""
    for place, (name, shape) in enumerate(zip(model.output_names, model.output_shapes, strict=False)):
        if len(shape) < 2:
            continue
        of_output = getattr(loss, "losses", {}).get(name, loss)
        together = [of_output.name] if getattr(of_output, "summed", False) else []
        for metric in judges:
            # What stands around a metric of one output, and of weighted samples.
            inner: Any = metric
            while hasattr(inner, "metric") and getattr(inner, "place", place) == place:
                inner = inner.metric
            if getattr(inner, "place", place) == place and not isinstance(inner, _OF_NUMBERS):
                together.append(metric.name)
        if together:
            raise ValueError(
                f"{together[0]} judges numbers of a sample together, in Keras those of the last axis, and outputs of "
                f"shape {shape} have more: put a Flatten() behind them, or take mse and mae, which judge each number"
            )
