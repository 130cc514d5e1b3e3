"""Keras' ``keras.layers``: those of dense networks."""

from fastnn import layers as ours
from fastnn.keras.translating import Translated, attributes
from fastnn.layers import Layer

__all__ = [
    "Activation", "ActivityRegularization", "BatchNormalization", "Dense", "Dropout", "ELU", "Flatten",
    "GaussianNoise", "Input", "InputLayer", "Layer", "LayerNormalization", "LeakyReLU", "ReLU", "Rescaling",
    "Softmax",
]  # fmt: skip

Activation = Translated(ours.Activation, "layers")
ActivityRegularization = Translated(ours.ActivityRegularization, "layers")
BatchNormalization = Translated(ours.BatchNormalization, "layers")
Dense = Translated(ours.Dense, "layers")
Dropout = Translated(ours.Dropout, "layers")
ELU = Translated(ours.ELU, "layers")
Flatten = Translated(ours.Flatten, "layers")
GaussianNoise = Translated(ours.GaussianNoise, "layers")
Input = Translated(ours.Input, "layers")
InputLayer = Translated(ours.Input, "layers", "InputLayer")
LayerNormalization = Translated(ours.LayerNormalization, "layers")
LeakyReLU = Translated(ours.LeakyReLU, "layers")
ReLU = Translated(ours.ReLU, "layers")
Rescaling = Translated(ours.Rescaling, "layers")
Softmax = Translated(ours.Softmax, "layers")

__getattr__ = attributes(__name__)
