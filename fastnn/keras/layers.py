"""Keras' ``keras.layers``: those of dense networks."""

from fastnn import layers as ours
from fastnn.keras.translating import Translated, attributes
from fastnn.layers import Layer

__all__ = [
    "Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "CategoryEncoding", "Dense",
    "Dropout", "ELU", "Embedding", "Flatten", "GaussianDropout", "GaussianNoise", "Identity", "Input", "InputLayer",
    "IntegerLookup", "Layer", "LayerNormalization", "LeakyReLU", "Normalization", "Permute", "PReLU", "ReLU",
    "Rescaling", "Reshape", "RMSNormalization", "Softmax", "StringLookup", "UnitNormalization",
]  # fmt: skip

Activation = Translated(ours.Activation, "layers")
ActivityRegularization = Translated(ours.ActivityRegularization, "layers")
AlphaDropout = Translated(ours.AlphaDropout, "layers")
BatchNormalization = Translated(ours.BatchNormalization, "layers")
CategoryEncoding = Translated(ours.CategoryEncoding, "layers")
Dense = Translated(ours.Dense, "layers")
Dropout = Translated(ours.Dropout, "layers")
ELU = Translated(ours.ELU, "layers")
Embedding = Translated(ours.Embedding, "layers")
Flatten = Translated(ours.Flatten, "layers")
GaussianDropout = Translated(ours.GaussianDropout, "layers")
GaussianNoise = Translated(ours.GaussianNoise, "layers")
Identity = Translated(ours.Identity, "layers")
Input = Translated(ours.Input, "layers")
InputLayer = Translated(ours.Input, "layers", "InputLayer")
IntegerLookup = Translated(ours.IntegerLookup, "layers")
LayerNormalization = Translated(ours.LayerNormalization, "layers")
LeakyReLU = Translated(ours.LeakyReLU, "layers")
Normalization = Translated(ours.Normalization, "layers")
Permute = Translated(ours.Permute, "layers")
PReLU = Translated(ours.PReLU, "layers")
ReLU = Translated(ours.ReLU, "layers")
Rescaling = Translated(ours.Rescaling, "layers")
Reshape = Translated(ours.Reshape, "layers")
RMSNormalization = Translated(ours.RMSNormalization, "layers")
Softmax = Translated(ours.Softmax, "layers")
StringLookup = Translated(ours.StringLookup, "layers")
UnitNormalization = Translated(ours.UnitNormalization, "layers")

__getattr__ = attributes(__name__)
