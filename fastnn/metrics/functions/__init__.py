"""The list of all metrics that are functions of labels, one-hot rows and probabilities: a file each, of its name.

They have a folder of their own, as a module beside `fastnn.metrics` would take the place of the function of its name.
A new one needs its file here, a line in this list, and a line in each of two parts of the list of `fastnn.metrics`.
"""

__all__ = ["FUNCTIONS"]

FUNCTIONS = (
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
)
