"""Models: a stack or a graph of layers, with ``compile``, ``fit``, ``evaluate`` and ``predict`` as in Keras."""

from fastnn.callbacks.history import History
from fastnn.models.cloning import clone_model
from fastnn.models.from_json import model_from_json
from fastnn.models.functional import Model
from fastnn.models.sequential import Sequential

__all__ = ["Sequential", "Model", "History", "clone_model", "model_from_json"]
