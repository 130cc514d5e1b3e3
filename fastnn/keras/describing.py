"""What a function computes, as a graph: it is called on symbolic tensors, as in training and as in prediction."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastnn.layers.base import Layer
from fastnn.layers.drawing import DrawingLayer
from fastnn.layers.input import Input
from fastnn.layers.symbolic import SymbolicTensor, tensors_of
from fastnn.layers.training_argument import described_as
from fastnn.models.graph import in_order

__all__ = ["described_outputs"]


def described_outputs(function: Callable[..., Any], what: str, inputs: Any, own: Callable[[], Iterable[Layer]]) -> Any:
    """What a function gives for symbolic inputs.

    It is called twice, with ``training`` False and True where it takes that. In training it may draw beside, by dropout
    and its like, which the layers of a graph do by themselves.

    Parameters
    ----------
    function : callable
    what : str
        What messages call it.
    inputs : SymbolicTensor, or list or dict of these
    own : function
        Gives all layers that may have weights, once the function was called.

    Returns
    -------
    SymbolicTensor, or list or dict of these

    Raises
    ------
    TypeError, ValueError
        Where it is no graph of layers; the message has the line, what is wrong there, and what to write.

    Examples
    --------
    >>> from fastnn.layers import Dense, Dropout
    >>> dense, dropout = Dense(3), Dropout(0.5)
    >>> def call(x, training=False):
    ...     return dense(dropout(x) if training else x)
    >>> described_outputs(call, "call", Input((2,)).tensor, lambda: [dense, dropout])
    <SymbolicTensor of Dense, shape (None, 3)>
    """
    asks = "training" in inspect.signature(function).parameters
    given = []
    for training in (False, True):
        with described_as(training):
            try:
                outputs = function(inputs, training=training) if asks else function(inputs)
            except (TypeError, ValueError, AttributeError, NotImplementedError, ImportError) as error:
                kind = ValueError if isinstance(error, ValueError) else TypeError
                raise kind(_told(error, function, what)) from error
        given.append((outputs, _tensors(outputs, what)))
    kept = {id(layer) for layer in own()}
    _check_weights(given[1][1], kept, what)
    known: dict[Any, int] = {}
    still, moving = ([_meaning(tensors, kept, known)] for _, tensors in given)
    if still != moving:
        raise TypeError(
            f"{what} computes in training what it does not in prediction, and more than layers do by themselves: call "
            "each layer whatever training is, and leave out what asks for it"
        )
    return given[1][0]


def _tensors(outputs: Any, what: str) -> tuple[SymbolicTensor, ...]:
    listed = list(outputs.values()) if isinstance(outputs, Mapping) else outputs
    return tensors_of(listed, f"what {what} returns")


def _check_weights(outputs: Iterable[SymbolicTensor], own: set[int], what: str) -> None:
    for tensor in in_order(list(outputs), set()):
        layer = tensor.layer
        if id(layer) not in own and layer.variables():
            raise TypeError(
                f"{what} makes a {type(layer).__name__} with weights of its own each time, or calls one that is no "
                "attribute: make it in __init__, self.layer = ..., and call that"
            )


def _meaning(outputs: Iterable[SymbolicTensor], own: set[int], known: dict[Any, int]) -> list[int]:
    """A number for what each output is, without what draws: the same for the same calls of layers.

    Layers of a function's own, which it makes as it runs, are the same where they are made in the same way.
    """
    found: dict[int, int] = {}
    for tensor in in_order(list(outputs), set()):
        layer, sources = tensor.layer, tuple(found[id(source)] for source in tensor.inputs)
        if isinstance(layer, DrawingLayer):
            found[id(tensor)] = sources[0]
            continue
        if id(layer) in own or isinstance(layer, Input):
            called: Any = id(layer)
        else:
            called = (type(layer), _told_of(layer))
        found[id(tensor)] = known.setdefault((called, sources, tensor.place), len(known))
    return [found[id(tensor)] for tensor in outputs]


def _told(error: Exception, function: Callable[..., Any], what: str) -> str:
    """What is wrong, and in which line of the function or of what it calls."""
    code = inspect.unwrap(function).__code__
    place = None
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code is code or not frame.f_globals.get("__name__", "").startswith(("fastnn.", "numpy.")):
            place = (frame.f_code.co_filename, trace.tb_lineno, frame.f_globals)
        trace = trace.tb_next
    where = ""
    if place is not None and place[2].get("__name__") != __name__:
        line = linecache.getline(*place).strip()
        where = f", in line {place[1]} of {place[0]}" + (f", {line!r}" if line else "")
    return (
        f"{what} cannot be described as a graph of layers{where}: {error} (it may call layers that __init__ "
        "makes, and functions of keras.ops, on what it is given and on what these return, and add and multiply that)"
    )


def _told_of(layer: Layer) -> str:
    """What a layer was made with, as a text; functions of Python are told apart by where they are."""
    applied = getattr(layer, "applied", None)
    if applied is not None and applied.functions is not None:
        return repr(applied.functions)
    return repr({**layer.get_config(), "name": None})
