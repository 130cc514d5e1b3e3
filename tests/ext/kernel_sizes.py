"""Sizes at which the kernels change their way, from the kernels' own constants: one below, at and above each."""

from typing import Any

import numpy as np

from fastnn_ext.engine.layout import layout


def kernels_of(isa: str | None, dtype: Any) -> dict[str, Any]:
    """An instruction set's constants, with those that depend on the dtype as one number."""
    number = 0 if np.dtype(dtype) == np.float32 else 1
    constants = layout(isa)["kernels"]
    return {name: value[number] if isinstance(value, tuple) else value for name, value in constants.items()}


PREDICTION, TRAINING = layout()["prediction"], layout()["training"]
# The same for every instruction set.
DEPTH_BLOCK = kernels_of(None, np.float32)["DEPTH_BLOCK"]
COLUMN_GROUP = TRAINING["COLUMN_GROUP"]
FEW_ROWS = kernels_of(None, np.float32)["FEW_ROWS"]


def around(*constants: int) -> list[int]:
    """Each and its neighbours, in order, without those below 1."""
    return sorted({near for constant in constants for near in (constant - 1, constant, constant + 1) if near > 0})


def widths_of(isa: str | None, dtype: Any) -> list[int]:
    """Widths of a layer that fill vectors, panels and groups of panels, or leave a rest."""
    own = kernels_of(isa, dtype)
    return around(1, own["LANES"], own["PANEL"], own["PANEL_VECTORS"] * own["LANES"], PREDICTION["WIDTH_WORTH_PACKING"])


def packed_rows(width: int) -> int:
    """The rows from which on a product packs the weights of a layer so wide."""
    return max(PREDICTION["ROWS_WORTH_PACKING"], -(-PREDICTION["OUTPUTS_WORTH_PACKING"] // width))


def rows_of(isa: str | None, dtype: Any) -> list[int]:
    """Numbers of rows that fill tiles and blocks, or leave a rest, and those at which wide layers are packed."""
    tile, block = kernels_of(isa, dtype)["TILE_ROWS"], PREDICTION["BLOCK_ROWS"]
    return [*around(1, FEW_ROWS, tile, 2 * tile, PREDICTION["ROWS_WORTH_PACKING"], block), 2 * block + 1]
