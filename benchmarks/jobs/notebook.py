"""The notebook job: the teaching notebook's network, 784-20-10, on its 1,000 MNIST images, one sample at a time.

Rectified linear hidden layer, mean squared error through softmax, plain gradient descent in the given order.
"""

import itertools

import numpy as np

from benchmarks.jobs.base import Job, Task

SIZES = (784, 20, 10)


def make(epochs: int) -> Task:
    """The job's task; the weights come from a fixed seed."""
    import fastnn

    (x, labels), _ = fastnn.datasets.load_mnist_sample()
    rng = np.random.default_rng(0)
    parameters = []
    for fan_in, fan_out in itertools.pairwise(SIZES):
        # Rounded to float32 here, so that float64 and float32 peers start at the same point.
        scale = 1.0 / np.sqrt(fan_in + fan_out)
        weights = (rng.standard_normal((fan_in, fan_out)) * scale).astype(np.float32)
        bias = (rng.standard_normal((1, fan_out)) * scale).astype(np.float32)
        parameters.append((weights, bias))
    return Task(
        x=x.astype(np.float32) / 255,
        y=np.eye(SIZES[-1], dtype=np.float32)[labels],
        parameters=parameters,
        epochs=epochs,
        learning_rate=0.1,
    )


JOB = Job(
    name="notebook",
    title="784-20-10 network, 1,000 MNIST images, batch 1, SGD",
    samples=1000,
    epochs=40,
    quick_epochs=2,
    peers=("notebook", "numpy", "fastnn"),
    reference="notebook",
    make=make,
)
