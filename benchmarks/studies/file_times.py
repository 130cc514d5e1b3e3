"""One part of the study of files: ``python -m benchmarks.studies.file_times PART quick|full`` answers in JSON.

Linux only: the kernel tells what memory is the process' own and what is the file's.
"""

import json
import os
import pathlib
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

import fastnn
from benchmarks.studies.alternating import median_seconds
from fastnn_ext.engine.training import Training

WIDE = (784, 512, 512, 10)
SPARSE = {"samples": 2000, "columns": 10_000, "density": 0.01}


def _milliseconds(runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    return {name: 1e3 * seconds for name, seconds in median_seconds(runs, rounds).items()}


def _classifier(sizes: tuple[int, ...], optimizer: str) -> fastnn.Sequential:
    hidden = [fastnn.Dense(size, "relu") for size in sizes[1:-1]]
    model = fastnn.Sequential([fastnn.Input((sizes[0],)), *hidden, fastnn.Dense(sizes[-1], "softmax")], seed=0)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def model_file(quick: bool) -> dict[str, float]:
    """Save and load, against the file's bytes written with a flush to the disk, and read."""
    model = _classifier(WIDE, "sgd")
    # In the project's folder: /tmp may be memory, where a flush costs nothing.
    with tempfile.TemporaryDirectory(dir=pathlib.Path(__file__).parent) as name:
        folder = pathlib.Path(name)
        model.save(folder / "model.safetensors")
        content = (folder / "model.safetensors").read_bytes()

        def write() -> None:
            with open(folder / "bytes", "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())

        runs = {
            "write": write,
            "save": lambda: model.save(folder / "model.safetensors"),
            "read": lambda: (folder / "bytes").read_bytes(),
            "load": lambda: fastnn.load_model(folder / "model.safetensors"),
        }
        return {"megabytes": len(content) / 1e6, **_milliseconds(runs, 3 if quick else 101)}


def mapped_file(quick: bool) -> dict[str, float]:
    """Training from a mapped file of uint8, in the page cache, against the same array in memory."""
    samples = 2000 if quick else 60_000
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (samples, 784), dtype=np.uint8) * (rng.random((samples, 784)) < 0.2)
    images = images.astype(np.uint8)
    labels = rng.integers(10, size=samples).astype(np.int32)
    with tempfile.TemporaryDirectory(dir=pathlib.Path(__file__).parent) as name:
        path = pathlib.Path(name, "images.npy")
        np.save(path, images)
        models = {}
        for way in ("memory", "mapped"):
            models[way] = fastnn.Sequential(
                [
                    fastnn.Input((784,)),
                    fastnn.Rescaling(1 / 255),
                    fastnn.Dense(20, "relu"),
                    fastnn.Dense(20, "relu"),
                    fastnn.Dense(10, "softmax"),
                ],
                seed=0,
            )
            models[way].compile("rmsprop", "sparse_categorical_crossentropy")
        data = {"memory": images, "mapped": np.load(path, mmap_mode="r")}
        growth = []

        def fit(way: str) -> Callable[[], None]:
            def run() -> None:
                before = _own_memory()
                models[way].fit(data[way], labels)
                if way == "mapped":
                    growth.append(_own_memory() - before)

            return run

        times = _milliseconds({way: fit(way) for way in data}, 1 if quick else 7)
        assert all(np.array_equal(*pair) for pair in zip(*(m.get_weights() for m in models.values()), strict=True)), (
            "the same numbers gave other weights"
        )
        return {"megabytes": images.nbytes / 1e6, "own_growth": max(growth[1:]) / 1e6, **times}


def _own_memory() -> int:
    """Bytes of this process that are no file's."""
    for line in pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status has no line RssAnon")


def sparse_matrix(quick: bool) -> dict[str, float]:
    """A compressed matrix against the same data dense, through a first layer 100 wide.

    A dense array is read twice: as ``fit`` does it, which finds the zeros, and with every product computed.
    """
    from scipy import sparse

    samples = 200 if quick else int(SPARSE["samples"])
    columns = int(SPARSE["columns"])
    matrix = sparse.random(samples, columns, SPARSE["density"], "csr", np.float32, random_state=0)
    labels = np.random.default_rng(0).integers(10, size=samples).astype(np.int32)
    array = matrix.toarray()
    models = {way: _classifier((columns, 100, 10), "sgd") for way in ("every product", "dense", "sparse")}

    def every_product() -> None:
        model = models["every product"]
        optimizer, loss = model.needs_compile()
        training = Training(
            model.needs_plan(),
            array,
            labels[:, None],
            32,
            loss.engine_options(),
            optimizer.engine_options(),
            sparse=False,
            keep_index=False,
        )
        training.run_epoch()

    runs = {
        "every product": every_product,
        "dense": lambda: models["dense"].fit(array, labels, shuffle=False),
        "sparse": lambda: models["sparse"].fit(matrix, labels, shuffle=False),
    }
    times = _milliseconds(runs, 1 if quick else 7)
    weights = [model.get_weights() for model in models.values()]
    for arrays in zip(*weights, strict=True):
        # Sums in other orders, in float32, over some hundred steps.
        np.testing.assert_allclose(arrays[0], arrays[-1], rtol=1e-3, atol=1e-4)
        np.testing.assert_array_equal(arrays[1], arrays[2])
    return {"samples": samples, "columns": columns, "density": SPARSE["density"], **times}


PARTS = {"model": model_file, "mapped": mapped_file, "sparse": sparse_matrix}

if __name__ == "__main__":
    fastnn.set_num_threads(1)
    print(json.dumps(PARTS[sys.argv[1]](sys.argv[2] == "quick")))
