"""Run by ranks that train without end, of which one ends in the way that is asked for, or all are interrupted.

Each leaves its process' number in a folder; rank 0 says when all have. With "overlap", sums begin early.
"""

import os
import pathlib
import signal
import sys

import numpy as np

import fastnn
from fastnn.callbacks import LambdaCallback
from fastnn.distributed import early, mpi, steps

how, folder, overlap = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:] == ["overlap"]
if overlap:
    steps.LEAST_BYTES, early.PAUSE = 1, 1e-5
ranks = mpi(overlap=overlap)
x, y = np.ones((64, 4)), np.ones((64, 1))
(folder / f"{ranks.rank}").write_text(str(os.getpid()))


def end(epoch, logs):
    # Ranks have agreed on what epoch 0 has come to.
    if epoch == 1 and ranks.rank == 0:
        print("all train", flush=True)
    if how == "interrupted" and epoch == 3:
        raise KeyboardInterrupt
    if ranks.rank == 1 and epoch == 3:
        if how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "raises":
            raise ValueError("one rank has had enough")
        if how == "leaves":
            sys.exit(3)


model = fastnn.Sequential([fastnn.Dense(200), fastnn.Dense(200), fastnn.Dense(1)], seed=0)
model.compile(optimizer="sgd", loss="mse")
if how == "raises before" and ranks.rank == 1:
    raise ValueError("one rank cannot begin")
model.fit(x, y, epochs=1 << 40, callbacks=[LambdaCallback(on_epoch_end=end)], distributed=ranks)
