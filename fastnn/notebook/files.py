"""Network files: the layers' configurations and arrays in one ``.npz``, with no pickle in it, ever."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy

from fastnn import activations
from fastnn.notebook.chain import Layers, check_network
from fastnn.notebook.layers import ActivationLayer, FCLayer, FlattenLayer, Layer, SoftmaxLayer
from fastnn_ext.tables.enums import Activation

if TYPE_CHECKING:
    from fastnn.files.reading import NpzFile

_FORMAT = "fastnn-network-1"
# Bytes of the text, four a letter, that any file may have.
_LONGEST_HEADER = 1 << 22
_FUNCTIONS = tuple(kind.name.lower() for kind in Activation)


def save_network(path: str | os.PathLike[str], network: Layers, metadata: dict[str, Any] | None = None) -> None:
    """Write a network of built-in layers to ``path``.

    The file is written beside its place and moved into it, so an interruption leaves the old file or the new one.

    Parameters
    ----------
    path : path-like
        Its name should end in ``.npz``.
    network : list of layers
        All built in; ActivationLayer with built-in functions.
    metadata : dict, optional
        Anything that JSON can hold, given back by :func:`load_metadata`.

    Raises
    ------
    TypeError
        When a layer is the user's own.
    OSError
        When the folder is missing, the file may not be written, or the disk is full.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "network.npz"
    ...     save_network(path, [FCLayer(2, 1)])
    ...     [layer] = load_network(path)
    >>> layer.weights.shape
    (2, 1)
    """
    check_network(network)
    description, arrays = [], {}
    for index, layer in enumerate(network):
        if type(layer) not in (FlattenLayer, FCLayer, ActivationLayer, SoftmaxLayer):
            name = type(layer).__name__
            raise TypeError(f"network[{index}] is a {name}: only networks of built-in layers can be saved")
        description.append({"layer": type(layer).__name__, **layer.configuration()})
        arrays.update({f"{index}.{name}": array for name, array in layer.parameters().items()})
    import json

    from fastnn.files.writing import atomic_write

    header = json.dumps({"format": _FORMAT, "layers": description, "metadata": metadata or {}})
    with atomic_write(path) as file:
        numpy.savez(file, header=numpy.array(header), **arrays)


def load_network(path: str | os.PathLike[str]) -> list[Layer]:
    """Read a network that :func:`save_network` wrote. No code in a file can run.

    Raises
    ------
    OSError
        When there is no such file (FileNotFoundError), it may not be read, or it is a folder, a device or a pipe.
    ValueError
        When the file is damaged or not a network, or would take far more memory than it has bytes; the message names
        the file and what is wrong.
    """
    return _read(path)[0]


def load_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The ``metadata`` that a network was saved with; raises as :func:`load_network` does."""
    return _read(path)[1]


def _read(path: str | os.PathLike[str]) -> tuple[list[Layer], dict[str, Any]]:
    import json

    from fastnn.files.reading import NpzFile, regular_file

    if not Path(path).exists():
        raise FileNotFoundError(f"there is no file {os.fspath(path)!r}")
    regular_file(path)
    try:
        with NpzFile(path) as file:
            content = json.loads(_header(file))
            if content["format"] != _FORMAT:
                raise ValueError(f"its format is {content['format']!r}, not {_FORMAT!r}")
            file.check_memory(file.names)
            network = [_layer(index, dict(entry), file) for index, entry in enumerate(content["layers"])]
            check_network(network)
            return network, dict(content["metadata"])
    except KeyError as error:
        raise ValueError(f"{os.fspath(path)!r} is not a network saved by fastnn: it lacks {error}") from error
    except Exception as error:
        # The system names the file.
        if isinstance(error, OSError) and error.filename is not None:
            raise
        # zipfile, zlib, numpy and json raise a dozen kinds for damaged bytes; the user needs one.
        raise ValueError(f"{os.fspath(path)!r} is not a network saved by fastnn: {error}") from error


def _header(file: "NpzFile") -> str:
    """The text that describes a network, where it is one of bounded length."""
    found = file.header("header")
    if found.dtype.kind != "U" or found.shape != ():
        raise ValueError(f"its header must be a text, but it is {found.dtype} of shape {found.shape}")
    # What JSON makes of a text takes many times its memory.
    if found.nbytes > max(_LONGEST_HEADER, file.size):
        raise ValueError(f"its header would grow to {found.nbytes} bytes, but the whole file has {file.size}")
    return str(file.read("header")[()])


def _layer(index: int, entry: dict[str, Any], file: "NpzFile") -> Layer:
    kind = entry.pop("layer")
    if kind == "FlattenLayer":
        return FlattenLayer(entry["input_shape"])
    if kind == "SoftmaxLayer":
        return SoftmaxLayer(entry["input_size"])
    if kind == "ActivationLayer":
        if entry["activation"] not in _FUNCTIONS:
            raise ValueError(f"layer {index} has the unknown activation {entry['activation']!r}")
        return ActivationLayer(getattr(activations, entry["activation"]))
    if kind == "FCLayer":
        shape, dtype = file.header(f"{index}.weights")
        if shape != (entry["input_size"], entry["output_size"]) or dtype != entry["dtype"]:
            raise ValueError(f"layer {index} promises another shape or dtype than its weights have")
        weights, bias = file.read(f"{index}.weights"), file.read(f"{index}.bias")
        # A seeded generator: its numbers are overwritten by the file's.
        layer = FCLayer(*weights.shape, rng=numpy.random.default_rng(0), dtype=weights.dtype)
        layer.weights, layer.bias = weights, bias
        return layer
    raise ValueError(f"layer {index} is of the unknown kind {kind!r}")
