"""Run by ranks: trainings with fewer and smaller messages, beside the exact ones."""

import json
import sys

import numpy as np
from mpi4py import MPI

import fastnn
from fastnn import callbacks, constraints, layers, optimizers
from fastnn.distributed import mpi
from fastnn.distributed.shards import share_of
from fastnn.distributed.sums import HalfSum

world = MPI.COMM_WORLD
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(61, 4)), rng.normal(size=(61, 2))
MODES = {
    "exact": {},
    "half": {"half_precision": True},
    "local": {"local_steps": 3},
    "both": {"half_precision": True, "local_steps": 3},
    "rarely": {"local_steps": 1000},
    "balanced": {"data": "own", "balanced": True, "local_steps": 2},
}
RANKS = {name: mpi(**arguments) for name, arguments in MODES.items()}
EPOCHS, BATCH, RATE = 4, 16, 0.1


def network(optimizer, *more, dtype="float64"):
    model = fastnn.Sequential([layers.Dense(8, "tanh"), *more, layers.Dense(2)], seed=1, dtype=dtype)
    model.compile(optimizer=optimizer, loss="mse", metrics=["mae"])
    return model


def curve(mode, optimizer="adam", *more, dtype="float64"):
    model = network(optimizer, *more, dtype=dtype)
    rows = share_of(len(X), world.rank, world.size) if mode == "balanced" else slice(None)
    history = model.fit(X[rows], Y[rows], BATCH, 8, 0, distributed=RANKS[mode]).history
    return [history, [array.tolist() for array in model.get_weights()]]


def plainly():
    """Local steps of plain descent on a linear model, by the engine and by NumPy."""
    model = fastnn.Sequential([layers.Dense(2)], seed=2, dtype="float64")
    model.build((4,))
    model.compile(optimizer=optimizers.SGD(RATE), loss="mse")
    first = world.bcast(model.layers[0].arrays["kernel"].copy())
    model.fit(X, Y, BATCH, EPOCHS, 0, shuffle=False, distributed=RANKS["local"])
    agreed = [first, np.zeros(2)]
    for _ in range(EPOCHS):
        own, rows = [[part.copy() for part in agreed] for _ in range(world.size)], np.zeros(world.size)
        starts = range(0, len(X), BATCH)
        for number, start in enumerate(starts):
            batch = np.arange(len(X))[start : start + BATCH]
            for rank, (kernel, bias) in enumerate(own):
                part = batch[share_of(len(batch), rank, world.size)]
                error = X[part] @ kernel + bias - Y[part]
                kernel -= RATE * X[part].T @ error / len(part)
                bias -= RATE * error.mean(axis=0)
                rows[rank] += len(part)
            if (number + 1) % 3 == 0 or number + 1 == len(starts):
                shares = rows / rows.sum()
                agreed = [sum(s * one[k] for s, one in zip(shares, own, strict=True)) for k in range(2)]
                own, rows = [[part.copy() for part in agreed] for _ in own], np.zeros(world.size)
    found = model.layers[0].arrays
    return [float(np.abs(found["kernel"] - agreed[0]).max()), float(np.abs(found["bias"] - agreed[1]).max())]


def halves():
    """The largest error of sums in half precision, as a part of their terms, and whether all have the same."""
    errors, same = [], []
    add = HalfSum(world)
    for size in (1, 2, 5, 1000):
        for scale in (0.0, 1e-30, 1.0, 1e30):
            own = np.random.default_rng([size, world.rank]).normal(size=size) * scale
            vector = own.astype(np.float32)
            add(vector)
            everyone = np.array(world.allgather(own))
            terms = np.abs(everyone).sum(axis=0)
            errors.append(float((np.abs(vector - everyone.sum(axis=0)) / np.where(terms > 0, terms, 1)).max()))
            same.append(len(set(world.allgather(vector.tobytes()))) == 1)
    infinite = np.array([1.0, np.inf if world.rank == 0 else 2.0, np.nan], np.float32)
    add(infinite)
    return [max(errors), all(same), np.isfinite(infinite).tolist()]


def refused(mode, *more, x=X, y=Y, **arguments):
    optimizer = arguments.pop("optimizer", "sgd")
    try:
        model = network(optimizer, *more)
        model.build((4,))
        model.fit(x, y, verbose=0, distributed=RANKS[mode], **arguments)
    except ValueError as error:
        return str(error)
    return None


class Loader:
    def __iter__(self):
        yield X, Y


def diverging():
    """Weights after a training that local steps have led to infinity: those of the last average, in all ranks."""
    model = network(optimizers.SGD(1e200))
    ending = callbacks.TerminateOnNaN()
    model.fit(X, Y, BATCH, 9, 0, callbacks=[ending], distributed=RANKS["local"])
    weights = np.concatenate([array.ravel() for array in model.get_weights()])
    return [len(set(world.allgather(weights.tobytes()))), bool(np.isfinite(weights).all()), str(ending.failure)]


def frozen():
    """Whether a frozen layer keeps its bits where changes are averaged in half precision."""
    model = network("sgd", layers.Dense(8, trainable=False))
    model.build((4,))
    before = [array.tobytes() for array in model.layers[1].arrays.values()]
    model.fit(X, Y, BATCH, 2, 0, distributed=RANKS["both"])
    return [array.tobytes() for array in model.layers[1].arrays.values()] == world.bcast(before)


WATCHING = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
found = {
    "curves": {mode: curve(mode) for mode in MODES},
    "float32": curve("half", dtype="float32"),
    "dropout": curve("local", "nadam", layers.Dropout(0.3)),
    "frozen": frozen(),
    "plainly": plainly(),
    "halves": halves(),
    "diverging": diverging(),
    "refused": {
        "UnitNorm": refused("local", layers.Dense(3, kernel_constraint=constraints.UnitNorm())),
        "watch batches": refused("local", callbacks=[WATCHING]),
        "local_steps is for arrays": refused("local", x=Loader(), y=None),
        "LBFGS needs exact sums": refused("half", optimizer=optimizers.LBFGS()),
    },
}
with open(f"{sys.argv[1]}.{world.rank}", "w") as file:
    json.dump(found, file)
