"""A training with callbacks that can be resumed: ``python resuming_callbacks.py CASE FOLDER FILE FIRST OUT``.

It resumes the training of the case whose log is in FOLDER from the model's FILE at epoch FIRST, and writes what it came
to to OUT.
"""

import json
import pathlib
import sys
import warnings

import numpy as np
from model_files import bits

import fastnn
from fastnn.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from fastnn.layers import Dense, Dropout, Input
from fastnn.models import Sequential

EPOCHS = 14


def data():
    """Targets that have nothing to do with the inputs: the validation loss rises soon."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(60, 2)).astype(np.float32), rng.normal(size=(60, 1)).astype(np.float32)
    return (x[:20], y[:20]), (x[20:], y[20:])


def model():
    made = Sequential([Input((2,)), Dense(6, "tanh"), Dropout(0.1), Dense(1)], seed=3)
    made.compile(fastnn.optimizers.Adam(0.05), "mse", metrics=["mae"])
    return made


class Saving(Callback):
    """A user's own saver, after some epochs."""

    def __init__(self, folder):
        self.folder = folder

    def on_epoch_end(self, epoch, logs):
        self.model.save(self.folder / f"own-{epoch + 1}.safetensors")


class Adding(Callback):
    """A user's own class with a state: numbers, lists and an array."""

    def __init__(self, every=3):
        self.every, self.seen, self.mean = every, [], None

    def on_train_begin(self, logs=None):
        self.seen, self.mean = [], None

    def on_epoch_end(self, epoch, logs):
        self.seen.append(epoch)
        flat = np.concatenate([array.ravel() for array in self.model.get_weights()])
        self.mean = flat if self.mean is None else self.mean + (flat - self.mean) / np.float32(len(self.seen))
        if epoch % self.every == 0:
            logs["spread"] = float(self.mean.std())

    def get_state(self):
        return {"seen": self.seen, "more": {"mean": self.mean, "nothing": None}}

    def set_state(self, state):
        self.seen, self.mean = state["seen"], state["more"]["mean"]


def stopping(**how):
    return EarlyStopping(**{"patience": 7, "min_delta": 0.001, **how})


CASES = {
    "stopping": lambda f: [stopping(), CSVLogger(f / "log.csv")],
    "stopping, restoring": lambda f: [stopping(restore_best_weights=True), CSVLogger(f / "log.csv")],
    "plateau": lambda f: [ReduceLROnPlateau(patience=2, factor=0.5, cooldown=2), CSVLogger(f / "log.csv")],
    "two stoppings": lambda f: [stopping(monitor="val_mae", patience=5), stopping(patience=5), stopping(patience=4)],
    "scheduler": lambda f: [
        CSVLogger(f / "log.csv"), LearningRateScheduler(lambda epoch, rate: rate * 0.8), stopping(patience=7)
    ],
    "appending": lambda f: [CSVLogger(f / "log.csv", separator=";", append=True)],
    "best": lambda f: [ModelCheckpoint(f / "best.npz", save_best_only=True, save_weights_only=True)],
    "own": lambda f: [Adding(), CSVLogger(f / "log.csv"), stopping(patience=9)],
    "all": lambda f: [
        CSVLogger(f / "early.csv"), ReduceLROnPlateau(patience=1), Adding(), stopping(restore_best_weights=True),
        ModelCheckpoint(f / "best.npz", save_best_only=True, save_weights_only=True), CSVLogger(f / "log.csv"),
    ],
}  # fmt: skip
FREQUENCIES = {"plateau": 2, "best": [1, 2, 3, 7, 8, 9, 13], "two stoppings": 2}


def fit(case, trained, watchers, first=0, end=EPOCHS):
    training, validation = data()
    return trained.fit(
        *training,
        batch_size=5,
        initial_epoch=first,
        epochs=end,
        validation_data=validation,
        validation_freq=FREQUENCIES.get(case, 1),
        callbacks=watchers,
    )


def outcome(trained, watchers, folder):
    """All that a training has come to."""
    told = [repr(watcher.get_state()) for watcher in watchers]
    files = {path.name: path.read_bytes().hex() for path in sorted(folder.glob("*.csv"))}
    with_weights = {path.name: path.stat().st_size for path in sorted(folder.glob("*.npz"))}
    history, state = trained.history, trained.optimizer_state
    return {
        "weights": repr(bits(trained.get_weights())),
        "optimizer": repr((trained.optimizer.learning_rate, state.step, bits(state.arrays or []))),
        "random": repr(trained.rng.bit_generator.state),
        "history": [history.epoch, history.history, {name: history.epochs_of(name) for name in history.history}],
        "callbacks": told,
        "files": [files, with_weights],
        "stopped": trained.stop_training,
    }


def main(case, folder, file, first, out):
    folder = pathlib.Path(folder)
    trained, watchers = fastnn.load_model(file), CASES[case](folder)
    with warnings.catch_warnings():
        # Where the training was over.
        warnings.simplefilter("ignore", UserWarning)
        fit(case, trained, watchers, int(first))
    pathlib.Path(out).write_text(json.dumps(outcome(trained, watchers, folder)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
