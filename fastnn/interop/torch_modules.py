"""PyTorch modules: `from_torch` takes a module that lives, `load_torch_weights` its state, also from a file."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastnn.checking.shapes import Shape, checked_shape
from fastnn.files.tensors import TensorFile
from fastnn.interop.assembling import assemble
from fastnn.interop.torch_graphs import traced
from fastnn.interop.torch_layers import Leaf, check_not_shared, check_plain, layer_of, shape_read, torch_array
from fastnn.interop.torch_states import state_arrays
from fastnn.layers.base import Layer
from fastnn.models.functional import Model
from fastnn.models.sequential import Sequential

__all__ = ["from_torch", "load_torch_weights"]


def from_torch(
    module: Any, input_shape: Sequence[Any] | None = None, dtype: DTypeLike | None = None
) -> Sequential | Model:
    """Make a model of a PyTorch module: its layers, options and weights. It predicts what the module does in ``eval``.

    Parameters
    ----------
    module : torch.nn.Module
        A Sequential, also with others within it; or another, whose ``forward`` is traced by ``torch.fx``: modules that
        are called, several times, too, and sums, differences, products, ``torch.cat``, ``torch.flatten`` and functions
        of activations. On any device; training or not.
    input_shape : tuple of int, optional
        Of one sample, without the batch; a list of them for several inputs. Only needed where no layer tells it, as
        when a Flatten comes first.
    dtype : dtype-like, optional
        float32 or float64; by default float64 where an array of the module is, else float32.

    Returns
    -------
    Sequential or Model
        Not compiled. Layers have the names that modules were given; where those have numbers alone, fastnn's own.

    Raises
    ------
    ImportError
        When PyTorch is missing.
    TypeError
        When `module` is no torch.nn.Module, or its arrays are sparse or quantised.
    ValueError
        For a module, a function or an option that fastnn has not: the message names it and what there is. For a
        ``forward`` that cannot be traced. When shapes do not fit, or a number is not finite.

    Notes
    -----
    Training goes on nearly as it would in PyTorch: its batch normalisation keeps the unbiased variance of a batch,
    fastnn's and Keras' the biased one.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))  # doctest: +SKIP
    >>> from_torch(module)  # doctest: +SKIP
    <Sequential sequential: Dense, ReLU, Dense>
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError("from_torch takes a module of PyTorch: pip install torch") from error
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"module must be a torch.nn.Module, but it is a {type(module).__name__}")
    check_plain(module, "the module", torch)
    if dtype is None:
        doubles = any(value.dtype == torch.float64 for value in (*module.parameters(), *module.buffers()))
        dtype = np.float64 if doubles else np.float32
    if _is_known(module) and not isinstance(module, torch.nn.Sequential):
        module = torch.nn.Sequential(module)
    if not _is_chain(module, torch):
        check_not_shared(module)
        return traced(module, input_shape, np.dtype(dtype), torch)
    leaves = list(_leaves(module, torch))
    check_not_shared(module)
    shape = _known_shape(leaves) if input_shape is None else checked_shape(input_shape, "input_shape")
    made = list(_layers(leaves, shape, torch))
    if not made:
        raise ValueError("the module has no layers that compute")
    return assemble(
        Sequential([layer for layer, _ in made], dtype=dtype),
        shape,
        [
            torch_array(value, f"an array of {leaf.spelled}")
            for leaf, (_, values) in zip(leaves, made, strict=True)
            for value in values
        ],
    )


def load_torch_weights(model: Sequential, source: str | os.PathLike[str] | Mapping[str, Any]) -> None:
    """Put the weights of a PyTorch module of the same layers in place of a model's own.

    Parameters
    ----------
    model : Sequential
        Its layers with weights have the kinds, the order and the shapes of the module's. Where the module's names are
        those of the layers, they are found by name.
    source : path-like or mapping of str to tensor or array
        A ``.safetensors`` file, as ``safetensors.torch.save_file(module.state_dict(), path)`` writes it, or a
        ``state_dict``.

    Raises
    ------
    OSError
        When there is no such file, it may not be read, or it is a folder, a device or a pipe.
    TypeError
        When `source` is neither, or an array holds no real numbers.
    ValueError
        When the file is damaged, or one that Python's pickle would have to read, which runs what code it holds. When
        layers or shapes are others, their order is not known, or a number is not finite. Nothing has changed then.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(1)])
    >>> load_torch_weights(model, {"0.weight": np.array([[1.0, 2.0]]), "0.bias": np.array([3.0])})
    >>> model.predict([[10, 1]])
    array([[15.]], dtype=float32)
    """
    model.needs_plan()
    if isinstance(source, Mapping):
        arrays = {name: torch_array(value, repr(name)) for name, value in source.items()}
        shapes = {name: array.shape for name, array in arrays.items()}
        # A module's own state_dict is in its order; a plain dict may have been read from a file.
        ordered = isinstance(source, OrderedDict)
        model.set_weights(state_arrays(model, shapes, arrays.__getitem__, ordered=ordered))
        return
    if not isinstance(source, str | os.PathLike):
        raise TypeError(
            f"source must be a .safetensors file's path or a state_dict, but it is a {type(source).__name__}"
        )
    path = os.fspath(source)
    suffix = PurePath(os.fsdecode(path)).suffix.lower()
    if suffix != ".safetensors":
        raise ValueError(
            f"weights of PyTorch are read from a .safetensors file, but the name is {path!r}: other files are pickles, "
            "which run what code they hold. Write one with safetensors.torch.save_file(module.state_dict(), path)"
        )
    try:
        with TensorFile(source) as file:
            model.set_weights(state_arrays(model, file.shapes, file.read, ordered=False))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path!r} cannot be loaded: {error}") from error


def _is_known(module: Any) -> bool:
    """Whether its class is PyTorch's own."""
    return type(module).__module__.startswith("torch.nn.")


def _is_chain(module: Any, torch: Any) -> bool:
    """Whether it calls modules of PyTorch's own one after the other, those of chains within it, too."""
    if not isinstance(module, torch.nn.Sequential):
        return _is_known(module)
    plain = type(module).forward is torch.nn.Sequential.forward
    return plain and all(_is_chain(child, torch) for child in module._modules.values())


def _leaves(module: Any, torch: Any, prefix: str = "") -> Iterator[Leaf]:
    if type(module).forward is not torch.nn.Sequential.forward:
        raise ValueError(f"{type(module).__name__} has a forward of its own, but fastnn has layers one after the other")
    for name, child in module._modules.items():
        leaf = Leaf(f"{prefix}{name}", child)
        check_plain(child, leaf.spelled, torch)
        if isinstance(child, torch.nn.Sequential):
            yield from _leaves(child, torch, f"{leaf.name}.")
        elif type(child) is not torch.nn.Identity:
            yield leaf


def _layers(leaves: Sequence[Leaf], shape: Shape, torch: Any) -> Iterator[tuple[Layer, list[Any]]]:
    """The layer of each module in a chain, and its tensors."""
    for leaf in leaves:
        layer, tensors = layer_of(leaf, shape, torch)
        yield layer, tensors
        try:
            shape = layer.output_for(shape)
        except ValueError as error:
            raise ValueError(f"{leaf.spelled} does not fit: {error}") from error


def _known_shape(leaves: Sequence[Leaf]) -> Shape:
    for leaf in leaves:
        if (shape := shape_read(leaf.module)) is not None:
            return shape
        if type(leaf.module).__name__ == "Flatten":
            break
    raise ValueError(
        "input_shape is needed, the shape of one sample, such as (28, 28): the first layers do not tell it"
    )
