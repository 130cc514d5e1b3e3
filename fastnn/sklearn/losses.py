"""scikit-learn's losses from the engine's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastnn.sklearn.member import Job
from fastnn.sklearn.network import divisor_of
from fastnn.sklearn.weighting import Weighting

__all__ = ["Numbers", "constant_of", "factor_of", "told_loss", "weighting_of"]

Numbers = NDArray[np.float64]


def factor_of(job: Job) -> float:
    """What the package's loss of a sample is multiplied by, so that its gradient is scikit-learn's."""
    return job.task.output.by_outputs * (job.task.outputs if job.task.output.mean else 1)


def weighting_of(job: Job, batch_size: int) -> Weighting:
    """What samples and penalties count in training."""
    parameters, model = job.parameters, job.member.model
    divisor = divisor_of(model, parameters)
    return Weighting(job.data.weights, factor_of(job), job.data.count, batch_size, divisor, parameters.changes_rate)


def constant_of(job: Job, weighting: Weighting, rate: float) -> float:
    """The mean of what scikit-learn's losses have beyond the package's, weighed as the last epoch was."""
    constant = job.data.constant
    if constant is None:
        return 0.0
    if weighting.weights is None:
        return float(constant.mean())
    assert weighting.array is not None
    return float(constant @ weighting.array) / (weighting.factor * rate * job.data.count)


def told_loss(job: Job, total: float, of_data: float, rate: float = 1.0, constant: float = 0.0) -> float:
    """The loss that scikit-learn tells, from the engine's with and without penalties at gradients times ``rate``."""
    outputs = job.task.outputs if job.task.output.told_mean else 1
    return (of_data / outputs + (total - of_data)) / rate + constant
