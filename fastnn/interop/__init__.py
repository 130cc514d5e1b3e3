"""Interoperation: models of other systems become `fastnn.Sequential`, which becomes what other systems run.

A file that comes in is data: nothing in it is unpickled, imported or run. Other systems' packages are imported where a
function needs them, and never at import.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastnn.interop.c_files import to_c
    from fastnn.interop.keras_files import save_keras_weights, to_keras
    from fastnn.interop.keras_models import from_keras, load_keras_weights
    from fastnn.interop.onnx_files import to_onnx
    from fastnn.interop.onnx_reading import from_onnx
    from fastnn.interop.sklearn_estimators import from_sklearn
    from fastnn.interop.torch_modules import from_torch, load_torch_weights

__all__ = [
    "from_keras",
    "load_keras_weights",
    "to_keras",
    "save_keras_weights",
    "from_torch",
    "load_torch_weights",
    "from_sklearn",
    "from_onnx",
    "to_onnx",
    "to_c",
]

_PLACES = {
    "from_keras": "keras_models",
    "load_keras_weights": "keras_models",
    "to_keras": "keras_files",
    "save_keras_weights": "keras_files",
    "from_torch": "torch_modules",
    "load_torch_weights": "torch_modules",
    "from_sklearn": "sklearn_estimators",
    "from_onnx": "onnx_reading",
    "to_onnx": "onnx_files",
    "to_c": "c_files",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name in _PLACES:
        value = getattr(importlib.import_module(f"fastnn.interop.{_PLACES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'fastnn.interop' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
