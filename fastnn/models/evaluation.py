"""Evaluation: the loss and metrics of a model on data, without training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.callbacks.base import CallbackList
from fastnn.checking.arrays import check_finite
from fastnn.data.names import Names
from fastnn.metrics.base import Metric
from fastnn.models.batch_rows import BatchRows
from fastnn.models.batches import BATCH_SIZE, Batches
from fastnn.models.compiled import CompiledModel
from fastnn.models.compiling import loss_logs
from fastnn.models.inputs import Samples, explain, read_batch
from fastnn.models.metric_values import values_of
from fastnn.models.running_logs import RunningLogs
from fastnn.models.several import count_rows, each, join_rows, take_rows
from fastnn_ext.engine.compressed import CompressedRows
from fastnn_ext.engine.options import RuleOptions
from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.engine.training import NonFiniteError, Training
from fastnn_ext.tables.enums import UpdateRule

__all__ = [
    "EVALUATED_TOGETHER",
    "BatchEvaluation",
    "Evaluation",
    "joined_logs",
    "metrics_of",
    "of_batches",
    "told_of_evaluation",
]

# Rows that are evaluated together where the user does not say: as many as stay in the cache.
EVALUATED_TOGETHER = 256


class Evaluation:
    """Data prepared for repeated evaluation, such as after each epoch."""

    def __init__(
        self,
        model: CompiledModel,
        samples: Samples,
        batch_size: int | None = None,
        *,
        keep_index: bool = True,
    ) -> None:
        _, loss = model.needs_compile()
        self.model, self.samples, self.inputs, self.targets = model, samples, samples.inputs, samples.targets
        self.batch_size = batch_size or BATCH_SIZE
        self.training = Training(
            model.needs_plan(),
            samples.inputs,
            samples.targets,
            batch_size or EVALUATED_TOGETHER,
            loss.engine_options(),
            RuleOptions(UpdateRule.SGD, 0.0),
            sample_weight=samples.weights,
            record=bool(model.metrics),
            inference=True,
            keep_index=keep_index,
            frozen_arrays=model.frozen_arrays(),
        )

    def take(self, samples: Samples) -> None:
        """Let the next run be of other samples; the evaluation was made with ``keep_index=False``."""
        self.samples, self.inputs, self.targets = samples, samples.inputs, samples.targets
        self.training.take_data(samples.inputs, samples.targets, samples.weights)

    @property
    def outputs(self) -> Any:
        """Those of the last run, where the model has metrics."""
        return take_rows(self.training.outputs, slice(self.samples.count))

    def check(self) -> Evaluation:
        """Return itself, or raise ValueError if a number is not finite or a target is out of bounds."""
        _, loss = self.model.needs_compile()
        for data, name in ((self.inputs, "the validation x"), (self.targets, "the validation y")):
            for array in each(data):
                if isinstance(array, np.ndarray):
                    check_finite(array, name)
        loss.check_range(self.targets)
        return self

    def loss(self, read_anew: bool = False) -> float:
        """The loss, or NaN if it is not finite. ``read_anew`` is for data that may have changed since the last run."""
        if read_anew:
            self.training.read_anew()
        try:
            return self.training.run_epoch()
        except NonFiniteDataError as failure:
            raise explain(self.model, self.inputs, self.targets, failure.sample) from None
        except NonFiniteError:
            return float("nan")

    def run(self, read_anew: bool = False, watchers: CallbackList | None = None) -> dict[str, float]:
        """Loss and metrics by name, batch by batch where somebody watches batches."""
        with told_of_evaluation(watchers) as told:
            if watchers is not None and watchers.watches_test_batches:
                told |= of_batches(self.model, self._batches(), watchers, "the data")
            else:
                told |= loss_logs(self.model.output_names, self.loss(read_anew), self.training.losses_of_outputs)
                told |= metrics_of(
                    self.model.metrics,
                    self.targets,
                    self.training.outputs,
                    self.samples.weights,
                    BatchRows.of_size(self.batch_size, self.samples.count),
                )
        return told

    def _batches(self) -> Iterator[Samples]:
        if any(isinstance(one, CompressedRows) for one in each(self.inputs)):
            raise ValueError(
                "batches of a sparse matrix cannot be watched one by one: leave such callbacks out, or pass batches"
            )
        for start in range(0, self.samples.count, self.batch_size):
            yield self.samples.taken(slice(start, start + self.batch_size))


class BatchEvaluation:
    """Batches that are evaluated one by one; an endless source goes on where the last evaluation stopped."""

    def __init__(self, model: CompiledModel, batches: Batches, steps: int | None, name: str) -> None:
        self.model, self.batches, self.steps, self.name = model, batches, steps, name

    def run(self, read_anew: bool = False, watchers: CallbackList | None = None) -> dict[str, float]:
        """Loss and metrics by name; ValueError where there are no batches. All are read anew in any case."""
        with told_of_evaluation(watchers) as told:
            self.batches.tell("on_epoch_begin")
            told |= of_batches(self.model, self._samples(), watchers, self.name)
            self.batches.tell("on_epoch_end")
        return told

    def _samples(self) -> Iterator[Samples]:
        names: Names | None = None
        for item in self.batches.epoch(self.steps):
            samples = read_batch(self.model, item, names, f"a batch of {self.name}")
            if samples.count:
                names = samples.names
                yield samples


@contextlib.contextmanager
def told_of_evaluation(watchers: CallbackList | None) -> Iterator[dict[str, float]]:
    """Tell callbacks of an evaluation's beginning, and of its end, also where it failed, with what is known by then."""
    logs: dict[str, float] = {}
    if watchers is not None:
        watchers.tell("on_test_begin")
    try:
        yield logs
    finally:
        if watchers is not None:
            watchers.tell("on_test_end", logs)


def of_batches(
    model: CompiledModel,
    batches: Iterable[Samples],
    watchers: CallbackList | None,
    name: str,
    running: RunningLogs | None = None,
) -> dict[str, float]:
    """Loss and metrics of all batches together, where there is one from what ``running`` counts."""
    totals, done = np.zeros(len(model.output_names) + 1), 0
    watched = watchers if watchers is not None and watchers.watches_test_batches else None
    seen: list[tuple[Any, Any, Any]] = []
    for number, samples in enumerate(batches):
        if watched is not None:
            watched.tell("on_test_batch_begin", number)
        evaluation = Evaluation(model, samples, samples.count)
        value = evaluation.loss()
        by_output = evaluation.training.losses_of_outputs
        outputs = evaluation.training.outputs
        if running is not None:
            running.add(samples.targets, outputs, samples.weights, value, by_output)
        totals, done = totals + np.array([value, *by_output]) * samples.count, done + samples.count
        if outputs is not None and running is None:
            seen.append((samples.targets, outputs, samples.weights))
        if watched is not None:
            watched.tell("on_test_batch_end", number, {"loss": value})
    if done == 0:
        raise ValueError(f"{name} gave no batches: it must be an iterable of (x, y) or (x, y, sample_weight)")
    return joined_logs(model, totals / done, seen) if running is None else running.logs()


def joined_logs(
    model: CompiledModel,
    means: NDArray[np.float64],
    seen: list[tuple[Any, Any, Any]],
    batches: Iterable[Any] | None = None,
) -> dict[str, float]:
    """Loss and metrics of all batches, from means over samples and the targets, outputs and weights of each.

    ``batches`` are the rows of each, where what was seen are no batches but parts.
    """
    loss, *by_output = means.tolist()
    logs = loss_logs(model.output_names, loss, by_output)
    if seen:
        targets, outputs = (join_rows([batch[part] for batch in seen]) for part in (0, 1))
        counts = [count_rows(batch[0]) for batch in seen]
        weighed = [(batch[2], count) for batch, count in zip(seen, counts, strict=True)]
        weights = _joined_weights(weighed, len(by_output))
        rows = BatchRows.of_counts(counts) if batches is None else batches
        logs |= metrics_of(model.metrics, targets, outputs, weights, rows)
    return logs


def _joined_weights(parts: list[tuple[Any, int]], outputs: int) -> Any:
    """The weights of all batches, each with its samples; a batch, or an output of one, without any has ones."""
    if all(weights is None for weights, _ in parts):
        return None
    by_output = []
    for place in range(outputs):
        given = [(_of_output(weights, place), count) for weights, count in parts]
        by_output.append(np.concatenate([np.ones(count) if one is None else one for one, count in given]))
    return by_output if outputs > 1 else by_output[0]


def _of_output(weights: Any, place: int) -> Any:
    return weights[place] if isinstance(weights, list) else weights


def metrics_of(
    metrics: list[Metric], targets: Any, outputs: Any, weights: Any, batches: Iterable[Any]
) -> dict[str, float]:
    """Each metric of the outputs, weighted where it asks for that; NaN where the outputs are not finite.

    ``batches`` are the rows of each batch, for metrics that judge batch by batch.
    """
    if not metrics:
        return {}
    if outputs is None:
        raise RuntimeError("the model has other metrics than when it was compiled: call compile(metrics=...) for them")
    try:
        return values_of(metrics, targets, outputs, weights, batches)
    except ValueError:
        if all(np.isfinite(one).all() for one in each(outputs)):
            raise
        return {metric.name: float("nan") for metric in metrics}
