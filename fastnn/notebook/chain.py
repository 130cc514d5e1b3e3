"""The network: a list of layers, checked as a chain, and lowered to an engine plan where it can be.

Any object with ``forward`` and ``backward``, or ``forward_propagation`` and ``backward_propagation``, is a layer; only
the built-in ones know their sizes and can be lowered.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from fastnn.notebook.layers import ActivationLayer, FCLayer, FlattenLayer, Layer
from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.plan import Plan

Layers = Sequence[Any]


def check_network(network: Layers) -> None:
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
        if not is_layer(layer):
            raise TypeError(f"network[{index}] must be a layer with methods forward and backward, but it is {layer!r}")
        if _hides_its_size(layer):
            size = None
            continue
        if layer.input_size is not None:
            if size is not None and layer.input_size != size:
                raise ValueError(
                    f"{layer_name(network, index)} expects {layer.input_size} inputs, "
                    f"but {layer_name(network, source)} gives {size}"
                )
            size, source = layer.output_size, index


def is_layer(layer: object) -> bool:
    """Whether an object, no class, has the methods of a layer."""
    return not isinstance(layer, type) and all(callable(_method(layer, verb)) for verb in ("forward", "backward"))


def forward_of(layer: Any) -> Callable[[Any], Any]:
    """The method ``forward(input)`` of a layer, whichever of its two names it has."""
    found: Callable[[Any], Any] = _method(layer, "forward")
    return found


def backward_of(layer: Any) -> Callable[[Any, float], Any]:
    """The method ``backward(output_error, learning_rate)`` of a layer, whichever of its two names it has."""
    found: Callable[[Any, float], Any] = _method(layer, "backward")
    return found


def _hides_its_size(layer: Any) -> bool:
    """Whether only a layer of the user's own knows how many numbers it takes and gives."""
    return not isinstance(layer, Layer) or (layer.input_size is None and not isinstance(layer, ActivationLayer))


def _method(layer: Any, verb: str) -> Any:
    return getattr(layer, verb, None) or getattr(layer, f"{verb}_propagation", None)


def layer_name(network: Layers, index: int) -> str:
    """How messages call a layer.

    >>> layer_name([FlattenLayer((2, 2))], 0)
    'network[0] (FlattenLayer)'
    """
    return f"network[{index}] ({type(network[index]).__name__})"


def input_size(network: Layers) -> int | None:
    """Numbers that one sample has at the network's input; None where a user's own layer hides it."""
    for layer in network:
        if _hides_its_size(layer):
            return None
        size: int | None = layer.input_size
        if size is not None:
            return size
    return None


def output_size(network: Layers) -> int | None:
    """Numbers that one sample has behind the last layer; None where a user's own layer hides it."""
    for layer in reversed(network):
        if _hides_its_size(layer):
            return None
        size: int | None = layer.output_size
        if size is not None:
            return size
    return None


def dtype_of(network: Layers) -> numpy.dtype[numpy.floating]:
    """The dtype of the first fully connected layer; float64 where there is none.

    >>> dtype_of([FCLayer(2, 1)])
    dtype('float32')
    """
    found = next((layer.dtype for layer in network if isinstance(layer, FCLayer)), None)
    return numpy.dtype(numpy.float64) if found is None else found


def lower(network: Layers) -> Plan | None:
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
    if all(type(layer).__module__.startswith("fastnn.notebook.layers.") and layer.lower(plan) for layer in network):
        return plan
    return None


def dense(array: NDArray[Any] | CompressedRows, name: str) -> NDArray[Any]:
    """``array`` itself, unless it is a sparse matrix, which takes networks that run in compiled code: TypeError."""
    if isinstance(array, CompressedRows):
        raise TypeError(
            f"{name} is a sparse matrix, which layers of your own cannot take: pass {name}.toarray(), or build the "
            "network of the package's layers and losses alone"
        )
    return array


def count_samples(network: Layers, array: NDArray[Any] | CompressedRows, name: str) -> int | None:
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
    if len(array.shape) > 0 and array.shape[1:] in shapes:
        return int(array.shape[0])
    sample = ", ".join(map(str, first.input_shape if isinstance(first, FlattenLayer) else (size,)))
    raise ValueError(
        f"{name} must have shape (samples, {sample}) to fit {layer_name(network, 0)}, but its shape is {array.shape}"
    )
