"""The layers of a network, one file each: ``forward`` computes, ``backward`` learns and passes the error back."""

from fastnn.layers.activation import ActivationLayer
from fastnn.layers.base import Layer
from fastnn.layers.fc import FCLayer
from fastnn.layers.flatten import FlattenLayer
from fastnn.layers.softmax import SoftmaxLayer

__all__ = ["FlattenLayer", "FCLayer", "ActivationLayer", "SoftmaxLayer", "Layer"]
