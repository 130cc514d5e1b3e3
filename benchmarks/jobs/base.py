"""The job: a piece of training that every peer does from the same weights, data and order, so that all end alike.

A task is one job made ready: the arrays and numbers that a peer receives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

FloatArray = NDArray[Any]


@dataclass(frozen=True)
class Task:
    """What a peer trains on.

    Attributes
    ----------
    x : ndarray of float32, shape (samples, ...)
    y : ndarray of float32, shape (samples, classes)
    parameters : list of (weights, bias), float32
        Shapes (fan_in, fan_out) and (1, fan_out). A peer copies them before it trains.
    epochs : int
    learning_rate : float
    """

    x: FloatArray
    y: FloatArray
    parameters: list[tuple[FloatArray, FloatArray]]
    epochs: int
    learning_rate: float


@dataclass(frozen=True)
class Job:
    """A job and who takes part in it.

    Attributes
    ----------
    title : str
        What is trained, in one line, for tables and plots.
    samples : int
        Training samples in one epoch.
    epochs, quick_epochs : int
        Epochs in one round, and in one round of ``--quick``.
    peers : tuple of str
        Names from `benchmarks.peers.PEERS`, in the order of their rounds.
    reference : str
        The peer whose final loss is the right answer.
    make : callable
        Takes the number of epochs, returns the `Task`.
    """

    name: str
    title: str
    samples: int
    epochs: int
    quick_epochs: int
    peers: tuple[str, ...]
    reference: str
    make: Callable[[int], Task]
