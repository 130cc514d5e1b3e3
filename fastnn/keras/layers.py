"""Keras' ``keras.layers``: those of dense networks."""

from fastnn import layers as ours
from fastnn.keras import blocks
from fastnn.keras.blocks import Layer
from fastnn.keras.merging import merging
from fastnn.keras.translating import Translated, attributes

__all__ = [
    "Activation", "ActivityRegularization", "Add", "AlphaDropout", "Average", "BatchNormalization", "CategoryEncoding",
    "Concatenate", "Dense", "Dot", "Dropout", "ELU", "Embedding", "Flatten", "GaussianDropout", "GaussianNoise",
    "Identity", "Input", "InputLayer", "IntegerLookup", "Lambda", "Layer", "LayerNormalization", "LeakyReLU", "Maximum",
    "Minimum", "Multiply", "Normalization", "Permute", "PReLU", "ReLU", "Rescaling", "Reshape", "RMSNormalization",
    "Softmax", "StringLookup", "Subtract", "UnitNormalization", "add", "average", "concatenate", "dot", "maximum",
    "minimum", "multiply", "subtract",
]  # fmt: skip

Activation = Translated(ours.Activation, "layers")
ActivityRegularization = Translated(ours.ActivityRegularization, "layers")
Add = Translated(ours.Add, "layers")
AlphaDropout = Translated(ours.AlphaDropout, "layers")
Average = Translated(ours.Average, "layers")
BatchNormalization = Translated(ours.BatchNormalization, "layers")
CategoryEncoding = Translated(ours.CategoryEncoding, "layers")
Concatenate = Translated(ours.Concatenate, "layers")
Dense = Translated(ours.Dense, "layers")
Dot = Translated(ours.Dot, "layers")
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
Lambda = Translated(blocks.Lambda, "layers")
LayerNormalization = Translated(ours.LayerNormalization, "layers")
LeakyReLU = Translated(ours.LeakyReLU, "layers")
Maximum = Translated(ours.Maximum, "layers")
Minimum = Translated(ours.Minimum, "layers")
Multiply = Translated(ours.Multiply, "layers")
Normalization = Translated(ours.Normalization, "layers")
Permute = Translated(ours.Permute, "layers")
PReLU = Translated(ours.PReLU, "layers")
ReLU = Translated(ours.ReLU, "layers")
Rescaling = Translated(ours.Rescaling, "layers")
Reshape = Translated(ours.Reshape, "layers")
RMSNormalization = Translated(ours.RMSNormalization, "layers")
Softmax = Translated(ours.Softmax, "layers")
StringLookup = Translated(ours.StringLookup, "layers")
Subtract = Translated(ours.Subtract, "layers")
UnitNormalization = Translated(ours.UnitNormalization, "layers")
add = merging(Add)
average = merging(Average)
concatenate = merging(Concatenate)
dot = merging(Dot)
maximum = merging(Maximum)
minimum = merging(Minimum)
multiply = merging(Multiply)
subtract = merging(Subtract)

__getattr__ = attributes(__name__)
