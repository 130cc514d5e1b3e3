"""The fully connected layer: every output is a weighted sum of every input, plus a bias."""

from __future__ import annotations

import math

# Annotations stay text: to look numpy.random up at import would load it, which takes longer than all of this package.
import numpy
from numpy.typing import ArrayLike, DTypeLike

from fastnn.arrays.convert import to_dense_array
from fastnn.arrays.numbers import replacement
from fastnn.checking.arrays import float_dtype, no_memory
from fastnn.checking.scalars import whole_number
from fastnn.notebook.layers.base import FloatArray, Layer, after_forward
from fastnn.notebook.randomness import generator_or_global
from fastnn_ext.bindings.dense import dense_backward_input, dense_backward_parameters, dense_forward, dense_sgd_step
from fastnn_ext.engine.plan import Plan


class FCLayer(Layer):
    """``y = x W + b``, trained by gradient descent.

    Parameters
    ----------
    input_size, output_size : int
        fan_in and fan_out, at least 1.
    rng : numpy.random.Generator, optional
        Source of the initial weights, such as ``numpy.random.default_rng(seed)``. By default NumPy's global generator,
        as in teaching code: ``numpy.random.seed(seed)`` repeats the weights, and they are those of
        ``numpy.random.randn(input_size, output_size) / numpy.sqrt(input_size + output_size)``, then of the bias.
    dtype : dtype-like, default float32
        float32 or float64: of weights, bias and output.

    Attributes
    ----------
    weights : ndarray, shape (input_size, output_size)
    bias : ndarray, shape (1, output_size)
        Both start normal with standard deviation 1/√(fan_in + fan_out): half the variance of Glorot and Bengio
        (2010), equation 16. Assigning copies the values in: two layers are swapped through copies,
        ``a.weights, b.weights = b.weights.copy(), a.weights.copy()``.

    Raises
    ------
    TypeError, ValueError
        For sizes, dtypes or shapes that do not fit; nothing has changed then.

    Examples
    --------
    >>> import numpy as np
    >>> layer = FCLayer(2, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> layer.weights = [[1.0], [2.0]]
    >>> layer.bias = [[0.5]]
    >>> layer.forward(np.array([1.0, 1.0]))
    array([[3.5]])
    >>> layer.backward(np.array([[1.0]]), learning_rate=0.1)
    array([[1., 2.]])
    >>> layer.bias
    array([[0.4]])
    """

    input_size: int
    output_size: int

    def __init__(
        self,
        input_size: int,
        output_size: int,
        *,
        rng: numpy.random.Generator | None = None,
        dtype: DTypeLike = numpy.float32,
    ) -> None:
        self.input_size = whole_number(input_size, "input_size", at_least=1)
        self.output_size = whole_number(output_size, "output_size", at_least=1)
        dtype = float_dtype(dtype)
        source = generator_or_global(rng)
        # Drawn in float64 whatever the dtype, so that one seed gives the same network in both.
        shape = (self.input_size, self.output_size)
        try:
            scale = 1.0 / math.sqrt(self.input_size + self.output_size)
            self._weights: FloatArray = (source.standard_normal(shape) * scale).astype(dtype)
            self._bias: FloatArray = (source.standard_normal((1, self.output_size)) * scale).astype(dtype)
        except (MemoryError, ValueError, OverflowError) as error:
            raise no_memory(f"the weights of FCLayer{shape}", shape, numpy.dtype(numpy.float64)) from error
        self.input = self.output = None

    @property
    def dtype(self) -> numpy.dtype[numpy.floating]:
        """float32 or float64."""
        dtype: numpy.dtype[numpy.floating] = self._weights.dtype
        return dtype

    @property
    def weights(self) -> FloatArray:
        """The weights themselves, shape (input_size, output_size)."""
        return self._weights

    @weights.setter
    def weights(self, value: ArrayLike) -> None:
        self._weights[...] = replacement(self._weights, value, "weights")

    @property
    def bias(self) -> FloatArray:
        """The bias itself, shape (1, output_size)."""
        return self._bias

    @bias.setter
    def bias(self, value: ArrayLike) -> None:
        array = to_dense_array(value, "bias")
        row = array.reshape(1, -1) if array.ndim == 1 else array
        self._bias[...] = replacement(self._bias, row, "bias")

    def _told(self) -> str:
        return f"{self.input_size}, {self.output_size}"

    def forward(self, input: ArrayLike) -> FloatArray:
        self.input = to_dense_array(input, "input")
        self.output = dense_forward(self.input, self._weights, self._bias)
        return self.output

    def backward(self, output_error: ArrayLike, learning_rate: float) -> FloatArray:
        input = after_forward(self.input, self)
        error = to_dense_array(output_error, "output_error")
        input_error = dense_backward_input(error, self._weights)
        dense_sgd_step(error, input, self._weights, self._bias, learning_rate)
        return input_error

    def gradients(self, output_error: ArrayLike) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
        """The gradient with respect to the last input, and those of weights and bias; nothing is learnt."""
        input = after_forward(self.input, self)
        # The weights' dtype decides, as in `backward`.
        error = to_dense_array(output_error, "output_error").astype(self.dtype, copy=False)
        return dense_backward_input(error, self._weights), dense_backward_parameters(error, input)

    def lower(self, plan: Plan) -> bool:
        if self.dtype != plan.dtype:
            return False
        plan.add_dense(self._weights, self._bias)
        return True

    def parameters(self) -> dict[str, FloatArray]:
        return {"weights": self._weights, "bias": self._bias}

    def configuration(self) -> dict[str, object]:
        return {"input_size": self.input_size, "output_size": self.output_size, "dtype": self.dtype.name}
