"""One backward pass through a list of layers, for networks that run layer by layer."""

from collections.abc import Callable
from typing import Any

import numpy

from fastnn.notebook.layers import FCLayer
from fastnn.notebook.network import Network
from fastnn.optimizers import SGD, Optimizer
from fastnn_ext.update import optimizer_step


def step_network(network: Network, optimizer: Optimizer) -> Callable[[Any], None]:
    """A function that takes the loss' gradient back through ``network`` and moves its parameters by ``optimizer``.

    Plain gradient descent is what every layer's ``backward`` does; for other rules fully connected layers give their
    gradients, and layers of the user's own still learn in their ``backward``.
    """
    plain = isinstance(optimizer, SGD) and optimizer.momentum == 0
    state = {
        id(layer): [(numpy.zeros_like(array), numpy.zeros_like(array)) for array in layer.parameters().values()]
        for layer in network
        if type(layer) is FCLayer
    }
    steps = 0

    def backward(output_error: Any) -> None:
        nonlocal steps
        steps += 1
        for layer in reversed(network):
            if plain or id(layer) not in state:
                output_error = layer.backward(output_error, optimizer.learning_rate)
                continue
            output_error, gradients = layer.gradients(output_error)
            for array, gradient, (first, second) in zip(
                layer.parameters().values(), gradients, state[id(layer)], strict=True
            ):
                optimizer_step(array, gradient, first, second, steps, **optimizer.rule())  # type: ignore[arg-type]

    return backward
