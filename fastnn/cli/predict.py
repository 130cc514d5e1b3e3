"""``fastnn predict``: a saved network's answers for new rows, as CSV."""

import argparse
import csv
import os
import sys
import tempfile
from typing import IO, Any

import numpy
from numpy.typing import NDArray

import fastnn
from fastnn.arrays import real_array
from fastnn.cli import tables
from fastnn.notebook.files import load_metadata, load_network


def run(arguments: argparse.Namespace) -> None:
    """Write one line for each row of the data: the class and its probability, or the value."""
    network, metadata = load_network(arguments.model), load_metadata(arguments.model)
    if "task" not in metadata:
        raise ValueError(f"{arguments.model!r} was not saved by fastnn train, so how to prepare its inputs is unknown")
    x = _inputs(arguments.data, metadata)
    mean, scale = numpy.array(metadata["mean"]), numpy.array(metadata["scale"])
    output = fastnn.predict(network, ((x - mean) / scale).astype(numpy.float32))
    if arguments.output is None:
        _write(sys.stdout, output, metadata)
        return
    # Beside its place first, so that an interruption leaves the old file or the new one.
    folder = os.path.dirname(os.path.abspath(arguments.output))
    handle, temporary = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as file:
            _write(file, output, metadata)
        os.replace(temporary, arguments.output)
    except BaseException:
        os.unlink(temporary)
        raise
    print(f"{len(output)} predictions: {arguments.output}", file=sys.stderr)


def _inputs(path: str, metadata: dict[str, Any]) -> NDArray[Any]:
    width = len(metadata["mean"])
    if path.endswith(".npz"):
        [x] = tables.read_arrays(path, ("x",))
        if x.ndim < 2 or x[0].size != width:
            raise ValueError(f"x of {path!r} must hold {width} numbers a sample, but its shape is {x.shape}")
        return real_array(x, "x").reshape(len(x), width)
    if metadata["columns"] is None:
        raise ValueError(f"the model was trained on arrays: give an .npz file with an array x, not {path!r}")
    return tables.matrix(tables.read_csv(path), metadata["columns"])


def _write(file: IO[str], output: NDArray[Any], metadata: dict[str, Any]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    if metadata["task"] == "classification":
        writer.writerow(["class", "probability"])
        for row in output:
            writer.writerow([metadata["classes"][int(row.argmax())], f"{row.max():.6f}"])
        return
    writer.writerow(["value"])
    for value in output[:, 0]:
        writer.writerow([f"{float(value) * metadata['target_scale'] + metadata['target_mean']:.9g}"])
