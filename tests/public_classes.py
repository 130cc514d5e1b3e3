"""The package's public classes, found and not listed, so that no new one is left out."""

import importlib
import inspect

MODULES = (
    "fastnn",
    "fastnn.layers",
    "fastnn.losses",
    "fastnn.metrics",
    "fastnn.callbacks",
    "fastnn.initializers",
    "fastnn.regularizers",
    "fastnn.constraints",
    "fastnn.optimizers",
    "fastnn.optimizers.schedules",
)


def public_classes():
    """Pairs of a module's name and a class."""
    found = []
    for place in MODULES:
        module = importlib.import_module(place)
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) and thing not in [kind for _, kind in found]:
                found.append((place, thing))
    return found


def arguments(function):
    """The names of the arguments that a function or a class takes, without self."""
    return [name for name in inspect.signature(function).parameters if name != "self"]
