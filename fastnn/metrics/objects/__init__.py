"""The list of all metrics as objects, which training calls after each epoch: a file each. Names are Keras'.

A new one needs its file here, a line in this list, and a line in each of two parts of the list of `fastnn.metrics`.
"""

__all__ = ["CLASSES"]

# The class of each metric by its name, which is also its file's.
CLASSES = {
    "accuracy": "Accuracy",
    "binary_accuracy": "BinaryAccuracy",
    "categorical_accuracy": "CategoricalAccuracy",
    "sparse_categorical_accuracy": "SparseCategoricalAccuracy",
    "top_k_categorical_accuracy": "TopKCategoricalAccuracy",
    "sparse_top_k_categorical_accuracy": "SparseTopKCategoricalAccuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1_score": "F1Score",
    "fbeta_score": "FBetaScore",
    "matthews_correlation": "MatthewsCorrelation",
    "cohen_kappa": "CohenKappa",
    "true_positives": "TruePositives",
    "false_positives": "FalsePositives",
    "true_negatives": "TrueNegatives",
    "false_negatives": "FalseNegatives",
    "auc": "AUC",
    "brier_score": "BrierScore",
    "expected_calibration_error": "ExpectedCalibrationError",
    "mean_squared_error": "MeanSquaredError",
    "root_mean_squared_error": "RootMeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "r2_score": "R2Score",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "log_cosh_error": "LogCoshError",
    "cosine_similarity": "CosineSimilarity",
    "squared_hinge": "SquaredHinge",
    "hinge": "Hinge",
    "categorical_hinge": "CategoricalHinge",
    "poisson": "Poisson",
    "kl_divergence": "KLDivergence",
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
}
