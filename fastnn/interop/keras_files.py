"""Keras' files as Keras itself writes them: `to_keras` writes a model, and `save_keras_weights` weights alone."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import PurePath
from typing import Any

import numpy as np

from fastnn.files.writing import atomic_write
from fastnn.interop.keras_config import groups
from fastnn.interop.keras_description import compilation_of, description_of
from fastnn.models.sequential import Sequential

__all__ = ["OWN_MEMBER", "hdf5", "save_keras_weights", "to_keras"]

# The version of Keras whose form this is.
_VERSION = "3.15.1"
# What else a file may hold: the model as fastnn saves it. Keras does not look at it.
OWN_MEMBER = "fastnn.safetensors"


def to_keras(model: Sequential, path: str | os.PathLike[str], own: bytes | None = None) -> None:
    """Write a model to a file that Keras 3 opens: layers, weights, and how it is compiled.

    Parameters
    ----------
    model : Sequential
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


def save_keras_weights(model: Sequential, path: str | os.PathLike[str]) -> None:
    """Write a model's weights to a file that Keras' ``load_weights`` reads.

    Parameters
    ----------
    model : Sequential
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


def hdf5() -> Any:
    """The module h5py; raises ImportError, which says how to get it, where it is missing."""
    try:
        import h5py
    except ImportError as error:
        raise ImportError("Keras' files are written and read with h5py: pip install 'h5py>=3.10'") from error
    return h5py


def _ending(path: str | os.PathLike[str], known: tuple[str, ...], what: str) -> str:
    suffix = PurePath(os.fsdecode(path)).suffix.lower()
    if suffix not in known:
        raise ValueError(f"the name of {what} ends in {', '.join(known)}, but it is {os.fspath(path)!r}")
    return suffix


def _write(path: str | os.PathLike[str], content: bytes) -> None:
    with atomic_write(path) as file:
        file.write(content)


def _weights_of_keras_3(model: Sequential) -> bytes:
    content = io.BytesIO()
    with hdf5().File(content, "w") as file:
        kinds = (entry["class_name"] for entry in description_of(model)["config"]["layers"][1:])
        for layer, group in zip(model.layers, groups(kinds), strict=True):
            arrays = file.create_group(f"layers/{group}/vars")
            arrays.attrs["name"] = layer.name
            for number, array in enumerate(layer.arrays.values()):
                arrays[str(number)] = array
    return content.getvalue()


def _whole_hdf5(
    model: Sequential, description: dict[str, Any], compilation: dict[str, Any] | None, own: bytes | None
) -> bytes:
    content = io.BytesIO()
    with hdf5().File(content, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = _VERSION, "fastnn"
        file.attrs["model_config"] = json.dumps(description)
        if compilation is not None:
            training = {name: compilation[name] for name in ("loss", "metrics")}
            training |= {"optimizer_config": compilation["optimizer"], "loss_weights": None, "weighted_metrics": None}
            file.attrs["training_config"] = json.dumps(training)
        _write_by_attributes(file.create_group("model_weights"), model)
        if own is not None:
            file[OWN_MEMBER] = np.frombuffer(own, np.uint8)
    return content.getvalue()


def _write_by_attributes(group: Any, model: Sequential) -> None:
    group.attrs["keras_version"], group.attrs["backend"] = _VERSION, "fastnn"
    group.attrs["layer_names"] = [str(layer.name).encode() for layer in model.layers]
    for layer in model.layers:
        own = group.create_group(layer.name)
        names = [f"{layer.name}/{name}" for name in layer.arrays]
        own.attrs["weight_names"] = [name.encode() for name in names]
        for name, array in zip(names, layer.arrays.values(), strict=True):
            own[name] = array
