"""What there is to say of an activation, in one object; one of each is in the files of `fastnn.activations.kinds`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastnn import activations
from fastnn.registry import Without
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.keras_layers import Options
    from fastnn.interop.onnx_graph import Value
    from fastnn.layers.activation import Activation
    from fastnn_ext.engine.plan import Plan

__all__ = ["ActivationKind", "Parameter"]


class Parameter:
    """The one number that some activations have.

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
    """

    def __init__(self, *, name: str, by_name: float, of_function: float, below: float, allowed: str) -> None:
        self.name, self.by_name, self.of_function = name, by_name, of_function
        self.below, self.allowed = below, allowed

    def checked(self, value: float) -> float:
        """``value`` as a layer's; raises ValueError where it is not allowed."""
        if not 0 <= value < self.below:
            raise ValueError(f"{self.name} must be {self.allowed}, but it is {value}")
        return float(value)


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
    lower : callable of (plan, slope) or None
        How it is appended to a plan; None is by its number.
    parameter : Parameter or None
        Other methods call its value the slope.
    layer : class or Without
        Its layer.
    negative : bool
        Whether it may be negative.
    function, derivative : callable of (x, slope), or Without
        The formula in float64 NumPy, for tests; x is an array with one sample a row.
    from_output : callable of (y, slope), or None
        The derivative from the activation's own value, where the compiled code takes it from there.
    c : str or Without
        Of the C exporter: a function that writes ``size`` numbers to y, which may be x, and takes the slope where there
        is a parameter. ``$real`` is float or double, ``$f`` the suffix of float's literals and functions.
    onnx : callable of (value, slope), or Without
        Of the ONNX exporter: the activation of a value.
    keras : callable of options, or Without
        From the options of Keras' layer of the same class name to a layer. Every activation may also stand in Keras'
        ``Activation`` by its name.
    torch : str or Without
        PyTorch's class; its attributes are called as the parameter.
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
        lower: Callable[[Plan, float], object] | None,
        parameter: Parameter | None,
        layer: type[Activation] | Without,
        negative: bool,
        function: Callable[[Any, float], Any],
        derivative: Callable[[Any, float], Any] | Without,
        from_output: Callable[[Any, float], Any] | None,
        c: str | Without,
        onnx: Callable[[Value, float], Value] | Without,
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
        self.parameter, self.layer, self.negative = parameter, layer, negative
        self.function, self.derivative, self.from_output = function, derivative, from_output
        self.c, self.onnx, self.onnx_opset = c, onnx, onnx_opset
        self.keras, self.sklearn = keras, sklearn
        self.torch, self.torch_function, self.torch_misfit = torch, torch_function, torch_misfit
        self.torch_options = {} if torch_options is None else dict(torch_options)

    @property
    def slope(self) -> float:
        """The parameter where a user writes the name alone; 0 where there is none."""
        return 0.0 if self.parameter is None else self.parameter.by_name

    @property
    def function_slope(self) -> float:
        """The parameter where a user passes the compiled function; 0 where there is none."""
        return 0.0 if self.parameter is None else self.parameter.of_function

    @property
    def compiled(self) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
        """The compiled function and its derivative; None where the engine has no number of it."""
        if isinstance(self.engine, Without):
            return None
        return getattr(activations, self.name), getattr(activations, f"{self.name}_prime")

    def lower(self, plan: Plan, slope: float) -> None:
        """Append it to an engine plan."""
        if self._lower is not None:
            self._lower(plan, slope)
        elif not isinstance(self.engine, Without):
            plan.add_activation(self.engine, slope)

    def __repr__(self) -> str:
        return f"<activation {self.name}>"
