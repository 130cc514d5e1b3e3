"""All losses, a file each: this is the list.

They have a folder of their own, as a module beside `fastnn.losses` would take the place of the function of its name. A
new one needs its number in the engine, its file here, a line in this list, a line in two parts of the list of
`fastnn.losses`, and a line in the table of docs/models.md.
"""

__all__ = ["CLASSES"]

# The class of each loss by its name, which is also its file's.
CLASSES = {
    "mean_squared_error": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "huber": "Huber",
    "log_cosh": "LogCosh",
    "quantile": "Quantile",
    "cosine_similarity": "CosineSimilarity",
    "poisson": "Poisson",
    "hinge": "Hinge",
    "squared_hinge": "SquaredHinge",
    "categorical_hinge": "CategoricalHinge",
    "kl_divergence": "KLDivergence",
    "binary_crossentropy": "BinaryCrossentropy",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
}
