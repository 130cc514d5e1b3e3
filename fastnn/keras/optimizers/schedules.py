"""Keras' ``keras.optimizers.schedules``."""

from fastnn.keras.translating import Translated, attributes
from fastnn.optimizers import schedules as ours
from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = [
    "CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "LearningRateSchedule",
    "PiecewiseConstantDecay", "PolynomialDecay",
]  # fmt: skip

CosineDecay = Translated(ours.CosineDecay, "schedules")
CosineDecayRestarts = Translated(ours.CosineDecayRestarts, "schedules")
ExponentialDecay = Translated(ours.ExponentialDecay, "schedules")
InverseTimeDecay = Translated(ours.InverseTimeDecay, "schedules")
PiecewiseConstantDecay = Translated(ours.PiecewiseConstantDecay, "schedules")
PolynomialDecay = Translated(ours.PolynomialDecay, "schedules")

__getattr__ = attributes(__name__)
