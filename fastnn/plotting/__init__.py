"""Pictures of networks and of what they say, by matplotlib: ``pip install fastnn-ext[plot]``.

Each function draws into ``ax``, or into a new figure, and returns its Axes; those that need several Axes draw into
``figure`` and return it. Jupyter shows a new figure by itself, once. Where they take a model, they take the notebook's
own list of layers, too.
"""

from fastnn.plotting.activations import plot_activations
from fastnn.plotting.confusion import plot_confusion_matrix
from fastnn.plotting.curves import plot_error_curve
from fastnn.plotting.decision import plot_decision_regions
from fastnn.plotting.histograms import plot_activation_histograms, plot_weight_histograms
from fastnn.plotting.history import plot_history
from fastnn.plotting.images import plot_images
from fastnn.plotting.layer_outputs import layer_outputs
from fastnn.plotting.loss_surface import plot_loss_surface
from fastnn.plotting.network import plot_network
from fastnn.plotting.weights import plot_weights

__all__ = [
    "plot_error_curve",
    "plot_activations",
    "plot_images",
    "plot_confusion_matrix",
    "plot_decision_regions",
    "plot_weights",
    "plot_history",
    "plot_network",
    "plot_weight_histograms",
    "plot_activation_histograms",
    "plot_loss_surface",
    "layer_outputs",
]
