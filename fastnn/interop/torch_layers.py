"""PyTorch's modules: each that fastnn has as a layer, and its tensors as arrays."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastnn import layers
from fastnn.activations.base import ActivationKind
from fastnn.activations.registry import ACTIVATIONS
from fastnn.arrays.tensors import tensor_array
from fastnn.checking.arrays import real_dtype_array
from fastnn.checking.shapes import Shape, checked_shape
from fastnn.layers.base import Layer
from fastnn.registry import Without, given

__all__ = ["Leaf", "check_plain", "check_not_shared", "layer_of", "shape_read", "torch_array"]


class Leaf(NamedTuple):
    """A module that computes, and what it is called."""

    name: str
    module: Any

    @property
    def spelled(self) -> str:
        return f"the module {self.name!r} ({type(self.module).__name__})"


def torch_array(value: Any, name: str) -> NDArray[Any]:
    """A tensor, wherever it is, as an array of real numbers; ValueError, which calls it ``name``, where it is none."""
    if not hasattr(value, "detach"):
        return real_dtype_array(value, name)
    try:
        return tensor_array(value.detach().cpu(), "torch", name)
    except NotImplementedError as error:
        raise ValueError(f"{name} has no numbers yet: {error}") from error


def shape_read(module: Any) -> Shape | None:
    """The shape of a sample that a module says it takes; None where it says none."""
    for attribute in ("in_features", "num_features", "normalized_shape"):
        if hasattr(module, attribute):
            return checked_shape(getattr(module, attribute), attribute)
    return None


def check_plain(module: Any, called: str, torch: Any) -> None:
    """Raise ValueError where a module has no weights yet, or hooks or a forward that may compute something else."""
    if getattr(module, "has_uninitialized_params", bool)():
        raise ValueError(f"{called} is lazy and has no weights yet: let it see a batch first")
    if module._forward_hooks or module._forward_pre_hooks:
        raise ValueError(f"{called} has hooks, which may change what it computes: remove them first")
    if type(module).__call__ is not torch.nn.Module.__call__:
        raise ValueError(f"{called} has a __call__ of its own, which no trace follows: give it a forward")
    if "forward" in vars(module):
        raise ValueError(
            f"{called} was given a forward of its own, beside that of its class: make it a class of its own"
        )


def check_not_shared(module: Any) -> None:
    """Raise ValueError where two modules have one array."""
    shared: set[str] = set()
    for named in (module.named_parameters, module.named_buffers):
        shared |= {name for name, _ in named(remove_duplicate=False)} - {name for name, _ in named()}
    if shared:
        raise ValueError(f"{sorted(shared)[0]!r} is another layer's array, too, but fastnn's layers share none")


def layer_of(leaf: Leaf, shape: Shape, torch: Any) -> tuple[Layer, list[Any]]:
    """The layer of a module that gets samples of a shape, and its tensors in the order of `Layer.variables`."""
    kind = type(leaf.module).__name__
    known = _MAKERS | _MAKERS_BY_SHAPE
    if kind not in known or type(leaf.module) is not getattr(torch.nn, kind):
        raise ValueError(f"{leaf.spelled} is none that fastnn has; it has {', '.join(known)}")
    try:
        if kind in _MAKERS_BY_SHAPE:
            layer, arrays = _MAKERS_BY_SHAPE[kind](leaf.module, shape)
        else:
            layer, arrays = _MAKERS[kind](leaf.module)
    except ValueError as error:
        raise ValueError(f"{leaf.spelled}: {error}") from error
    if not _learns(leaf):
        layer.trainable = False
    # A number is the name of a module that was given none.
    layer.name = None if leaf.name.replace(".", "").isdecimal() else leaf.name
    return layer, [array for array in arrays if array is not None]


def _learns(leaf: Leaf) -> bool:
    """Whether training is to change a module's parameters, which a layer learns together."""
    learned = {name: one.requires_grad for name, one in leaf.module.named_parameters(recurse=False)}
    if len(set(learned.values())) > 1:
        still = ", ".join(name for name, learns in learned.items() if not learns)
        warnings.warn(
            f"{leaf.spelled} has requires_grad=False for {still} alone, but a layer of fastnn learns all of its arrays "
            "or none: it will learn these, too, unless its trainable is set to False",
            stacklevel=5,
        )
    return not learned or any(learned.values())


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


def _layer_normalization(module: Any, shape: Shape) -> tuple[Layer, list[Any]]:
    size = tuple(module.normalized_shape)
    _needs(len(size) == 1, f"it has normalized_shape={size}, but fastnn takes rows")
    # Without weights nothing else would notice.
    _needs(shape == size, f"it gets {shape} numbers of a sample, which is not its own shape")
    center, scale = module.bias is not None, module.weight is not None
    return layers.LayerNormalization(epsilon=module.eps, center=center, scale=scale), [module.weight, module.bias]


def _rms_normalization(module: Any) -> tuple[Layer, list[Any]]:
    size = module.normalized_shape
    _needs(len(size) == 1, f"it has normalized_shape={size}, but fastnn takes the last axis")
    kind = np.float32 if module.weight is None else torch_array(module.weight, "the weight").dtype
    # PyTorch's own where it has none.
    epsilon = float(np.finfo(kind).eps) if module.eps is None else module.eps
    scales = module.weight is not None
    layer = layers.RMSNormalization(epsilon=epsilon, trainable=scales)
    return layer, [module.weight if scales else np.ones(size)]


def _embedding(module: Any) -> tuple[Layer, list[Any]]:
    _needs(
        module.padding_idx is None, f"it has padding_idx={module.padding_idx}, a row that learns nothing: leave it out"
    )
    _needs(module.max_norm is None, f"it has max_norm={module.max_norm}, which changes rows as they are read")
    _needs(not module.scale_grad_by_freq, "it has scale_grad_by_freq=True, but fastnn adds gradients up")
    return layers.Embedding(module.num_embeddings, module.embedding_dim), [module.weight]


def _unflatten(module: Any) -> tuple[Layer, list[Any]]:
    _needs(module.dim in (1, -1), f"it has dim={module.dim}, but fastnn shapes rows anew")
    return layers.Reshape(tuple(module.unflattened_size)), []


def _prelu(module: Any, shape: Shape) -> tuple[Layer, list[Any]]:
    # One slope for all numbers of a sample, or one for each place along the first axis.
    own = 0 if module.num_parameters == 1 else 1
    shared = range(1 + own, len(shape) + 1)
    return layers.PReLU(shared_axes=[*shared] or None), [module.weight.reshape([-1] * own + [1] * len(shared))]


_MAKERS: dict[str, Callable[[Any], tuple[Layer, list[Any]]]] = {
    "Linear": _linear,
    "Flatten": _flatten,
    **{kind.torch: _activations(kind.torch) for kind in ACTIVATIONS if not isinstance(kind.torch, Without)},
    "Dropout": _plain(layers.Dropout, "p"),
    "BatchNorm1d": _batch_normalization,
    "RMSNorm": _rms_normalization,
    "Embedding": _embedding,
    "AlphaDropout": _plain(layers.AlphaDropout, "p"),
    "Unflatten": _unflatten,
}
_MAKERS_BY_SHAPE: dict[str, Callable[[Any, Shape], tuple[Layer, list[Any]]]] = {
    "LayerNorm": _layer_normalization,
    "PReLU": _prelu,
}
