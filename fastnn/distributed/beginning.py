"""The beginning of a fit that ranks share: they compare what must be alike, and take over rank 0's model."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from fastnn.data.out_of_core.file_data import FileData
from fastnn.distributed.ranks import Ranks
from fastnn.files.description import described
from fastnn.layers.base import Layer
from fastnn.models.compiled import CompiledModel
from fastnn.models.leaves import leaf_layers
from fastnn.optimizers.state import OptimizerState

__all__ = ["compare", "describe", "describe_files", "take_over"]


def describe(model: CompiledModel) -> dict[str, Any]:
    """What must be alike of a built and compiled model, by what messages call it."""
    optimizer, loss = model.needs_compile()
    numbers = {name: value for name, value in optimizer.configuration().items() if name != "learning_rate"}
    return {
        "shapes of inputs": [tuple(shape) for shape in model.input_shapes],
        "shapes of outputs": [tuple(shape) for shape in model.output_shapes],
        "dtype": str(model.dtype),
        "number of layers": len(list(leaf_layers(model.layers))),
        **{f"layer {number}": _layer(layer) for number, layer in enumerate(leaf_layers(model.layers))},
        "frozen layers": model.frozen_layers,
        "optimizer": (type(optimizer).__name__, numbers),
        "loss": (type(loss).__name__, loss.name),
        "metrics": [metric.name for metric in model.metrics],
    }


def describe_files(data: FileData, own: bool) -> dict[str, Any]:
    """What must be alike of rows in files; with ``own`` each rank has files of its own."""
    found: dict[str, Any] = {
        "kind of files": data.files.kind,
        "forms of rows in files": [form and (form.shape, str(form.dtype)) for form in data.forms],
        "names of columns": data.names,
        "memory of from_files": data.memory,
        "block_size of from_files": data.block_size,
    }
    if not own:
        found["rows in files"] = data.start, data.stop
        # Windows are made of blocks.
        found["blocks of files, by their checksum"] = zlib.crc32(data.edges(data.count).tobytes())
    return found


def _layer(layer: Layer) -> Any:
    """A layer as plain values, whatever it is called; of a class of the user's own, what it is made of alone."""
    shapes = [(name, array.shape) for name, array in layer.arrays.items()]
    try:
        values = described(layer, {})
    except TypeError:
        return type(layer).__name__, shapes
    return {name: value for name, value in values.items() if name != "name"}, shapes


def compare(ranks: Ranks, description: dict[str, Any]) -> None:
    """Raise ValueError, naming the ranks, where something is not as rank 0 has it."""
    told = ranks.exchange({name: repr(value) for name, value in description.items()})
    for name in told[0]:
        others = [rank for rank in range(ranks.size) if told[rank].get(name) != told[0][name]]
        if others:
            who = f"rank {others[0]}" if len(others) == 1 else f"ranks {', '.join(map(str, others))}"
            raise ranks.agreed(
                ValueError(
                    f"all ranks must have the same {name}, but {who} of {ranks.size}: {told[others[0]][name]}, where "
                    f"rank 0: {told[0][name]}"
                )
            )


def take_over(ranks: Ranks, model: CompiledModel, initial_epoch: int) -> int:
    """Give all ranks the weights of rank 0, the state of its optimiser and of what draws at random, and its history.

    Returns its first epoch.
    """
    optimizer, _ = model.needs_compile()
    state, rate = model.optimizer_state, optimizer.configuration().get("learning_rate")
    arrays = state.arrays
    told: dict[str, Any] = ranks.first(
        {
            "epoch": initial_epoch,
            "seed": model.seed,
            "random": model.rng.bit_generator.state,
            "rate": None if rate is None or callable(rate) else float(rate),
            "step": state.step,
            "momentum": state.momentum_product,
            "arrays": None if arrays is None else [(array.shape, str(array.dtype)) for array in arrays],
            "past": (model.history, model.resumption, model.resumable) if initial_epoch else None,
        }
        if ranks.rank == 0
        else None
    )
    if ranks.rank:
        if told["arrays"] is not None:
            arrays = [np.empty(shape, dtype) for shape, dtype in told["arrays"]]
        if told["rate"] is not None:
            optimizer.learning_rate = told["rate"]
        model.rng.bit_generator.state = told["random"]
    for layer in leaf_layers(model.layers):
        for array in layer.arrays.values():
            ranks.copy_first(array)
    for array in arrays or () if told["arrays"] is not None else ():
        ranks.copy_first(array)
    if ranks.rank:
        state = OptimizerState(arrays if told["arrays"] is not None else None, told["step"], told["momentum"])
        model._forget_training()
        model._keep(optimizer_state=state, seed=told["seed"])
        if told["past"] is not None:
            model.history, model.resumption, model.resumable = told["past"]
    return int(told["epoch"])
