"""``fastnn predict``: a model's answers for new rows, as CSV."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterator
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from fastnn.cli import arrays
from fastnn.cli.opening import open_model
from fastnn.cli.preparing import Preparation
from fastnn.cli.samples import inputs_by_name, inputs_for
from fastnn.files.writing import atomic_write

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> None:
    """Write one line for each row of the data: the class and its probability, or the value."""
    model, preparation = open_model(arguments.model)
    if preparation is None:
        if arrays.is_array_file(arguments.data):
            x = arrays.read_inputs(arguments.data)
        elif model.feature_names is not None:
            x = inputs_by_name(model.feature_names, arguments.data)
        else:
            raise ValueError(
                f"{arguments.model!r} was not made by fastnn train, so which columns it takes is unknown: give an .npy "
                f"file, or an .npz file with an array x, not {arguments.data!r}"
            )
    else:
        x = inputs_for(preparation, arguments.data)
    output = model.predict(x)
    if arguments.out is None:
        _write(sys.stdout, output, preparation)
        return
    with atomic_write(arguments.out) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        _write(text, output, preparation)
        text.detach()
    print(f"{len(output)} predictions are in {arguments.out}", file=sys.stderr)


def _write(file: TextIO, output: NDArray[Any], preparation: Preparation | None) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows(_lines(output, preparation))
    file.flush()


def _lines(output: NDArray[Any], preparation: Preparation | None) -> Iterator[list[str]]:
    # Nine digits tell any float32 from its neighbours, seventeen any float64.
    digits = ".9g" if output.dtype == np.float32 else ".17g"
    if preparation is None:
        yield [f"output_{number}" for number in range(output.shape[1])]
        for row in output:
            yield [format(value, digits) for value in row]
    elif preparation.classes is None:
        yield ["value"]
        for value in output[:, 0]:
            yield [format(value, digits)]
    else:
        yield ["class", "probability"]
        for number, probability in zip(output.argmax(axis=1), output.max(axis=1), strict=True):
            yield [preparation.classes[number], f"{probability:.6f}"]
