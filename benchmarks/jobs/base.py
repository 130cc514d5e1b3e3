"""The job: a piece of work that every peer does from the same weights, data and order, so that all end alike.

A job is data alone, so that it can travel to a worker's process. A task is one job made ready: the arrays and numbers
that a peer receives.
"""

import dataclasses
import itertools
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.jobs import data

FloatArray = NDArray[Any]

Goal = Literal["train", "step", "predict"]
Loss = Literal["mse", "cross_entropy"]
Output = Literal["softmax", "linear"]
Optimizer = Literal["sgd", "rmsprop", "adam"]

# Of batch normalisation.
BATCH_EPSILON = 1e-3

# The rules' constants, the same for every peer, used in PyTorch's formulas.
RHO = 0.9
BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-8


@dataclass(frozen=True)
class Task:
    """What a peer works on. The network's hidden layers are rectified linear units.

    Attributes
    ----------
    goal : "train", "step" or "predict"
        To step, batches come one by one, as if from elsewhere, each in a call of its own. To predict, a peer passes
        ``batch_size`` samples a call.
    x : ndarray of float32, or of uint8 for predictions, shape (samples, ...)
    y : ndarray of float32, shape (samples, outputs)
    parameters : list of (weights, bias), float32
        Shapes (fan_in, fan_out) and (1, fan_out). A peer copies them before it trains.
    epochs : int
        Times to go over the data.
    batch_size : int
        The last batch may be smaller.
    output : "softmax" or "linear"
    loss : "mse" or "cross_entropy"
        Mean over all elements of a batch, or over its rows.
    optimizer : "sgd", "rmsprop" or "adam"
    learning_rate : float
    threads : int
        Threads that the peer may use.
    dropout : float
        The share of each hidden layer's outputs that training drops; such results are not compared.
    batch_normalization : bool
        Whether each hidden layer's sums are normalised, before they are rectified.
    """

    goal: Goal
    x: FloatArray
    y: FloatArray
    parameters: list[tuple[FloatArray, FloatArray]]
    epochs: int
    batch_size: int
    output: Output
    loss: Loss
    optimizer: Optimizer
    learning_rate: float
    threads: int = 1
    dropout: float = 0.0
    batch_normalization: bool = False

    @property
    def rows(self) -> FloatArray:
        """The samples as rows of numbers, shape (samples, inputs)."""
        return self.x.reshape(len(self.x), -1)

    @property
    def labels(self) -> NDArray[np.int64]:
        """The classes of one-hot ``y``."""
        return np.asarray(np.argmax(self.y, axis=1), dtype=np.int64)

    @property
    def batches(self) -> list[slice]:
        """The rows of every batch, in order."""
        return [slice(i, min(i + self.batch_size, len(self.x))) for i in range(0, len(self.x), self.batch_size)]


@dataclass(frozen=True)
class Job:
    """A job and who takes part in it.

    Attributes
    ----------
    title : str
        What is done, in one line, for tables and plots.
    sizes : tuple of int
        Inputs, units of every layer, outputs.
    source : str
        Where the samples come from, a name from `benchmarks.jobs.data.SOURCES`.
    samples : int
        Samples in one epoch.
    epochs, quick_epochs : int
        Epochs in one round, and in one round of ``--quick``.
    peers : tuple of str
        Names from `benchmarks.peers.PEERS`, in the order of their rounds.
    fewer_epochs : dict of int
        Epochs in one round of peers so slow that their rounds would take minutes; for predictions, which are the same
        every time.
    unit : str
        What times are given in: microseconds or milliseconds of a sample or a call.
    reference : str
        The peer whose result is the right answer.
    tolerance : float
        How far a peer's final loss, or its outputs, may be from the reference's, relative to the largest.
    """

    name: str
    title: str
    sizes: tuple[int, ...]
    source: str
    samples: int
    epochs: int
    quick_epochs: int
    peers: tuple[str, ...]
    goal: Goal = "train"
    batch_size: int = 1
    output: Output = "softmax"
    loss: Loss = "mse"
    optimizer: Optimizer = "sgd"
    learning_rate: float = 0.1
    dropout: float = 0.0
    batch_normalization: bool = False
    fewer_epochs: dict[str, int] = dataclasses.field(default_factory=dict)
    unit: Literal["µs a sample", "µs a step", "µs a call", "ms a call"] = "µs a sample"
    reference: str = "reference"
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        # JSON knows no tuples.
        object.__setattr__(self, "sizes", tuple(self.sizes))
        object.__setattr__(self, "peers", tuple(self.peers))

    def make(self, epochs: int, threads: int = 1) -> Task:
        """The job's task; weights and random data come from fixed seeds."""
        x, y = data.SOURCES[self.source].load(self.samples, self.sizes)
        return Task(
            goal=self.goal,
            x=x,
            y=y,
            parameters=data.parameters(self.sizes),
            epochs=epochs,
            batch_size=self.batch_size,
            output=self.output,
            loss=self.loss,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            threads=threads,
            dropout=self.dropout,
            batch_normalization=self.batch_normalization,
        )

    @property
    def missing(self) -> str | None:
        """What this machine lacks to do the job, in a sentence; None where it lacks nothing."""
        return data.SOURCES[self.source].missing()

    def epochs_of(self, peer: str, epochs: int) -> int:
        """How many of ``epochs`` the peer does in a round."""
        return min(epochs, self.fewer_epochs.get(peer, epochs))

    def in_unit(self, seconds: float, epochs: int) -> float:
        """``seconds`` of a round in the job's unit.

        Examples
        --------
        >>> from benchmarks.jobs import JOBS
        >>> JOBS["notebook"].in_unit(0.02, epochs=2), JOBS["predict-10k-wide"].in_unit(0.02, epochs=2)
        (10.0, 10.0)
        """
        factor = 1e3 if self.unit.startswith("ms") else 1e6
        each = 1 if self.unit.endswith("sample") else self.batch_size
        return factor * seconds / (epochs * self.samples / each)

    @property
    def operations(self) -> int:
        """Floating-point operations of one sample in the products alone: two a weight to predict, six to train."""
        weights = sum(math.prod(pair) for pair in itertools.pairwise(self.sizes))
        return weights * (2 if self.goal == "predict" else 6)

    def as_dict(self) -> dict[str, Any]:
        """The job as JSON can carry it; ``Job(**job.as_dict())`` is the same job."""
        return dataclasses.asdict(self)
