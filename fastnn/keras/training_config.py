"""How Keras' files say a model is compiled."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from fastnn.keras import losses, metrics, optimizers
from fastnn.keras.verbs import KerasModel

__all__ = ["compile_as"]


def compile_as(model: KerasModel, config: Mapping[str, Any]) -> None:
    """Compile a model as a configuration of Keras 2 or 3 says.

    Parameters
    ----------
    config : mapping
        With "optimizer" or "optimizer_config", "loss" and "metrics".

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        For what fastnn has not.

    Examples
    --------
    >>> from fastnn.keras import Sequential
    >>> from fastnn.keras.layers import Dense
    >>> model = Sequential([Dense(1, input_dim=2)])
    >>> compile_as(model, {"optimizer": "adam", "loss": "mse", "metrics": ["mae"]})
    >>> model.metrics_names
    ['loss', 'mae']
    """
    optimizer = _made(optimizers, config.get("optimizer") or config.get("optimizer_config"))
    several = len(model.output_names) > 1
    given, weighted = (
        config.get(what) if several else _flat(config.get(what)) for what in ("metrics", "weighted_metrics")
    )
    model.compile(
        optimizer,
        _each(losses, config["loss"]),
        loss_weights=config.get("loss_weights"),
        metrics=_each(metrics, given),
        weighted_metrics=_each(metrics, weighted),
    )


def _flat(listed: Any) -> list[Any]:
    """The metrics of the one output, which Keras may put in a list of their own."""
    if isinstance(listed, list | tuple) and all(isinstance(one, list | tuple) for one in listed):
        return list(itertools.chain.from_iterable(listed))
    return list(listed or ())


def _each(module: Any, given: Any) -> Any:
    """What is told of each output, made; a list, a dict by outputs, or alone."""
    if isinstance(given, list | tuple):
        return [_each(module, one) for one in given]
    if isinstance(given, Mapping) and "class_name" not in given:
        return {output: _each(module, one) for output, one in given.items()}
    return None if given is None else _made(module, given)


def _made(module: Any, described: Any) -> Any:
    """The object of a class of a module with its options, made by the class' name; a name stays."""
    if not isinstance(described, Mapping):
        return described
    name, config = described["class_name"], dict(described["config"])
    if name not in module.__all__:
        raise ValueError(f"fastnn.keras has no {name}")
    if module is optimizers and isinstance(config.get("learning_rate"), Mapping):
        config["learning_rate"] = _made(optimizers.schedules, config["learning_rate"])
    if module is not metrics:
        # Keras writes a name of its own for each.
        config.pop("name", None)
    # The type of a policy, and where a metric's or a loss' numbers are kept.
    config.pop("dtype", None)
    return getattr(module, name)(**config)
