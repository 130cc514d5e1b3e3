"""Activation layers: one function applied to every number, or a softmax over the numbers of a sample.

Those that have a class of their own (`ReLU` and so on) are in `fastnn.activations.kinds`, beside all else of them.
"""

from collections.abc import Sequence
from typing import Any

from fastnn.activations import kinds
from fastnn.layers import applied
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer
from fastnn_ext.engine.plan import Plan

__all__ = ["Activation", "NamedActivation"]


class Activation(Layer):
    """An activation as a layer of its own.

    Parameters
    ----------
    activation : str or pair of functions
        As for `Dense`: a name, or your own function and its derivative.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> Activation("tanh").applied.name
    'tanh'
    """

    def __init__(self, activation: Any, *, name: str | None = None, input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, input_shape=input_shape)
        self.applied: AppliedActivation = applied.resolve(activation)

    @property
    def output_activation(self) -> str | None:
        return None if self.applied.name == "linear" else self.applied.output_name

    def lower(self, plan: Plan) -> None:
        self.applied.lower(plan)

    def configuration(self) -> dict[str, Any]:
        return {"activation": self.applied, **super().configuration()}


class NamedActivation(Activation):
    """An activation that its class names; use a subclass, such as `fastnn.layers.ReLU`."""

    activation_name = "linear"

    def __init__(self, *, name: str | None = None, input_shape: Sequence[int] | None = None) -> None:
        super().__init__(self.activation_name, name=name, input_shape=input_shape)

    def configuration(self) -> dict[str, Any]:
        return Layer.configuration(self)


def __getattr__(name: str) -> Any:
    # Pickles of earlier versions look here for the classes.
    if name in kinds.__all__:
        return getattr(kinds, name)
    raise AttributeError(f"module 'fastnn.layers.activation' has no attribute {name!r}")
