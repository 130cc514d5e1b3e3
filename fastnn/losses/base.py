"""What all loss classes share: which of the engine's losses they are, and which targets they take."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.strict import Strict
from fastnn.registry import Without
from fastnn_ext.engine.options import LossOptions
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["PIECES", "TINY", "CustomLoss", "Example", "Loss"]

Example: TypeAlias = tuple[NDArray[Any], NDArray[Any]]

# What keeps logarithms from zero: Keras' epsilon.
TINY = 1e-7
# What each loss of the package defines; the registry refuses one that does not.
PIECES = (
    "name", "aliases", "engine", "summed", "keras", "torch", "takes", "last_layer", "example", "formula", "derivative",
)  # fmt: skip


class Loss(Strict):
    """A loss for ``model.compile``; use a subclass, or a pair of functions through `CustomLoss`.

    Each of the package's own is a file that holds all there is to say of it, `PIECES`.

    Values are averaged over samples, and over outputs too except for the entropies of classes, which are summed over
    them. Sample weights multiply each sample's value before.

    Attributes
    ----------
    name : str
        Under which messages and files know it.
    aliases : tuple of str
        Further names that users may write.
    engine : fastnn_ext.bindings.losses.Loss
        The engine's number.
    summed : bool
        Whether a sample's value is the sum over its outputs, and not the mean.
    keras, torch : str or Without
        What the class is called there.
    takes : str
        Which targets, for the documentation.
    last_layer : str
        The activation whose outputs it is made for.
    """

    name: str
    aliases: tuple[str, ...]
    engine: EngineLoss
    summed: bool
    keras: str | Without
    torch: str | Without
    takes: str
    last_layer: str
    # Targets lie within these.
    low = -math.inf
    high = math.inf
    meaning = "finite targets"

    @classmethod
    def example(cls, rng: np.random.Generator, samples: int, outputs: int) -> Example:
        """Random targets and outputs that it has a meaning for."""
        raise NotImplementedError(f"{cls.__name__} has no example")

    def formula(self, y_true: Any, y_pred: Any) -> Any:
        """Its value for each output of each sample, in float64 NumPy: what the engine is tested against."""
        raise NotImplementedError(f"{type(self).__name__} has no formula")

    def derivative(self, y_true: Any, y_pred: Any) -> Any:
        """The derivative of a sample's sum of `formula` with respect to each output."""
        raise NotImplementedError(f"{type(self).__name__} has no formula")

    def options(self) -> dict[str, Any]:
        """What the engine takes beside the loss, by the names of its arguments."""
        return {}

    def engine_options(self, loss_weight: float = 1.0) -> Any:
        """How the engine judges outputs; a list where there are several."""
        return LossOptions(self.engine, **self.options(), **self.bounds(), loss_weight=loss_weight)

    def targets(self, y: Any, outputs: Any) -> Any:
        """``y`` as rows that the engine reads, shape (samples, outputs), or (samples, 1) of int32 for class numbers.

        Raises
        ------
        ValueError
            For labels of the wrong form: the message says which form the loss takes.
        """
        if y.ndim == 1 and outputs == 1:
            y = y.reshape(-1, 1)
        if y.ndim != 2 or y.shape[1] != outputs:
            raise ValueError(self.misfit(y, outputs))
        return y

    def bounds(self) -> dict[str, Any]:
        """The limits of targets, by the names of the engine's arguments: it checks them as it reads."""
        return {"target_low": self.low, "target_high": self.high}

    def check_range(self, y: Any) -> None:
        """Raise ValueError where a target lies outside the limits; the message says what the loss takes."""
        smallest, largest = y.min(), y.max()
        if smallest < self.low or largest > self.high:
            found = smallest if smallest < self.low else largest
            raise ValueError(f"the loss {self.name} takes {self.meaning}, but y holds {found:g}")

    def misfit_of_outputs(self, activation: Any) -> str | None:
        """What is wrong with outputs of this activation, in a sentence; None where the loss has a meaning for them."""
        return None

    def misfit(self, y: NDArray[Any], outputs: int) -> str:
        """What is wrong with targets of this shape, in a sentence."""
        return (
            f"the loss {self.name} takes targets of shape (samples, {outputs}), as many as the model has outputs, "
            f"but y has shape {y.shape}"
        )

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments as plain values, for saving."""
        return dict(vars(self))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.configuration().items())})"
        )


class CustomLoss(Loss):
    """A loss of your own: its value and its gradient, as Python functions that are called for each batch.

    Parameters
    ----------
    value : callable
        Of (y_true, y_pred), both of shape (batch, outputs): the mean loss, or one number for each sample, which sample
        weights need.
    gradient : callable
        Of the same: the gradient of the batch's mean loss with respect to y_pred, of y_pred's shape.
    name : str, optional
        By default the value's own name.

    Raises
    ------
    TypeError
        If either is not callable.

    Examples
    --------
    >>> import numpy as np
    >>> loss = CustomLoss(
    ...     lambda y_true, y_pred: np.mean((y_true - y_pred) ** 4, axis=1),
    ...     lambda y_true, y_pred: 4 * (y_pred - y_true) ** 3 / y_pred.size,
    ...     name="fourth_power",
    ... )
    >>> loss.name
    'fourth_power'
    """

    engine = EngineLoss.MEAN_SQUARED_ERROR

    def __init__(
        self, value: Callable[[Any, Any], Any], gradient: Callable[[Any, Any], Any], name: str | None = None
    ) -> None:
        for what, function in (("value", value), ("gradient", gradient)):
            if not callable(function):
                raise TypeError(f"{what} must be a function of (y_true, y_pred), but it is {function!r}")
        self.value, self.gradient = value, gradient
        self.name = name or str(getattr(value, "__name__", type(value).__name__))

    def options(self) -> dict[str, Any]:
        return {"loss_function": (self.value, self.gradient)}

    def __repr__(self) -> str:
        return f"CustomLoss(name={self.name!r})"
