"""What pictures of a model need to know of it: that it is built, and how its parts are called.

The notebook's own list of layers is drawn as the `fastnn.Sequential` of the same layers.
"""

from collections.abc import Sequence
from typing import Any

from fastnn.checking.shapes import Shape
from fastnn.layers.activation import Activation
from fastnn.layers.base import Layer
from fastnn.layers.dense import Dense
from fastnn.layers.flatten import Flatten
from fastnn.layers.input import Input
from fastnn.layers.once import arrays_once
from fastnn.models.functional import Model
from fastnn.models.sequential import Sequential
from fastnn.notebook.chain import check_network, dtype_of, input_size, is_layer, layer_name
from fastnn.notebook.layers import ActivationLayer, FCLayer, FlattenLayer, SoftmaxLayer

TIMES = "\N{MULTIPLICATION SIGN}"


def built(model: object) -> Sequential:
    """``model``, where it is a built `Sequential`, or the one of a list of the notebook's layers.

    Raises
    ------
    TypeError
        When it is neither, or a layer is the user's own.
    RuntimeError
        When it is not built.

    Examples
    --------
    >>> built(Sequential())
    Traceback (most recent call last):
    ...
    RuntimeError: the model is not built: call model.build(input_shape) with the shape of one sample, or fit it, first
    """
    if is_network(model):
        return _model_of(model)
    if not isinstance(model, Sequential):
        raise TypeError(
            f"model must be a fastnn.Sequential or a list of layers, but it is of type {type(model).__name__}"
        )
    if not model.built:
        raise RuntimeError(
            "the model is not built: call model.build(input_shape) with the shape of one sample, or fit it, first"
        )
    return model


def built_graph(model: Model) -> Model:
    """``model``, where it is built; RuntimeError where it is not."""
    if not model.built:
        raise RuntimeError("the model is not built: call model.build(), or fit it, first")
    return model


def is_network(model: object) -> bool:
    """Whether this is a list of the notebook's layers, or a `fastnn.Network`."""
    return isinstance(model, Sequence) and len(model) > 0 and is_layer(model[0])


def _model_of(network: Any) -> Sequential:
    """The model of the same layers, with the same weights, copied."""
    check_network(network)
    layers: list[Layer] = []
    weights: list[Any] = []
    for index, layer in enumerate(network):
        name = f"{type(layer).__name__} {index}"
        match layer:
            case FlattenLayer():
                layers.append(Flatten(name=name))
            case FCLayer():
                layers.append(Dense(layer.output_size, name=name))
                weights += [layer.weights, layer.bias[0]]
            case SoftmaxLayer():
                layers.append(Activation("softmax", name=name))
            case ActivationLayer():
                layers.append(Activation((layer.activation, layer.activation_prime), name=name))
            case _:
                raise TypeError(f"{layer_name(network, index)} is a layer of your own, which no picture knows")
    size = input_size(network)
    if size is None:
        raise ValueError("a network is drawn from its sizes, but no layer has one: add an FCLayer")
    shape = network[0].input_shape if isinstance(network[0], FlattenLayer) else (size,)
    model = Sequential([Input(shape), *layers], name="network", dtype=dtype_of(network))
    model.set_weights(weights)
    return model


def layers_with_kernel(model: Sequential) -> list[Layer]:
    """The layers that weigh their inputs.

    Raises ValueError where there is none.
    """
    found = [layer for layer in model.layers if "kernel" in layer.arrays]
    if not found:
        raise ValueError(f"the model {model.name} has no layer with weights to draw, such as Dense(10)")
    return found


def activation_of(layer: Layer) -> str:
    """The name of the activation that a layer applies; empty where it has none.

    >>> activation_of(Dense(20, "relu"))
    'relu'
    """
    if isinstance(layer, Dense):
        return layer.activation.name
    return layer.applied.name if isinstance(layer, Activation) else ""


def shape_text(shape: Shape | None) -> str:
    """A shape as people write it.

    >>> shape_text((2, 3)) == f"2 {TIMES} 3"
    True
    """
    return f" {TIMES} ".join(f"{size:,}" for size in shape or ())


def short_name(layer: Layer, limit: int = 24) -> str:
    """A layer's name, cut where it is longer than ``limit`` letters.

    >>> short_name(Dense(20, name="a_layer_with_much_to_say"), limit=10)
    'a_layer_w…'
    """
    name = str(layer.name)
    return name if len(name) <= limit else f"{name[: limit - 1]}…"


def title_of(layer: Layer) -> str:
    """A layer's name with what it is.

    >>> title_of(Dense(20, "relu", name="hidden"))
    'hidden (Dense, relu)'
    """
    kind = type(layer).__name__
    activation = "" if isinstance(layer, Activation) and activation_of(layer) == kind.lower() else activation_of(layer)
    return f"{short_name(layer)} ({kind}, {activation})" if activation else f"{short_name(layer)} ({kind})"


def count_text(layers: list[Layer]) -> str:
    """How many parameters layers have, in words.

    >>> count_text([Dense(20)])
    '0 parameters'
    """
    return counted(sum(array.size for _, _, array in arrays_once(layers)), "parameter")


def counted(count: int, word: str, plural: str | None = None) -> str:
    """A number of things.

    >>> counted(1, "bias", "biases"), counted(1200, "weight")
    ('1 bias', '1,200 weights')
    """
    return f"{count:,} {word if count == 1 else plural or f'{word}s'}"
