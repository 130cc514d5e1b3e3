"""Constraints: what weights must satisfy after every step of training."""

from fastnn.constraints.max_norm import MaxNorm
from fastnn.constraints.min_max_norm import MinMaxNorm
from fastnn.constraints.names import resolve
from fastnn.constraints.non_neg import NonNeg
from fastnn.constraints.unit_norm import UnitNorm

__all__ = ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "resolve"]
