"""Conversion of a user's targets and weights to rows that the engine can read."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.arrays.convert import to_array, to_dense_array
from fastnn.checking.arrays import check_finite
from fastnn.checking.shapes import Shape
from fastnn.losses.base import Loss
from fastnn.models.classes import check_classes
from fastnn.models.compiled import CompiledModel
from fastnn.models.rows import AllTargets, AllWeights, as_rows
from fastnn.models.several import by_names, is_named
from fastnn.models.weighted_metrics import is_weighted
from fastnn_ext.engine.compressed import CompressedRows

__all__ = ["class_weights", "read_targets", "read_weights"]


def read_targets(model: CompiledModel, y: Any, name: str, samples: int) -> AllTargets:
    """``y`` as rows of the model's outputs, or class numbers, in the form that its loss takes.

    A list of these where the model has several outputs; it is then one itself, a tuple, or a dict by their names.

    Raises
    ------
    TypeError, ValueError
        As `read_inputs`, and for labels of the wrong form for the loss.
    """
    if y is None:
        raise ValueError(f"{name} is missing: pass the targets of {samples} samples")
    _, loss = model.needs_compile()
    plan = model.needs_plan()
    if len(model.output_names) > 1:
        losses = getattr(loss, "losses", {})
        outputs = zip(model.output_names, by_names(y, model.output_names, name), model.output_shapes, strict=True)
        given = [
            _rows_of(_numbers(part, f"{name}[{called!r}]", samples), shape, losses.get(called))
            for called, part, shape in outputs
        ]
        several = loss.targets(given, plan.output_sizes)
        for metric in model.metrics:
            metric.check_truth(several, plan.output_sizes)
        return [
            _target_rows(rows, size, model.dtype, f"{name}[{called!r}]")
            for called, rows, size in zip(model.output_names, several, plan.output_sizes, strict=True)
        ]
    if is_named(y, model.output_names, model.names_ends):
        (y,) = by_names(y, model.output_names, name)
    rows = loss.targets(_rows_of(_numbers(y, name, samples), model.output_shapes[0], loss), plan.output_size)
    for metric in model.metrics:
        metric.check_truth(rows, plan.output_size)
    return _target_rows(rows, plan.output_size, model.dtype, name)


def _numbers(y: Any, name: str, samples: int) -> NDArray[Any]:
    """The targets of one output, as they come."""
    array = to_dense_array(y, name)
    if array.ndim < 1 or len(array) != samples:
        raise ValueError(f"{name} must have as many samples as x, {samples}, but its shape is {array.shape}")
    return array


def _rows_of(array: NDArray[Any], shape: Shape, loss: Loss | None) -> NDArray[Any]:
    """Targets of the shape of outputs, which are rows to the engine, for a loss that judges each number by itself."""
    if array.ndim > 2 and array.shape[1:] == shape and not getattr(loss, "summed", True):
        return array.reshape(len(array), -1)
    return array


def _target_rows(rows: NDArray[Any], outputs: int, dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    if rows.ndim != 2 or rows.shape[1] != outputs:
        if rows.ndim == 2 and rows.dtype == np.int32 and outputs > 1 and rows.shape[1] == 1:
            return rows
        # What only a loss of the user's own takes.
        check_finite(rows, name)
        return rows
    return as_rows(rows, dtype, name)


def read_weights(model: CompiledModel, weights: Any, name: str, samples: int) -> AllWeights:
    """Sample weights as float64, finite; None for None. A loss of a negative weight grows where others fall.

    For a model with several outputs a list of them: a dict or list has each output's, one array is that of all.
    """
    if weights is None:
        return None
    outputs = model.output_names
    if len(outputs) == 1:
        if is_named(weights, outputs, model.names_ends):
            (weights,) = by_names(weights, outputs, name)
        return _weights(model, weights, name, samples)
    if is_named(weights, outputs, True) or (isinstance(weights, list | tuple) and len(weights) != samples):
        parts = by_names(weights, outputs, name)
        named = zip(outputs, parts, strict=True)
        return [
            None if part is None else _weights(model, part, f"{name}[{called!r}]", samples) for called, part in named
        ]
    return [_weights(model, weights, name, samples)] * len(outputs)


def _weights(model: CompiledModel, weights: Any, name: str, samples: int) -> NDArray[np.float64]:
    array = to_array(weights, name)
    if isinstance(array, CompressedRows) or array.shape not in ((samples,), (samples, 1)):
        raise ValueError(f"{name} must have shape ({samples},), one for each sample, but its shape is {array.shape}")
    check_finite(array, name)
    result = np.ascontiguousarray(array.reshape(-1), dtype=np.float64)
    if samples and result.min() < 0 and any(is_weighted(metric) for metric in model.metrics):
        raise ValueError(
            f"{name} must not be negative where weighted_metrics are weighed by them, but one is {result.min():g}"
        )
    return result


def class_weights(
    model: CompiledModel, class_weight: dict[int, float] | None, targets: AllTargets, weights: AllWeights
) -> AllWeights:
    """The weight of each sample's class times that of the sample; a class that is not named has weight 1."""
    if class_weight is None:
        return weights
    if not isinstance(class_weight, dict):
        raise TypeError(f"class_weight must be a dict of class number to weight, but it is {class_weight!r}")
    if isinstance(targets, list) or isinstance(weights, list):
        raise ValueError("class_weight is for models with one output: pass sample_weight with weights for each output")
    labels = targets.argmax(axis=1) if targets.shape[1] > 1 else targets[:, 0]
    result = np.ones(len(targets))
    for number, weight in class_weight.items():
        if isinstance(number, bool) or not isinstance(number, int | np.integer):
            raise TypeError(f"class_weight must have class numbers as keys, but one is {number!r}")
        if not (isinstance(weight, int | float | np.number) and 0 <= float(weight) < math.inf):
            raise ValueError(f"class_weight[{number}] must be a finite number of at least 0, but it is {weight!r}")
        result[labels == number] = float(weight)
    check_classes(model, class_weight, targets)
    return result if weights is None else result * weights
