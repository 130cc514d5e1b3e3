"""The keras-function peer: a Keras model called inside a ``tf.function``, which is how one sample is predicted quickly.

``model.predict`` is made for many batches: it builds a data pipeline every call.
"""

from typing import Any

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run
from benchmarks.peers.keras import build, imported, version

__all__ = ["setup", "version"]


def setup(task: Task) -> Run:
    keras, tensorflow = imported(task)
    model = build(keras, task, task.output)
    signature = tensorflow.TensorSpec((task.batch_size, task.rows.shape[1]), tensorflow.float32)
    predict = tensorflow.function(lambda x: model(x, training=False)).get_concrete_function(signature)
    calls = [tensorflow.constant(task.rows[rows]) for rows in task.batches]

    def run() -> Any:
        outputs: list[Any] = []
        for _ in range(task.epochs):
            outputs = [predict(x) for x in calls]
        return outputs

    return Run(run, values=lambda outputs: np.concatenate([output.numpy() for output in outputs]).astype(np.float64))
