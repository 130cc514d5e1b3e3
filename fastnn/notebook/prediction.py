"""Prediction: what a network says of one sample or of many."""

from typing import Any

import numpy
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.convert import to_array
from fastnn.checking.arrays import check_finite, converted
from fastnn.notebook.chain import Layers, check_network, count_samples, dense, forward_of, input_size, lower
from fastnn.notebook.layers import Layer
from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.plan import NonFiniteDataError, Plan


def predict(network: Layers, input: ArrayLike, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """The network's outputs, one row a sample.

    Parameters
    ----------
    network : list of layers
        Built-in ones run in compiled code. Where one is the user's own, each sample runs through all layers by itself,
        as in training.
    input : array-like
        One sample or a batch of samples, finite real numbers. C-contiguous float32, float64 and uint8 arrays are read
        where they lie; data frames, SciPy's sparse matrices and tensors are taken, too.
    out : ndarray, shape (samples, outputs), optional
        C-contiguous, of the network's dtype: receives the outputs and is returned, so that nothing is allocated.

    Returns
    -------
    ndarray, shape (samples, outputs)
        A single sample gives one row, as in ``layer.forward``.

    Raises
    ------
    TypeError, ValueError
        When ``network`` is no chain of layers, or ``input`` or ``out`` do not fit it, or ``input`` is not finite.

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
    plan = _remembered_plan(network)
    if plan is not None:
        try:
            result = plan.predict(input, out)
        except NonFiniteDataError:
            result = None
        if result is not None:
            return result
    check_network(network)
    given = to_array(input, "input")
    check_finite(given.values if isinstance(given, CompressedRows) else given, "input")
    if input_size(network) is None:
        return _into(out, through_layers(network, dense(given, "input")))
    samples = count_samples(network, given, "input")
    plan = lower(network)
    if plan is not None:
        _remember_plan(network, plan)
        if isinstance(given, CompressedRows):
            return _predicted(plan, given, out)
    array = dense(given, "input")
    if plan is not None:
        rows = array.reshape(1 if samples is None else samples, plan.input_size)
        return _predicted(plan, converted(rows, plan.dtype, "input"), out)
    if samples is None:
        return _into(out, through_layers(network, array))
    if samples == 0:
        raise ValueError(f"input must have at least one sample for layers of your own, but its shape is {array.shape}")
    return _into(out, numpy.concatenate([numpy.atleast_2d(through_layers(network, sample)) for sample in array]))


def _predicted(plan: Plan, rows: NDArray[Any] | CompressedRows, out: NDArray[Any] | None) -> NDArray[Any]:
    try:
        result = plan.predict(rows, out)
    except NonFiniteDataError:
        # What is finite in the data's dtype is too large for the network's.
        converted(rows.values if isinstance(rows, CompressedRows) else rows, plan.dtype, "input")
        raise
    assert result is not None
    return result


def _remembered_plan(network: Layers) -> Plan | None:
    """The plan of the last prediction with the same layers, kept by the first of them."""
    try:
        layers, plan = network[0]._plan
    except (AttributeError, IndexError, KeyError, TypeError):
        return None
    return plan if layers == network else None


def _remember_plan(network: Layers, plan: Plan) -> None:
    # Layers keep their arrays for life, so a plan stays right as long as the list holds the same layers.
    if isinstance(network[0], Layer):
        network[0]._plan = (network[:], plan)


def _into(out: NDArray[Any] | None, result: NDArray[Any]) -> NDArray[Any]:
    if out is None:
        return result
    if not isinstance(out, numpy.ndarray):
        raise TypeError(f"out must be a NumPy array, but it is a {type(out).__name__}")
    if out.dtype != result.dtype or not out.flags.writeable:
        layout = "" if out.flags.writeable else " and read-only"
        raise TypeError(f"out must be a writeable {result.dtype} array, but it is {out.dtype}{layout}")
    if out.shape != result.shape:
        raise ValueError(f"out must have shape {result.shape}, but its shape is {out.shape}")
    out[...] = result
    return out


def through_layers(network: Layers, input: NDArray[Any]) -> NDArray[Any]:
    """``input`` through every layer's ``forward`` in turn."""
    output: Any = input
    for layer in network:
        output = forward_of(layer)(output)
    return numpy.asarray(output)
