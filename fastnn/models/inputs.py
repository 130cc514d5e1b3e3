"""Conversion of a user's x, y and weights to rows that the engine can read, without a copy where possible."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.arrays.convert import to_array
from fastnn.checking.arrays import check_finite, converted
from fastnn.checking.shapes import Shape
from fastnn.data.names import Names, by_name, column_names
from fastnn.models.categories import Categories, categories_of, check_categories
from fastnn.models.compiled import CompiledModel
from fastnn.models.names_of_inputs import known_names
from fastnn.models.rows import AllInputs, AllTargets, AllWeights, Inputs, as_rows
from fastnn.models.several import by_names, count_rows, each, is_named, take_rows
from fastnn.models.targets import class_weights, read_targets, read_weights
from fastnn_ext.engine.compressed import CompressedRows

__all__ = ["Samples", "explain", "read_batch", "read_inputs", "read_samples"]


def read_inputs(
    model: CompiledModel, x: Any, name: str, *, single: bool = False, names: Names | None = None
) -> AllInputs:
    """``x`` as rows of the model's inputs, without a copy if the engine can read it as it is.

    A list of these where the model has several inputs; it is then one itself, a tuple, or a dict by their names.

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
    inputs = model.input_names
    if len(inputs) > 1:
        return _read_several(model, x, name, single)
    if is_named(x, inputs, model.names_ends):
        (x,) = by_names(x, inputs, name)
    # Before a lookup, of which numbers without names come.
    x = by_name(x, known_names(model, model.feature_names) or names, name)
    lookup = (model.lookups if model.built else model.find_lookups()).get(0)
    if lookup is not None:
        x = lookup.indices(x, name)
    array = to_array(x, name)
    if isinstance(array, CompressedRows):
        if not model.built:
            model.build_for((array.shape[1],))
    elif not model.built and model.input_shape is None:
        if array.ndim < 2:
            raise ValueError(
                f"{name} must have shape (samples, ...), but its shape is {array.shape}: one feature is a column, "
                f"{name}.reshape(-1, 1)"
            )
        model.build_for(array.shape[1:])
    model.needs_plan()
    return _input_rows(array, model.input_shapes[0], model.dtype, name, single, categories_of(model, 0))


def _read_several(model: CompiledModel, x: Any, name: str, single: bool) -> list[Inputs]:
    """What `read_inputs` gives for a model with several inputs: as many samples of each."""
    model.needs_plan()
    parts = []
    named = zip(model.input_names, by_names(x, model.input_names, name), model.input_shapes, strict=True)
    for number, (called, part, shape) in enumerate(named):
        what, categories = f"{name}[{called!r}]", categories_of(model, number)
        part = by_name(part, known_names(model, None, number), what)
        if number in model.lookups:
            part = model.lookups[number].indices(part, what)
        parts.append(_input_rows(to_array(part, what), shape, model.dtype, what, single, categories))
    counts = [part.shape[0] for part in parts]
    if len(set(counts)) > 1:
        raise ValueError(f"{name} must have as many samples for each input, but it has {counts}")
    return parts


def _input_rows(
    array: NDArray[Any] | CompressedRows,
    shape: Shape,
    dtype: np.dtype[Any],
    name: str,
    single: bool,
    categories: Categories | None,
) -> Inputs:
    """One input of samples of this shape."""
    size = math.prod(shape)
    if categories is not None:
        check_categories(array, categories, name)
        if shape == (1,) and not isinstance(array, CompressedRows) and array.ndim == 1:
            # One category a sample, as class numbers are written.
            array = array[:, None]
    if isinstance(array, CompressedRows):
        if array.shape[1] != size:
            raise ValueError(f"{name} must have {size} columns to fit the model, but it has {array.shape[1]}")
        return array
    shapes = {shape, (size,)}
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
    return as_rows(array.reshape(len(array), size), dtype, name)


@dataclass(frozen=True)
class Samples:
    """Rows of inputs and targets, float64 weights of samples, and the names of the inputs' columns, or None."""

    inputs: AllInputs
    targets: AllTargets
    weights: AllWeights
    names: Names | None = None

    @property
    def count(self) -> int:
        return count_rows(self.inputs)

    def split(self, first: int) -> tuple[Samples, Samples]:
        """The ``first`` samples and the rest."""
        return self.taken(slice(first)), self.taken(slice(first, None))

    def taken(self, rows: slice) -> Samples:
        """These samples."""
        inputs, targets, weights = (take_rows(data, rows) for data in (self.inputs, self.targets, self.weights))
        return Samples(inputs, targets, weights, self.names)


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
    samples = count_rows(inputs)
    if samples == 0:
        raise ValueError("x must hold at least one sample, but it holds none")
    targets = read_targets(model, y, "y", samples)
    weights = class_weights(model, class_weight, targets, read_weights(model, sample_weight, "sample_weight", samples))
    return Samples(inputs, targets, weights, model.feature_names or _names(model, x, "x"))


def read_batch(model: CompiledModel, item: Any, names: Names | None, what: str = "a batch") -> Samples:
    """A batch of an iterable, (x, y) or (x, y, sample_weight), checked and converted.

    Raises
    ------
    TypeError, ValueError
        As `read_samples`, and for anything else than a tuple or list of these.
    """
    if not isinstance(item, tuple | list) or len(item) not in (2, 3):
        raise TypeError(f"{what} must be (x, y) or (x, y, sample_weight), but it is a {type(item).__name__}")
    names = model.feature_names or names or _names(model, item[0], f"x of {what}")
    inputs = read_inputs(model, item[0], f"x of {what}", names=names)
    samples = count_rows(inputs)
    targets = read_targets(model, item[1], f"y of {what}", samples)
    weights = read_weights(model, item[2], f"the weights of {what}", samples) if len(item) == 3 else None
    return Samples(inputs, targets, weights, names)


def _names(model: CompiledModel, x: Any, name: str) -> Names | None:
    """Of the columns; those of several inputs are nobody's but the user's."""
    return column_names(x, name) if len(model.input_names) == 1 else None


def explain(model: CompiledModel, inputs: AllInputs, targets: AllTargets | None, sample: int) -> ValueError:
    """The error for a sample that the engine refused: a number is not finite, or a target is out of bounds."""
    dtype = model.needs_plan().dtype
    for number, array in enumerate(each(inputs)):
        categories = categories_of(model, number)
        if categories is not None:
            try:
                check_categories(array, categories, "x")
            except ValueError as error:
                return error
    named = [("x", array) for array in each(inputs)]
    if targets is not None:
        named += [("y", array) for array in each(targets)]
    for name, array in named:
        # The numbers of a sparse matrix that are not zero have no place of their own to be named.
        given = array.values if isinstance(array, CompressedRows) else array
        try:
            if given is array:
                check_finite(given, name)
            if np.isfinite(given).all():
                converted(given, dtype, name)
        except ValueError as error:
            return error
    if targets is not None and model.loss is not None:
        plan = model.needs_plan()
        try:
            model.loss.targets(targets, plan.output_sizes if isinstance(targets, list) else plan.output_size)
            model.loss.check_range(targets)
        except ValueError as error:
            return error
    return ValueError(f"x holds NaN or infinity in sample {sample}: remove or fill it in first")
