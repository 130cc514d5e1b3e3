"""The layers of a network, one file each: ``forward`` computes, ``backward`` learns and passes the error back."""

from fastnn.notebook.layers.activation import ActivationLayer
from fastnn.notebook.layers.base import Layer
from fastnn.notebook.layers.fc import FCLayer
from fastnn.notebook.layers.flatten import FlattenLayer
from fastnn.notebook.layers.softmax import SoftmaxLayer

__all__ = ["FlattenLayer", "FCLayer", "ActivationLayer", "SoftmaxLayer", "Layer"]
