"""Keras' ``keras.optimizers``, with the rules and defaults that Keras has where fastnn has several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastnn import optimizers as ours
from fastnn.keras.optimizers import schedules
from fastnn.keras.translating import Translated, attributes, tell
from fastnn.optimizers.base import Optimizer
from fastnn.optimizers.names import OPTIMIZERS
from fastnn.optimizers.schedules import InverseTimeDecay

__all__ = [
    "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Nadam", "Optimizer", "RMSprop", "SGD",
    "deserialize", "get", "schedules", "serialize",
]  # fmt: skip


def _prepared(kind: type[Optimizer], **keras: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What the arguments of Keras' optimiser are for ours, which has these to choose Keras' rule."""

    def prepare(given: dict[str, Any]) -> dict[str, Any]:
        arguments = keras | given
        # Keras 2 has None for the default.
        if arguments.get("epsilon", 0) is None:
            del arguments["epsilon"]
        decay = arguments.pop("decay", None)
        if decay:
            rate = arguments.get("learning_rate", kind().learning_rate)
            if callable(rate):
                raise TypeError("decay is for a learning_rate that is a number: the schedule of another has its own")
            schedule = f"learning_rate=schedules.InverseTimeDecay({rate}, 1, {decay})"
            tell(f"{kind.__name__}(decay=...)", schedule)
            arguments["learning_rate"] = InverseTimeDecay(rate, 1, decay)
        return arguments

    return prepare


class _OptimizerClass(Translated):
    """A class of optimisers, with Keras' ``from_config``."""

    def from_config(self, config: Mapping[str, Any], custom_objects: Any = None) -> Optimizer:
        """An optimiser of what ``get_config`` of one gave, here or in Keras."""
        given = {name: value for name, value in config.items() if name != "name"}
        rate = given.get("learning_rate")
        if isinstance(rate, Mapping):
            given["learning_rate"] = getattr(schedules, str(rate["class_name"]))(**rate["config"])
        made: Optimizer = self(**given)
        return made


def _optimizer(kind: type[Optimizer], **keras: Any) -> Translated:
    return _OptimizerClass(kind, "optimizers", prepare=_prepared(kind, **keras))


Adadelta = _optimizer(ours.Adadelta)
Adagrad = _optimizer(ours.Adagrad, epsilon_inside=True)
Adam = _optimizer(ours.Adam, epsilon_hat=True)
AdamW = _optimizer(ours.AdamW, epsilon_hat=True)
Adamax = _optimizer(ours.Adamax)
Lion = _optimizer(ours.Lion)
# Keras' rule, in which the momentum of a step is (1 - 0.5 * 0.96**step) times beta_1.
Nadam = _optimizer(ours.Nadam, momentum_decay=1.0)
RMSprop = _optimizer(ours.RMSprop, epsilon_inside=True)
SGD = _optimizer(ours.SGD, rate_in_velocity=True)

__getattr__ = attributes(__name__)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """An optimiser as plain data: the name of its class, and what it was made with.

    >>> serialize(SGD(0.5))["class_name"]
    'SGD'
    """
    return {"class_name": type(optimizer).__name__, "config": optimizer.get_config()}


def deserialize(config: Mapping[str, Any], custom_objects: Any = None) -> Optimizer:
    """The optimiser that `serialize`, or Keras', told of; ValueError for another class."""
    made = globals().get(str(config.get("class_name")))
    if not isinstance(made, _OptimizerClass):
        raise ValueError(f"fastnn.keras.optimizers has no {config.get('class_name')!r}")
    return made.from_config(config["config"])


def get(identifier: Any) -> Optimizer:
    """The optimiser of a name or a class of this module, with Keras' defaults; an object as it is.

    Raises
    ------
    TypeError, ValueError
        For what is none; the message lists the names and the nearest.

    Examples
    --------
    >>> get("adam").epsilon_hat
    True
    """
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, str):
        made = globals().get(OPTIMIZERS[identifier].__name__)
        return made() if isinstance(made, Translated) else OPTIMIZERS[identifier]()
    if isinstance(identifier, Translated):
        identifier = identifier()
    return ours.resolve(identifier)
