"""Prediction: what a network says of one sample or of many."""

from typing import Any

import numpy
from numpy.typing import ArrayLike, NDArray

from fastnn.network import Network, check_network, converted, count_samples, input_size, lower, real_array


def predict(network: Network, input: ArrayLike) -> NDArray[Any]:
    """The network's outputs, one row a sample.

    Parameters
    ----------
    network : list of layers
        Built-in ones run in compiled code. Where one is the user's own, each sample runs through all layers by itself,
        as in training.
    input : array-like
        One sample or a batch of samples, finite real numbers.

    Returns
    -------
    ndarray, shape (samples, outputs)
        A single sample gives one row, as in ``layer.forward``.

    Raises
    ------
    TypeError, ValueError
        When ``network`` is no chain of layers, or ``input`` does not fit it or is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn import FCLayer
    >>> layer = FCLayer(2, 1, dtype=np.float64)
    >>> layer.weights, layer.bias = [[1.0], [2.0]], [[0.0]]
    >>> predict([layer], np.array([[1.0, 1.0], [2.0, 0.0]]))
    array([[3.],
           [2.]])
    """
    check_network(network)
    array = real_array(input, "input")
    if input_size(network) is None:
        return through_layers(network, array)
    samples = count_samples(network, array, "input")
    plan = lower(network)
    if plan is not None:
        rows = array.reshape(1 if samples is None else samples, plan.input_size)
        return plan.predict(converted(rows, plan.dtype, "input"))
    if samples is None:
        return through_layers(network, array)
    if samples == 0:
        raise ValueError(f"input must have at least one sample for layers of your own, but its shape is {array.shape}")
    return numpy.concatenate([numpy.atleast_2d(through_layers(network, sample)) for sample in array])


def through_layers(network: Network, input: NDArray[Any]) -> NDArray[Any]:
    """``input`` through every layer's ``forward`` in turn."""
    output: Any = input
    for layer in network:
        output = layer.forward(output)
    return numpy.asarray(output)
