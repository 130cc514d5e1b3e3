"""The embedding layer: each category has a vector of its own, which is learned."""

from collections.abc import Sequence
from typing import Any

from fastnn import constraints, regularizers
from fastnn.checking.scalars import whole_number
from fastnn.checking.shapes import Shape
from fastnn.initializers.names import resolve as resolve_initializer
from fastnn.layers.adjusting import adjust, adjustments
from fastnn.layers.base import Layer, Variable
from fastnn_ext.engine.plan import Plan

__all__ = ["Embedding"]


class Embedding(Layer):
    """``y[i] = embeddings[x[i]]``: whole numbers become rows of a table that is learned.

    It takes an `Input`, also by way of layers that only reshape it, of whole numbers from 0 to ``input_dim - 1`` in any
    dtype: samples of shape (k,) become samples of shape (k, output_dim). Numbers beyond the table are refused.

    A training step takes as long as the batch's rows do, whatever the size of the table: rows that a batch does not
    have stay as they are. That is exact for plain SGD. Momentum, the moments of Adam and its like, and weight decay
    rest in such rows, too, until a batch has them again, as in PyTorch's ``SparseAdam``; where gradients are dense, as
    in Keras on JAX, these rows would move on by their momentum.

    A penalty is on the whole table: with it, every step changes all rows and takes as long as the table asks for, as in
    Keras. A constraint alone is kept by all rows, of which those without a gradient rest.

    Parameters
    ----------
    input_dim : int
        How many categories there are; in a float32 model at most 2**24, which it tells apart.
    output_dim : int
        Numbers of each category's vector.
    embeddings_initializer : str, object or function, default "uniform"
        See `fastnn.initializers`: from -0.05 to 0.05.
    embeddings_regularizer, embeddings_constraint : str or object, optional
        See `fastnn.regularizers` and `fastnn.constraints`.
    name, input_shape, trainable
        As in `Layer`.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn import Dense, Flatten, Input, Sequential
    >>> model = Sequential([Input((2,)), Embedding(10, 4), Flatten(), Dense(1)], seed=0)
    >>> model.predict(np.array([[3, 9], [0, 3]])).shape
    (2, 1)
    >>> model.predict(np.array([[3, 10]]))
    Traceback (most recent call last):
    ValueError: embedding (Embedding) takes whole numbers from 0 to 9, but x[0, 1] is 10
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape, trainable=trainable)
        self.input_dim = whole_number(input_dim, "input_dim", at_least=1)
        self.output_dim = whole_number(output_dim, "output_dim", at_least=1)
        self.embeddings_initializer = resolve_initializer(embeddings_initializer)
        self.embeddings_regularizer = regularizers.resolve(embeddings_regularizer)
        self.embeddings_constraint = constraints.resolve(embeddings_constraint)

    def output_for(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ValueError(f"it takes rows, but gets samples of shape {input_shape}: put a Flatten() before it")
        return (*input_shape, self.output_dim)

    def variables(self) -> list[Variable]:
        return [Variable("embeddings", (self.input_dim, self.output_dim), self.embeddings_initializer, True)]

    @property
    def output_activation(self) -> str:
        return "linear"

    def lower(self, plan: Plan) -> None:
        if plan.value >= 0:
            raise ValueError(f"{self.name} takes categories, which are data: it must be called on an Input")
        try:
            plan.add_embedding(self.arrays["embeddings"])
        except ValueError as error:
            raise ValueError(f"{self.name} cannot be made: {error}") from None
        adjust(plan, self.arrays["embeddings"], self.embeddings_regularizer, self.embeddings_constraint)

    def configuration(self) -> dict[str, Any]:
        # No initialiser: a file has the weights.
        asked = adjustments(self, ["embeddings"])
        return {"input_dim": self.input_dim, "output_dim": self.output_dim, **asked, **super().configuration()}
