"""What the study of graphs measures: one job of one peer in a process of its own.

``python -m benchmarks.graphs JOB WAY full|quick`` answers with a line of JSON for each line that it is sent: the
seconds of a call, and a number that peers must agree on. A peer's file has a function for each job that it does, which
takes `Sizes` and returns what is timed; WAY is one of the job's `ways`.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.jobs import data

Run = Callable[[], float]

LEARNING_RATE = 1e-3
RESIDUAL = (784, 128, 128, 128, 128, 128, 10)
TRUNK = (784, 128, 128)
SMALL = (4, 120, 84, 2)
UNITS_OF_A_CATEGORY = 16
DISCOUNT, FOLLOWS = 0.99, 0.01
# Calls by which peers are compared.
FIRST = 10


@dataclass(frozen=True)
class Sizes:
    """How much of a job is done: samples of an epoch, rows of a table of embeddings, calls in a round."""

    samples: int
    categories: int
    calls: int


FULL, QUICK = Sizes(12_800, 100_000, 500), Sizes(512, 100, 12)


@dataclass(frozen=True)
class Way:
    """How a peer does a job.

    Attributes
    ----------
    function : str
        Its file here, and its name there.
    target : float, optional
        How many times fastnn's time this one is to take at least.
    alike : bool
        Whether it comes to the same number as fastnn.
    """

    function: str
    target: float | None = None
    alike: bool = True

    @property
    def module(self) -> str:
        return self.function.partition(".")[0]

    def prepare(self, sizes: Sizes) -> Run:
        file = importlib.import_module(f"benchmarks.graphs.{self.module}")
        run: Run = getattr(file, self.function.partition(".")[2])(sizes)
        return run


@dataclass(frozen=True)
class GraphJob:
    """A job, and how it is done, fastnn first.

    Attributes
    ----------
    title : str
    batch : int or None
        Samples of a step, where a round is an epoch of steps; None where it is so many calls.
    ways : dict of str to Way
        By their titles.
    """

    title: str
    batch: int | None
    ways: dict[str, Way]

    def parts(self, sizes: Sizes) -> int:
        """Of what a round's time is that of one."""
        return sizes.calls if self.batch is None else -(-sizes.samples // self.batch)


JOBS = {
    "residual": GraphJob(
        "784 inputs, a layer and four blocks with skips of 128 units, 10 classes: a step of 64",
        64,
        {
            "fastnn": Way("fastnn.residual"),
            "without skips": Way("fastnn.chain", 1 / 1.1, alike=False),
            "PyTorch": Way("torch.residual", 5),
            "PyTorch compiled": Way("torch.residual_compiled", 5),
            "JAX": Way("jax.residual", 2),
        },
    ),
    "heads": GraphJob(
        "two layers of 128 units, two outputs of five numbers: a step of 64",
        64,
        {"fastnn": Way("fastnn.heads"), "one output of ten": Way("fastnn.one_head", 1 / 1.1, alike=False)},
    ),
    "embedding": GraphJob(
        "100,000 categories as 16 numbers, one output, SGD: a step of 256",
        256,
        {"fastnn": Way("fastnn.embedding"), "Keras": Way("keras.embedding", 20), "PyTorch": Way("torch.embedding", 5)},
    ),
    "gradients of a row": GraphJob(
        "gradients of 4-120-84-2, one row",
        None,
        {"fastnn": Way("fastnn.gradients_of_a_row"), "PyTorch": Way("torch.gradients_of_a_row")},
    ),
    "gradients of 64 rows": GraphJob(
        "gradients of 4-120-84-2, 64 rows",
        None,
        {
            "fastnn": Way("fastnn.gradients_of_64_rows"),
            # By descent without momentum, which is a small part of it.
            "train_on_batch": Way("fastnn.train_on_batch", 1 / 1.3, alike=False),
            "PyTorch": Way("torch.gradients_of_64_rows"),
        },
    ),
    "q-learning": GraphJob(
        "deep Q-learning, 4-120-84-2 and its target network, Adam: a step of 64",
        None,
        {"fastnn": Way("fastnn.q_learning"), "PyTorch": Way("torch.q_learning", 300 / 45)},
    ),
}


def repeated(sizes: Sizes, call: Callable[[], Any]) -> Run:
    """So many calls; the first ones tell, as later ones differ by what training makes of roundings."""

    def run() -> float:
        first = sum(float(call()) for _ in range(FIRST))
        for _ in range(sizes.calls - FIRST):
            call()
        return first

    return run


def digits(samples: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Images as rows of 784 numbers, one in five of them filled, and one-hot rows of their classes."""
    x, y = data.mnist_sample(1000, (784, 10))
    places = np.arange(samples) % len(x)
    return x.reshape(len(x), -1)[places], y[places]


def categories(sizes: Sizes) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """A category for each sample, a number to predict, and the table's first rows."""
    rng = np.random.default_rng(2)
    x = rng.integers(0, sizes.categories, (sizes.samples, 1)).astype(np.int32)
    table = rng.uniform(-0.05, 0.05, (sizes.categories, UNITS_OF_A_CATEGORY)).astype(np.float32)
    return x, np.sin(x).astype(np.float32), table


@dataclass(frozen=True)
class Transitions:
    """What a deep Q-network learns from: 64 states, what was done in them, what came of it."""

    states: NDArray[Any]
    after: NDArray[Any]
    actions: NDArray[Any]
    rewards: NDArray[Any]
    goes_on: NDArray[Any]


def transitions() -> Transitions:
    rng = np.random.default_rng(3)
    states, after = rng.standard_normal((2, 64, SMALL[0]), dtype=np.float32)
    actions, rewards = rng.integers(0, SMALL[-1], 64), rng.standard_normal(64, dtype=np.float32)
    return Transitions(states, after, actions, rewards, (rng.random(64) < 0.9).astype(np.float32))
