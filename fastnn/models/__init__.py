"""Models: a stack of layers with ``compile``, ``fit``, ``evaluate`` and ``predict``, as in Keras, run by the engine."""

from fastnn.callbacks.history import History
from fastnn.models.from_json import model_from_json
from fastnn.models.sequential import Sequential

__all__ = ["Sequential", "History", "model_from_json"]
