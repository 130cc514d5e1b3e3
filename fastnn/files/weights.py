"""Weight files: a model's arrays alone, by name, as ``.safetensors`` or as NumPy's ``.npz``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.arrays import converted
from fastnn.files.reading import NpzFile, regular_file
from fastnn.files.tensors import TensorFile, write_tensors
from fastnn.files.writing import atomic_write
from fastnn.layers.base import Layer
from fastnn.layers.once import arrays_once

__all__ = ["HasWeights", "load_weights", "save_weights"]


class HasWeights(Protocol):
    """What saving and loading weights needs of a model."""

    @property
    def layers(self) -> Sequence[Layer]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def needs_plan(self) -> object: ...
    def set_weights(self, weights: Sequence[NDArray[Any]], /) -> None: ...


def save_weights(model: HasWeights, path: str | os.PathLike[str], *, any_name: bool = False) -> None:
    """Write a model's weights; see `Sequential.save_weights`.

    Parameters
    ----------
    any_name : bool, default False
        Whether a name with another ending, or none, means a ``.safetensors`` file.
    """
    model.needs_plan()
    arrays = {f"{layer.name}.{name}": array for layer, name, array in arrays_once(model.layers)}
    if _is_npz(path, any_name):
        with atomic_write(path) as file:
            np.savez(file, allow_pickle=False, **arrays)
    else:
        write_tensors(path, arrays, {"format": "np"})


def load_weights(model: HasWeights, path: str | os.PathLike[str], *, any_name: bool = False) -> None:
    """Read a model's weights; see `Sequential.load_weights`, and `save_weights` of any name."""
    npz = _is_npz(path, any_name)
    model.needs_plan()
    shapes = {f"{layer.name}.{name}": array.shape for layer, name, array in arrays_once(model.layers)}
    regular_file(path)
    try:
        arrays = _from_npz(path, shapes) if npz else _from_tensors(path, shapes)
        model.set_weights([converted(array, model.dtype, name) for name, array in zip(shapes, arrays, strict=True)])
    except MemoryError:
        raise
    except Exception as error:
        # zipfile, zlib and NumPy raise a dozen kinds for damaged bytes; the user needs one. The system names the file.
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise ValueError(f"the weights of {os.fspath(path)!r} cannot be loaded: {error}") from error


def _is_npz(path: str | os.PathLike[str], any_name: bool) -> bool:
    suffix = PurePath(os.fsdecode(path)).suffix.lower()
    if not any_name and suffix not in (".npz", ".safetensors"):
        raise ValueError(
            f"a file of weights is a .safetensors or .npz, but the name is {os.fspath(path)!r}; fastnn.interop reads "
            "those of Keras and PyTorch"
        )
    return suffix == ".npz"


def _from_tensors(path: str | os.PathLike[str], shapes: dict[str, tuple[int, ...]]) -> list[NDArray[Any]]:
    with TensorFile(path) as file:
        _check_names({name for name in file.shapes if not name.startswith(("optimizer/", "callbacks/"))}, shapes)
        for name, shape in shapes.items():
            _check_shape(name, file.shapes[name], shape)
        return [file.read(name) for name in shapes]


def _from_npz(path: str | os.PathLike[str], shapes: dict[str, tuple[int, ...]]) -> list[NDArray[Any]]:
    with NpzFile(path) as file:
        # Members that are no arrays do not belong there, either.
        _check_names({member.removesuffix(".npy") for member in file.members}, shapes)
        for name, shape in shapes.items():
            found, dtype = file.header(name)
            _check_shape(name, found, shape)
            if dtype.kind not in "fiub":
                raise ValueError(f"the array {name!r} must hold real numbers, but its dtype is {dtype}")
        return [file.read(name) for name in shapes]


def _check_names(found: set[str], expected: dict[str, Any]) -> None:
    missing, more = sorted(set(expected) - found), sorted(found - set(expected))
    if missing or more:
        words = [f"it lacks {', '.join(map(repr, missing[:5]))}"] if missing else []
        words += [f"it has {', '.join(map(repr, more[:5]))}, which the model has not"] if more else []
        raise ValueError(f"{' and '.join(words)}: the model's arrays are {', '.join(map(repr, list(expected)[:10]))}")


def _check_shape(name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if found != expected:
        raise ValueError(f"the array {name!r} must have shape {expected}, but its shape is {found}")
