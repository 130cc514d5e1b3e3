"""``fastnn export``: a model as a file for others to run, as ONNX, as C, or its weights alone for NumPy."""

import argparse
import re
import sys
from pathlib import Path

from fastnn import interop
from fastnn.cli.opening import open_model
from fastnn.cli.preparing import Preparation
from fastnn.models.sequential import Sequential

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> None:
    """Write the file, and say what its inputs and outputs are."""
    model, preparation = open_model(arguments.model)
    path = Path(Path(arguments.model).with_suffix(f".{arguments.to}") if arguments.out is None else arguments.out)
    if path.suffix.lower() != f".{arguments.to}":
        raise ValueError(f"--out must end in .{arguments.to}, but it is {str(path)!r}")
    if arguments.name is not None and arguments.to != "c":
        raise ValueError(f"--name is that of functions in C: leave it out with --to {arguments.to}")
    if arguments.to == "npz":
        model.save_weights(path)
    elif not isinstance(model, Sequential):
        raise ValueError(f"{arguments.model!r} is a graph of layers: only a Sequential is exported to {arguments.to}")
    elif arguments.to == "onnx":
        interop.to_onnx(model, path)
    else:
        interop.to_c(model, path, name=_identifier(path.stem) if arguments.name is None else arguments.name)
    print(path)
    if preparation is not None and arguments.to != "npz":
        _tell(preparation)


def _identifier(stem: str) -> str:
    """A file's name as one of C.

    >>> _identifier("house prices-2")
    'house_prices_2'
    """
    name = re.sub("[^A-Za-z0-9_]", "_", stem)
    return name if name[:1].isalpha() else f"model_{name}"


def _tell(preparation: Preparation) -> None:
    if preparation.features is not None:
        print(f"inputs, in this order: {', '.join(preparation.inputs)}", file=sys.stderr)
    if preparation.classes is None:
        print(f"output: {preparation.target or 'y'}", file=sys.stderr)
    else:
        print(f"outputs, in this order: the probabilities of {', '.join(preparation.classes)}", file=sys.stderr)
