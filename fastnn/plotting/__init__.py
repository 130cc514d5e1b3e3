"""Pictures of networks and of what they say, by matplotlib: ``pip install fastnn-ext[plot]``.

Each function draws into ``ax``, or into a new figure, and returns its Axes.
"""

from fastnn.plotting.activations import plot_activations
from fastnn.plotting.confusion import plot_confusion_matrix
from fastnn.plotting.curves import plot_error_curve
from fastnn.plotting.decision import plot_decision_regions
from fastnn.plotting.images import plot_images
from fastnn.plotting.weights import plot_weights

__all__ = [
    "plot_error_curve",
    "plot_activations",
    "plot_images",
    "plot_confusion_matrix",
    "plot_decision_regions",
    "plot_weights",
]
