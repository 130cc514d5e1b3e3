"""Run by ranks: trainings on files that are mapped into memory: whole, a range for each rank, a file for each rank."""

import json
import pathlib
import sys

import numpy as np

import fastnn
from fastnn import layers
from fastnn.distributed import mpi

ROWS = 71


def write(folder, size):
    """Whole files, and one for each rank, of which the first has the fewest rows."""
    rng = np.random.default_rng(0)
    for name, columns in (("x", 6), ("y", 2)):
        data = rng.normal(size=(ROWS, columns))
        np.save(folder / f"{name}.npy", data)
        for rank in range(size):
            np.save(folder / f"{name}.{rank}.npy", data[rows_of(rank, size)])


def rows_of(rank, size):
    return slice(ROWS * rank**2 // size**2, ROWS * (rank + 1) ** 2 // size**2)


def opened(folder, *names):
    return [np.load(folder / name, mmap_mode="r") for name in names]


def trained(x, y, **arguments):
    model = fastnn.Sequential([layers.Dense(5, "tanh"), layers.Dense(2)], seed=4, dtype="float64")
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    return model.fit(x, y, batch_size=16, epochs=4, verbose=0, **arguments).history


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    ranks, own = mpi(), mpi(data="own")
    rank, rows = ranks.rank, rows_of(ranks.rank, ranks.size)
    x, y = opened(folder, "x.npy", "y.npy")
    found = {
        "whole": trained(x, y, distributed=ranks),
        "range": trained(x[rows], y[rows], distributed=own),
        "own files": trained(*opened(folder, f"x.{rank}.npy", f"y.{rank}.npy"), distributed=own),
    }
    (folder / f"found.{rank}").write_text(json.dumps(found))
