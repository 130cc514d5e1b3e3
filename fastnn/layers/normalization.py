"""Normalisation by a mean and a variance that are known before training: of the data, number by number."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.convert import to_dense_array
from fastnn.arrays.numbers import real_array
from fastnn.checking.arrays import check_finite, converted
from fastnn.checking.columns import Names, column_names
from fastnn.checking.shapes import Shape
from fastnn.layers.base import Layer, Variable
from fastnn.layers.layer_array import LayerArray
from fastnn_ext.engine.plan import Plan

__all__ = ["Normalization"]


class Normalization(Layer):
    """``(x - mean) / max(sqrt(variance), 1e-7)``: nothing of it is learned.

    Each place of the last axis has a mean and a variance of its own. They are given, or `adapt` takes those of data;
    until then they are 0 and 1, as in Keras. They are arrays of the layer, and saved with the model's weights. `adapt`
    keeps the names of a data frame's columns: a model whose data the layer takes as they come in then takes frames by
    them, as one that was trained on a frame does.

    Parameters
    ----------
    mean, variance : array-like, optional
        Both or neither: a number, or one for each place of the last axis; variances are not negative.
    feature_names : sequence of str, optional
        The names of the columns, as many as there are means.
    axis : -1 or None, default -1
        None: all numbers share one mean and one variance, and `adapt` takes those of all data.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> from fastnn import Dense, Input, Sequential
    >>> x = np.array([[1.0, 100.0], [3.0, 300.0]])
    >>> normalization = Normalization()
    >>> normalization.adapt(x)
    >>> Sequential([Input((2,)), normalization]).predict(x)
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    """

    _instead: ClassVar = {
        **Layer._instead,
        "mean": "call adapt, or write into its array, layer.arrays['mean'][:] = ...",
        "variance": "call adapt, or write into its array, layer.arrays['variance'][:] = ...",
        "feature_names": "call adapt with a data frame",
    }

    def __init__(
        self,
        *,
        mean: ArrayLike | None = None,
        variance: ArrayLike | None = None,
        feature_names: Sequence[str] | None = None,
        axis: int | None = -1,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        if (mean is None) != (variance is None):
            raise ValueError("mean and variance come together: pass both, or neither and call adapt(data)")
        if isinstance(axis, bool) or axis not in (-1, None):
            raise ValueError(f"axis must be -1, the last one, or None, all together, but it is {axis!r}")
        self.axis = axis
        # Whether they are no weights, as Keras has it, but what the layer was made with.
        self.constant = mean is not None
        self.given: tuple[NDArray[Any], NDArray[Any]] | None = None
        if mean is not None and variance is not None:
            self.given = self._checked(mean, variance)
            if axis is None and self.given[0].size != 1:
                raise ValueError(f"with axis=None mean and variance are numbers, but there are {self.given[0].size}")
        if axis is None and feature_names is not None:
            raise ValueError("feature_names are of columns with a mean each: leave them out with axis=None")
        self.feature_names = self._named(feature_names)

    def _named(self, names: Any) -> Names | None:
        if names is None:
            return None
        found = tuple(names) if isinstance(names, list | tuple) else ()
        if not found or not all(isinstance(one, str) for one in found):
            raise TypeError(f"feature_names must be a list of strings, or None, but it is {names!r}")
        if self.given is None or self.given[0].shape != (len(found),):
            raise ValueError(
                f"feature_names must be as many as there are means, but there are {len(found)} of them and mean is "
                f"{None if self.given is None else self.given[0].tolist()}"
            )
        return found

    @staticmethod
    def _checked(mean: ArrayLike, variance: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        first, second = (np.array(real_array(one, name)) for one, name in ((mean, "mean"), (variance, "variance")))
        if first.shape != second.shape or first.ndim > 1 or first.size == 0:
            raise ValueError(
                "mean and variance must be numbers, or have shape (columns,), but their shapes are "
                f"{first.shape} and {second.shape}"
            )
        if (second < 0).any():
            raise ValueError(f"variance must not be negative, but it holds {second.min()}")
        return first, second

    def adapt(self, data: Any) -> None:
        """Take mean and variance of data, over all axes but the last, or over all; of a model that is built, too.

        Data are of any kind that a model's ``fit`` takes, but for sparse matrices and rows in files.

        Raises
        ------
        TypeError, ValueError
            When they are no finite real numbers, hold no sample, or have another last axis than the layer's input.
        """
        names, array = column_names(data, "data"), to_dense_array(data, "data")
        check_finite(array, "data")
        if self.axis is None:
            # A column, whose one mean is that of all.
            names, array = None, array.reshape(-1, 1)
        if array.ndim < 2 or array.size == 0:
            raise ValueError(f"data must have shape (samples, ..., columns), but its shape is {array.shape}")
        if self.axis is not None and self.input_shape is not None and array.shape[-1] != self.input_shape[-1]:
            raise ValueError(f"data must have {self.input_shape[-1]} columns, but they have {array.shape[-1]}")
        axes = tuple(range(array.ndim - 1))
        # Rows are added up in one order, however they lie.
        numbers = np.ascontiguousarray(array, np.float64)
        found = self._checked(numbers.mean(axis=axes), numbers.var(axis=axes))
        if self.arrays:
            own = self.arrays["mean"], self.arrays["variance"]
            new = [converted(one, array.dtype, "data") for one, array in zip(found, own, strict=True)]
            for array, value in zip(own, new, strict=True):
                array[...] = value
        self._keep(given=found, constant=False, feature_names=names)

    @property
    def mean(self) -> LayerArray:
        """The mean that is subtracted."""
        return self._number(0, "mean", 0.0)

    @property
    def variance(self) -> LayerArray:
        """The variance, by whose root is divided."""
        return self._number(1, "variance", 1.0)

    def _number(self, place: int, name: str, start: float) -> LayerArray:
        if name in self.arrays:
            return self.arrays[name].view(LayerArray)
        return np.asarray(start if self.given is None else self.given[place]).view(LayerArray)

    def variables(self) -> list[Variable]:
        width = 1 if self.axis is None else self.needs_shape()[-1]
        mean, variance = self.given or (np.zeros(()), np.ones(()))
        return [
            Variable("mean", (width,), lambda shape, rng: np.broadcast_to(mean, shape), False),
            Variable("variance", (width,), lambda shape, rng: np.broadcast_to(variance, shape), False),
        ]

    def output_for(self, input_shape: Shape) -> Shape:
        columns = None if self.axis is None or self.given is None else self.given[0].shape
        if columns not in (None, (), input_shape[-1:]):
            raise ValueError(
                f"its mean and variance are those of {columns[0]} columns, but it gets samples of shape {input_shape}"
            )
        return input_shape

    @property
    def output_activation(self) -> str:
        return "linear"

    def lower(self, plan: Plan) -> None:
        # Keras' epsilon.
        plan.add_standardization(self.arrays["mean"], self.arrays["variance"], 1e-7)

    def configuration(self) -> dict[str, Any]:
        mean, variance = (None, None) if self.given is None else (one.tolist() for one in self.given)
        names = {} if self.feature_names is None else {"feature_names": list(self.feature_names)}
        everywhere = {"axis": None} if self.axis is None else {}
        return {"mean": mean, "variance": variance, **names, **everywhere, **super().configuration()}
