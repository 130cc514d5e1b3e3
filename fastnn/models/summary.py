"""The summary of a model: a table of its layers with their shapes and numbers of parameters."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.layers.base import Layer
from fastnn.layers.once import variables_once
from fastnn.models.layer_arrays import label

__all__ = ["header_of", "summary_of", "summary_rows", "totals"]

_HEADER = ("layer (type)", "output shape", "parameters", "activation")


def summary_of(
    name: str,
    layers: Sequence[Layer],
    dtype: np.dtype[Any],
    built: bool,
    connections: Sequence[str] | None = None,
    frozen: Sequence[NDArray[Any]] = (),
) -> str:
    """The table as text; shapes are those of a batch, whose size is None.

    ``connections`` are what each layer takes, ``frozen`` the arrays of those that do not train.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> from fastnn.models import Sequential
    >>> Sequential([Input((2,)), Dense(3, "relu"), Dense(1)], name="small").summary()
    model: small
    layer (type)     output shape  parameters  activation
    ---------------  ------------  ----------  ----------
    dense (Dense)    (None, 3)              9        relu
    dense_1 (Dense)  (None, 1)              4      linear
    <BLANKLINE>
    parameters: 13 (52 B), of which 13 are trained
    """
    header = header_of(connections)
    rows = [header, *summary_rows(layers, connections)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    rows.insert(1, tuple("-" * width for width in widths))
    aligned = ("<", "<", ">", ">", "<")
    lines = [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, aligned, widths, strict=False)).rstrip()
        for row in rows
    ]
    return "\n".join([f"model: {name}", *lines, f"\n{totals(layers, dtype, built, frozen)}"])


def header_of(connections: Sequence[str] | None) -> tuple[str, ...]:
    """The words above the table; those of a graph tell what each layer takes, too."""
    return _HEADER if connections is None else (*_HEADER, "connected to")


def summary_rows(layers: Sequence[Layer], connections: Sequence[str] | None = None) -> list[tuple[str, ...]]:
    """What the table says of each layer."""
    rows: list[tuple[str, ...]] = []
    for number, layer in enumerate(layers):
        shape = ", ".join(str((None, *one)) for one in layer.output_shapes) or "not built"
        applied = getattr(layer, "activation", None) or getattr(layer, "applied", None)
        count = f"{layer.count_params():,}" if layer.output_shape is not None else "not built"
        row = (label(layer), shape, count, applied.name if applied else "")
        rows.append(row if connections is None else (*row, connections[number]))
        # Those of a model within stand below it.
        inner = summary_rows(getattr(layer, "layers", ()))
        rows += [
            (f"  {first}", *others) if connections is None else (f"  {first}", *others, "") for first, *others in inner
        ]
    return rows


def totals(layers: Sequence[Layer], dtype: np.dtype[Any], built: bool, frozen: Sequence[NDArray[Any]] = ()) -> str:
    """What stands below the table."""
    if not built:
        return "not built: start with Input(shape), or call fit or build, for shapes and parameters"
    still = {id(array) for array in frozen}
    arrays = [(layer.arrays[variable.name], variable.trainable) for layer, variable in variables_once(layers)]
    size = sum(array.size for array, _ in arrays)
    kept = sum(array.size for array, trainable in arrays if not trainable or id(array) in still)
    return f"parameters: {size:,} ({_bytes(size * dtype.itemsize)}), of which {size - kept:,} are trained"


def _bytes(count: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError
