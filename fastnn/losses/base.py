"""What all loss classes share: which of the engine's losses they are, and which targets they take."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.checking.strict import Strict
from fastnn.losses.calling import reduced, sample_values
from fastnn.registry import Without
from fastnn_ext.engine.options import LossOptions
from fastnn_ext.tables.enums import Loss as EngineLoss

__all__ = ["PIECES", "REDUCTIONS", "TINY", "CustomLoss", "Example", "Loss"]

Example: TypeAlias = tuple[NDArray[Any], NDArray[Any]]

# What a call may make of the samples' values.
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none")
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

    Parameters
    ----------
    reduction : {"sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None}
        What a call makes of the samples' values: by default their mean (two names of one thing), their sum, the mean
        that divides by the sum of weights, or an array of all. Training takes means alone.

    Raises
    ------
    ValueError
        For another reduction.

    Examples
    --------
    >>> from fastnn.losses import MeanSquaredError
    >>> MeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 2.0]], sample_weight=[1.0, 0.5])
    0.75
    >>> MeanSquaredError(reduction="none")([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 2.0]])
    array([0.5, 2. ])
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
    reduction: str | None = "sum_over_batch_size"

    def __init__(self, reduction: str | None = "sum_over_batch_size") -> None:
        if not (reduction is None or (isinstance(reduction, str) and reduction in REDUCTIONS)):
            known = ", ".join(map(repr, REDUCTIONS))
            raise ValueError(f"reduction must be one of {known} or None, but it is {reduction!r}")
        # The default is the class', so that files and messages name it where it is another one.
        if reduction != "sum_over_batch_size":
            self.reduction = reduction

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """The loss of outputs, in float64 NumPy.

        Parameters
        ----------
        y_true : array-like
            Targets in the form that the loss takes.
        y_pred : array-like, shape (..., outputs)
            One row of outputs, or any number of them.
        sample_weight : array-like, optional
            A number, or one for each row.

        Returns
        -------
        float, or ndarray, shape (...)
            As the reduction says.

        Raises
        ------
        TypeError, ValueError
            For arrays that are no real numbers, whose shapes do not fit, or targets that the loss does not take.
        """
        # Outputs whose gradient is asked for, in a training loop of `fastnn.keras`, go their own way.
        recorded = getattr(y_pred, "judged_by", None)
        if recorded is not None:
            return recorded(self, y_true, sample_weight)
        return reduced(sample_values(self, y_true, y_pred), sample_weight, self.reduction)

    def of_any_outputs(self, y_true: Any, y_pred: Any) -> Any:
        """`formula`, with outputs that it has no value for kept within limits, as in Keras."""
        return self.formula(y_true, y_pred)

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

    def get_config(self) -> dict[str, Any]:
        """`configuration` as Keras calls it, with lists in place of tuples: what JSON can hold."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in self.configuration().items()
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A new one of what `get_config` gave; errors are those of the class."""
        return cls(**config)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.configuration().items())})"
        )


class CustomLoss(Loss):
    """A loss of your own: its value and its gradient, as Python functions that are called for each batch.

    Parameters
    ----------
    value : callable
        Of (y_true, y_pred): the mean loss, or one number for each sample, which sample weights need. ``y_pred`` has
        shape (batch, outputs), ``y_true`` that of the targets that came, (batch, ...), whatever it is.
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
        super().__init__()
        for what, function in (("value", value), ("gradient", gradient)):
            if not callable(function):
                raise TypeError(f"{what} must be a function of (y_true, y_pred), but it is {function!r}")
        self.value, self.gradient = value, gradient
        self.name = name or str(getattr(value, "__name__", type(value).__name__))

    def options(self) -> dict[str, Any]:
        return {"loss_function": (self.value, self.gradient)}

    def targets(self, y: NDArray[Any], outputs: Any) -> Any:
        # Whatever the functions take; one number for each of several samples is a column, as everywhere.
        return y.reshape(-1, 1) if y.ndim == 1 and outputs == 1 else y

    def configuration(self) -> dict[str, Any]:
        raise TypeError(f"the loss {self.name} is made of functions of your own, which no data can hold")

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """The value's mean, as training takes it; weights need one number for each sample."""
        values = np.asarray(self.value(np.asarray(y_true), np.asarray(y_pred)), dtype=np.float64)
        if values.ndim == 0 and sample_weight is not None and np.ndim(sample_weight):
            raise ValueError(
                f"the loss {self.name} gives one number for all samples: to be weighed by sample, it must return one "
                "for each"
            )
        return reduced(values, sample_weight, self.reduction)

    def __repr__(self) -> str:
        return f"CustomLoss(name={self.name!r})"
