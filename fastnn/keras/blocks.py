"""Layers of a user's own that call other layers: each is a model within the model, and shares its way to a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastnn.checking.scalars import true_or_false
from fastnn.keras.functional import Model
from fastnn.keras.translating import Translated, translated
from fastnn.keras.verbs import KerasModel
from fastnn.layers import Layer as OurLayer

__all__ = ["Block", "Lambda", "Layer"]


class Block(Model):
    """What a class derived from ``keras.layers.Layer`` is: a layer whose ``call`` says how those within are connected.

    Parameters
    ----------
    name : str, optional
    trainable : bool, default True
    dtype : dtype-like, optional
        By default that of ``keras.backend.set_floatx``.

    Raises
    ------
    TypeError, ValueError
        For a ``call`` that is no graph of layers; see `fastnn.keras.Model`.

    Examples
    --------
    >>> from fastnn.keras import Sequential, layers
    >>> class Residual(layers.Layer):
    ...     def __init__(self, units, **options):
    ...         super().__init__(**options)
    ...         self.hidden = layers.Dense(units, activation="relu")
    ...
    ...     def call(self, x):
    ...         return self.hidden(x) + x
    >>> Sequential([layers.Input((4,)), Residual(4), layers.Dense(1)]).count_params()
    25
    """

    def __init__(self, *, name: str | None = None, trainable: bool = True, dtype: Any = None, **options: Any) -> None:
        kind = type(self).__name__
        for unknown in translated(("layers",), kind, options):
            instead = "put an Input before it" if unknown == "input_shape" else "it takes name, trainable and dtype"
            raise TypeError(f"{kind} has no argument {unknown!r}: {instead}")
        if not hasattr(type(self), "call"):
            raise TypeError(f"{kind} needs a call(self, x), which says what layers within it are called on")
        super().__init__(name=name, trainable=true_or_false(trainable, "trainable"), dtype=dtype)


class Lambda(Block):
    """A function of what keras.ops and ``+``, ``-`` and ``*`` compute, as a layer.

    Parameters
    ----------
    function : callable
        Of what the layer takes. It is called once, on symbolic tensors.
    output_shape : optional
        Keras' argument, which the function tells itself.
    arguments : dict, optional
        What else it is called with, by name.
    name : str, optional
    input_shape : tuple of int, optional
        Of one sample, where it is the first layer.

    Examples
    --------
    >>> from fastnn.keras import Sequential, layers
    >>> Sequential([layers.Input((3,)), Lambda(lambda x: x * x)]).predict([[1.0, 2.0, 3.0]])
    array([[1., 4., 9.]], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        arguments: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        **options: Any,
    ) -> None:
        if not callable(function):
            raise TypeError(f"function must be a function of what the layer takes, but it is {function!r}")
        super().__init__(name=name, **options)
        self._function, self._with = function, dict(arguments or {})
        if input_shape is not None:
            self.build_for(input_shape)

    def call(self, inputs: Any) -> Any:
        return self._function(inputs, **self._with)


class _Layer(Translated):
    """The name ``Layer``: of all layers where it is asked for, and of a block where a class is derived from it."""

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (Block,)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, OurLayer | KerasModel)

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, OurLayer | KerasModel)


Layer = _Layer(OurLayer, "layers")
