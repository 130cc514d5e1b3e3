"""Keras' ``keras.metrics``: classes, and functions that ``compile`` takes in place of their names."""

from fastnn import metrics as ours
from fastnn.keras.functions import metric as function
from fastnn.keras.translating import Translated, attributes
from fastnn.metrics.base import Metric

__all__ = [
    "AUC", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy", "CategoricalCrossentropy",
    "CategoricalHinge", "CosineSimilarity", "F1Score", "FBetaScore", "FalseNegatives", "FalsePositives", "Hinge",
    "KLDivergence", "LogCoshError", "Mean", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "Metric", "Poisson", "Precision", "R2Score", "Recall", "RootMeanSquaredError",
    "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy", "SquaredHinge",
    "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives", "binary_accuracy", "categorical_accuracy",
    "categorical_hinge", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error",
    "mean_squared_logarithmic_error", "sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy",
    "squared_hinge", "top_k_categorical_accuracy",
]  # fmt: skip

AUC = Translated(ours.AUC, "metrics")
BinaryAccuracy = Translated(ours.BinaryAccuracy, "metrics")
CategoricalAccuracy = Translated(ours.CategoricalAccuracy, "metrics")
CategoricalHinge = Translated(ours.CategoricalHinge, "metrics")
CosineSimilarity = Translated(ours.CosineSimilarity, "metrics")
F1Score = Translated(ours.F1Score, "metrics")
LogCoshError = Translated(ours.LogCoshError, "metrics")
MeanAbsoluteError = Translated(ours.MeanAbsoluteError, "metrics")
MeanAbsolutePercentageError = Translated(ours.MeanAbsolutePercentageError, "metrics")
MeanSquaredError = Translated(ours.MeanSquaredError, "metrics")
MeanSquaredLogarithmicError = Translated(ours.MeanSquaredLogarithmicError, "metrics")
Precision = Translated(ours.Precision, "metrics")
R2Score = Translated(ours.R2Score, "metrics")
RootMeanSquaredError = Translated(ours.RootMeanSquaredError, "metrics")
Recall = Translated(ours.Recall, "metrics")
SparseCategoricalAccuracy = Translated(ours.SparseCategoricalAccuracy, "metrics")
SparseTopKCategoricalAccuracy = Translated(ours.SparseTopKCategoricalAccuracy, "metrics")
SquaredHinge = Translated(ours.SquaredHinge, "metrics")
TopKCategoricalAccuracy = Translated(ours.TopKCategoricalAccuracy, "metrics")

BinaryCrossentropy = Translated(ours.BinaryCrossentropy, "metrics")
CategoricalCrossentropy = Translated(ours.CategoricalCrossentropy, "metrics")
FBetaScore = Translated(ours.FBetaScore, "metrics")
FalseNegatives = Translated(ours.FalseNegatives, "metrics")
FalsePositives = Translated(ours.FalsePositives, "metrics")
Hinge = Translated(ours.Hinge, "metrics")
KLDivergence = Translated(ours.KLDivergence, "metrics")
Mean = Translated(ours.Mean, "metrics")
Poisson = Translated(ours.Poisson, "metrics")
SparseCategoricalCrossentropy = Translated(ours.SparseCategoricalCrossentropy, "metrics")
TrueNegatives = Translated(ours.TrueNegatives, "metrics")
TruePositives = Translated(ours.TruePositives, "metrics")
mean_absolute_percentage_error = function("mean_absolute_percentage_error")
mean_squared_logarithmic_error = function("mean_squared_logarithmic_error")
categorical_hinge = function("categorical_hinge")
squared_hinge = function("squared_hinge")
binary_accuracy = function("binary_accuracy")
categorical_accuracy = function("categorical_accuracy")
mean_absolute_error = function("mean_absolute_error")
mean_squared_error = function("mean_squared_error")
sparse_categorical_accuracy = function("sparse_categorical_accuracy")
sparse_top_k_categorical_accuracy = function("sparse_top_k_categorical_accuracy")
top_k_categorical_accuracy = function("top_k_categorical_accuracy")

__getattr__ = attributes(__name__)
