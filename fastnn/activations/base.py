"""What there is to say of an activation, in one object; one of each is in the files of `fastnn.activations.kinds`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastnn import activations
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.keras_options import Options
    from fastnn.interop.onnx_graph import Value
    from fastnn.layers.activation import Activation
    from fastnn_ext.engine.plan import Plan

__all__ = ["ActivationKind", "Parameter"]


class Parameter:
    """A number that an activation has beside x.

    Parameters
    ----------
    name : str
        In Keras, in PyTorch, of the layer's constructor and of the compiled function.
    by_name : float
        What it is where a user writes the activation's name.
    of_function : float
        The compiled function's default.
    below : float
        A layer takes at least 0, and numbers below this.
    allowed : str
        The same in words.
    example : float
        A value that is no default, for tests; with these, kinks are at whole numbers.
    """

    def __init__(
        self, *, name: str, by_name: float, of_function: float, below: float, allowed: str, example: float
    ) -> None:
        self.name, self.by_name, self.of_function = name, by_name, of_function
        self.below, self.allowed, self.example = below, allowed, example

    @property
    def is_limit(self) -> bool:
        """Whether it may be absent, which is None to users and files, and infinity to the engine."""
        return self.by_name == math.inf

    def checked(self, value: float | None) -> float:
        """``value`` as a layer's; raises ValueError where it is not allowed."""
        if value is None and self.is_limit:
            return math.inf
        if value is None or not 0 <= value < self.below:
            raise ValueError(f"{self.name} must be {self.allowed}, but it is {value}")
        return float(value)

    def written(self, number: float) -> float | None:
        """The number as a layer takes it."""
        return None if self.is_limit and number == math.inf else number


class ActivationKind:
    """An activation. No argument but the last two has a default, so that nothing is forgotten in silence.

    Parameters
    ----------
    name : str
        Keras' name, and that of the file.
    aliases : tuple of str
        Further names.
    engine : Activation or Without
        The engine's number.
    lower : callable of (plan, *numbers) or None
        How it is appended to a plan; None is by its number.
    parameters : tuple of Parameter
        What it has beside x; functions of it take their values, the numbers, behind x.
    layer : class or Without
        Its layer.
    negative : bool
        Whether it may be negative.
    function, derivative : callable of (x, *numbers), or Without
        The formula in float64 NumPy, for tests; x is an array with one sample a row.
    from_output : callable of (y, *numbers), or None
        The derivative from the activation's own value, where the compiled code takes it from there.
    c : str or Without
        Of the C exporter: a function that writes ``size`` numbers to y, which may be x, and takes the numbers behind
        size. ``$real`` is float or double, ``$f`` the suffix of float's literals and functions.
    onnx : callable of (value, *numbers), or Without
        Of the ONNX exporter: the activation of a value.
    keras : callable of options, or Without
        From the options of Keras' layer of the same class name to a layer. Every activation may also stand in Keras'
        ``Activation`` by its name.
    torch : str or Without
        PyTorch's class; its attributes are called as the parameters.
    torch_function : str or Without
        PyTorch's function, in ``torch.nn.functional``, or in ``torch`` itself.
    sklearn : str or None
        What scikit-learn's perceptrons call it, if they have it.
    torch_options : mapping of str to objects, optional
        Options of PyTorch's class and function with which they are this activation. A class may be several.
    torch_misfit : callable of a module, optional
        What options of PyTorch's class fastnn does not have, in words, or None.
    onnx_opset : int, optional
        The oldest of ONNX' versions that has all operators in float32.
    """

    def __init__(
        self,
        *,
        name: str,
        aliases: tuple[str, ...],
        engine: Engine | Without,
        lower: Callable[..., object] | None,
        parameters: tuple[Parameter, ...],
        layer: type[Activation] | Without,
        negative: bool,
        function: Callable[..., Any],
        derivative: Callable[..., Any] | Without,
        from_output: Callable[..., Any] | None,
        c: str | Without,
        onnx: Callable[..., Value] | Without,
        keras: Callable[[Options], Activation] | Without,
        torch: str | Without,
        torch_function: str | Without,
        sklearn: str | None,
        torch_options: Mapping[str, Any] | None = None,
        torch_misfit: Callable[[Any], str | None] | None = None,
        onnx_opset: int = 13,
    ) -> None:
        if isinstance(engine, Without) and lower is None:
            raise TypeError(f"the activation {name} has neither a number of the engine nor a way to lower it")
        self.name, self.aliases, self.engine, self._lower = name, aliases, engine, lower
        self.parameters, self.layer, self.negative = parameters, layer, negative
        self.function, self.derivative, self.from_output = function, derivative, from_output
        self.c, self.onnx, self.onnx_opset = c, onnx, onnx_opset
        self.keras, self.sklearn = keras, sklearn
        self.torch, self.torch_function, self.torch_misfit = torch, torch_function, torch_misfit
        self.torch_options = {} if torch_options is None else dict(torch_options)

    @property
    def numbers(self) -> tuple[float, ...]:
        """The parameters' values where a user writes the name alone."""
        return tuple(parameter.by_name for parameter in self.parameters)

    @property
    def function_numbers(self) -> tuple[float, ...]:
        """The parameters' values where a user passes the compiled function."""
        return tuple(parameter.of_function for parameter in self.parameters)

    @property
    def compiled(self) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
        """The compiled function and its derivative; None where the engine has no number of it."""
        if isinstance(self.engine, Without):
            return None
        return getattr(activations, self.name), getattr(activations, f"{self.name}_prime")

    def lower(self, plan: Plan, *numbers: float) -> None:
        """Append it to an engine plan."""
        if self._lower is not None:
            self._lower(plan, *numbers)
        elif not isinstance(self.engine, Without):
            plan.add_activation(self.engine, *numbers)

    def __repr__(self) -> str:
        return f"<activation {self.name}>"
