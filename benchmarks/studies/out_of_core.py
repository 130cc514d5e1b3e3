"""Out of core: rows in files of each kind beside the same rows in memory, and what shuffling by blocks costs.

Files are as large as ten times the memory that a process may take beside what it has; the disk delivers, as they have
just been written. What a process reads while others are measured stays in the system's cache, which is not its memory.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.jobs.data import mnist_missing
from benchmarks.process import ROOT
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.studies import Content
from benchmarks.studies.file_fit import BATCH, KINDS, TARGET, UNITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 100
# Of files in all, and of what a process may take: rows take half of it, stacks, decoding and the engine the rest.
SIZE, LIMIT = 640 << 20, 64 << 20
SHARDS = 8
# Rows of a row group, and of a record batch.
GROUP = 8192
TITLES = dict(zip(KINDS, ("in memory", ".npy", "8 .npy files", "Parquet", "Arrow IPC"), strict=True))
# Rows that two windows hold, as a share of all.
SHARES = (1 / 2, 1 / 5, 1 / 10, 1 / 20)
# Bytes of a digit in each window: its pixels, its label, and half of its places in the order and among the targets.
DIGIT = 784 + 1 + 12


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    size, limit = (8 << 20, 0) if quick else (SIZE, LIMIT)
    memory = 5 << 20 if quick else LIMIT // 2
    with tempfile.TemporaryDirectory() as folder:
        progress(f"files of {size >> 20} MB")
        rows = _write(pathlib.Path(folder), size)
        runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
        for number in range(1 if quick else 3):
            for kind in KINDS:
                progress(f"round {number + 1}: {TITLES[kind]}")
                runs[kind].append(_answer(kind, folder, memory, limit, epochs=1))
    return {
        "date": today(),
        "machine": describe_machine(),
        "rows": rows,
        "columns": COLUMNS,
        "size": size,
        "memory": memory,
        "limit": limit,
        "seconds": {kind: statistics.median(s for run in runs[kind] for s in run["seconds"]) for kind in KINDS},
        "grown": {kind: max(run["grown"] for run in runs[kind]) for kind in KINDS},
        "convergence": _convergence(quick, progress),
    }


def _write(folder: pathlib.Path, size: int) -> int:
    """The same rows as files of each kind; return how many."""
    import pyarrow
    from pyarrow import parquet

    rows = size // (4 * (COLUMNS + 1)) // (GROUP * SHARDS) * GROUP * SHARDS or GROUP
    rng = np.random.default_rng(0)
    slopes = rng.normal(size=COLUMNS).astype("float32")
    x = rng.standard_normal((rows, COLUMNS), dtype="float32")
    y = np.tanh(x @ slopes)
    for kind, parts in (("npy", 1), ("shards", SHARDS)):
        for name, array in (("x", x), ("y", y)):
            (folder / kind / name).mkdir(parents=True)
            for number, part in enumerate(np.split(array, parts)):
                np.save(folder / kind / name / f"{number}.npy", part)
    table = pyarrow.table({**{f"x{i}": np.ascontiguousarray(x[:, i]) for i in range(COLUMNS)}, TARGET: y})
    for kind in ("parquet", "arrow"):
        (folder / kind).mkdir()
    # Of random numbers, a dictionary of values would be larger than they.
    parquet.write_table(table, folder / "parquet" / "0.parquet", row_group_size=GROUP, use_dictionary=False)
    with pyarrow.ipc.new_file(str(folder / "arrow" / "0.arrow"), table.schema) as file:
        file.write_table(table, max_chunksize=GROUP)
    return rows


def _answer(kind: str, folder: str, memory: int, limit: int, epochs: int) -> dict[str, Any]:
    arguments = [kind, folder, str(memory), str(limit), str(epochs)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.studies.file_fit", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        # Arrow's other pools reserve addresses by the gigabyte, which the limit counts.
        env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},
    )
    if done.returncode:
        raise RuntimeError(f"the fit of {TITLES[kind]} failed: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _convergence(quick: bool, progress: Callable[[str], None]) -> dict[str, Any]:
    """Validation losses by epoch, mean of several seeds: of rows in the files' order, and sorted by class."""
    import fastnn

    whole = not quick and mnist_missing() is None
    load = fastnn.datasets.load_mnist if whole else fastnn.datasets.load_mnist_sample
    (x, labels), test = load()
    seeds, epochs = (1, 2) if quick else (2, 6)
    losses: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for order, numbers in (("unsorted", np.arange(len(x))), ("sorted by class", np.argsort(labels, kind="stable"))):
            progress(f"shuffling rows that are {order}")
            data = x[numbers], labels[numbers]
            paths = [pathlib.Path(folder) / f"{part} {order}.npy" for part in ("x", "y")]
            for path, array in zip(paths, data, strict=True):
                np.save(path, array)
            ways: dict[str, tuple[Any, Any]] = {"whole": data}
            for share in SHARES[1:2] if quick else SHARES:
                memory = int(share * len(x) * DIGIT)
                ways[f"{share:.0%}"] = fastnn.data.from_files(*paths, memory=memory), None
            losses[order] = {name: _losses(way, test, seeds, epochs) for name, way in ways.items()}
    return {"samples": len(x), "seeds": seeds, "losses": losses}


def _losses(data: tuple[Any, Any], test: tuple[NDArray[Any], NDArray[Any]], seeds: int, epochs: int) -> list[float]:
    """The mean validation loss after each epoch."""
    import fastnn

    found = []
    for seed in range(seeds):
        layers = [fastnn.Rescaling(1 / 255), fastnn.Flatten(), fastnn.Dense(64, "relu"), fastnn.Dense(10, "softmax")]
        model = fastnn.Sequential([fastnn.Input((28, 28)), *layers], seed=seed)
        model.compile("adam", "sparse_categorical_crossentropy")
        history = model.fit(data[0], data[1], batch_size=32, epochs=epochs, validation_data=test)
        found.append(history.history["val_loss"])
    means: list[float] = np.mean(found, axis=0).tolist()
    return means


def _share(content: Content, kind: str) -> float:
    share: float = content["seconds"]["memory"] / content["seconds"][kind]
    return share


def describe(content: Content) -> str:
    lines = [f"{content['rows']:,} rows, {content['size'] >> 20} MB, memory={content['memory'] >> 20} MB"]
    for kind in KINDS:
        rate, grown = content["rows"] / content["seconds"][kind], content["grown"][kind] / 2**20
        share = _share(content, kind)
        lines.append(f"  {TITLES[kind]:14}{rate:12,.0f} rows/s  {share:7.1%}  grown by {grown:6.1f} MB")
    for order, ways in content["convergence"]["losses"].items():
        told = ", ".join(f"{name} {losses[0]:.4f} to {losses[-1]:.4f}" for name, losses in ways.items())
        lines.append(f"  validation loss after the first and last epoch, {order}: {told}")
    return "\n".join(lines)


def markdown(content: Content) -> str:
    """Two tables for the documentation: speed and memory by kind of file, and validation losses by share in memory."""
    lines = ["| rows from | rows a second | of in memory | grown by |", "| --- | ---: | ---: | ---: |"]
    for kind in KINDS:
        rate = content["rows"] / content["seconds"][kind]
        lines.append(
            f"| {TITLES[kind]} | {rate:,.0f} | {_share(content, kind):.0%} | {content['grown'][kind] / 2**20:.0f} MB |"
        )
    losses = content["convergence"]["losses"]
    names = list(next(iter(losses.values())))
    lines += ["", f"| validation loss, rows in memory | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    for order, ways in losses.items():
        for epoch, when in ((0, "first"), (-1, "last")):
            lines.append(f"| {order}, {when} epoch | {' | '.join(f'{ways[name][epoch]:.4f}' for name in names)} |")
    machine, convergence, epochs = content["machine"], content["convergence"], len(losses["unsorted"][names[0]])
    units = "-".join(map(str, (content["columns"], *UNITS, 1)))
    lines += [
        "",
        f"Speed: {content['rows']:,} rows of {content['columns']} float32, {content['size'] >> 20} MB, a {units} "
        f"network, batches of {BATCH}, Adam, shuffled, `memory` {content['memory'] >> 20} MB, in a process that may "
        f"take {content['limit'] >> 20} MB more than before the fit; the system has the files in its cache. Loss: "
        f"{convergence['samples']:,} digits of MNIST, 784-64-10, Adam, {epochs} epochs, mean of "
        f"{convergence['seeds']} seeds; shares are those of all rows that both windows hold. {machine['cpu']}, "
        f"{machine['cores']} cores, Python {machine['python']}; {content['date']}.",
    ]
    return "\n".join(lines)


def draw(content: Content, figure: "Figure") -> None:
    speed, *curves = figure.subplots(1, 3)
    shares = [100 * _share(content, kind) for kind in KINDS]
    bars = speed.bar([TITLES[kind].replace(" ", "\n", 1) for kind in KINDS], shares, color=["0.6"] + ["tab:orange"] * 4)
    speed.bar_label(bars, fmt="%.0f", fontsize="small")
    speed.axhline(85, color="0.3", linewidth=0.8, linestyle=":")
    speed.set(ylabel="% of the rows a second in memory")
    speed.tick_params(axis="x", labelsize="x-small")
    speed.set_title(f"{content['size'] >> 20} MB, at most {content['limit'] >> 20} MB in memory", fontsize="medium")
    for ax, (order, ways) in zip(curves, content["convergence"]["losses"].items(), strict=True):
        for number, (name, losses) in enumerate(ways.items()):
            colour = "black" if name == "whole" else f"C{number}"
            ax.plot(range(1, len(losses) + 1), losses, "o-", color=colour, markersize=3, label=name)
        ax.set(xlabel="epoch", ylabel="validation loss", yscale="log")
        ax.set_title(f"MNIST, {order}", fontsize="medium")
        ax.legend(frameon=False, fontsize="x-small", title="rows in memory", title_fontsize="x-small")
    for ax in (speed, *curves):
        ax.spines[["top", "right"]].set_visible(False)
