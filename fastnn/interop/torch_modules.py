"""PyTorch modules: `from_torch` takes a module that lives, `load_torch_weights` its state, also from a file."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastnn import layers
from fastnn.activations.base import ActivationKind
from fastnn.activations.registry import ACTIVATIONS
from fastnn.checking.arrays import real_dtype_array
from fastnn.checking.shapes import Shape, checked_shape
from fastnn.data.tensors import tensor_array
from fastnn.files.tensors import TensorFile
from fastnn.interop.assembling import assemble
from fastnn.interop.torch_states import state_arrays
from fastnn.layers.base import Layer
from fastnn.models.sequential import Sequential
from fastnn.registry import Without, given

__all__ = ["from_torch", "load_torch_weights"]


class _Leaf(NamedTuple):
    """A module that computes, and what it is called."""

    name: str
    module: Any

    @property
    def spelled(self) -> str:
        return f"the module {self.name!r} ({type(self.module).__name__})"


def from_torch(module: Any, input_shape: Sequence[int] | None = None, dtype: DTypeLike | None = None) -> Sequential:
    """Make a model of a PyTorch module: its layers, options and weights. It predicts what the module does in ``eval``.

    Parameters
    ----------
    module : torch.nn.Sequential
        Also with others within it. On any device; training or not.
    input_shape : tuple of int, optional
        Of one sample, without the batch. Only needed where no layer tells it, as when a Flatten comes first.
    dtype : dtype-like, optional
        float32 or float64; by default float64 where an array of the module is, else float32.

    Returns
    -------
    Sequential
        Not compiled. Layers have the names that modules were given; where those have numbers alone, fastnn's own.

    Raises
    ------
    ImportError
        When PyTorch is missing.
    TypeError
        When `module` is no torch.nn.Sequential, or its arrays are sparse or quantised.
    ValueError
        For a module or an option that fastnn has not: the message names it and what there is. When shapes do not fit,
        or a number is not finite.

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
    if not isinstance(module, torch.nn.Sequential):
        raise TypeError(f"module must be a torch.nn.Sequential, but it is a {type(module).__name__}")
    _check_no_hooks(module, "the module")
    leaves = list(_leaves(module, torch))
    _check_not_shared(module)
    shape = _known_shape(leaves) if input_shape is None else checked_shape(input_shape, "input_shape")
    made = [_layer(leaf, torch) for leaf in leaves]
    if not made:
        raise ValueError("the module has no layers that compute")
    if dtype is None:
        doubles = any(value.dtype == torch.float64 for value in (*module.parameters(), *module.buffers()))
        dtype = np.float64 if doubles else np.float32
    model = assemble(
        Sequential([layer for layer, _ in made], dtype=dtype),
        shape,
        [
            _array(value, f"an array of {leaf.spelled}")
            for leaf, (_, values) in zip(leaves, made, strict=True)
            for value in values
        ],
    )
    for leaf, layer in zip(leaves, model.layers, strict=True):
        # Without weights nothing else would notice.
        if isinstance(leaf.module, torch.nn.LayerNorm) and layer.input_shape != tuple(leaf.module.normalized_shape):
            raise ValueError(f"{leaf.spelled} gets {layer.input_shape} numbers of a sample, which is not its own shape")
    return model


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
        arrays = {name: _array(value, repr(name)) for name, value in source.items()}
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


def _array(value: Any, name: str) -> NDArray[Any]:
    if not hasattr(value, "detach"):
        return real_dtype_array(value, name)
    try:
        return tensor_array(value.detach().cpu(), "torch", name)
    except NotImplementedError as error:
        raise ValueError(f"{name} has no numbers yet: {error}") from error


def _leaves(module: Any, torch: Any, prefix: str = "") -> Iterator[_Leaf]:
    if type(module).forward is not torch.nn.Sequential.forward:
        raise ValueError(f"{type(module).__name__} has a forward of its own, but fastnn has layers one after the other")
    for name, child in module._modules.items():
        leaf = _Leaf(f"{prefix}{name}", child)
        _check_no_hooks(child, leaf.spelled)
        if isinstance(child, torch.nn.Sequential):
            yield from _leaves(child, torch, f"{leaf.name}.")
        elif type(child) is not torch.nn.Identity:
            yield leaf


def _check_no_hooks(module: Any, called: str) -> None:
    if getattr(module, "has_uninitialized_params", bool)():
        raise ValueError(f"{called} is lazy and has no weights yet: let it see a batch first")
    if module._forward_hooks or module._forward_pre_hooks:
        raise ValueError(f"{called} has hooks, which may change what it computes: remove them first")


def _check_not_shared(module: Any) -> None:
    shared: set[str] = set()
    for named in (module.named_parameters, module.named_buffers):
        shared |= {name for name, _ in named(remove_duplicate=False)} - {name for name, _ in named()}
    if shared:
        raise ValueError(f"{sorted(shared)[0]!r} is another layer's array, too, but fastnn's layers share none")


def _known_shape(leaves: Sequence[_Leaf]) -> Shape:
    for leaf in leaves:
        for attribute in ("in_features", "num_features", "normalized_shape"):
            if hasattr(leaf.module, attribute):
                return checked_shape(getattr(leaf.module, attribute), attribute)
        if type(leaf.module).__name__ == "Flatten":
            break
    raise ValueError(
        "input_shape is needed, the shape of one sample, such as (28, 28): the first layers do not tell it"
    )


def _layer(leaf: _Leaf, torch: Any) -> tuple[Layer, list[Any]]:
    """The layer of a module and its tensors in the order of `Layer.variables`."""
    kind = type(leaf.module).__name__
    if kind not in _MAKERS or type(leaf.module) is not getattr(torch.nn, kind):
        raise ValueError(f"{leaf.spelled} is none that fastnn has; it has {', '.join(_MAKERS)}")
    try:
        layer, arrays = _MAKERS[kind](leaf.module)
    except ValueError as error:
        raise ValueError(f"{leaf.spelled}: {error}") from error
    # A number is the name of a module that was given none.
    layer.name = None if leaf.name.replace(".", "").isdecimal() else leaf.name
    return layer, [array for array in arrays if array is not None]


def _needs(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


def _plain(kind: type[Layer], *options: str) -> Callable[[Any], tuple[Layer, list[Any]]]:
    """A layer without arrays, whose constructor takes these attributes of the module."""
    return lambda module: (kind(*(getattr(module, option) for option in options)), [])


def _linear(module: Any) -> tuple[Layer, list[Any]]:
    return layers.Dense(module.out_features, use_bias=module.bias is not None), [module.weight.t(), module.bias]


def _flatten(module: Any) -> tuple[Layer, list[Any]]:
    _needs((module.start_dim, module.end_dim) == (1, -1), "it must have start_dim=1 and end_dim=-1, which make rows")
    return layers.Flatten(), []


def _listed(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in options.items())


def _activations(torch_class: str) -> Callable[[Any], tuple[Layer, list[Any]]]:
    """The layer of the activation that a class of PyTorch is with a module's options."""
    kinds = [kind for kind in ACTIVATIONS if kind.torch == torch_class]

    def made(module: Any) -> tuple[Layer, list[Any]]:
        found = {key: getattr(module, key) for key in kinds[0].torch_options}
        fitting = [kind for kind in kinds if kind.torch_options == found]
        known = " or ".join(_listed(kind.torch_options) for kind in kinds)
        _needs(bool(fitting), f"it has {_listed(found)}, but fastnn has {known} alone")
        return _activation(fitting[0])(module)

    return made


def _activation(kind: ActivationKind) -> Callable[[Any], tuple[Layer, list[Any]]]:
    """The layer of an activation, whose parameters are attributes of the module of the same names."""
    make = given(kind.layer, f"the layer of the activation {kind.name}")
    maker = _plain(make, *(parameter.name for parameter in kind.parameters))

    def made(module: Any) -> tuple[Layer, list[Any]]:
        misfit = None if kind.torch_misfit is None else kind.torch_misfit(module)
        _needs(misfit is None, str(misfit))
        return maker(module)

    return made


def _batch_normalization(module: Any) -> tuple[Layer, list[Any]]:
    _needs(module.running_mean is not None, "it must have track_running_stats=True: fastnn predicts with those")
    _needs(module.momentum is not None, "it has momentum=None, but fastnn has no plain average: give it a number")
    # PyTorch's is the share of the new value.
    center, scale = module.bias is not None, module.weight is not None
    momentum, epsilon = 1 - module.momentum, module.eps
    return layers.BatchNormalization(momentum=momentum, epsilon=epsilon, center=center, scale=scale), [
        module.weight,
        module.bias,
        module.running_mean,
        module.running_var,
    ]


def _layer_normalization(module: Any) -> tuple[Layer, list[Any]]:
    _needs(
        len(module.normalized_shape) == 1, f"it has normalized_shape={module.normalized_shape}, but fastnn takes rows"
    )
    center, scale = module.bias is not None, module.weight is not None
    return layers.LayerNormalization(epsilon=module.eps, center=center, scale=scale), [module.weight, module.bias]


_MAKERS: dict[str, Callable[[Any], tuple[Layer, list[Any]]]] = {
    "Linear": _linear,
    "Flatten": _flatten,
    **{kind.torch: _activations(kind.torch) for kind in ACTIVATIONS if not isinstance(kind.torch, Without)},
    "Dropout": _plain(layers.Dropout, "p"),
    "BatchNorm1d": _batch_normalization,
    "LayerNorm": _layer_normalization,
}
