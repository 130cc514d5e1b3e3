"""Steps that ranks take together: each one's gradients, their sum, and the optimiser's step by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.distributed.buckets import LEAST_BYTES, buckets_of
from fastnn.distributed.ranks import Ranks, weight_of
from fastnn.models.collecting import collecting_training, stepping_training
from fastnn.models.compiled import CompiledModel
from fastnn.models.gradients import layout_of
from fastnn.models.inputs import Samples, explain
from fastnn.models.several import count_rows, take_rows
from fastnn.models.training import failure_text
from fastnn_ext.engine.plan import NonFiniteDataError
from fastnn_ext.engine.training import (
    NonFiniteError,
    NonFiniteGradientsError,
    NonFiniteWeightsError,
    Training,
)

__all__ = ["Part", "Steps", "Sums"]

# Inputs, targets and weights of a rank's part of a batch.
Part = tuple[Any, Any, Any]


class Sums:
    """What an epoch has come to: rows and loss of all ranks, and of this one its rows, losses by output and records."""

    def __init__(self, outputs: int) -> None:
        self.rows, self.own_rows, self.loss = 0, 0, 0.0
        self.by_output = np.zeros(outputs)
        # Of each batch targets, outputs and weights, where metrics need them.
        self.seen: list[tuple[Any, Any, Any]] = []
        # The step of each.
        self.steps: list[int] = []


class Steps:
    """A model's training on one rank.

    Parameters
    ----------
    model : CompiledModel
        With the same weights and optimiser's state in all ranks.
    ranks : Ranks
    augmentation : dict, optional
        The engine's fields.
    data : Samples, optional
        All rows of this rank, where they are known: messages name the one that is bad.
    """

    def __init__(
        self,
        model: CompiledModel,
        ranks: Ranks,
        augmentation: dict[str, Any] | None = None,
        data: Samples | None = None,
    ) -> None:
        self.model, self.ranks, self.augmentation, self.data = model, ranks, augmentation, data
        self.layout = layout_of(model)
        # Makes the error for a sample of a part that the engine refuses, where somebody knows better than its arrays.
        self.explain_row: Callable[[Part, int], ValueError] | None = None
        self.collecting: Training | None = None
        self.capacity = 0
        self.stepping = stepping_training(model, self.layout)
        least = LEAST_BYTES // np.dtype(model.dtype).itemsize
        ends = [*sorted(self.layout.places)[1:], self.layout.size]
        buckets = buckets_of(self.early_gradients(), ends, least)
        self.gradient = ranks.prepare(self.layout.size, model.dtype, buckets)

    def early_gradients(self) -> list[tuple[int, int, int]]:
        """Those that may be summed before all others are there."""
        return self.stepping.early_gradients()

    def reserve(self, inputs: Any, targets: Any, weights: Any) -> None:
        """Make room for parts of batches with as many rows as these."""
        self.capacity = count_rows(inputs)
        self.collecting = collecting_training(
            self.model,
            self.layout,
            inputs,
            targets,
            weights,
            record=bool(self.model.metrics),
            augmentation=self.augmentation,
        )

    def step(
        self, part: Part | None, places: NDArray[np.intp], all_rows: int | None, where: str, sums: Sums
    ) -> float | None:
        """One step by a batch, of which this rank has a part or nothing; its mean loss, or None if there was none.

        ``all_rows`` is how many rows it has in all ranks, where that is known; ``where`` tells for messages which batch
        it is.
        """
        rows, loss = self.gradient_of(part, places, all_rows, where, sums)
        mean, found, all_loss = self.ranks.mean_step(self.gradient, rows, loss * rows, all_rows)
        if found == 0:
            return None
        self.step_by(mean, where)
        sums.rows, sums.loss = sums.rows + found, sums.loss + all_loss
        return all_loss / found

    def begin(self) -> None:
        """Look at what callbacks have made of the weights before an epoch."""

    def finish(self, sums: Sums) -> None:
        """Do what is left to do at the end of an epoch."""

    def take_back(self) -> None:
        """Make the weights those of all ranks again, where a step has failed."""

    def gradient_of(
        self, part: Part | None, places: NDArray[np.intp], all_rows: int | None, where: str, sums: Sums
    ) -> tuple[int, float]:
        """Leave the gradient of this rank's part in `gradient`; return its rows and their mean loss.

        Where sums overlap with that, they have begun by then.
        """
        if part is None:
            self.gradient[...] = 0
            return 0, 0.0
        try:
            loss = self._collect(part, places, all_rows, where, sums)
        except (FloatingPointError, ValueError) as error:
            # Here, so that whoever called this learns of it in all ranks.
            self.ranks.fail(error)
        return count_rows(part[0]), loss

    def step_by(self, gradient: NDArray[Any], where: str) -> None:
        """The optimiser's step."""
        stepping = self.stepping
        stepping.learning_rate = rate = self.model.needs_compile()[0].rate_at(stepping.step)
        try:
            stepping.apply_gradients(gradient)
        except NonFiniteGradientsError as failure:
            self.ranks.fail(self._not_finite(failure, where))
        except NonFiniteWeightsError as failure:
            self.ranks.fail(FloatingPointError(failure_text(self.model, failure, where, rate)))

    def _not_finite(self, failure: NonFiniteGradientsError, where: str) -> FloatingPointError:
        layer = self.model.layer_of(failure.operation)
        return FloatingPointError(
            f"training stopped: the gradient with respect to the weights of {layer} is not finite in {where}. "
            "The weights are those from before it"
        )

    def _collect(self, part: Part, places: NDArray[np.intp], all_rows: int | None, where: str, sums: Sums) -> float:
        model, rows = self.model, count_rows(part[0])
        if self.collecting is None or rows > self.capacity:
            self.reserve(*part)
        training = self.collecting
        assert training is not None
        # Random numbers are those of the step, which some ranks may have taken without a part of the batch.
        training.step = self.stepping.step
        try:
            loss, _, _ = self.ranks.summing_early(
                lambda: training.run_gradients(*part, row_numbers=places, out=self.gradient),
                training,
                self.gradient,
                weight_of(rows, all_rows),
            )
        except NonFiniteDataError as failure:
            if self.explain_row is not None:
                raise self.explain_row(part, failure.sample) from None
            inputs, targets = part[:2] if self.data is None else (self.data.inputs, self.data.targets)
            raise explain(model, inputs, targets, failure.sample) from None
        except NonFiniteError as failure:
            rate = model.needs_compile()[0].rate_at(training.step)
            raise FloatingPointError(failure_text(model, failure, where, rate, anew=False)) from None
        except NonFiniteGradientsError as failure:
            raise self._not_finite(failure, where) from None
        sums.own_rows += rows
        sums.by_output += np.array(training.losses_of_outputs) * rows
        if training.outputs is not None:
            seen = take_rows(training.outputs, slice(rows))
            kept = [one.copy() for one in seen] if isinstance(seen, list) else seen.copy()
            sums.seen.append((part[1], kept, part[2]))
            sums.steps.append(training.step)
        return loss
