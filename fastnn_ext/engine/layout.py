"""The numbers at which kernels and the engine change their way, for tests."""

import importlib

from fastnn_ext.engine import plan, training
from fastnn_ext.runtime import dispatch

Constants = dict[str, int | float | tuple[int, int]]


def layout(isa: str | None = None) -> dict[str, Constants]:
    """The numbers at which kernels change their way: tests take their sizes from here, one below, at and above each.

    A dictionary of three: ``kernels``, of the instruction set ``isa`` (None is the one in use; of two numbers the first
    is for float32), ``prediction`` and ``training``. The names are those of the constants in the source, where each has
    its reason beside it. They may change with any version.

    Raises ValueError for an instruction set that this processor or this build does not have.

    >>> sorted(layout())
    ['kernels', 'prediction', 'training']
    >>> layout("portable")["kernels"]["LANES"]
    (1, 1)
    """
    name = dispatch.active_isa() if isa is None else isa
    if name not in dispatch.supported_isas():
        raise ValueError(f"isa must be one of {', '.join(dispatch.supported_isas())} here, but it is {name!r}")
    modules = [importlib.import_module(f"fastnn_ext.kernels_{name}_{numbers}") for numbers in ("f32", "f64")]
    single, double = (module.constants() for module in modules)
    return {
        "kernels": single | {key: (single[key], double[key]) for key in ("LANES", "PANEL", "CACHED_ROWS")},
        "prediction": plan.constants(),
        "training": training.constants(),
    }
