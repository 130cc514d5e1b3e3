"""Keras' files as Keras itself writes them: `to_keras` writes a model, and `save_keras_weights` weights alone."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.files.writing import atomic_write
from fastnn.interop.keras_description import compilation_of, description_of
from fastnn.interop.keras_graphs import written_order
from fastnn.interop.keras_places import placed_layers
from fastnn.interop.keras_weights import hdf5
from fastnn.layers.base import Layer
from fastnn.layers.normalization import Normalization
from fastnn.models.base import BaseModel
from fastnn.models.functional import Model
from fastnn.models.nested import ModelLayer

__all__ = ["OWN_MEMBER", "save_keras_weights", "to_keras"]

# The version of Keras whose form this is.
_VERSION = "3.15.1"
# What else a file may hold: the model as fastnn saves it. Keras does not look at it.
OWN_MEMBER = "fastnn.safetensors"


def to_keras(model: BaseModel, path: str | os.PathLike[str], own: bytes | None = None) -> None:
    """Write a model to a file that Keras 3 opens: layers, weights, and how it is compiled.

    Parameters
    ----------
    model : Sequential or Model
    path : path-like
        Ends in ``.keras``, or in ``.h5`` or ``.hdf5`` for the older format, which Keras 2 reads, too.
    own : bytes, optional
        The content of the model's own file, to lie within: Keras ignores it.

    Raises
    ------
    ImportError
        When h5py is missing.
    OSError
        When the folder is missing, the file may not be written, or the disk is full.
    TypeError
        For a layer or an activation that Keras has not, or of your own.
    ValueError
        For a name with another ending.

    Notes
    -----
    The optimiser starts anew in Keras. A model whose optimiser, loss or metrics Keras has not is written without these:
    Keras opens it for predictions.

    Examples
    --------
    >>> import tempfile
    >>> from fastnn.interop import from_keras
    >>> from fastnn.layers import Dense, Input
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Input((2,)), Dense(1)], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_keras(model, f"{folder}/model.keras")
    ...     again = from_keras(f"{folder}/model.keras")
    >>> np.array_equal(again.predict([[1, 2]]), model.predict([[1, 2]]))
    True
    """
    ending = _ending(path, (".keras", ".h5", ".hdf5"), "a model of Keras")
    model.needs_plan()
    description, compilation = description_of(model), compilation_of(model)
    if ending != ".keras":
        _write(path, _whole_hdf5(model, description, compilation, own))
        return
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": _VERSION}))
        archive.writestr(
            "config.json", json.dumps(description | ({"compile_config": compilation} if compilation else {}))
        )
        archive.writestr("model.weights.h5", _weights_of_keras_3(model))
        if own is not None:
            archive.writestr(OWN_MEMBER, own)
    _write(path, content.getvalue())


def save_keras_weights(model: BaseModel, path: str | os.PathLike[str]) -> None:
    """Write a model's weights to a file that Keras' ``load_weights`` reads.

    Parameters
    ----------
    model : Sequential or Model
    path : path-like
        Ends in ``.weights.h5`` for the format of Keras 3, or in another ``.h5`` or ``.hdf5`` for that of Keras 2.

    Raises
    ------
    ImportError, OSError, ValueError
        As `to_keras` does.
    """
    _ending(path, (".h5", ".hdf5"), "the weights of Keras")
    model.needs_plan()
    if os.fsdecode(path).lower().endswith(".weights.h5"):
        _write(path, _weights_of_keras_3(model))
        return
    content = io.BytesIO()
    with hdf5().File(content, "w") as file:
        _write_by_attributes(file, model)
    _write(path, content.getvalue())


def _ending(path: str | os.PathLike[str], known: tuple[str, ...], what: str) -> str:
    suffix = PurePath(os.fsdecode(path)).suffix.lower()
    if suffix not in known:
        raise ValueError(f"the name of {what} ends in {', '.join(known)}, but it is {os.fspath(path)!r}")
    return suffix


def _write(path: str | os.PathLike[str], content: bytes) -> None:
    with atomic_write(path) as file:
        file.write(content)


def _weights_of_keras_3(model: BaseModel) -> bytes:
    content = io.BytesIO()
    with hdf5().File(content, "w") as file:
        for place, layer in placed_layers(model, description_of(model)):
            arrays = file.create_group(f"{place}vars")
            arrays.attrs["name"] = layer.name
            for number, array in enumerate(_written(layer).values()):
                arrays[str(number)] = array
    return content.getvalue()


def _whole_hdf5(
    model: BaseModel, description: dict[str, Any], compilation: dict[str, Any] | None, own: bytes | None
) -> bytes:
    content = io.BytesIO()
    with hdf5().File(content, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = _VERSION, "fastnn"
        file.attrs["model_config"] = json.dumps(description)
        if compilation is not None:
            training = {"loss_weights": None, "weighted_metrics": None} | compilation
            training["optimizer_config"] = training.pop("optimizer")
            file.attrs["training_config"] = json.dumps(training)
        _write_by_attributes(file.create_group("model_weights"), model)
        if own is not None:
            file[OWN_MEMBER] = np.frombuffer(own, np.uint8)
    return content.getvalue()


def _write_by_attributes(group: Any, model: BaseModel) -> None:
    group.attrs["keras_version"], group.attrs["backend"] = _VERSION, "fastnn"
    layers = model.computing_layers
    if isinstance(model, Model):
        layers = [layers[place] for place in written_order(model) if place >= 0]
    group.attrs["layer_names"] = [str(layer.name).encode() for layer in layers]
    for layer in layers:
        own = group.create_group(layer.name)
        arrays = _by_gradients(layer, not model.trainable)
        own.attrs["weight_names"] = [name.encode() for name in arrays]
        for name, array in arrays.items():
            own[name] = array


def _by_gradients(layer: Layer, frozen: bool) -> dict[str, NDArray[Any]]:
    """A layer's arrays by the names that this format has; of a model within, those first that training changes."""
    if not isinstance(layer, ModelLayer):
        return {f"{layer.name}/{name}": array for name, array in _written(layer).items()}
    found: list[tuple[bool, str, NDArray[Any]]] = []
    for place, one, still in _leaves(layer, "", frozen):
        changed = {variable.name for variable in one.variables() if variable.trainable and not still}
        found += [(name not in changed, f"{place}/{name}", array) for name, array in _written(one).items()]
    return {name: array for _, name, array in sorted(found, key=lambda one: one[0])}


def _leaves(layer: Layer, place: str, frozen: bool) -> Iterator[tuple[str, Layer, bool]]:
    """The layers of models within, as Keras orders them: the path of each, and whether training leaves it as it is."""
    place, frozen = f"{place}{layer.name}", frozen or not layer.trainable
    if not isinstance(layer, ModelLayer):
        yield place, layer, frozen
        return
    model = layer.model
    numbers = [number for number in written_order(model) if number >= 0] if isinstance(model, Model) else None
    layers = model.computing_layers
    for one in layers if numbers is None else [layers[number] for number in numbers]:
        yield from _leaves(one, f"{place}/", frozen)


def _written(layer: Layer) -> dict[str, NDArray[Any]]:
    """A layer's arrays by name as Keras has them: a normalisation by data counts samples, one by numbers has none."""
    if not isinstance(layer, Normalization):
        return dict(layer.arrays)
    if layer.constant:
        return {}
    shape = () if layer.axis is None else (-1,)
    found = {name: array.reshape(shape) for name, array in layer.arrays.items()}
    return found | {"count": np.zeros((), dtype=np.int32)}
