"""Layers of a user's own that call other layers: each is a model within the model, and shares its way to a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from fastnn.checking.scalars import true_or_false
from fastnn.checking.shapes import Shape, checked_shape
from fastnn.keras.functional import Model
from fastnn.keras.own_weights import OwnWeight
from fastnn.keras.translating import Translated, translated
from fastnn.keras.verbs import KerasModel
from fastnn.layers import Layer as OurLayer

__all__ = ["Block", "Lambda", "Layer"]

# What ``add_weight`` takes by position.
_KERAS_3 = ("shape", "initializer", "dtype", "trainable", "regularizer", "constraint", "name")
_KERAS_2 = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")


class Block(Model):
    """What a class derived from ``keras.layers.Layer`` is: a layer whose ``call`` says how those within are connected.

    Parameters
    ----------
    name : str, optional
    trainable : bool, default True
    dtype : dtype-like, optional
        By default that of ``keras.backend.set_floatx``.
    input_shape : tuple of int, optional
        Of one sample, where it is the first layer of a Sequential; ``input_dim`` is the number of features.

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

    # Of a sample, where it was told so as the first layer.
    sample_shape: Shape | None = None

    def __init__(self, *, name: str | None = None, trainable: bool = True, dtype: Any = None, **options: Any) -> None:
        kind = type(self).__name__
        taken = translated(("layers",), kind, options)
        declared = taken.pop("input_shape", None)
        for unknown in taken:
            raise TypeError(f"{kind} has no argument {unknown!r}: it takes name, trainable, dtype and input_shape")
        if not hasattr(type(self), "call"):
            raise TypeError(f"{kind} needs a call(self, x), which says what layers within it are called on")
        super().__init__(name=name, trainable=true_or_false(trainable, "trainable"), dtype=dtype)
        self._keep(sample_shape=None if declared is None else checked_shape(declared, "input_shape"))

    def add_weight(self, *args: Any, **options: Any) -> OwnWeight:
        """A weight, in ``build`` or ``__init__``: a kernel of two axes, or a bias of one, of ``x @ kernel + bias``.

        Parameters
        ----------
        shape : tuple of int
        initializer, dtype, trainable, regularizer, constraint, name
            As in Keras, by position, too; Keras 2 has the name first.

        Raises
        ------
        TypeError
            For a shape of another kind, or where ``call`` does something else with it.
        """
        names = _KERAS_2 if args and (args[0] is None or isinstance(args[0], str)) else _KERAS_3
        given = dict(zip(names, args, strict=False))
        if len(args) > len(names) or given.keys() & options.keys() or options.keys() - set(_KERAS_3):
            raise TypeError(
                f"add_weight takes {', '.join(names)}, each once, but {len(args)} came and {sorted(options)}"
            )
        given |= options
        shape, dtype = given.pop("shape", None), given.pop("dtype", None)
        trainable = true_or_false(given.pop("trainable", True), "trainable")
        if dtype not in (None, "float32", np.float32, self.dtype):
            raise TypeError(f"a weight cannot have dtype={dtype!r}: it has the model's type, leave it out")
        if not isinstance(shape, list | tuple) or len(shape) not in (1, 2) or None in shape:
            raise TypeError(f"a weight must be a kernel, of two sizes, or a bias, of one, but its shape is {shape!r}")
        return OwnWeight(shape, trainable=trainable, **given)


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
