"""Full-batch training: the loss over all data as a function of the parameters, minimised by SciPy's L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastnn.callbacks.base import CallbackList
from fastnn.layers.drawing import DrawingLayer
from fastnn.models.compiled import CompiledModel
from fastnn.models.evaluation import Evaluation
from fastnn.models.inputs import Samples
from fastnn.models.leaves import leaf_layers
from fastnn.models.strategy import Strategy
from fastnn.models.training import raise_or_stop
from fastnn.optimizers.lbfgs import LBFGS
from fastnn_ext.engine.training import NonFiniteError

__all__ = ["check_layers", "minimize"]


def check_layers(model: CompiledModel) -> None:
    """Raise ValueError for layers that draw at random, and for constraints: a line search knows neither."""
    for layer in leaf_layers(model.layers):
        if isinstance(layer, DrawingLayer):
            raise ValueError(f"LBFGS needs a loss that is always the same, but {layer.name} draws at random")
        if any(getattr(layer, f"{name}_constraint", None) is not None for name in layer.arrays):
            raise ValueError(f"LBFGS knows no constraints, but {layer.name} has one: use a regularizer")


def minimize(
    model: CompiledModel,
    samples: Samples,
    iterations: int,
    finish: Callable[[dict[str, float]], bool],
    watchers: CallbackList,
    strategy: Strategy,
) -> None:
    """Minimise a model's loss. ``finish`` gets loss and metrics after each iteration, and returns whether to go on.

    Raises
    ------
    ImportError
        Where SciPy is missing; the message says how to get it.
    ValueError
        For layers that draw at random, and for constraints: a line search knows neither.
    """
    check_layers(model)
    try:
        from scipy import optimize
    except ImportError:
        raise ImportError("LBFGS needs SciPy: pip install fastnn-ext[scipy]") from None
    rule = model.optimizer
    assert isinstance(rule, LBFGS)
    objective = strategy.objective(model, samples)
    evaluation = strategy.evaluation(Evaluation(model, samples))

    def after_iteration(intermediate_result: Any) -> None:
        objective.move_to(intermediate_result.x)
        if not finish(evaluation.run()):
            raise StopIteration

    try:
        start = objective.start()
    except NonFiniteError as failure:
        raise_or_stop(model, failure, "the first look at the data", None, watchers)
        return
    result = optimize.minimize(
        objective,
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
    objective.move_to(result.x)
