"""Keras' ``keras.layers``: those of dense networks."""

from fastnn import layers as ours
from fastnn.keras.merging import merging
from fastnn.keras.translating import Translated, attributes
from fastnn.layers import Layer

__all__ = [
    "Activation", "Add", "Average", "BatchNormalization", "Concatenate", "Dense", "Dropout", "ELU", "Embedding",
    "Flatten", "GaussianNoise", "Input", "InputLayer", "IntegerLookup", "Layer", "LayerNormalization", "LeakyReLU",
    "Maximum", "Minimum", "Multiply", "ReLU", "Rescaling", "Softmax", "StringLookup", "Subtract", "add", "average",
    "concatenate", "maximum", "minimum", "multiply", "subtract",
]  # fmt: skip

Activation = Translated(ours.Activation, "layers")
Add = Translated(ours.Add, "layers")
Average = Translated(ours.Average, "layers")
BatchNormalization = Translated(ours.BatchNormalization, "layers")
Concatenate = Translated(ours.Concatenate, "layers")
Dense = Translated(ours.Dense, "layers")
Dropout = Translated(ours.Dropout, "layers")
ELU = Translated(ours.ELU, "layers")
Embedding = Translated(ours.Embedding, "layers")
Flatten = Translated(ours.Flatten, "layers")
GaussianNoise = Translated(ours.GaussianNoise, "layers")
Input = Translated(ours.Input, "layers")
InputLayer = Translated(ours.Input, "layers", "InputLayer")
IntegerLookup = Translated(ours.IntegerLookup, "layers")
LayerNormalization = Translated(ours.LayerNormalization, "layers")
LeakyReLU = Translated(ours.LeakyReLU, "layers")
Maximum = Translated(ours.Maximum, "layers")
Minimum = Translated(ours.Minimum, "layers")
Multiply = Translated(ours.Multiply, "layers")
ReLU = Translated(ours.ReLU, "layers")
Rescaling = Translated(ours.Rescaling, "layers")
Softmax = Translated(ours.Softmax, "layers")
StringLookup = Translated(ours.StringLookup, "layers")
Subtract = Translated(ours.Subtract, "layers")
add = merging(Add)
average = merging(Average)
concatenate = merging(Concatenate)
maximum = merging(Maximum)
minimum = merging(Minimum)
multiply = merging(Multiply)
subtract = merging(Subtract)

__getattr__ = attributes(__name__)
