"""Files of models and weights: a new one is told by the name that a script gives it, an old one by its content.

A model's ``.keras`` or ``.h5`` is Keras' own format, and holds beside it what fastnn saves, so that a model that comes
back is the same to the last bit, its training included.
"""

from __future__ import annotations

import inspect
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from fastnn.files.reading import check_expansion, regular_file
from fastnn.files.weights import load_weights as load_our_weights
from fastnn.files.weights import save_weights as save_our_weights
from fastnn.interop.keras_files import OWN_MEMBER, save_keras_weights, to_keras
from fastnn.interop.keras_models import from_keras, load_keras_weights
from fastnn.interop.keras_weights import hdf5
from fastnn.keras.function_losses import OwnFunction
from fastnn.models.base import BaseModel
from fastnn.models.saving.loading import load_model
from fastnn.models.saving.writing import save_model

__all__ = ["load", "load_weights", "save", "save_weights"]

_HDF5, _ZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"


def save(model: BaseModel, path: str | os.PathLike[str]) -> None:
    """Write a model in the format that its name means; raises as `fastnn.interop.to_keras` and `Sequential.save` do."""
    _make_folder(path)
    if _suffix(path) not in (".keras", ".h5", ".hdf5"):
        save_model(model, path)
        return
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "model.safetensors"
        save_model(model, own)
        try:
            to_keras(model, path, own.read_bytes())
        except TypeError as error:
            raise TypeError(
                f"{error}: a name of another kind, such as model.safetensors, saves it for load_model of fastnn.keras"
            ) from error


def load(path: str | os.PathLike[str], custom_objects: Mapping[str, Any], compile: bool) -> tuple[BaseModel, bool]:
    """The model of a file of fastnn or Keras, and whether it is all that fastnn saves.

    Raises
    ------
    OSError, ValueError
        As `fastnn.load_model` and `fastnn.interop.from_keras` do.
    """
    start = _start(path)
    custom_objects = {
        name: OwnFunction(one) if inspect.isfunction(one) else one for name, one in custom_objects.items()
    }
    if not start.startswith((_HDF5, _ZIP)):
        return load_model(path, custom_objects, compile=compile), True
    own = _own_member(path, start)
    if own is None:
        return from_keras(path, custom_objects), False
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.safetensors"
        copy.write_bytes(own)
        try:
            return load_model(copy, custom_objects, compile=compile), True
        except ValueError as error:
            raise ValueError(str(error).replace(repr(os.fspath(copy)), repr(os.fspath(path)))) from error


def save_weights(model: BaseModel, path: str | os.PathLike[str]) -> None:
    """Write a model's weights in the format that the name means."""
    _make_folder(path)
    if _suffix(path) in (".h5", ".hdf5"):
        save_keras_weights(model, path)
    elif _suffix(path) == ".keras":
        raise ValueError(f"{os.fspath(path)!r} is the name of a whole model: weights alone end in .weights.h5")
    else:
        save_our_weights(model, path, any_name=True)


def load_weights(model: BaseModel, path: str | os.PathLike[str]) -> None:
    """Replace a model's weights by those of a file, whichever its format."""
    start = _start(path)
    # NumPy's .npz is an archive, too.
    if start.startswith(_HDF5) or (start.startswith(_ZIP) and _suffix(path) == ".keras"):
        load_keras_weights(model, path)
    else:
        load_our_weights(model, path, any_name=True)


def _suffix(path: str | os.PathLike[str]) -> str:
    return PurePath(os.fsdecode(path)).suffix.lower()


def _make_folder(path: str | os.PathLike[str]) -> None:
    # Scripts rely on it: TensorFlow makes the folders of its checkpoints.
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)


def _start(path: str | os.PathLike[str]) -> bytes:
    regular_file(path)
    with open(path, "rb") as file:
        return file.read(8)


def _own_member(path: str | os.PathLike[str], start: bytes) -> bytes | None:
    """What fastnn has saved within a file of Keras; None where there is nothing, or the file cannot be read."""
    if start.startswith(_ZIP):
        try:
            with zipfile.ZipFile(path) as archive:
                info = archive.getinfo(OWN_MEMBER)
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    return None
                check_expansion(info.file_size, info.compress_size)
                return archive.read(info)
        except (KeyError, ValueError, zipfile.BadZipFile, EOFError):
            return None
    try:
        with hdf5().File(path, "r") as file:
            link = file.get(OWN_MEMBER, getlink=True)
            if not isinstance(link, hdf5().HardLink):
                return None
            stored = file[OWN_MEMBER]
            size = stored.id.get_storage_size()
            # As Keras' arrays: in the file itself, and no larger than it.
            if stored.dtype != "uint8" or stored.is_virtual or stored.external or size < stored.size:
                return None
            return bytes(stored[()])
    except (OSError, KeyError, AttributeError, RuntimeError, ValueError):
        return None
