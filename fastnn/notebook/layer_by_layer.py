"""One backward pass through a list of layers, for networks that run layer by layer."""

import contextlib
import math
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from fastnn.notebook.chain import Layers, backward_of
from fastnn.notebook.layers import FCLayer
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.sgd import SGD
from fastnn_ext.bindings.update import optimizer_step
from fastnn_ext.tables.enums import SLOTS


def backward_pass(network: Layers, optimizer: Optimizer) -> Callable[[Any], None]:
    """A function that takes the loss' gradient back through ``network`` and moves its parameters by ``optimizer``.

    Plain gradient descent is what every layer's ``backward`` does; for other rules fully connected layers give their
    gradients, and layers of the user's own still learn in their ``backward``.
    """
    rule, clipping = optimizer.rule(), optimizer.clipping()
    start = rule.pop("initial_square", 0.0)
    plain = isinstance(optimizer, SGD) and optimizer.momentum == 0 and not optimizer.weight_decay and not clipping
    starts = [start if slot == 1 else 0.0 for slot in SLOTS[rule["optimizer"]]]
    state = {
        id(layer): [[numpy.full_like(array, value) for value in starts] for array in layer.parameters().values()]
        for layer in network
        if type(layer) is FCLayer
    }
    steps, momentum_product = 0, 1.0

    def backward(output_error: Any) -> None:
        with _ctrl_c_waits():
            move(output_error)

    def move(output_error: Any) -> None:
        nonlocal steps, momentum_product
        rule["learning_rate"] = optimizer.rate_at(steps)
        steps += 1
        gradients: list[tuple[FCLayer, tuple[Any, ...]]] = []
        for layer in reversed(network):
            if plain or id(layer) not in state:
                output_error = backward_of(layer)(output_error, rule["learning_rate"])
                continue
            output_error, its = layer.gradients(output_error)
            gradients.append((layer, its))
        arrays = [array for _, its in gradients for array in its]
        _clip(arrays, **clipping)
        product = momentum_product
        for layer, its in gradients:
            for array, gradient, kept in zip(layer.parameters().values(), its, state[id(layer)], strict=True):
                product = optimizer_step(array, gradient, kept, steps, **rule, momentum_product=momentum_product)
        momentum_product = product

    return backward


@contextlib.contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Hold Ctrl-C back: it comes between any two steps of Python, where some layers have moved and others have not."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    came: list[tuple[Any, ...]] = []
    signal.signal(signal.SIGINT, lambda *what: came.append(what))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            handler(*came[0])


def _clip(gradients: list[Any], clip_value: float = 0.0, clip_norm: float = 0.0, global_clip_norm: float = 0.0) -> None:
    """Bring gradients within their limits, in place; 0 is no limit."""
    if clip_value:
        for gradient in gradients:
            numpy.clip(gradient, -clip_value, clip_value, out=gradient)
    norms = [float(numpy.linalg.norm(gradient)) for gradient in gradients] if clip_norm or global_clip_norm else []
    whole = math.hypot(*norms)
    for gradient, norm in zip(gradients, norms, strict=False):
        factor = clip_norm / norm if 0 < clip_norm < norm else 1.0
        gradient *= factor * (global_clip_norm / whole if 0 < global_clip_norm < whole else 1.0)
