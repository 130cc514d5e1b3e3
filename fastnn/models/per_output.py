"""The losses of a model with several outputs, as one, and a metric of one of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastnn.losses.base import Loss
from fastnn.metrics.base import Metric
from fastnn_ext.engine.options import LossOptions

__all__ = ["LossPerOutput", "MetricOfOutput"]


class LossPerOutput(Loss):
    """The sum of a loss for each output, each times its weight; targets and outputs are lists, in the outputs' order.

    ``model.compile`` makes it of a loss for each output.

    Parameters
    ----------
    losses : mapping of str to Loss
        By the names of the outputs.
    weights : sequence of float
        What each is multiplied by.

    Raises
    ------
    ValueError
        For a weight that is not a finite number of at least 0.

    Examples
    --------
    >>> from fastnn.losses import Huber, MeanSquaredError
    >>> LossPerOutput({"price": Huber(), "risk": MeanSquaredError()}, [1.0, 0.5]).name
    'price: huber, risk: 0.5 mean_squared_error'
    """

    def __init__(self, losses: Mapping[str, Loss], weights: Sequence[float]) -> None:
        self.losses, self.weights = dict(losses), tuple(_weight(weight) for weight in weights)
        named = zip(self.losses.items(), self.weights, strict=True)
        self.name = ", ".join(
            f"{output}: {'' if weight == 1 else f'{weight:g} '}{loss.name}" for (output, loss), weight in named
        )

    def engine_options(self, loss_weight: float = 1.0) -> list[LossOptions]:
        parts = zip(self.losses.values(), self.weights, strict=True)
        return [loss.engine_options(weight * loss_weight) for loss, weight in parts]

    def targets(self, y: Any, outputs: Any) -> Any:
        return [
            _about(output, loss.targets, rows, size)
            for (output, loss), rows, size in zip(self.losses.items(), y, outputs, strict=True)
        ]

    def check_range(self, y: Any) -> None:
        for (output, loss), rows in zip(self.losses.items(), y, strict=True):
            _about(output, loss.check_range, rows)

    def misfit_of_outputs(self, activation: Any) -> str | None:
        for (output, loss), name in zip(self.losses.items(), activation, strict=True):
            misfit = loss.misfit_of_outputs(name)
            if misfit is not None:
                return f"the output {output}: {misfit}"
        return None

    def __repr__(self) -> str:
        return f"LossPerOutput({self.losses!r}, {self.weights!r})"


class MetricOfOutput(Metric):
    """A metric of one output; targets and outputs are lists, in the outputs' order. ``model.compile`` makes it.

    Parameters
    ----------
    metric : Metric
    output : str
        The output's name, with which the metric's name begins.
    place : int
        Of the output among all.

    Examples
    --------
    >>> from fastnn.metrics import MeanAbsoluteError
    >>> MetricOfOutput(MeanAbsoluteError(), "price", 0).name
    'price_mean_absolute_error'
    """

    def __init__(self, metric: Metric, output: str, place: int) -> None:
        super().__init__(f"{output}_{metric.name}")
        self.metric, self.output, self.place = metric, output, place
        self.larger_is_better = metric.larger_is_better

    def compute(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        given = () if sample_weight is None else (sample_weight,)
        return self.metric.compute(y_true[self.place], y_pred[self.place], *given)

    def check_truth(self, y_true: Any, outputs: Any) -> None:
        try:
            self.metric.check_truth(y_true[self.place], outputs[self.place])
        except ValueError as error:
            raise ValueError(f"the output {self.output}: {error}") from None

    def __repr__(self) -> str:
        return f"{self.metric!r} of {self.output}"


def _about(output: str, function: Callable[..., Any], *given: Any) -> Any:
    """The function's result; its errors say which output they are about."""
    try:
        return function(*given)
    except ValueError as error:
        raise ValueError(f"the output {output}: {error}") from None


def _weight(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"loss_weights must be finite numbers of at least 0, but one is {value!r}")
    return float(value)
