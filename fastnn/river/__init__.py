"""river's estimators over fastnn's models: `MLPClassifier` and `MLPRegressor`, which learn from one dict at a time.

Needs river: ``pip install fastnn-ext[river]``.
"""

try:
    import river  # noqa: F401
except ImportError:
    raise ImportError("fastnn.river needs river: pip install fastnn-ext[river]") from None

from fastnn.river.classifier import MLPClassifier
from fastnn.river.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
