"""Run by ranks: means of gradients in memory that all see, and by messages where there is none."""

import contextlib
import json
import os
import pathlib
import sys
import tempfile
from unittest import mock

import numpy as np
from distributed_jobs import run
from mpi4py import MPI

import fastnn
from fastnn.callbacks import LambdaCallback
from fastnn.distributed import mpi
from fastnn.distributed.ranks import Ranks

world = MPI.COMM_WORLD
STEPS = 3


def refuse(*arguments):
    raise OSError("refused")


def refusing_others(path, *more, open_file=os.open):
    return refuse() if str(path).startswith("/proc/") else open_file(path, *more)


PIDS = world.allgather(os.getpid())
# Under all numbers that rank 0 may tell, where it tells another process'.
decoy = tempfile.TemporaryFile()  # noqa: SIM115 - until the process ends
decoy.truncate(1 << 24)
decoys = [os.dup(decoy.fileno()) for _ in range(64)] if world.rank else []

# What may be missing: on which rank, and how.
FAILURES = {
    "nothing": contextlib.nullcontext(),
    "room": mock.patch.object(os, "posix_fallocate", refuse) if world.rank == 0 else contextlib.nullcontext(),
    "the same process": mock.patch.object(os, "getpid", return_value=PIDS[-1])
    if world.rank == 0
    else contextlib.nullcontext(),
    "sight": mock.patch.object(os, "open", refusing_others)
    if world.rank == world.size - 1
    else contextlib.nullcontext(),
}


def means(size, dtype, known):
    """The largest error of means over ranks, as a part of their terms, and whether all ranks have the same bits."""
    ranks = Ranks(MPI, world, shared_memory=True)
    vector = ranks.prepare(size, dtype)
    errors, same = [], []
    for step in range(STEPS):
        own = np.random.default_rng([size, step, world.rank]).normal(size=size)
        rows = (world.rank + step) % 3
        vector[...] = own
        all_rows = world.allreduce(rows)
        mean, found, loss = ranks.mean_step(vector, rows, float(rows), all_rows if known else None)
        assert (found, loss) == (all_rows, all_rows)
        if not found:
            continue
        terms = np.array(world.allgather(own * rows / found))
        errors.append(float((np.abs(mean - terms.sum(axis=0)) / np.abs(terms).sum(axis=0).clip(1e-300)).max()))
        same.append(len(set(world.allgather(mean.tobytes()))) == 1)
    return type(ranks._sum).__name__, max(errors), all(same)


def shared_files():
    """What is mapped of them, and open."""
    opened = [os.readlink(one) for one in pathlib.Path("/proc/self/fd").iterdir() if one.exists()]
    return [text for text in [*pathlib.Path("/proc/self/maps").read_text().splitlines(), *opened] if "fastnn-" in text]


found = {}
for failure, missing in FAILURES.items():
    with missing:
        found[failure] = [
            (str(np.dtype(dtype)), *means(size, dtype, known))
            for size in (1, 2, 5, 4096, 3 * 4096 + 1, 50_000)
            for dtype in (np.float32, np.float64)
            for known in (True, False)
        ]
found["left"] = shared_files()
decoy.seek(0)
found["decoy"] = any(decoy.read())
with mock.patch.object(os, "posix_fallocate", refuse):
    found["curves by messages"] = {name: run(name, distributed=mpi())[0] for name in sys.argv[2:]}


def within():
    """A fit whose callback trains another model by the same ranks, and one whose callback does not."""

    def network(units):
        model = fastnn.Sequential([fastnn.Dense(units, "tanh"), fastnn.Dense(1)], seed=units, dtype="float64")
        model.compile(optimizer="adam", loss="mse")
        return model

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 1))
    ranks, curves = mpi(), []
    for more in (False, True):

        def train(epoch, logs, more=more):
            if more:
                network(7).fit(x, y, 16, 1, 0, distributed=ranks)

        watcher = LambdaCallback(on_epoch_end=train)
        curves.append(network(4).fit(x, y, 16, 3, 0, distributed=ranks, callbacks=[watcher]).history["loss"])
    return curves


found["within"] = within()
with open(f"{sys.argv[1]}.{world.rank}", "w") as file:
    json.dump(found, file)
