"""Keras' ``keras.layers``: those of dense networks."""

from fastnn import layers as ours
from fastnn.keras import blocks
from fastnn.keras.blocks import Layer
from fastnn.keras.calling_layers import on_arrays
from fastnn.keras.merging import merging
from fastnn.keras.translating import Translated, attributes
from fastnn.layers.base import Layer as OurLayer

__all__ = [
    "Activation", "ActivityRegularization", "Add", "AlphaDropout", "Average", "BatchNormalization", "CategoryEncoding",
    "Concatenate", "Dense", "Dot", "Dropout", "ELU", "Embedding", "Flatten", "GaussianDropout", "GaussianNoise",
    "Identity", "Input", "InputLayer", "IntegerLookup", "Lambda", "Layer", "LayerNormalization", "LeakyReLU", "Maximum",
    "Minimum", "Multiply", "Normalization", "Permute", "PReLU", "ReLU", "Rescaling", "Reshape", "RMSNormalization",
    "Softmax", "StringLookup", "Subtract", "UnitNormalization", "add", "average", "concatenate", "dot", "maximum",
    "minimum", "multiply", "subtract",
]  # fmt: skip


def _layer(kind: type[OurLayer]) -> Translated:
    return Translated(kind, "layers", made=lambda layer: layer._keep(computes_arrays=on_arrays))


Activation = _layer(ours.Activation)
ActivityRegularization = _layer(ours.ActivityRegularization)
Add = _layer(ours.Add)
AlphaDropout = _layer(ours.AlphaDropout)
Average = _layer(ours.Average)
BatchNormalization = _layer(ours.BatchNormalization)
CategoryEncoding = _layer(ours.CategoryEncoding)
Concatenate = _layer(ours.Concatenate)
Dense = _layer(ours.Dense)
Dot = _layer(ours.Dot)
Dropout = _layer(ours.Dropout)
ELU = _layer(ours.ELU)
Embedding = _layer(ours.Embedding)
Flatten = _layer(ours.Flatten)
GaussianDropout = _layer(ours.GaussianDropout)
GaussianNoise = _layer(ours.GaussianNoise)
Identity = _layer(ours.Identity)
Input = Translated(ours.Input, "layers")
InputLayer = Translated(ours.Input, "layers", "InputLayer")
IntegerLookup = _layer(ours.IntegerLookup)
Lambda = Translated(blocks.Lambda, "layers")
LayerNormalization = _layer(ours.LayerNormalization)
LeakyReLU = _layer(ours.LeakyReLU)
Maximum = _layer(ours.Maximum)
Minimum = _layer(ours.Minimum)
Multiply = _layer(ours.Multiply)
Normalization = _layer(ours.Normalization)
Permute = _layer(ours.Permute)
PReLU = _layer(ours.PReLU)
ReLU = _layer(ours.ReLU)
Rescaling = _layer(ours.Rescaling)
Reshape = _layer(ours.Reshape)
RMSNormalization = _layer(ours.RMSNormalization)
Softmax = _layer(ours.Softmax)
StringLookup = _layer(ours.StringLookup)
Subtract = _layer(ours.Subtract)
UnitNormalization = _layer(ours.UnitNormalization)
add = merging(Add)
average = merging(Average)
concatenate = merging(Concatenate)
dot = merging(Dot)
maximum = merging(Maximum)
minimum = merging(Minimum)
multiply = merging(Multiply)
subtract = merging(Subtract)

__getattr__ = attributes(__name__)
