"""Learning rates that change with the step: a schedule is a function from steps, counted from 0, to rates.

Each takes a number or an array of steps, so that a whole epoch's rates are one call. Names are Keras' and PyTorch's.
"""

from fastnn.optimizers.schedules.base import LearningRateSchedule
from fastnn.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from fastnn.optimizers.schedules.decays import ExponentialDecay, InverseTimeDecay, PolynomialDecay
from fastnn.optimizers.schedules.one_cycle import OneCycle
from fastnn.optimizers.schedules.stairs import PiecewiseConstantDecay, StepDecay

__all__ = [
    "LearningRateSchedule",
    "StepDecay",
    "PiecewiseConstantDecay",
    "ExponentialDecay",
    "InverseTimeDecay",
    "PolynomialDecay",
    "CosineDecay",
    "CosineDecayRestarts",
    "OneCycle",
]
