"""Saving: layers, weights, optimiser and history of a model in one ``.safetensors`` file.

The arrays are the file's tensors; all else is one JSON text in its header.
"""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

from numpy.typing import NDArray

from fastnn.checking.arrays import check_finite
from fastnn.files.description import described
from fastnn.files.generators import generator_state
from fastnn.files.tensors import write_tensors
from fastnn.metrics.base import Metric
from fastnn.models.compiled import CompiledModel
from fastnn.models.layer_arrays import named_arrays
from fastnn.models.per_output import LossPerOutput, MetricOfOutput
from fastnn.models.saving.callback_states import plain_resumption
from fastnn.models.saving.histories import plain_dict, plain_history
from fastnn.models.saving.limits import called_layers, check_calls
from fastnn.models.weighted_metrics import WeightedMetric, is_weighted

__all__ = ["FORMAT", "MOST_LAYERS", "check_finite_array", "save_model"]

FORMAT = "fastnn-model-1"
MOST_LAYERS = 10_000
# What other systems' files are called: a model's own file by such a name would mislead.
_FOREIGN = (".keras", ".h5", ".hdf5", ".npz", ".npy", ".onnx", ".pt", ".pth", ".pkl", ".joblib", ".json", ".c")


def save_model(model: CompiledModel, path: str | os.PathLike[str]) -> None:
    """Write a model to a file; see `BaseModel.save`. What `load_model` would refuse is not written.

    Raises
    ------
    OSError
        As `atomic_write` does.
    TypeError
        For a layer of the user's own class, a generator that is none of NumPy's, metadata that JSON cannot hold, or a
        history of something else than numbers.
    ValueError
        For a name of another kind of file, weights that are not finite, or functions that share a name.
    """
    name = os.fsdecode(path)
    if name.lower().endswith(_FOREIGN):
        raise ValueError(f"a model is saved as a .safetensors file, but the name is {name!r}")
    model.needs_plan()
    if model.watchers is not None:
        model.watchers.note()
    tensors = named_arrays(model.layers)
    layers = list(model.computing_layers)
    if len(layers) > MOST_LAYERS:
        raise ValueError(f"a model's file holds at most {MOST_LAYERS} layers, but the model has {len(layers)}")
    check_calls(called_layers(model))
    for called, array in tensors.items():
        check_finite_array(array, called)
    # Training ends by itself where these are not finite.
    state = model.optimizer_state.arrays or []
    tensors |= {f"optimizer/{number}": array for number, array in enumerate(state)}
    callbacks = None
    if model.resumption is not None:
        callbacks, arrays = plain_resumption(model.resumption, model.dtype)
        tensors |= arrays
    content = {
        "format": FORMAT,
        "name": model.name,
        "dtype": model.dtype.name,
        **model.architecture(),
        "layers": layers,
        "trainable": model.trainable,
        "compiled": _compilation(model),
        "state": {
            "arrays": len(state),
            "step": model.optimizer_state.step,
            "momentum_product": model.optimizer_state.momentum_product,
            "seed": model.seed,
            "generator": generator_state(model.rng),
        },
        "callbacks": callbacks,
        "feature_names": model.feature_names,
        "metadata": plain_dict(model.metadata, "metadata"),
        "history": None if model.history is None else plain_history(model.history),
    }
    text = json.dumps(described(content))
    # Other readers of the format look for "format"; a changed letter of the text would make another model.
    write_tensors(path, tensors, {"format": "np", "fastnn": text, "checksum": str(zlib.crc32(text.encode()))})


def check_finite_array(array: NDArray[Any], name: str) -> None:
    """Raise ValueError where an array of a file is not finite."""
    try:
        check_finite(array, name)
    except ValueError:
        raise ValueError(f"the array {name!r} holds NaN or infinity, with which no model goes on") from None


def _compilation(model: CompiledModel) -> dict[str, Any] | None:
    if model.optimizer is None or model.loss is None:
        return None
    plain = [metric for metric in model.metrics if not is_weighted(metric)]
    weighted = [metric for metric in model.metrics if is_weighted(metric)]
    content: dict[str, Any] = {"optimizer": model.optimizer, "loss": model.loss}
    several = isinstance(model.loss, LossPerOutput)
    if isinstance(model.loss, LossPerOutput):
        content |= {"loss": list(model.loss.losses.values()), "loss_weights": model.loss.weights}
    content["metrics"] = _by_output(model, plain) if several else plain
    if weighted:
        content["weighted_metrics"] = _by_output(model, weighted) if several else [_unwrapped(one) for one in weighted]
    return content


def _by_output(model: CompiledModel, metrics: list[Metric]) -> list[list[Metric]]:
    places = [metric for metric in metrics if isinstance(metric, MetricOfOutput)]
    return [[_unwrapped(one.metric) for one in places if one.output == output] for output in model.output_names]


def _unwrapped(metric: Metric) -> Metric:
    return metric.metric if isinstance(metric, WeightedMetric) else metric
