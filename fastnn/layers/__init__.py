"""The layers of a `fastnn.Sequential` model, one idea a file, with Keras' names and arguments."""

from fastnn.layers.activation import (
    ELU,
    GELU,
    SELU,
    Activation,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from fastnn.layers.base import Layer
from fastnn.layers.batch_normalization import BatchNormalization
from fastnn.layers.dense import Dense
from fastnn.layers.dropout import Dropout
from fastnn.layers.flatten import Flatten
from fastnn.layers.gaussian_noise import GaussianNoise
from fastnn.layers.input import Input
from fastnn.layers.layer_normalization import LayerNormalization
from fastnn.layers.rescaling import Rescaling

__all__ = [
    "Input",
    "Rescaling",
    "Flatten",
    "Dense",
    "Activation",
    "ReLU",
    "LeakyReLU",
    "Sigmoid",
    "Tanh",
    "ELU",
    "SELU",
    "GELU",
    "SiLU",
    "Softplus",
    "Softmax",
    "Dropout",
    "GaussianNoise",
    "BatchNormalization",
    "LayerNormalization",
    "Layer",
]
