"""Models behind scikit-learn's protocol, under the names of Keras 2 and of scikeras."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastnn.keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor

__all__ = ["KerasClassifier", "KerasRegressor"]


def __getattr__(name: str) -> Any:
    # scikit-learn is imported by those alone who need it.
    if name in __all__:
        return getattr(importlib.import_module(f"{__name__}.scikit_learn"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
