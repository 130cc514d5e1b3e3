"""The network: a list of layers, checked as a chain, and lowered to an engine plan where it can be.

Any object with ``forward`` and ``backward`` is a layer; only the built-in ones know their sizes and can be lowered.
"""

from collections.abc import Sequence
from typing import Any

import numpy
from numpy.typing import ArrayLike, NDArray

from fastnn.layers import FCLayer, FlattenLayer, Layer
from fastnn_ext.plan import Plan

Network = Sequence[Any]

# Rows are checked for NaN in pieces of about this many numbers, so that the check needs no copy of the data.
_NUMBERS_PER_CHECK = 1 << 18


def check_network(network: Network) -> None:
    """Check that ``network`` is a non-empty list of layers whose sizes chain.

    Raises
    ------
    TypeError
        When it is no list, or an element lacks ``forward`` or ``backward``.
    ValueError
        When it is empty, or a layer expects another number of inputs than the one before gives.

    Examples
    --------
    >>> check_network([FlattenLayer((2, 2)), FCLayer(5, 1)])
    Traceback (most recent call last):
    ...
    ValueError: network[1] (FCLayer) expects 5 inputs, but network[0] (FlattenLayer) gives 4
    """
    if isinstance(network, str | bytes) or not isinstance(network, Sequence):
        raise TypeError(f"network must be a list of layers, but it is a {type(network).__name__}")
    if not network:
        raise ValueError("network must have at least one layer, but it is empty")
    size, source = None, 0
    for index, layer in enumerate(network):
        if isinstance(layer, type) or not all(callable(getattr(layer, verb, None)) for verb in ("forward", "backward")):
            raise TypeError(f"network[{index}] must be a layer with methods forward and backward, but it is {layer!r}")
        if not isinstance(layer, Layer):
            size = None
            continue
        if layer.input_size is not None:
            if size is not None and layer.input_size != size:
                raise ValueError(
                    f"{layer_name(network, index)} expects {layer.input_size} inputs, "
                    f"but {layer_name(network, source)} gives {size}"
                )
            size, source = layer.output_size, index


def layer_name(network: Network, index: int) -> str:
    """How messages call a layer.

    >>> layer_name([FlattenLayer((2, 2))], 0)
    'network[0] (FlattenLayer)'
    """
    return f"network[{index}] ({type(network[index]).__name__})"


def input_size(network: Network) -> int | None:
    """Numbers that one sample has at the network's door; None where a user's own layer hides it."""
    for layer in network:
        if not isinstance(layer, Layer):
            return None
        if layer.input_size is not None:
            return layer.input_size
    return None


def output_size(network: Network) -> int | None:
    """Numbers that one sample has behind the last layer; None where a user's own layer hides it."""
    for layer in reversed(network):
        if not isinstance(layer, Layer):
            return None
        if layer.output_size is not None:
            return layer.output_size
    return None


def dtype_of(network: Network) -> numpy.dtype[numpy.floating]:
    """The dtype of the first fully connected layer; float64 where there is none.

    >>> dtype_of([FCLayer(2, 1)])
    dtype('float32')
    """
    found = next((layer.dtype for layer in network if isinstance(layer, FCLayer)), None)
    return numpy.dtype(numpy.float64) if found is None else found


def lower(network: Network) -> Plan | None:
    """The network as an engine plan over the layers' own arrays; None where a layer cannot be lowered.

    >>> lower([FCLayer(2, 1)]) is None
    False
    """
    size = input_size(network)
    if size is None:
        return None
    shape = network[0].input_shape if isinstance(network[0], FlattenLayer) else None
    plan = Plan(size, dtype_of(network), shape)
    # A subclass may have overridden forward or backward, which the engine would not call.
    if all(type(layer).__module__.startswith("fastnn.layers.") and layer.lower(plan) for layer in network):
        return plan
    return None


def real_dtype_array(value: ArrayLike, name: str) -> NDArray[Any]:
    """``value`` as an array of real numbers, whether finite or not.

    Raises
    ------
    TypeError
        For an object, complex, string or date dtype, or ragged lists.
    """
    try:
        array = numpy.asarray(value)
    except ValueError as error:
        raise TypeError(f"{name} must be an array of numbers, but its rows differ in length: {error}") from error
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} must hold real numbers, but its dtype is {array.dtype}: "
            f"convert it with {name}.astype(float) if its values are numbers"
        )
    return array


def check_finite(array: NDArray[Any], name: str) -> None:
    """Raise ValueError when ``array`` holds NaN or infinity; the message names the first place."""
    if array.dtype.kind != "f" or not array.size:
        return
    rows = array.reshape(array.shape[0], -1) if array.ndim else array.reshape(1, 1)
    step = max(1, _NUMBERS_PER_CHECK // max(1, rows.shape[1]))
    for start in range(0, len(rows), step):
        finite = numpy.isfinite(rows[start : start + step])
        if not finite.all():
            place = numpy.unravel_index(start * rows.shape[1] + int(finite.argmin()), array.shape)
            spelled = ", ".join(str(int(i)) for i in place)
            raise ValueError(
                f"{name} must hold finite numbers, but {name}[{spelled}] is {array[place]}: "
                "remove or fill in such samples first"
            )


def real_array(value: ArrayLike, name: str) -> NDArray[Any]:
    """``value`` as an array of finite real numbers.

    Raises
    ------
    TypeError
        For an object, complex, string or date dtype, or ragged lists.
    ValueError
        When it holds NaN or infinity; the message names the first place.

    Examples
    --------
    >>> real_array([[1.0, float("nan")]], "x_train")
    Traceback (most recent call last):
    ...
    ValueError: x_train must hold finite numbers, but x_train[0, 1] is nan: remove or fill in such samples first
    """
    array = real_dtype_array(value, name)
    check_finite(array, name)
    return array


def converted(array: NDArray[Any], dtype: numpy.dtype[numpy.floating], name: str) -> NDArray[Any]:
    """``array`` contiguous and in ``dtype``: itself where it is so already, else one copy.

    Raises
    ------
    ValueError
        When a finite number becomes infinite in ``dtype``.

    Examples
    --------
    >>> converted(numpy.array([1e300]), numpy.dtype(numpy.float32), "x_train")
    Traceback (most recent call last):
    ...
    ValueError: x_train reaches 1e+300, too large for float32: scale it, or make the layers with dtype=numpy.float64
    """
    with numpy.errstate(over="ignore"):
        result = numpy.ascontiguousarray(array, dtype=dtype)
    if array.dtype.kind == "f" and array.dtype.itemsize > dtype.itemsize and not numpy.isfinite(result).all():
        largest = numpy.abs(array).max()
        raise ValueError(
            f"{name} reaches {largest:g}, too large for {dtype}: scale it, or make the layers with dtype=numpy.float64"
        )
    return result


def count_samples(network: Network, array: NDArray[Any], name: str) -> int | None:
    """Samples in ``array`` as the network's input; None where it is a single sample without a batch axis.

    A sample has the flatten layer's ``input_shape``, or is a row of the first layer's size, with or without an axis of
    length one before it, as (samples, 1, size).

    Raises
    ------
    ValueError
        When its shape fits neither a sample nor a batch.

    Examples
    --------
    >>> count_samples([FlattenLayer((28, 28))], numpy.zeros((5, 28, 28)), "input")
    5
    """
    size = input_size(network)
    first = network[0]
    shapes: set[tuple[int | None, ...]] = {(size,)}
    if isinstance(first, FlattenLayer):
        shapes.add(first.input_shape)
    if array.shape in shapes:
        return None
    shapes.add((1, size))
    if array.ndim > 0 and array.shape[1:] in shapes:
        return len(array)
    sample = ", ".join(map(str, first.input_shape if isinstance(first, FlattenLayer) else (size,)))
    raise ValueError(
        f"{name} must have shape (samples, {sample}) to fit {layer_name(network, 0)}, but its shape is {array.shape}"
    )
