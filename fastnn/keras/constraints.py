"""Keras' ``keras.constraints``."""

from fastnn import constraints as ours
from fastnn.constraints import resolve
from fastnn.keras.translating import Translated, attributes

__all__ = [
    "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "get", "max_norm", "min_max_norm", "non_neg", "unit_norm",
]  # fmt: skip

MaxNorm = max_norm = Translated(ours.MaxNorm, "constraints")
MinMaxNorm = min_max_norm = Translated(ours.MinMaxNorm, "constraints")
NonNeg = non_neg = Translated(ours.NonNeg, "constraints")
UnitNorm = unit_norm = Translated(ours.UnitNorm, "constraints")
get = resolve

__getattr__ = attributes(__name__)
