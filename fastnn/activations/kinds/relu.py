"""ReLU: ``max(x, 0)`` (Nair and Hinton 2010)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.activations.kinds.general_relu import MAX_VALUE, NEGATIVE_SLOPE, THRESHOLD
from fastnn.layers.activation import Activation
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer
from fastnn_ext.tables.enums import Activation as Engine

if TYPE_CHECKING:
    from fastnn.interop.keras_options import Options

__all__ = ["KIND", "ReLU"]


class ReLU(Activation):
    """``max(x, 0)``; or ``min(x, max_value)`` above ``threshold``, ``negative_slope * (x - threshold)`` elsewhere.

    Parameters
    ----------
    max_value : float, optional
        The largest output, finite and not negative; by default there is none.
    negative_slope : float, default 0
        Finite and not negative.
    threshold : float, default 0
        Finite and not negative.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> [ReLU(*options).applied.name for options in [(), (6,), (None, 0.1), (None, 0, 1)]]
    ['relu', 'relu6', 'leaky_relu', 'general_relu']
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        options = (MAX_VALUE.checked(max_value), NEGATIVE_SLOPE.checked(negative_slope), THRESHOLD.checked(threshold))
        super().__init__(_with(*options), name=name, input_shape=input_shape)

    def configuration(self) -> dict[str, Any]:
        limit, slope, threshold = _options(self.applied)
        options = {"max_value": MAX_VALUE.written(limit), "negative_slope": slope, "threshold": threshold}
        return {**options, **Layer.configuration(self)}


def _with(max_value: float, negative_slope: float, threshold: float) -> AppliedActivation:
    """The fastest of the activations that these options make."""
    match max_value, negative_slope, threshold:
        case math.inf, 0.0, 0.0:
            return AppliedActivation("relu")
        case 6.0, 0.0, 0.0:
            return AppliedActivation("relu6")
        case math.inf, slope, 0.0 if slope < 1:
            return AppliedActivation("leaky_relu", (slope,))
    return AppliedActivation("general_relu", (max_value, negative_slope, threshold))


def _options(applied: AppliedActivation) -> tuple[float, float, float]:
    """From what `_with` made of them."""
    match applied.name, applied.numbers:
        case "relu6", _:
            return 6.0, 0.0, 0.0
        case "leaky_relu", (slope,):
            return math.inf, slope, 0.0
        case "general_relu", (limit, slope, threshold):
            return limit, slope, threshold
    return math.inf, 0.0, 0.0


def _from_keras(options: Options) -> Activation:
    # 0, too, is a limit.
    limit = options.get("max_value")
    return ReLU(
        None if limit is None else options.number("max_value"),
        options.number("negative_slope", 0.0),
        options.number("threshold", 0.0),
    )


KIND = ActivationKind(
    name="relu",
    aliases=(),
    engine=Engine.RELU,
    lower=None,
    parameters=(),
    layer=ReLU,
    negative=False,
    function=lambda x: np.maximum(x, 0),
    derivative=lambda x: np.where(x > 0, 1.0, 0.0),
    from_output=lambda y: np.where(y > 0, 1.0, 0.0),
    c="""
/* max(x, 0); NaN stays NaN. */
static void ${name}_relu($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] <= 0 ? 0 : x[i];
}
""",
    onnx=lambda x: x.apply("Relu"),
    keras=_from_keras,
    torch="ReLU",
    torch_function="relu",
    sklearn="relu",
)
