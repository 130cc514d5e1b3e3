"""scikit-learn's estimators over fastnn's models: `MLPClassifier` and `MLPRegressor`, with its parameters and more.

Needs scikit-learn: ``pip install fastnn-ext[sklearn]``.
"""

try:
    import sklearn  # noqa: F401
except ImportError:
    raise ImportError("fastnn.sklearn needs scikit-learn: pip install fastnn-ext[sklearn]") from None

from fastnn.sklearn.classifier import MLPClassifier
from fastnn.sklearn.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
