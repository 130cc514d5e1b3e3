"""The summary of a model: a table of its layers with their shapes and numbers of parameters."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.layers.base import Layer
from fastnn.models.layer_arrays import label

__all__ = ["HEADER", "summary_of", "summary_rows", "totals"]

HEADER = ("layer (type)", "output shape", "parameters", "activation")


def summary_of(name: str, layers: Sequence[Layer], dtype: np.dtype[Any], built: bool) -> str:
    """The table as text; shapes are those of a batch, whose size is None.

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
    rows = [HEADER, *summary_rows(layers)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    rows.insert(1, ("-" * widths[0], "-" * widths[1], "-" * widths[2], "-" * widths[3]))
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}".rstrip()
        for row in rows
    ]
    return "\n".join([f"model: {name}", *lines, f"\n{totals(layers, dtype, built)}"])


def summary_rows(layers: Sequence[Layer]) -> list[tuple[str, str, str, str]]:
    """What the table says of each layer."""
    rows = []
    for layer in layers:
        shape = "not built" if layer.output_shape is None else str((None, *layer.output_shape))
        applied = getattr(layer, "activation", None) or getattr(layer, "applied", None)
        count = f"{layer.count_params():,}" if layer.output_shape is not None else "not built"
        rows.append((label(layer), shape, count, applied.name if applied else ""))
    return rows


def totals(layers: Sequence[Layer], dtype: np.dtype[Any], built: bool) -> str:
    """What stands below the table."""
    if not built:
        return "not built: start with Input(shape), or call fit or build, for shapes and parameters"
    size = sum(layer.count_params() for layer in layers)
    kept = sum(layer.arrays[v.name].size for layer in layers for v in layer.variables() if not v.trainable)
    return f"parameters: {size:,} ({_bytes(size * dtype.itemsize)}), of which {size - kept:,} are trained"


def _bytes(count: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError
