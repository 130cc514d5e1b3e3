"""Trainings on rows in files that one process and several ranks must come out of alike."""

import numpy as np
from row_files import written

import fastnn
from fastnn import layers, optimizers
from fastnn.data import from_files

ROWS, COLUMNS = 331, 5
# Uneven, one of them smaller than any batch.
SHARDS = [3, 150, 61, 117]
# Of the rows, which take 60 bytes each with targets and weights: several windows, and blocks of a row or a few.
MEMORY = 1 << 13


def rows_of(seed=0, rows=ROWS):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, COLUMNS))
    return x, np.tanh(x[:, :2]) + 0.1 * rng.normal(size=(rows, 2)), rng.uniform(0.5, 2, rows)


def network(seed=3, metrics=None):
    hidden = [layers.Dense(6, "tanh"), layers.Dropout(0.2)]
    model = fastnn.Sequential([*hidden, layers.Dense(2)], seed=seed, dtype="float64")
    metrics = metrics or ["mae", fastnn.metrics.R2Score(name="r2")]
    model.compile(optimizer="adam", loss="mse", metrics=metrics, weighted_metrics=["mse"])
    return model


def still():
    """A model that learns next to nothing: its loss is that of the rows that it has seen."""
    model = fastnn.Sequential([layers.Dense(2)], seed=1, dtype="float64")
    model.build((COLUMNS,))
    model.compile(optimizer=optimizers.SGD(1e-30), loss="mse")
    return model


def write(folder, size):
    """Files of each kind of all rows, in shards; and for each of so many ranks, with uneven rows, its own."""
    x, y, weights = rows_of()
    for kind, name in KINDS.items():
        written(kind, folder / name, x, y, weights, counts=SHARDS, rows=20)
        for rank in range(size):
            rows = own_rows(rank, size)
            written(kind, folder / name / f"own{rank}", x[rows], y[rows], weights[rows], rows=20)


KINDS = {"npy": "npy", "parquet": "parquet", "arrow of lists": "arrow"}


def own_rows(rank, size):
    """The first rank has the fewest rows."""
    return slice(ROWS * rank**2 // size**2, ROWS * (rank + 1) ** 2 // size**2)


def opened(folder, name, memory=MEMORY):
    """The files of a kind below a folder, or of several folders, one behind the other."""
    folders = folder if isinstance(folder, list) else [folder]
    if name == "npy":
        parts = ([one / name_of for one in folders] for name_of in ("x", "y", "sample_weight"))
        x, y, weights = ([path for one in part for path in sorted(one.iterdir())] for part in parts)
        return from_files(x, y, sample_weight=weights, memory=memory)
    paths = [path for one in folders for path in sorted((one / "table").iterdir())]
    # A quarter of it, or a batch, is for what is decoded.
    return from_files(
        paths, target="y", sample_weight="w", memory=memory + (memory // 3 if name == "parquet" else 1200)
    )


def trained(data, model=None, **more):
    """History and weights."""
    model = network() if model is None else model
    history = model.fit(data, **{"batch_size": 16, "epochs": 3, "verbose": 0, **more}).history
    return history, model.get_weights()
