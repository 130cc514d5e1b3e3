"""Keras models: `from_keras` reads a ``.keras`` file, or a model that lives, and `load_keras_weights` weights alone."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import IO, Any

from numpy.typing import ArrayLike

from fastnn.files.reading import check_expansion, regular_file
from fastnn.interop.assembling import Wanted, assemble, check_rows, in_dtype, own_arrays, wanted_arrays, wanted_by
from fastnn.interop.keras_calls import DescribedGraph, described_graph
from fastnn.interop.keras_config import Described, Entry, check_described, described, entries, groups, is_chain
from fastnn.interop.keras_description import description_of
from fastnn.interop.keras_places import placed_layers
from fastnn.interop.keras_vocabularies import from_assets, from_layers
from fastnn.interop.keras_weights import WeightFile
from fastnn.layers.base import Layer
from fastnn.layers.merging import Merge
from fastnn.models.base import BaseModel
from fastnn.models.functional import Model
from fastnn.models.leaves import leaf_layers
from fastnn.models.nested import ModelLayer
from fastnn.models.sequential import Sequential

__all__ = ["from_keras", "load_keras_weights"]

# What readers raise for what they cannot read.
_DAMAGES = (
    ValueError, TypeError, AttributeError, IndexError, ArithmeticError, RuntimeError, EOFError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


def from_keras(source: Any, custom_objects: Mapping[str, Any] | None = None) -> Sequential | Model:
    """Make a model of a Keras model: its layers, options and weights, in float32 or float64.

    Parameters
    ----------
    source : path-like, keras.Sequential or keras.Model
        A ``.keras`` file, or an ``.h5`` file of a whole model, both read without Keras (with h5py), or a model that is
        built. Models within the model are taken apart.
    custom_objects : mapping of str to (function, derivative), optional
        Your own activations by the name that Keras has for them; a file holds no code.

    Returns
    -------
    Sequential or Model
        A `Model` where layers are no chain. Not compiled. Layers keep their names; a number is added where two would be
        the same.

    Raises
    ------
    ImportError
        When a file is to be read and h5py is missing.
    OSError
        When there is no such file, it may not be read, or it is a folder, a device or a pipe.
    TypeError
        When `source` is neither of them.
    ValueError
        For a layer or an option that fastnn has not, also one that training alone reads: the message names the layer,
        its class and what there is. For a class that is not Keras' own, and a layer that was given a ``call``; an
        ``.h5`` file does not tell them from Keras' class of that name. For a chain in which a layer occurs twice; a
        file does not tell, for Keras writes such a layer once and reads a shorter model itself. For a damaged file.
        Nothing in a file is run, and no more memory is taken than its arrays have bytes.

    Examples
    --------
    >>> import tempfile
    >>> import h5py
    >>> dense = {"name": "last", "units": 1, "activation": "linear", "use_bias": False}
    >>> layers = [
    ...     {"class_name": "InputLayer", "config": {"batch_shape": [None, 2]}},
    ...     {"class_name": "Dense", "config": dense},
    ... ]
    >>> config = {"class_name": "Sequential", "config": {"name": "small", "layers": layers}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/model.weights.h5", "w") as weights:
    ...         weights["layers/dense/vars/0"] = [[1.0], [2.0]]
    ...     with zipfile.ZipFile(f"{folder}/model.keras", "w") as archive:
    ...         archive.writestr("config.json", json.dumps(config))
    ...         archive.write(f"{folder}/model.weights.h5", "model.weights.h5")
    ...     model = from_keras(f"{folder}/model.keras")
    >>> model.predict([[10, 1]])
    array([[12.]], dtype=float32)
    """
    if isinstance(source, BaseModel):
        raise TypeError(
            f"source must be the path of a .keras or .h5 file or a Keras model, but it is {source!r}, fastnn's own"
        )
    custom = custom_objects or {}
    if isinstance(source, str | os.PathLike):
        regular_file(source)
        if _is_hdf5(source):
            return _from_hdf5(source, custom)
        with _named_errors(os.fspath(source)), zipfile.ZipFile(source) as archive:
            config = _config(archive)
            from_assets(config, lambda name: _member(archive, name) if name in archive.namelist() else None)
            found = _described(config, custom)
            _check_version(found.layers, _version(archive))
            with WeightFile(_weights(archive)) as file:
                return _assembled(found, lambda wanted: file.arrays(found.places, wanted))
    if not all(hasattr(source, name) for name in ("get_config", "get_weights", "layers")):
        raise TypeError(f"source must be the path of a .keras or .h5 file or a Keras model, but it is {source!r}")
    # tf_keras is Keras 2.
    module = type(source).__module__.removeprefix("tf_")
    with _named_errors(source):
        check_described(source)
        entry = {"module": module, "class_name": type(source).__name__, "config": source.get_config()}
        from_layers(entry, source.layers)
        found = _described(entry, custom)
        # tf_keras and keras have it.
        _check_version(found.layers, getattr(sys.modules.get(type(source).__module__.split(".")[0]), "__version__", ""))
        return _assembled(found, lambda wanted: source.get_weights())


def _is_hdf5(path: str | os.PathLike[str]) -> bool:
    with open(path, "rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


def _from_hdf5(path: str | os.PathLike[str], custom: Mapping[str, Any]) -> Sequential | Model:
    with _named_errors(os.fspath(path)), open(path, "rb") as opened, WeightFile(opened) as file:
        config = file.text("model_config")
        if config is None:
            raise ValueError("it holds weights alone: make the same layers here and call load_keras_weights")
        found = _described(json.loads(config), custom)
        _check_version(found.layers, file.text("keras_version"))
        return _assembled(found, file.arrays_by_attributes)


def load_keras_weights(model: BaseModel, path: str | os.PathLike[str]) -> None:
    """Put the weights of a Keras model of the same layers in place of a model's own.

    Parameters
    ----------
    model : Sequential or Model
        Its layers with weights have the classes, the order and the shapes of Keras' model.
    path : path-like
        A ``.weights.h5`` or ``.keras`` file of Keras 3, or an ``.h5`` file of Keras 2, which are read with h5py. Of
        Keras models within a model, a model without such takes no ``.weights.h5``, which has other places for them.

    Raises
    ------
    ImportError
        When h5py is missing.
    OSError
        When there is no such file, it may not be read, or it is a folder, a device or a pipe.
    ValueError
        When it is damaged, has other layers or shapes, or numbers that are not finite; nothing has changed then.

    Examples
    --------
    >>> import tempfile
    >>> import h5py
    >>> from fastnn.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(1, use_bias=False)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/small.weights.h5", "w") as file:
    ...         file["layers/dense/vars/0"] = [[1.0], [2.0]]
    ...     load_keras_weights(model, f"{folder}/small.weights.h5")
    >>> model.predict([[10, 1]])
    array([[12.]], dtype=float32)
    """
    model.needs_plan()
    regular_file(path)
    if not isinstance(model, Sequential) or any(isinstance(layer, ModelLayer) for layer in model.layers):
        _load_graph(model, path)
        return
    wanted = [needed for layer in model.layers if (needed := wanted_by(layer))]
    kinds = [type(layer).__name__ for layer in model.layers if wanted_by(layer)]
    with _named_errors(os.fspath(path)), open(path, "rb") as opened:
        content: IO[bytes] = opened
        places = [f"layers/{group}/" for group in groups(kinds)]
        if PurePath(os.fsdecode(path)).suffix.lower() == ".keras":
            with zipfile.ZipFile(opened) as archive:
                places = _places(kinds, _config(archive))
                content = _weights(archive)
        with WeightFile(content) as file:
            arrays = file.arrays_by_attributes(wanted) if file.by_attributes else file.arrays(places, wanted)
        by_layer = _by_layer(model, [layer for layer in model.layers if wanted_by(layer)], wanted, arrays)
        model.set_weights([array for layer in model.layers for array in by_layer.get(layer, layer.get_weights())])


def _load_graph(model: BaseModel, path: str | os.PathLike[str]) -> None:
    """`load_keras_weights` of a model whose layers stand in groups in Keras' order."""
    placed = [(place, layer) for place, layer in placed_layers(model, description_of(model)) if wanted_by(layer)]
    wanted = [wanted_by(layer) for _, layer in placed]
    with _named_errors(os.fspath(path)), open(path, "rb") as opened:
        content: IO[bytes] = opened
        if PurePath(os.fsdecode(path)).suffix.lower() == ".keras":
            with zipfile.ZipFile(opened) as archive:
                content = _weights(archive)
        with WeightFile(content) as file:
            places = [place for place, _ in placed]
            arrays = file.arrays_by_attributes(wanted) if file.by_attributes else file.arrays(places, wanted)
        by_layer = _by_layer(model, [layer for _, layer in placed], wanted, arrays)
        model.set_weights(
            [array for layer in leaf_layers(model.layers) for array in by_layer.get(layer, layer.get_weights())]
        )


def _by_layer(
    model: BaseModel, layers: Sequence[Layer], wanted: Sequence[Sequence[Wanted]], arrays: Sequence[ArrayLike]
) -> dict[Layer, list[Any]]:
    """The arrays of each layer, which come in these layers' order, in the model's dtype."""
    names = [array.name for of_layer in wanted for array in of_layer]
    given = iter([in_dtype(array, model, name) for array, name in zip(arrays, names, strict=True)])
    return {layer: own_arrays(layer, [next(given) for _ in own]) for layer, own in zip(layers, wanted, strict=True)}


def _described(model: Mapping[str, Any], custom: Mapping[str, Any]) -> Described | DescribedGraph[Model]:
    return described(model, custom) if is_chain(model) else described_graph(model, custom, Model)


def _assembled(
    found: Described | DescribedGraph[Model], read: Callable[[list[list[Wanted]]], Sequence[ArrayLike]]
) -> Sequential | Model:
    if isinstance(found, DescribedGraph):
        graph: Model = found.model
        for layer in graph.layers:
            if layer.input_shape is not None and not isinstance(layer, Merge):
                check_rows(layer, layer.input_shape)
        needed = [wanted_by(layer) for layer in found.layers]
        by_layer = _by_layer(graph, found.layers, needed, read(needed))
        graph._fill([array for layer in graph.layers for array in by_layer.get(layer, [])])
        return graph
    model = Sequential(found.layers, name=found.name, dtype=found.dtype)
    return assemble(model, found.input_shape, read(wanted_arrays(model, found.input_shape)))


def _places(kinds: list[str], config: Mapping[str, Any]) -> list[str]:
    """The places of a ``.keras`` file's layers with arrays, which must be of these classes."""
    found = [entry for entry in entries(config) if _has_arrays(entry)]
    if [entry.kind for entry in found] != kinds:
        raise ValueError(
            f"its layers with weights are {', '.join(entry.kind for entry in found) or 'none'}, but the model's are "
            f"{', '.join(kinds) or 'none'}"
        )
    return [entry.place for entry in found]


def _has_arrays(entry: Entry) -> bool:
    if entry.kind == "LayerNormalization":
        return bool(entry.options["center"] or entry.options["scale"])
    if entry.kind == "Normalization":
        return entry.options["mean"] is None
    return entry.kind in ("Dense", "Embedding", "PReLU", "RMSNormalization", "BatchNormalization")


def _check_version(layers: Sequence[Layer], version: object) -> None:
    """Raise ValueError where a name meant something else in that version of Keras."""
    if not str(version).startswith("2."):
        return
    for layer in layers:
        applied = getattr(layer, "applied", getattr(layer, "activation", None))
        if applied is not None and applied.name.lower() == "hard_sigmoid" and applied.functions is None:
            raise ValueError(
                f"the layer {layer.name!r}: hard_sigmoid of Keras 2 is min(max(0.2 * x + 0.5, 0), 1), but fastnn has "
                "that of Keras 3: pass custom_objects={'hard_sigmoid': (function, derivative)}"
            )


def _version(archive: zipfile.ZipFile) -> Any:
    """Keras' version, if the file tells it."""
    if "metadata.json" not in archive.namelist():
        return ""
    return json.loads(_member(archive, "metadata.json")).get("keras_version", "")


def _config(archive: zipfile.ZipFile) -> Any:
    return json.loads(_member(archive, "config.json"))


def _weights(archive: zipfile.ZipFile) -> IO[bytes]:
    return io.BytesIO(_member(archive, "model.weights.h5"))


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    info = archive.getinfo(name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"its {name} is compressed in a way that Keras does not use")
    # Keras does not compress; others may pack it again.
    check_expansion(info.file_size, info.compress_size)
    return archive.read(info)


@contextlib.contextmanager
def _named_errors(source: object) -> Iterator[None]:
    """Errors of what is read become a ValueError that names it; those of a path stay."""
    try:
        yield
    except KeyError as error:
        raise ValueError(f"{source!r} cannot be loaded: it lacks {error}") from error
    except (OSError, *_DAMAGES) as error:
        # h5py raises a plain one without a path for a damaged file.
        if isinstance(error, OSError) and (error.filename is not None or type(error) is not OSError):
            raise
        raise ValueError(f"{source!r} cannot be loaded: {error}") from error
