"""Reading a model from a file that `fastnn.models.saving.writing` wrote, whichever class it becomes.

Nothing in a file is ever run, and no memory is taken for numbers that the file does not have.
"""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from fastnn.checking.scalars import true_or_false
from fastnn.checking.shapes import Shape
from fastnn.files.description import restored
from fastnn.files.generators import restored_generator
from fastnn.files.tensors import TensorFile
from fastnn.layers.base import Layer
from fastnn.layers.layer_normalization import LayerNormalization
from fastnn.layers.once import arrays_once
from fastnn.models.compiled import CompiledModel
from fastnn.models.layer_arrays import named_variables
from fastnn.models.leaves import leaf_layers
from fastnn.models.per_output import MetricOfOutput
from fastnn.models.saving.callback_states import PREFIX, restored_resumption
from fastnn.models.saving.histories import plain_dict, restored_history
from fastnn.models.saving.limits import LARGEST_SAMPLE, check_built, check_input
from fastnn.models.saving.writing import FORMAT, MOST_LAYERS, check_finite_array
from fastnn.models.weighted_metrics import WeightedMetric, is_weighted
from fastnn.optimizers.state import OptimizerState
from fastnn_ext.engine.plan import allocate
from fastnn_ext.engine.training import state_shapes

__all__ = ["read_model"]

# Bytes that layers without arrays may take, beside some times the file's.
_SMALL, _TIMES = 1 << 26, 16
# Updates of an optimiser, which counts on from there.
_MOST_STEPS = 1 << 62


def read_model(
    path: str | os.PathLike[str], make: Callable[..., Any], custom_objects: Mapping[str, Any], compile: bool
) -> Any:
    """The model of a file, which ``make(architecture, layers, name=, dtype=, seed=)`` connects.

    Errors are those of `load_model`.
    """
    try:
        with TensorFile(path) as file:
            return _read(file, make, custom_objects, compile)
    except OSError:
        raise
    except KeyError as error:
        raise ValueError(f"{os.fspath(path)!r} is no model saved by fastnn: it lacks {error}") from error
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"{os.fspath(path)!r} cannot be loaded: {error}") from error


def _read(file: TensorFile, make: Callable[..., Any], custom_objects: Mapping[str, Any], compile: bool) -> Any:
    text = file.metadata["fastnn"]
    if str(zlib.crc32(text.encode())) != file.metadata["checksum"]:
        raise ValueError("its description is damaged: the checksum is another")
    content = json.loads(text)
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']!r}, but this version of fastnn reads {FORMAT!r}")
    if content["dtype"] not in ("float32", "float64"):
        raise ValueError(f"its dtype is {content['dtype']!r}, but it must be float32 or float64")
    for shape in [one["shape"] for one in content["inputs"]] if "nodes" in content else [content["input_shape"]]:
        check_input(shape)
    for name, what in (("layers", "layers"), ("nodes", "calls of layers")):
        if len(content.get(name, ())) > MOST_LAYERS:
            raise ValueError(f"it has {len(content[name])} {what}, but may have at most {MOST_LAYERS}")
    made: list[Layer] = []
    layers = [
        restored(entry, custom_objects, f"layer {number}", made=made) for number, entry in enumerate(content["layers"])
    ]
    if not layers or not all(isinstance(layer, Layer) and layer.name is not None for layer in layers):
        raise ValueError("its layers are not all layers with names")
    check_built(layers)
    model = make(content, layers, name=content["name"], dtype=content["dtype"], seed=0)
    # Files of before have it not. What each layer says is its own.
    model._trainable = true_or_false(content.get("trainable", True), "trainable")
    for layer in leaf_layers(layers):
        if math.prod(_outputs(layer)) >= LARGEST_SAMPLE:
            raise ValueError(f"{layer.name} gives {LARGEST_SAMPLE} numbers or more, which no sample has")
    for name, dtype in file.dtypes.items():
        if dtype != model.dtype:
            raise ValueError(f"the array {name!r} is {dtype}, but the model is {model.dtype}")
    expected = {name: variable.shape for name, variable in named_variables(layers).items()}
    # No memory is taken before the file is known to have what goes there.
    for name, wanted in expected.items():
        if name not in file.shapes:
            raise ValueError(f"it lacks the array {name!r}")
        if file.shapes[name] != wanted:
            raise ValueError(f"the array {name!r} must have shape {wanted}, but its shape is {file.shapes[name]}")
    if set(file.checksums) != set(file.shapes):
        raise ValueError("its checksums are not those of its arrays")
    _check_memory(layers, model.dtype.itemsize, file.size)
    model.allocate()
    for layer, variable, array in arrays_once(layers):
        file.read_into(f"{layer.name}.{variable}", array)
        check_finite_array(array, f"{layer.name}.{variable}")
    state = content["state"]
    model._keep(seed=_number(state, "seed", (1 << 63) - 1))
    model.rng = restored_generator(state["generator"])
    if content["history"] is not None:
        model.history = restored_history(content["history"])
    model.metadata = plain_dict(content["metadata"], "metadata")
    model.feature_names = content.get("feature_names")
    count = _number(state, "arrays", len(file.shapes))
    unknown = set(file.shapes) - set(expected) - {f"optimizer/{number}" for number in range(count)}
    unknown -= {name for name in unknown if name.startswith(PREFIX)}
    if unknown:
        raise ValueError(f"it has arrays that belong to no layer: {', '.join(sorted(unknown)[:5])}")
    if compile and content["compiled"] is not None:
        compilation = {
            name: restored(value, custom_objects, f"its {name}", name) for name, value in content["compiled"].items()
        }
        model.compile(**compilation)
        entries: list[Any] = []
        # Files of before have no weighted ones.
        for found in (content["compiled"]["metrics"], content["compiled"].get("weighted_metrics", [])):
            entries += [entry for of_output in found for entry in of_output] if len(model.output_names) > 1 else found
        # Those that weigh samples are written behind the others.
        for metric, entry in zip(sorted(model.metrics, key=is_weighted), entries, strict=True):
            own = metric.metric if isinstance(metric, MetricOfOutput) else metric
            name = own.metric.name if isinstance(own, WeightedMetric) else own.name
            if entry.get("own", name) != name:
                raise ValueError(f"the metric {entry['own']!r} is called {name!r} in custom_objects")
        model._keep(optimizer_state=_optimizer_state(model, file, state))
    # Files of before have neither.
    if content.get("callbacks") is not None:
        resumption = restored_resumption(content["callbacks"], file, model)
        if model.optimizer is not None:
            model.resumption = resumption
            model.resumable = True
    return model


def _check_memory(layers: list[Layer], itemsize: int, size: int) -> None:
    """Raise where layers need far more memory than a file of that size has bytes."""
    # The one layer without arrays that computes with some: ones and zeros.
    bare = [layer for layer in leaf_layers(layers) if isinstance(layer, LayerNormalization) and not layer.variables()]
    needed = sum(2 * itemsize * math.prod(_outputs(layer)) for layer in bare)
    if needed > max(_SMALL, _TIMES * size):
        raise ValueError(f"its layers would take {needed} bytes, but the file has {size}")


def _outputs(layer: Layer) -> Shape:
    assert layer.output_shape is not None
    return layer.output_shape


def _number(values: dict[str, Any], name: str, limit: int) -> int:
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
        raise ValueError(f"{name} is {value!r}, but must be a whole number from 0 to {limit}")
    return value


def _optimizer_state(model: CompiledModel, file: TensorFile, state: dict[str, Any]) -> OptimizerState:
    count, step = _number(state, "arrays", len(file.shapes)), _number(state, "step", _MOST_STEPS)
    product = state["momentum_product"]
    if isinstance(product, bool) or not isinstance(product, int | float) or not 0 <= product <= 1:
        raise ValueError(f"momentum_product is {product!r}, but must be a number from 0 to 1")
    optimizer, _ = model.needs_compile()
    shapes = state_shapes(model.needs_plan(), optimizer.rule()["optimizer"])
    # Plain gradient descent has none, but counts its steps.
    if count == 0 and (step == 0 or not shapes):
        return OptimizerState(None, step, product)
    names = [f"optimizer/{number}" for number in range(count)]
    found = [file.shapes.get(name) for name in names[: len(shapes) + 1]]
    if found != shapes:
        raise ValueError(f"the optimizer's arrays have shapes {found[:4]}..., but its rule needs {shapes[:4]}...")
    _, arrays = allocate(shapes, model.dtype)
    for array, name in zip(arrays, names, strict=True):
        file.read_into(name, array)
        check_finite_array(array, name)
    return OptimizerState(arrays, step, float(product))
