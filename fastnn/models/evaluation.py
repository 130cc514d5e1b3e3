"""Evaluation: the loss and metrics of data with a model as it is, without learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastnn.arrays import check_finite
from fastnn.models.inputs import Samples, explain, read_samples
from fastnn_ext.plan import NonFiniteDataError
from fastnn_ext.plan import Optimizer as Rule
from fastnn_ext.training import NonFiniteError, Training

if TYPE_CHECKING:
    from fastnn.metrics.base import Metric
    from fastnn.models.sequential import Sequential

__all__ = ["Evaluation", "evaluate", "metrics_of"]

# Rows that are evaluated together where the user does not say: as many as stay in the cache.
_BATCH_SIZE = 256


class Evaluation:
    """Data made ready to be evaluated again and again, such as after each epoch."""

    def __init__(
        self,
        model: Sequential,
        samples: Samples,
        batch_size: int | None = None,
    ) -> None:
        _, loss = model.needs_compile()
        self.model, self.inputs, self.targets = model, samples.inputs, samples.targets
        self.training = Training(
            model.needs_plan(),
            samples.inputs,
            samples.targets,
            batch_size or _BATCH_SIZE,
            loss.engine,
            Rule.SGD,
            0.0,
            sample_weight=samples.weights,
            record=bool(model.metrics),
            inference=True,
            **loss.options(),
            **loss.bounds(),
        )

    def check(self) -> Evaluation:
        """Itself, once every number is known to be finite and every target in bounds; ValueError says which is not."""
        _, loss = self.model.needs_compile()
        for array, name in ((self.inputs, "the validation x"), (self.targets, "the validation y")):
            if isinstance(array, np.ndarray):
                check_finite(array, name)
        loss.check_range(self.targets)
        return self

    def run(self, read_anew: bool = False) -> dict[str, float]:
        """Loss and metrics by name; a loss that is not finite is told as it is.

        Data that may have changed since the last run are to be read anew.
        """
        if read_anew:
            self.training.read_anew()
        try:
            value = self.training.run_epoch()
        except NonFiniteDataError as failure:
            raise explain(self.model, self.inputs, self.targets, failure.sample) from None
        except NonFiniteError:
            value = float("nan")
        return {"loss": value, **metrics_of(self.model.metrics, self.targets, self.training.outputs)}


def evaluate(model: Sequential, x: Any, y: Any, batch_size: int | None, sample_weight: Any) -> dict[str, float]:
    """Loss and metrics of a user's data, by name."""
    model.needs_compile()
    samples = read_samples(model, x, y, sample_weight)
    return Evaluation(model, samples, batch_size).run()


def metrics_of(metrics: list[Metric], targets: NDArray[Any], outputs: NDArray[Any] | None) -> dict[str, float]:
    """Each metric of the outputs; NaN where they are not finite."""
    if not metrics:
        return {}
    if outputs is None:
        raise RuntimeError("the model has other metrics than when it was compiled: call compile(metrics=...) for them")
    try:
        return {metric.name: float(metric(targets, outputs)) for metric in metrics}
    except ValueError:
        if np.isfinite(outputs).all():
            raise
        return {metric.name: float("nan") for metric in metrics}
