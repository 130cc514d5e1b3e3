"""Full-batch training: the loss over all data as a function of the parameters, minimised by SciPy's L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.callbacks.base import CallbackList
from fastnn.layers import BatchNormalization, Dense, Dropout, GaussianNoise, LayerNormalization
from fastnn.models.compiled import CompiledModel
from fastnn.models.evaluation import Evaluation
from fastnn.models.inputs import Samples, explain
from fastnn.models.training import make_training, raise_or_stop
from fastnn.optimizers.lbfgs import LBFGS
from fastnn_ext.engine.plan import NonFiniteDataError, allocate
from fastnn_ext.engine.training import NonFiniteError

__all__ = ["minimize"]

# What a line search is told where the loss is not finite: far above any loss, but no infinity, which it cannot halve.
_VERY_HIGH = 1e100


def minimize(
    model: CompiledModel,
    samples: Samples,
    iterations: int,
    finish: Callable[[dict[str, float]], bool],
    watchers: CallbackList,
) -> None:
    """Minimise a model's loss. ``finish`` gets loss and metrics after each iteration, and returns whether to go on.

    Raises
    ------
    ImportError
        Where SciPy is missing; the message says how to get it.
    ValueError
        For layers that draw at random, and for constraints: a line search knows neither.
    """
    for layer in model.layers:
        if isinstance(layer, Dropout | GaussianNoise):
            raise ValueError(f"LBFGS needs a loss that is always the same, but {layer.name} draws at random")
        if isinstance(layer, Dense) and layer.kernel_constraint is not None:
            raise ValueError(f"LBFGS knows no constraints, but {layer.name} has one: use a kernel_regularizer")
    try:
        from scipy import optimize
    except ImportError:
        raise ImportError("LBFGS needs SciPy: pip install fastnn-ext[scipy]") from None
    inputs, targets = samples.inputs, samples.targets
    rule = model.optimizer
    assert isinstance(rule, LBFGS)
    training = make_training(model, inputs, targets, samples.count, samples.weights, keep_index=True)
    parameters = model.parameters
    assert parameters is not None
    variables = [variable for layer in model.layers for variable in layer.variables() if variable.trainable]
    # The same layout as that of the parameters.
    gradient, pieces = allocate([variable.shape for variable in variables], model.dtype)
    present = _present(model)
    evaluation = Evaluation(model, samples)

    def value_and_gradient(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        parameters[...] = point
        try:
            value = training.run_epoch()
        except NonFiniteDataError as failure:
            raise explain(model, inputs, targets, failure.sample) from None
        except NonFiniteError:
            return _VERY_HIGH, gradient.astype(np.float64)
        collected = [array for array, there in zip(training.gradients(), present, strict=True) if there]
        for piece, array in zip(pieces, collected, strict=True):
            piece[...] = array.reshape(piece.shape)
        return value, gradient.astype(np.float64)

    def after_iteration(intermediate_result: Any) -> None:
        parameters[...] = intermediate_result.x
        if not finish(evaluation.run()):
            raise StopIteration

    start = parameters.astype(np.float64)
    if value_and_gradient(start)[0] == _VERY_HIGH:
        try:
            training.run_epoch()
        except NonFiniteError as failure:
            raise_or_stop(model, failure, "the first look at the data", None, watchers)
            return
    result = optimize.minimize(
        value_and_gradient,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=after_iteration,
        options={
            "maxiter": iterations,
            "maxfun": 50 * iterations,
            "maxcor": rule.history_size,
            "gtol": rule.tolerance_grad,
            "ftol": rule.tolerance_change,
        },
    )
    parameters[...] = result.x


def _present(model: CompiledModel) -> list[bool]:
    """Which arrays of the engine's pairs the model has: a dense layer may have no bias."""
    present = []
    for layer in model.layers:
        if isinstance(layer, Dense | BatchNormalization | LayerNormalization):
            names = [variable.name for variable in layer.variables()]
            pair = ("kernel", "bias") if "kernel" in names else ("gamma", "beta")
            present += [name in names for name in pair]
    return present
