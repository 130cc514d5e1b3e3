"""Keras at the study's jobs: `fit`, over TensorFlow where it is installed, else over JAX."""

import importlib
import importlib.util
import os
from typing import Any

from benchmarks.graphs import LEARNING_RATE, UNITS_OF_A_CATEGORY, Run, Sizes, categories
from benchmarks.jobs import data

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "jax" if importlib.util.find_spec("tensorflow") is None else "tensorflow"
keras: Any = importlib.import_module("keras")


def embedding(sizes: Sizes) -> Run:
    x, y, table = categories(sizes)
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((1,)), layers.Embedding(sizes.categories, UNITS_OF_A_CATEGORY), layers.Flatten(), layers.Dense(1)]
    )
    ((kernel, bias),) = data.parameters((UNITS_OF_A_CATEGORY, 1))
    model.set_weights([table, kernel, bias[0]])
    model.compile(keras.optimizers.SGD(LEARNING_RATE), "mse")
    return lambda: float(model.fit(x, y, batch_size=256, shuffle=False, verbose=0).history["loss"][0])
