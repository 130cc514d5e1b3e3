"""What Keras' files say of a model: the inverse of `fastnn.interop.keras_config` and `keras_layers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastnn import layers
from fastnn.interop.keras_graphs import connections, ends, written_order
from fastnn.interop.keras_lookups import described_lookup, element_of_lookup
from fastnn.layers.applied import AppliedActivation
from fastnn.layers.base import Layer
from fastnn.layers.lookup import Lookup
from fastnn.layers.merging import Merge
from fastnn.losses.base import CustomLoss, Loss
from fastnn.metrics.base import FunctionMetric, Metric
from fastnn.metrics.objects.accuracy import Accuracy
from fastnn.models.compiled import CompiledModel
from fastnn.models.functional import Model
from fastnn.models.layered import LayeredModel
from fastnn.models.nested import ModelLayer
from fastnn.models.per_output import LossPerOutput, MetricOfOutput
from fastnn.models.weighted_metrics import WeightedMetric, is_weighted
from fastnn.optimizers.base import Optimizer
from fastnn.registry import Without
from fastnn.regularizers import L1L2

__all__ = ["compilation_of", "description_of"]

# Activations that Keras has not by a name alone.
_NOT_IN_KERAS = {"gelu_tanh": "which Keras has as a function with an argument: write it as gelu"}
# The layers of those that have numbers of their own there, too.
_WITH_OPTIONS = {"leaky_relu": "LeakyReLU", "elu": "ELU", "general_relu": "ReLU"}
_SCHEDULES = {"ExponentialDecay", "InverseTimeDecay", "PolynomialDecay", "PiecewiseConstantDecay", "CosineDecay"}
_SCHEDULES |= {"CosineDecayRestarts"}
# What decides between rules here, of which Keras has one.
_OUR_OWN = {"epsilon_hat", "epsilon_inside", "rate_in_velocity", "momentum_decay"}


def description_of(model: LayeredModel) -> dict[str, Any]:
    """A model's configuration, as Keras 3 writes it.

    Parameters
    ----------
    model : Sequential or Model
        Built.

    Raises
    ------
    TypeError
        For a layer or an activation of a user's own, or one that Keras has not; for a layer that is in two models
        within this one. The message names the layer.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> from fastnn.models import Sequential
    >>> description_of(Sequential([Input((3,)), Dense(2, "relu")]))["config"]["layers"][1]["config"]["activation"]
    'relu'
    """
    _check_each_once(model)
    return _description(model, model.name)


def _check_each_once(model: LayeredModel) -> None:
    seen: set[int] = set()
    waiting = list(model.computing_layers)
    while waiting:
        layer = waiting.pop()
        if id(layer) in seen:
            raise TypeError(
                f"the layer {layer.name} occurs in two models within {model.name}, and Keras' files have it once: make "
                "one model of all layers"
            )
        seen.add(id(layer))
        waiting += layer.model.computing_layers if isinstance(layer, ModelLayer) else ()


def _description(model: LayeredModel, name: str, frozen: bool = False) -> dict[str, Any]:
    # Keras forgets what a Sequential of a file says: its layers say it, too.
    frozen = frozen or not model.trainable
    dtype = model.dtype.name
    # Keras has layers that take whole numbers alone, or strings.
    usual = "int32" if model.needs_plan().categories else dtype
    elements = {number: element_of_lookup(lookup) for number, lookup in model.lookups.items()}
    if not isinstance(model, Model):
        first = _input(model.input_shape or (), "input_layer", elements.get(0, usual))
        described = [first, *(_layer(layer, dtype, frozen) for layer in model.layers)]
        config = {"name": name, "trainable": not frozen, "dtype": dtype, "layers": described}
        return _object("keras", "Sequential", config)
    graph = model.graph
    names = {-1 - number: own for number, own in enumerate(model.input_names)}
    names |= {number: str(layer.name) for number, layer in enumerate(graph.layers)}
    if len(set(names.values())) < len(names):
        raise TypeError(f"an input and a layer of {name} have one name, which Keras has not: {list(names.values())}")
    described = []
    for place in written_order(model):
        if place < 0:
            shape = graph.inputs[-1 - place].declared_shape or ()
            element = elements.get(-1 - place, usual)
            described.append(_input(shape, names[place], element) | {"name": names[place], "inbound_nodes": []})
        else:
            nodes = connections(model, place, names)
            layer = _layer(graph.layers[place], dtype, frozen)
            described.append(layer | {"name": names[place], "inbound_nodes": nodes})
    begins, outputs = ends(model, names)
    config = {"name": name, "trainable": not frozen, "layers": described}
    config |= {"input_layers": begins, "output_layers": outputs}
    return _object("keras.src.models.functional", "Functional", config) | {"registered_name": "Functional"}


def _input(shape: Sequence[int], name: str, dtype: str) -> dict[str, Any]:
    return _object("keras.layers", "InputLayer", {"batch_shape": [None, *shape], "dtype": dtype, "name": name})


def _layer(layer: Layer, dtype: str, frozen: bool) -> dict[str, Any]:
    if isinstance(layer, ModelLayer):
        return _description(layer.model, str(layer.name), frozen)
    maker = next((_OPTIONS[kind] for kind in type(layer).__mro__ if kind in _OPTIONS), None)
    if maker is None:
        raise TypeError(f"the layer {layer.name} is of the class {type(layer).__name__}, which Keras has not")
    try:
        name, options = maker(layer)
    except TypeError as error:
        raise TypeError(f"the layer {layer.name}: {error}") from None
    given: Any = layer.input_shape or ()
    shape = [[None, *one] for one in given] if isinstance(layer, Merge) else [None, *given]
    config = {"name": layer.name, "trainable": layer.trainable and not frozen, "dtype": dtype, **options}
    return _object("keras.layers", name, config) | {"build_config": {"input_shape": shape}}


def compilation_of(model: CompiledModel) -> dict[str, Any] | None:
    """How a model is trained, as Keras 3 writes it; None where it is not compiled, or with what Keras has not.

    Examples
    --------
    >>> from fastnn.layers import Dense
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Dense(2)])
    >>> compilation_of(model) is None
    True
    >>> model.compile("sgd", "mse", metrics=["mae"])
    >>> compilation_of(model)["loss"]["class_name"]
    'MeanSquaredError'
    """
    if model.optimizer is None or model.loss is None:
        return None
    losses = model.loss.losses.values() if isinstance(model.loss, LossPerOutput) else [model.loss]
    optimizer, written = _optimizer(model.optimizer), [*map(_loss, losses)]
    weighted = [metric for metric in model.metrics if is_weighted(metric)]
    plain = [metric for metric in model.metrics if not is_weighted(metric)]
    found: dict[str, Any] = {"metrics": _judged(model, plain)}
    found |= {"weighted_metrics": _judged(model, weighted)} if weighted else {}
    if optimizer is None or None in written or None in found.values():
        return None
    if not isinstance(model.loss, LossPerOutput):
        return {"optimizer": optimizer, "loss": written[0], **found}
    found |= {"loss": written, "loss_weights": list(model.loss.weights)}
    if isinstance(_description(model, model.name)["config"]["output_layers"], dict):
        found = {what: dict(zip(model.output_names, listed, strict=True)) for what, listed in found.items()}
    return {"optimizer": optimizer, **found}


def _judged(model: CompiledModel, metrics: Sequence[Metric]) -> list[Any] | None:
    """Metrics as Keras writes them, in a list for each output where there are several; None for what Keras has not."""
    by_output: dict[str, list[Any]] = {output: [] for output in model.output_names}
    for metric in metrics:
        output = metric.output if isinstance(metric, MetricOfOutput) else model.output_names[0]
        inner = metric.metric if isinstance(metric, MetricOfOutput) else metric
        by_output[output].append(_metric(inner.metric if isinstance(inner, WeightedMetric) else inner))
    if any(None in listed for listed in by_output.values()):
        return None
    listed = list(by_output.values())
    return listed if len(listed) > 1 else listed[0]


def _object(module: str, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": dict(config), "registered_name": None}


def _activation(applied: AppliedActivation) -> Any:
    if applied.functions is not None:
        raise TypeError(f"its activation {applied.name} is of your own, and a file holds no code")
    entry = applied.entry
    assert entry is not None
    if entry.name in _NOT_IN_KERAS:
        raise TypeError(f"its activation is {entry.name}, {_NOT_IN_KERAS[entry.name]}")
    if entry.name in _WITH_OPTIONS and (applied.numbers != entry.numbers or entry.name == "general_relu"):
        given = zip(entry.parameters, applied.numbers, strict=True)
        options = {parameter.name: parameter.written(number) for parameter, number in given}
        return _object("keras.layers", _WITH_OPTIONS[entry.name], {"name": entry.name, **options})
    return entry.name


def _activation_layer(layer: Any) -> tuple[str, dict[str, Any]]:
    written = _activation(layer.applied)
    # By a name alone: Keras has no layer of its own for most.
    return ("Activation", {"activation": written}) if isinstance(written, str) else _with_options(written)


def _with_options(written: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return written["class_name"], {name: value for name, value in written["config"].items() if name != "name"}


def _dense(layer: layers.Dense) -> tuple[str, dict[str, Any]]:
    return "Dense", {
        "units": layer.units,
        "activation": _activation(layer.activation),
        "use_bias": layer.use_bias,
        **_adjustments(layer, "kernel", "bias"),
    }


def _adjustments(layer: Any, *arrays: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for array in arrays:
        penalty, limit = getattr(layer, f"{array}_regularizer"), getattr(layer, f"{array}_constraint")
        found[f"{array}_regularizer"] = _penalty(penalty)
        kind = type(limit).__name__
        found[f"{array}_constraint"] = limit and _object("keras.constraints", kind, limit.configuration())
    if getattr(layer, "activity_regularizer", None) is not None:
        found["activity_regularizer"] = _penalty(layer.activity_regularizer)
    return found


def _penalty(penalty: L1L2 | None) -> dict[str, Any] | None:
    if penalty is None:
        return None
    return _object("keras.regularizers", "L1L2", {"l1": penalty.l1, "l2": penalty.l2})


def _normalization(layer: layers.LayerNormalization) -> tuple[str, dict[str, Any]]:
    return "LayerNormalization", {
        "axis": -1,
        "epsilon": layer.epsilon,
        "center": layer.center,
        "scale": layer.scale,
        **_adjustments(layer, "beta", "gamma"),
    }


def _standardization(layer: layers.Normalization) -> tuple[str, dict[str, Any]]:
    given = layer.given if layer.constant else None
    mean, variance = (None, None) if given is None else (one.tolist() for one in given)
    axis = [] if layer.axis is None else [-1]
    return "Normalization", {"axis": axis, "invert": False, "mean": mean, "variance": variance}


def _batch_normalization(layer: layers.BatchNormalization) -> tuple[str, dict[str, Any]]:
    return "BatchNormalization", {
        "axis": -1,
        "momentum": layer.momentum_of_moving,
        "epsilon": layer.epsilon,
        "center": layer.center,
        "scale": layer.scale,
        **_adjustments(layer, "beta", "gamma"),
    }


_OPTIONS: dict[type, Callable[[Any], tuple[str, dict[str, Any]]]] = {
    layers.Dense: _dense,
    layers.Embedding: lambda layer: (
        "Embedding",
        {
            "input_dim": layer.input_dim,
            "output_dim": layer.output_dim,
            "mask_zero": False,
            **_adjustments(layer, "embeddings"),
        },
    ),
    Lookup: described_lookup,
    layers.Activation: _activation_layer,
    layers.Flatten: lambda layer: ("Flatten", {"data_format": "channels_last"}),
    layers.Rescaling: lambda layer: ("Rescaling", {"scale": layer.scale, "offset": layer.offset}),
    layers.Dropout: lambda layer: ("Dropout", {"rate": layer.rate, "seed": layer.seed, "noise_shape": None}),
    layers.AlphaDropout: lambda layer: ("AlphaDropout", {"rate": layer.rate, "seed": layer.seed, "noise_shape": None}),
    layers.GaussianDropout: lambda layer: ("GaussianDropout", {"rate": layer.rate, "seed": layer.seed}),
    layers.Reshape: lambda layer: ("Reshape", {"target_shape": list(layer.target_shape)}),
    layers.Permute: lambda layer: ("Permute", {"dims": list(layer.dims)}),
    layers.Identity: lambda layer: ("Identity", {}),
    layers.PReLU: lambda layer: (
        "PReLU",
        {"shared_axes": list(layer.shared_axes) or None, **_adjustments(layer, "alpha")},
    ),
    layers.Normalization: _standardization,
    layers.UnitNormalization: lambda layer: ("UnitNormalization", {"axis": -1}),
    layers.RMSNormalization: lambda layer: ("RMSNormalization", {"axis": -1, "epsilon": layer.epsilon}),
    layers.CategoryEncoding: lambda layer: (
        "CategoryEncoding",
        {"num_tokens": layer.num_tokens, "output_mode": layer.output_mode},
    ),
    layers.GaussianNoise: lambda layer: ("GaussianNoise", {"stddev": layer.stddev, "seed": layer.seed}),
    layers.ActivityRegularization: lambda layer: ("ActivityRegularization", {"l1": layer.l1, "l2": layer.l2}),
    layers.BatchNormalization: _batch_normalization,
    layers.LayerNormalization: _normalization,
    layers.Concatenate: lambda layer: ("Concatenate", {"axis": -1}),
    layers.Dot: lambda layer: ("Dot", {"axes": layer.axes, "normalize": layer.normalize}),
    Merge: lambda layer: (type(layer).__name__, {}),
}


def _optimizer(optimizer: Optimizer) -> dict[str, Any] | None:
    if isinstance(optimizer.keras, Without):
        return None
    config = {name: value for name, value in optimizer.configuration().items() if name not in _OUR_OWN}
    rate = config["learning_rate"]
    if callable(rate):
        kind = type(rate).__name__
        if kind not in _SCHEDULES or not type(rate).__module__.startswith("fastnn."):
            return None
        config["learning_rate"] = _object("keras.optimizers.schedules", kind, rate.configuration())
    return _object("keras.optimizers", optimizer.keras, config)


def _loss(loss: Loss) -> dict[str, Any] | None:
    if isinstance(loss, CustomLoss) or isinstance(loss.keras, Without):
        return None
    return _object("keras.losses", loss.keras, loss.configuration())


def _metric(metric: Metric) -> Any:
    if isinstance(metric, FunctionMetric) or not type(metric).__module__.startswith("fastnn."):
        return None
    if isinstance(metric, Accuracy):
        # Keras' class of this name compares labels; its name chooses as ours does.
        return metric.name if metric.name in ("accuracy", "acc") else "accuracy"
    return _object("keras.metrics", type(metric).__name__, metric.configuration())
