"""Run by any number of ranks: the same training goes on from the backup that an earlier run has left, if it has.

Rank 0 alone finds the files; with "breaks", rank 1 raises after some epochs.
"""

import json
import pathlib
import sys

import numpy as np

import fastnn
from fastnn import callbacks, layers
from fastnn.distributed import mpi

EPOCHS = 7


def model_of(seed):
    model = fastnn.Sequential(
        [layers.Dense(6, "tanh"), layers.Dropout(0.2), layers.Dense(1)], seed=seed, dtype="float64"
    )
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    return model


def train(model, *watchers, **arguments):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(53, 4)), rng.normal(size=(53, 1))
    plateau = callbacks.ReduceLROnPlateau("val_loss", patience=1, min_delta=0.5, cooldown=1, verbose=1)
    every = [plateau, *watchers]
    return model.fit(x, y, 16, EPOCHS, callbacks=every, validation_split=0.2, **{"verbose": 2, **arguments})


if __name__ == "__main__":
    folder, how = pathlib.Path(sys.argv[1]), sys.argv[2]
    ranks = mpi()
    place = folder if ranks.rank == 0 else folder / "nowhere" / "to be found"

    class Breaks(callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            if how == "breaks" and ranks.rank == 1 and epoch == 3:
                raise ValueError("as if its machine were gone")

    watchers = [
        callbacks.BackupAndRestore(place / "backup"),
        callbacks.CSVLogger(place / "log.csv"),
        callbacks.ModelCheckpoint(place / "{epoch}.safetensors", verbose=1),
        Breaks(),
    ]
    # Each rank's own weights are of no account.
    history = train(model_of(ranks.rank), *watchers, distributed=ranks)
    (folder / f"history.{ranks.rank}").write_text(json.dumps(history.history))
