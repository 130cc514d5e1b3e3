"""Metrics: a metric is one number that says how well predictions agree with the truth.

Unlike a loss it is for people and not for training. The functions take labels, one-hot rows and probabilities alike and
check what they get; the classes, named as in Keras, are what training computes epoch by epoch.
"""

from fastnn.metrics.area import roc_auc
from fastnn.metrics.base import FunctionMetric, Metric
from fastnn.metrics.classes import confusion_matrix, f1, precision, recall
from fastnn.metrics.correct import accuracy, top_k_accuracy
from fastnn.metrics.decisions import AUC, F1Score, Precision, Recall
from fastnn.metrics.errors import mean_absolute_error, mean_squared_error, r2
from fastnn.metrics.names import resolve
from fastnn.metrics.objects import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    MeanAbsoluteError,
    MeanSquaredError,
    R2Score,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from fastnn.metrics.of_losses import (
    CategoricalHinge,
    CosineSimilarity,
    LogCoshError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    SquaredHinge,
)

__all__ = [
    "accuracy",
    "top_k_accuracy",
    "precision",
    "recall",
    "f1",
    "confusion_matrix",
    "roc_auc",
    "mean_squared_error",
    "mean_absolute_error",
    "r2",
    "Metric",
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "Precision",
    "Recall",
    "F1Score",
    "AUC",
    "MeanSquaredError",
    "MeanAbsoluteError",
    "R2Score",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "LogCoshError",
    "CosineSimilarity",
    "SquaredHinge",
    "CategoricalHinge",
    "FunctionMetric",
    "resolve",
]
