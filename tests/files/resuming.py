"""A training that can be stopped and resumed: ``python resuming.py OUT STEP...`` does the steps, one after the other.

A step is ``threads:N``, ``fit:FIRST-END`` or ``load:PATH``. What the model is in the end, and the values of its last
history, are written to OUT.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import numpy as np
from model_files import everything
from optimizer_table import STEADY

import fastnn
from fastnn import optimizers
from fastnn.augmentation import ImageAugmentation
from fastnn.callbacks import ModelCheckpoint
from fastnn.layers import BatchNormalization, Dense, Dropout, Flatten, GaussianNoise, Input
from fastnn.models import Sequential
from fastnn.optimizers.schedules import CosineDecay

EPOCHS, BATCH, SAMPLES = 6, 16, 60
STEPS = -(-SAMPLES // BATCH)


def rate():
    return CosineDecay(0.02, EPOCHS * STEPS, 0.1)


# Those of the shared table, of some with a schedule, or with clipping.
CASES = {name: lambda optimizer=optimizer: optimizer for name, optimizer in STEADY.items()} | {
    "sgd": lambda: optimizers.SGD(rate()),
    "nesterov": lambda: optimizers.SGD(0.02, momentum=0.9, nesterov=True, clipnorm=1.0),
    "rmsprop": lambda: optimizers.RMSprop(rate()),
    "adam": lambda: optimizers.Adam(rate()),
    "nadam": lambda: optimizers.Nadam(rate(), momentum_decay=0.01),
}


def pictures():
    rng = np.random.default_rng(4)
    x = rng.uniform(size=(SAMPLES, 6, 6)).astype(np.float32)
    return x, np.eye(3, dtype=np.float32)[rng.integers(3, size=SAMPLES)]


def mirrored(batch, rng):
    """An augmentation of one's own, which draws from the model's generator."""
    return batch[:, :, ::-1] if rng.random() < 0.5 else batch


def model(case, width=48):
    layers = [
        Flatten(),
        Dense(width, "relu"),
        BatchNormalization(),
        Dropout(0.3),
        GaussianNoise(0.1),
        Dense(3, "softmax"),
    ]
    made = Sequential([Input((6, 6)), *layers], seed=7)
    made.compile(CASES[case](), "categorical_crossentropy", metrics=["accuracy"])
    return made


def fit(trained, first, end, path=None, save_freq="epoch", augmentation=None, shuffle=True):
    x, y = pictures()
    return trained.fit(
        x[:48],
        y[:48],
        batch_size=BATCH,
        epochs=end,
        initial_epoch=first,
        validation_data=(x[48:], y[48:]),
        augmentation=augmentation or ImageAugmentation(rotation_range=10, width_shift_range=0.1, noise_stddev=0.05),
        callbacks=[ModelCheckpoint(path, save_freq=save_freq)] if path else None,
        shuffle=shuffle,
    ).history


def main(out, *steps):
    trained, values = None, {}
    for step in steps:
        what, _, value = step.partition(":")
        if what == "threads":
            fastnn.set_num_threads(int(value))
        elif what == "fit":
            values = fit(trained, *map(int, value.split("-")))
        elif what == "load":
            trained = fastnn.load_model(value)
    described = everything(trained)
    with open(out, "w", encoding="utf-8") as file:
        json.dump([repr({**described, "history": None}), values], file)


if __name__ == "__main__":
    main(*sys.argv[1:])
