"""Metrics: a metric is one number that says how well predictions agree with the truth.

Unlike a loss it is for people and not for training. The functions take labels, one-hot rows and probabilities alike and
check what they get; the classes, named as in Keras, are what training computes epoch by epoch.

The lists of both are those of `functions` and `objects`, where each is a file.
"""

from typing import TYPE_CHECKING, Any

from fastnn.metrics.functions import FUNCTIONS
from fastnn.metrics.objects import CLASSES

if TYPE_CHECKING:
    from fastnn.metrics.base import FunctionMetric, Metric
    from fastnn.metrics.functions.accuracy import accuracy
    from fastnn.metrics.functions.brier_score import brier_score
    from fastnn.metrics.functions.cohen_kappa import cohen_kappa
    from fastnn.metrics.functions.confusion_matrix import confusion_matrix
    from fastnn.metrics.functions.expected_calibration_error import expected_calibration_error
    from fastnn.metrics.functions.f1 import f1
    from fastnn.metrics.functions.log_loss import log_loss
    from fastnn.metrics.functions.matthews_correlation import matthews_correlation
    from fastnn.metrics.functions.mean_absolute_error import mean_absolute_error
    from fastnn.metrics.functions.mean_squared_error import mean_squared_error
    from fastnn.metrics.functions.precision import precision
    from fastnn.metrics.functions.r2 import r2
    from fastnn.metrics.functions.recall import recall
    from fastnn.metrics.functions.roc_auc import roc_auc
    from fastnn.metrics.functions.top_k_accuracy import top_k_accuracy
    from fastnn.metrics.mean import Mean
    from fastnn.metrics.names import resolve
    from fastnn.metrics.objects.accuracy import Accuracy
    from fastnn.metrics.objects.auc import AUC
    from fastnn.metrics.objects.binary_accuracy import BinaryAccuracy
    from fastnn.metrics.objects.binary_crossentropy import BinaryCrossentropy
    from fastnn.metrics.objects.brier_score import BrierScore
    from fastnn.metrics.objects.categorical_accuracy import CategoricalAccuracy
    from fastnn.metrics.objects.categorical_crossentropy import CategoricalCrossentropy
    from fastnn.metrics.objects.categorical_hinge import CategoricalHinge
    from fastnn.metrics.objects.cohen_kappa import CohenKappa
    from fastnn.metrics.objects.cosine_similarity import CosineSimilarity
    from fastnn.metrics.objects.expected_calibration_error import ExpectedCalibrationError
    from fastnn.metrics.objects.f1_score import F1Score
    from fastnn.metrics.objects.false_negatives import FalseNegatives
    from fastnn.metrics.objects.false_positives import FalsePositives
    from fastnn.metrics.objects.fbeta_score import FBetaScore
    from fastnn.metrics.objects.hinge import Hinge
    from fastnn.metrics.objects.kl_divergence import KLDivergence
    from fastnn.metrics.objects.log_cosh_error import LogCoshError
    from fastnn.metrics.objects.matthews_correlation import MatthewsCorrelation
    from fastnn.metrics.objects.mean_absolute_error import MeanAbsoluteError
    from fastnn.metrics.objects.mean_absolute_percentage_error import MeanAbsolutePercentageError
    from fastnn.metrics.objects.mean_squared_error import MeanSquaredError
    from fastnn.metrics.objects.mean_squared_logarithmic_error import MeanSquaredLogarithmicError
    from fastnn.metrics.objects.poisson import Poisson
    from fastnn.metrics.objects.precision import Precision
    from fastnn.metrics.objects.r2_score import R2Score
    from fastnn.metrics.objects.recall import Recall
    from fastnn.metrics.objects.root_mean_squared_error import RootMeanSquaredError
    from fastnn.metrics.objects.sparse_categorical_accuracy import SparseCategoricalAccuracy
    from fastnn.metrics.objects.sparse_categorical_crossentropy import SparseCategoricalCrossentropy
    from fastnn.metrics.objects.sparse_top_k_categorical_accuracy import SparseTopKCategoricalAccuracy
    from fastnn.metrics.objects.squared_hinge import SquaredHinge
    from fastnn.metrics.objects.top_k_categorical_accuracy import TopKCategoricalAccuracy
    from fastnn.metrics.objects.true_negatives import TrueNegatives
    from fastnn.metrics.objects.true_positives import TruePositives

# Checkers of types and editors read this as it stands.
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
    "matthews_correlation",
    "cohen_kappa",
    "log_loss",
    "brier_score",
    "expected_calibration_error",
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
    "FBetaScore",
    "MatthewsCorrelation",
    "CohenKappa",
    "TruePositives",
    "FalsePositives",
    "TrueNegatives",
    "FalseNegatives",
    "AUC",
    "BrierScore",
    "ExpectedCalibrationError",
    "MeanSquaredError",
    "RootMeanSquaredError",
    "MeanAbsoluteError",
    "R2Score",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "LogCoshError",
    "CosineSimilarity",
    "SquaredHinge",
    "Hinge",
    "CategoricalHinge",
    "Poisson",
    "KLDivergence",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "Mean",
    "FunctionMetric",
    "resolve",
]

# Not needed by every user: loaded when first used.
_PLACES = (
    {"Metric": "base", "FunctionMetric": "base", "Mean": "mean", "resolve": "names"}
    | {name: f"functions.{name}" for name in FUNCTIONS}
    | {name: f"objects.{file}" for file, name in CLASSES.items()}
)


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        import importlib

        return getattr(importlib.import_module(f"fastnn.metrics.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'fastnn.metrics' has no attribute {name!r}")
