"""Conversion of a user's x, y and weights to rows that the engine can read, without a copy where possible."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.arrays import check_finite, converted
from fastnn.data.convert import to_array
from fastnn.data.names import Names, by_name, column_names
from fastnn.models.classes import check_classes
from fastnn.models.compiled import CompiledModel
from fastnn_ext.engine.compressed import CompressedRows

__all__ = ["Inputs", "Samples", "explain", "read_batch", "read_inputs", "read_samples", "read_targets", "read_weights"]

Inputs = NDArray[Any] | CompressedRows

# What the engine converts as it reads.
_READ_IN_PLACE = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.uint8))


def read_inputs(model: CompiledModel, x: Any, name: str, *, single: bool = False, names: Names | None = None) -> Inputs:
    """``x`` as rows of the model's inputs, without a copy if the engine can read it as it is.

    Parameters
    ----------
    model : CompiledModel
        Built, or else built for samples of x's shape.
    single : bool
        Whether one sample may come without its batch axis.
    names : tuple of str, optional
        Of the columns by which a data frame goes where the model knows none itself.

    Raises
    ------
    TypeError, ValueError
        When it is not an array of real numbers, or its samples have another shape than the model's; the message says
        what came and what was expected.
    """
    array = to_array(by_name(x, model.feature_names or names, name), name)
    if isinstance(array, CompressedRows):
        if not model.built:
            model.build((array.shape[1],))
        size = model.needs_plan().input_size
        if array.shape[1] != size:
            raise ValueError(f"{name} must have {size} columns to fit the model, but it has {array.shape[1]}")
        return array
    if not model.built and model.input_shape is None:
        if array.ndim < 2:
            raise ValueError(
                f"{name} must have shape (samples, ...), but its shape is {array.shape}: one feature is a column, "
                f"{name}.reshape(-1, 1)"
            )
        model.build(array.shape[1:])
    plan = model.needs_plan()
    shape = model.input_shape
    assert shape is not None
    shapes = {shape, (math.prod(shape),)}
    if single and array.shape in shapes:
        array = array[None]
    if array.ndim < 1 or array.shape[1:] not in shapes:
        hint = ""
        if array.shape in shapes:
            hint = f": a batch of one sample is {name}[None]"
        elif shape == (1,) and array.ndim == 1:
            hint = f": one feature is a column, {name}.reshape(-1, 1)"
        expected = ", ".join(map(str, shape))
        raise ValueError(f"{name} must have shape (samples, {expected}), but its shape is {array.shape}{hint}")
    return _rows(array.reshape(len(array), plan.input_size), plan.dtype, name)


def _rows(rows: NDArray[Any], dtype: np.dtype[np.floating[Any]], name: str) -> NDArray[Any]:
    readable = rows.dtype in _READ_IN_PLACE and rows.dtype.isnative and rows.flags.aligned
    if readable and (rows.shape[1] == 1 or rows.strides[1] == rows.itemsize):
        return rows
    if rows.dtype == np.bool_:
        return np.ascontiguousarray(rows).view(np.uint8)
    return converted(rows, rows.dtype if readable else dtype, name)


def read_targets(model: CompiledModel, y: Any, name: str, samples: int) -> NDArray[Any]:
    """``y`` as rows of the model's outputs, or class numbers, in the form that its loss takes.

    Raises
    ------
    TypeError, ValueError
        As `read_inputs`, and for labels of the wrong form for the loss.
    """
    if y is None:
        raise ValueError(f"{name} is missing: pass the targets of {samples} samples")
    array = to_array(y, name)
    if isinstance(array, CompressedRows):
        raise TypeError(f"{name} must be an array, but it is a sparse matrix: pass {name}.toarray()")
    if array.ndim < 1 or len(array) != samples:
        raise ValueError(f"{name} must have as many samples as x, {samples}, but its shape is {array.shape}")
    _, loss = model.needs_compile()
    plan = model.needs_plan()
    rows = loss.targets(array, plan.output_size)
    for metric in model.metrics:
        metric.check_truth(rows, plan.output_size)
    if rows.dtype == np.int32 and plan.output_size > 1 and rows.shape[1] == 1:
        return rows
    return _rows(rows, plan.dtype, name)


def read_weights(weights: Any, name: str, samples: int) -> NDArray[np.float64] | None:
    """Sample weights as float64, finite and not negative; None for None."""
    if weights is None:
        return None
    array = to_array(weights, name)
    if isinstance(array, CompressedRows) or array.shape not in ((samples,), (samples, 1)):
        raise ValueError(f"{name} must have shape ({samples},), one for each sample, but its shape is {array.shape}")
    check_finite(array, name)
    result = np.ascontiguousarray(array.reshape(-1), dtype=np.float64)
    if samples and result.min() < 0:
        raise ValueError(f"{name} must not be negative, but one is {result.min():g}")
    return result


@dataclass(frozen=True)
class Samples:
    """Rows of inputs and targets, float64 weights of samples, and the names of the inputs' columns, or None."""

    inputs: Inputs
    targets: NDArray[Any]
    weights: NDArray[np.float64] | None
    names: Names | None = None

    @property
    def count(self) -> int:
        return int(self.inputs.shape[0])

    def split(self, first: int) -> tuple[Samples, Samples]:
        """The ``first`` samples and the rest. Sparse matrices are not split."""
        assert isinstance(self.inputs, np.ndarray)
        weights = (None, None) if self.weights is None else (self.weights[:first], self.weights[first:])
        return (
            Samples(self.inputs[:first], self.targets[:first], weights[0], self.names),
            Samples(self.inputs[first:], self.targets[first:], weights[1], self.names),
        )


def read_samples(
    model: CompiledModel, x: Any, y: Any, sample_weight: Any, class_weight: dict[int, float] | None = None
) -> Samples:
    """A user's x, y and weights, checked and converted; there is at least one sample.

    Raises
    ------
    TypeError, ValueError
        As `read_inputs`, `read_targets`, `read_weights` and `class_weights` do.
    """
    if x is None:
        raise ValueError("x is missing: pass an array of samples, or to fit an iterable of batches")
    inputs = read_inputs(model, x, "x")
    samples = inputs.shape[0]
    if samples == 0:
        raise ValueError("x must hold at least one sample, but it holds none")
    targets = read_targets(model, y, "y", samples)
    weights = class_weights(model, class_weight, targets, read_weights(sample_weight, "sample_weight", samples))
    return Samples(inputs, targets, weights, model.feature_names or column_names(x, "x"))


def read_batch(model: CompiledModel, item: Any, names: Names | None, what: str = "a batch") -> Samples:
    """A batch of an iterable, (x, y) or (x, y, sample_weight), checked and converted.

    Raises
    ------
    TypeError, ValueError
        As `read_samples`, and for anything else than a tuple or list of these.
    """
    if not isinstance(item, tuple | list) or len(item) not in (2, 3):
        raise TypeError(f"{what} must be (x, y) or (x, y, sample_weight), but it is a {type(item).__name__}")
    names = model.feature_names or names or column_names(item[0], f"x of {what}")
    inputs = read_inputs(model, item[0], f"x of {what}", names=names)
    samples = inputs.shape[0]
    targets = read_targets(model, item[1], f"y of {what}", samples)
    weights = read_weights(item[2], f"the weights of {what}", samples) if len(item) == 3 else None
    return Samples(inputs, targets, weights, names)


def class_weights(
    model: CompiledModel,
    class_weight: dict[int, float] | None,
    targets: NDArray[Any],
    weights: NDArray[np.float64] | None,
) -> NDArray[np.float64] | None:
    """The weight of each sample's class times that of the sample; a class that is not named has weight 1."""
    if class_weight is None:
        return weights
    if not isinstance(class_weight, dict):
        raise TypeError(f"class_weight must be a dict of class number to weight, but it is {class_weight!r}")
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


def explain(model: CompiledModel, inputs: Inputs, targets: NDArray[Any] | None, sample: int) -> ValueError:
    """The error for a sample that the engine refused: a number is not finite, or a target is out of bounds."""
    dtype = model.needs_plan().dtype
    for array, name in ((inputs, "x"), (targets, "y")):
        # The numbers of a sparse matrix that are not zero have no place of their own to be named.
        given = array.values if isinstance(array, CompressedRows) else array
        if given is not None:
            try:
                if given is array:
                    check_finite(given, name)
                if np.isfinite(given).all():
                    converted(given, dtype, name)
            except ValueError as error:
                return error
    if targets is not None and model.loss is not None:
        try:
            model.loss.targets(targets, model.needs_plan().output_size)
            model.loss.check_range(targets)
        except ValueError as error:
            return error
    return ValueError(f"x holds NaN or infinity in sample {sample}: remove or fill it in first")
