"""One fit of arrays, or of rows in files with a limit on memory: ``python -m benchmarks.studies.file_fit KIND ...``.

Answers with a line of JSON: seconds of each epoch but the first, and bytes by which the process grew. Linux only.
"""

import argparse
import json
import pathlib
import resource
import time
from typing import Any

import numpy as np

from fastnn import Dense, Input, Sequential
from fastnn.callbacks import Callback
from fastnn.data import FileData, from_files

KINDS = ("memory", "npy", "shards", "parquet", "arrow")
BATCH = 128
UNITS = (128, 64)
TARGET = "target"


class Clock(Callback):
    """When epochs end."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.ends.append(time.perf_counter())


def _network(columns: int) -> Sequential:
    model = Sequential([Input((columns,)), *(Dense(units, "relu") for units in UNITS), Dense(1)], seed=0)
    model.compile("adam", "mse")
    return model


def _opened(kind: str, folder: pathlib.Path, memory: int) -> FileData:
    if kind in ("npy", "shards"):
        return from_files(*(folder / kind / part for part in ("x", "y")), memory=memory)
    return from_files(folder / kind, target=TARGET, memory=memory)


def _status(name: str) -> int:
    """A line of the kernel's account of this process, in bytes."""
    for line in pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no line {name}")


def measure(kind: str, folder: pathlib.Path, memory: int, limit: int, epochs: int) -> dict[str, Any]:
    """Train on files that `benchmarks.studies.out_of_core` wrote.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    folder : Path
    memory : int
        Of `from_files`.
    limit : int
        Bytes of addresses that the process may take beside those that it has before the fit; 0 for any number.
    epochs : int
        Beside the first, which is not counted.
    """
    x: Any
    y: Any = None
    if kind == "memory":
        x, y = (np.load(folder / "npy" / part / "0.npy", mmap_mode="r") for part in ("x", "y"))
        columns, few = x.shape[1], (x[: 2 * BATCH], y[: 2 * BATCH])
    else:
        x = _opened(kind, folder, memory)
        columns, few = x.forms.x.shape[0], (x.split(2 * BATCH)[0], None)
    # Threads, modules and pools are there before the limit.
    _network(columns).fit(few[0], few[1], batch_size=BATCH)
    pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    if kind == "memory":
        x, y = np.array(x), np.array(y)
    elif limit:
        resource.setrlimit(resource.RLIMIT_AS, (_status("VmSize") + limit, resource.RLIM_INFINITY))
    clock, model = Clock(), _network(columns)
    history = model.fit(x, y, batch_size=BATCH, epochs=1 + epochs, callbacks=[clock])
    return {
        "seconds": np.diff(clock.ends).tolist(),
        "grown": _status("VmHWM") - before,
        "loss": history.history["loss"][-1],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("folder", type=pathlib.Path)
    for number in ("memory", "limit", "epochs"):
        parser.add_argument(number, type=int)
    print(json.dumps(measure(**vars(parser.parse_args()))))
