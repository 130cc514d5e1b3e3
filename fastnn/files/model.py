"""Model files: layers, weights, optimiser and history of a model in one ``.safetensors`` file.

The arrays are the file's tensors; all else is one JSON text in its header. Nothing in a file is ever run, and no more
memory is taken than the file has bytes.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.arrays import check_finite
from fastnn.files.description import described, restored
from fastnn.files.tensors import TensorFile, write_tensors
from fastnn.layers.base import Layer, checked_shape
from fastnn.models.history import History
from fastnn.models.sequential import Sequential
from fastnn.models.training import OptimizerState
from fastnn_ext.plan import allocate
from fastnn_ext.training import state_shapes

__all__ = ["load_model", "save_model"]

_FORMAT = "fastnn-model-1"
# Generators of random numbers that a file may name.
_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
_PLACES = {"pos": 624, "buffer_pos": 4}
# Bytes; a disk's.
_BLOCK = 4096
# What other systems' files are called: a model's own file by such a name would mislead.
_FOREIGN = (".keras", ".h5", ".hdf5", ".npz", ".npy", ".onnx", ".pt", ".pth", ".pkl", ".joblib", ".json", ".c")


def save_model(model: Sequential, path: str | os.PathLike[str]) -> None:
    """Write a model to a file; see `Sequential.save`."""
    name = os.fspath(path)
    if str(name).lower().endswith(_FOREIGN):
        raise ValueError(f"a model is saved as a .safetensors file, but the name is {name!r}")
    model.needs_plan()
    tensors = {f"{layer.name}.{variable}": array for layer in model.layers for variable, array in layer.arrays.items()}
    state = model.steps.arrays or []
    tensors |= {f"optimizer/{number}": array for number, array in enumerate(state)}
    content = {
        "format": _FORMAT,
        "name": model.name,
        "dtype": model.dtype.name,
        "input_shape": model.input_shape,
        "layers": [described(layer) for layer in model.layers],
        "compiled": _compilation(model),
        "state": {
            "arrays": len(state),
            "step": model.steps.step,
            "momentum_product": model.steps.momentum_product,
            "seed": model.seed,
            "generator": model.rng.bit_generator.state,
        },
        "metadata": _plain(model.metadata),
        "history": None if model.history is None else vars(model.history),
        "checksums": {name: _checksum(array) for name, array in tensors.items()},
    }
    text = json.dumps(described(content))
    # Other readers of the format look for "format"; a changed letter of the text would make another model.
    write_tensors(path, tensors, {"format": "np", "fastnn": text, "checksum": str(zlib.crc32(text.encode()))})


def load_model(
    path: str | os.PathLike[str], custom_objects: Mapping[str, Any] | None = None, *, compile: bool = True
) -> Sequential:
    """Read a model that `Sequential.save` wrote.

    Training goes on from it as if it had never stopped, to the last bit: `fit` with ``initial_epoch``.

    Parameters
    ----------
    path : path-like
    custom_objects : mapping of str to object, optional
        Activations (pairs of functions), losses, metrics or schedules of your own, by their names: a file holds no
        code.
    compile : bool, default True
        Whether to restore optimiser, loss and metrics, too. Prediction does without.

    Returns
    -------
    Sequential

    Raises
    ------
    OSError
        When there is no such file, it may not be read, or it is a folder, a device or a pipe.
    ValueError
        When the file is damaged, or no model, or needs ``custom_objects``; the message names the file and what is
        wrong.

    Examples
    --------
    >>> import tempfile
    >>> from fastnn.layers import Dense, Input
    >>> model = Sequential([Input((3,)), Dense(2)], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(os.path.join(folder, "model.safetensors"))
    ...     again = load_model(os.path.join(folder, "model.safetensors"))
    >>> np.array_equal(again.predict(np.ones((1, 3))), model.predict(np.ones((1, 3))))
    True
    """
    try:
        with TensorFile(path) as file:
            return _read(file, custom_objects or {}, compile)
    except OSError:
        raise
    except KeyError as error:
        raise ValueError(f"{os.fspath(path)!r} is no model saved by fastnn: it lacks {error}") from error
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"{os.fspath(path)!r} cannot be loaded: {error}") from error


def _read(file: TensorFile, custom_objects: Mapping[str, Any], compile: bool) -> Sequential:
    text = file.metadata["fastnn"]
    if str(zlib.crc32(text.encode())) != file.metadata["checksum"]:
        raise ValueError("its description is damaged: the checksum is another")
    content = json.loads(text)
    if content["format"] != _FORMAT:
        raise ValueError(f"its format is {content['format']!r}, but this version of fastnn reads {_FORMAT!r}")
    shape = checked_shape(content["input_shape"], "input_shape")
    layers = [restored(entry, custom_objects, f"layer {number}") for number, entry in enumerate(content["layers"])]
    if not layers or not all(isinstance(layer, Layer) and layer.name is not None for layer in layers):
        raise ValueError("its layers are not all layers with names")
    model = Sequential(name=content["name"], dtype=content["dtype"], seed=0)
    for name, dtype in file.dtypes.items():
        if dtype != model.dtype:
            raise ValueError(f"the array {name!r} is {dtype}, but the model is {model.dtype}")
    expected = {f"{layer.name}.{variable.name}": variable.shape for layer, variable in model.take(layers, shape)}
    # No memory is taken before the file is known to have what goes there.
    for name, wanted in expected.items():
        if name not in file.shapes:
            raise ValueError(f"it lacks the array {name!r}")
        if file.shapes[name] != wanted:
            raise ValueError(f"the array {name!r} must have shape {wanted}, but its shape is {file.shapes[name]}")
    model.allocate()
    for layer in layers:
        for variable, array in layer.arrays.items():
            _fill(array, file, f"{layer.name}.{variable}", content["checksums"])
    state = content["state"]
    model.seed = _number(state, "seed")
    model.rng = _generator(state["generator"])
    if content["history"] is not None:
        model.history = _history(content["history"])
    model.metadata = dict(content["metadata"])
    unknown = set(file.shapes) - set(expected) - {f"optimizer/{number}" for number in range(_number(state, "arrays"))}
    if unknown:
        raise ValueError(f"it has arrays that belong to no layer: {', '.join(sorted(unknown)[:5])}")
    if compile and content["compiled"] is not None:
        compilation = {
            name: restored(value, custom_objects, f"its {name}") for name, value in content["compiled"].items()
        }
        model.compile(**compilation)
        model.steps = _optimizer_state(model, file, state, content["checksums"])
    return model


def _fill(array: NDArray[Any], file: TensorFile, name: str, checksums: dict[str, int]) -> None:
    file.read_into(name, array)
    if _checksum(array) != checksums[name]:
        raise ValueError(f"the array {name!r} is damaged: its checksum is another")
    check_finite(array, f"the array {name!r}")


def _checksum(array: NDArray[Any]) -> int:
    # Sums of blocks first: many times faster than a cyclic code of all bytes, and it notices any changed bit and any
    # two blocks of a disk that have changed places.
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    whole = content.size // _BLOCK * _BLOCK
    sums = content[:whole].view(np.uint64).reshape(-1, _BLOCK // 8).sum(axis=1)
    return zlib.crc32(content[whole:].data, zlib.crc32(sums.data))


def _plain(metadata: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(metadata)
    except (TypeError, ValueError) as error:
        raise TypeError(f"metadata must hold what JSON can, such as numbers, strings and lists: {error}") from error
    return metadata


def _number(values: dict[str, Any], name: str) -> int:
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise ValueError(f"{name} is {value!r}")
    return value


def _compilation(model: Sequential) -> dict[str, Any] | None:
    if model.optimizer is None or model.loss is None:
        return None
    return {"optimizer": model.optimizer, "loss": model.loss, "metrics": model.metrics}


def _optimizer_state(
    model: Sequential, file: TensorFile, state: dict[str, Any], checksums: dict[str, int]
) -> OptimizerState:
    count = _number(state, "arrays")
    step, product = _number(state, "step"), float(state["momentum_product"])
    if not 0 <= product <= 1:
        raise ValueError(f"momentum_product is {product}")
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
        _fill(array, file, name, checksums)
    return OptimizerState(arrays, step, product)


def _history(content: dict[str, Any]) -> History:
    history = History()
    history.epoch = [int(epoch) for epoch in content["epoch"]]
    history.history = {str(name): [float(value) for value in values] for name, values in content["history"].items()}
    history.params = dict(content["params"])
    return history


def _generator(state: dict[str, Any]) -> np.random.Generator:
    kind = state["bit_generator"]
    if kind not in _GENERATORS:
        raise ValueError(f"its generator of random numbers is a {kind!r}, which is none of {', '.join(_GENERATORS)}")
    bits = getattr(np.random, kind)(0)
    bits.state = _with_arrays(state)
    return np.random.Generator(bits)


def _with_arrays(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _with_arrays(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return np.array(value, dtype=np.uint64)
    # NumPy reads its buffers at these places without a look.
    if name in _PLACES and not 0 <= value <= _PLACES[name]:
        raise ValueError(f"its generator of random numbers has {name}={value}")
    return value
