"""The layer: one part of a network, which computes forward and learns backward.

Any object with the two methods ``forward`` and ``backward`` takes part in a network; this base class is what the
built-in layers share, so that they can be checked and lowered to the engine.
"""

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import ArrayLike, NDArray

from fastnn.checking.strict import Strict
from fastnn_ext.engine.plan import Plan

FloatArray = NDArray[Any]


class Layer(Strict, ABC):
    """A built-in layer, or the base of a reader's own, which defines ``forward`` and ``backward``.

    Teaching code also calls the two ``forward_propagation`` and ``backward_propagation``: every layer has both pairs of
    names, and a class of the reader's own may define either.

    Attributes
    ----------
    input_size, output_size : int or None
        Numbers that a sample has before and after the layer; None where the layer takes any number and keeps it.
    input, output : ndarray or None
        What the last call of ``forward`` took and gave; None before the first. Compiled code runs whole networks
        without calling their layers, so `train` and `predict` leave both as they are.

    Examples
    --------
    >>> class Double(Layer):
    ...     def forward_propagation(self, input):
    ...         return 2 * input
    ...
    ...     def backward_propagation(self, output_error, learning_rate):
    ...         return 2 * output_error
    >>> Double().forward(1.5)
    3.0
    """

    _has_state = True

    input_size: int | None = None
    output_size: int | None = None
    input: FloatArray | None
    output: FloatArray | None
    # What the last prediction of a network that starts with this layer ran: its layers and their plan.
    _plan: tuple[Any, Plan] | None = None

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for name in ("forward", "backward"):
            written = cls.__dict__.get(f"{name}_propagation")
            if written is not None and name not in cls.__dict__:
                setattr(cls, name, written)

    def __getstate__(self) -> dict[str, Any]:
        # A copy makes a plan of its own arrays.
        return {name: value for name, value in vars(self).items() if name not in {"_plan", "_in_training"}}

    @abstractmethod
    def forward(self, input: ArrayLike) -> FloatArray:
        """The layer's output for one sample or a batch."""

    @abstractmethod
    def backward(self, output_error: ArrayLike, learning_rate: float) -> FloatArray:
        """Learn from the gradient with respect to the last output; return the one with respect to its input."""

    def forward_propagation(self, input: ArrayLike) -> FloatArray:
        """Another name of ``forward``."""
        return self.forward(input)

    def backward_propagation(self, output_error: ArrayLike, learning_rate: float) -> FloatArray:
        """Another name of ``backward``."""
        return self.backward(output_error, learning_rate)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._told()})"

    def _told(self) -> str:
        """What it was made with, for people."""
        return ""

    def _repr_html_(self) -> str:
        """Its sizes and parameters, as Jupyter shows it."""
        from fastnn.html import table

        return table(repr(self), (), [(name, array.shape) for name, array in self.parameters().items()])

    def lower(self, plan: Plan) -> bool:
        """Append this layer to an engine plan; False where it has Python functions that the engine cannot run."""
        return False

    def parameters(self) -> dict[str, FloatArray]:
        """The arrays that training changes, by name: the layer's own, not copies."""
        return {}

    def configuration(self) -> dict[str, object]:
        """The constructor's arguments as plain values, for saving."""
        raise TypeError(f"{type(self).__name__} with Python functions of your own cannot be saved to a file")


def after_forward(remembered: FloatArray | None, layer: Layer) -> FloatArray:
    """What ``forward`` remembered, or a clear error where ``backward`` came first."""
    if remembered is None:
        raise RuntimeError(f"{type(layer).__name__}.backward needs the last forward pass: call forward(input) first")
    return remembered
