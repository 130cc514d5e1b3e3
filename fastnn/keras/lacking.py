"""The table of what Keras has and fastnn has not, with what to write instead."""

from collections.abc import Mapping

__all__ = ["LACKING", "lacking"]

_DENSE_ALONE = "fastnn has dense networks alone"
_CHAINS = "fastnn.Model and fastnn.layers have graphs, and fastnn.keras chains of layers: keras.Sequential([...])"

# How the layers of other networks begin.
_OTHER_NETWORKS = (
    *("Conv", "Separable", "Depthwise", "Max", "Average", "Avg", "Adaptive", "Global", "UpSampling", "ZeroPadding"),
    *("Cropping", "LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed", "MultiHead"),
    *("Attention", "Additive", "GroupQuery", "Stacked"),
)
_MERGES = (
    *("Add", "Concatenate", "Multiply", "Subtract", "Dot", "Minimum"),
    *("add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"),
)
_FUNCTIONS_OF_TENSORS = (
    *("mean", "sum", "abs", "square", "sqrt", "exp", "log", "max", "min", "argmax", "equal", "greater", "less"),
    *(
        "cast",
        "round",
        "clip",
        "maximum",
        "minimum",
        "dot",
        "concatenate",
        "reshape",
        "flatten",
        "variable",
        "constant",
    ),
)
# Why there is not what Keras has; by the beginnings of names where there are many of a kind.
LACKING: Mapping[str, Mapping[str, str]] = {
    "keras": {"Model": _CHAINS, "ops": "write NumPy's functions", "applications": _DENSE_ALONE},
    "models": {"Model": _CHAINS},
    "layers": {
        **dict.fromkeys(_OTHER_NETWORKS, _DENSE_ALONE),
        **dict.fromkeys(_MERGES, _CHAINS),
        "Lambda": "prepare the data in NumPy, or write Activation((function, derivative))",
        "ThresholdedReLU": "write ReLU()",
        "RepeatVector": "write numpy.repeat of the data",
        "Masking": _DENSE_ALONE,
        "Random": "pass fit(..., augmentation=fastnn.ImageAugmentation(...))",
        "Resizing": "resize the data beforehand",
    },
    "optimizers": {
        "Ftrl": "write Adagrad",
        "Lamb": "write AdamW",
        "Adafactor": "write AdamW",
        "Muon": "write AdamW",
    },
    "losses": {"Dice": "write BinaryCrossentropy", "Tversky": "write BinaryFocalCrossentropy", "CTC": _DENSE_ALONE},
    "metrics": {
        "Accuracy": "metrics=['accuracy'] compares decisions, BinaryAccuracy and CategoricalAccuracy each one kind",
        "Sum": "keep a list, and take numpy.sum of it",
    },
    "backend": {
        "set_value": "write model.optimizer.learning_rate = value, or layer.kernel.assign(value)",
        "get_value": "write model.optimizer.learning_rate, or layer.kernel.numpy()",
        "function": "write fastnn.plotting, or Sequential of the first layers",
        **dict.fromkeys(_FUNCTIONS_OF_TENSORS, "write NumPy's function, as metrics of your own are of arrays"),
    },
    "regularizers": {"Orthogonal": "fastnn has L1, L2 and L1L2"},
    "datasets": {
        "imdb": "its file holds pickled lists, which fastnn reads from nobody: load the reviews as rows",
        "reuters": "its file holds pickled lists, which fastnn reads from nobody: load the articles as rows",
        "cifar": "load the pictures as arrays, and Flatten() makes rows of them",
        "california_housing": "write sklearn.datasets.fetch_california_housing()",
    },
    "utils": {
        "Sequence": "write a class with __len__ and __getitem__, or keras.utils.PyDataset",
        "multi_gpu_model": "fastnn runs on the CPU",
        "get_file": "download the file beforehand",
        "model_to_dot": "write plot_model",
    },
}


def lacking(module: str, name: str) -> str | None:
    """Why fastnn has not what Keras has by this name, or by one that begins so; None where Keras has it not, either.

    >>> lacking("layers", "Conv2D")
    'fastnn has dense networks alone'
    >>> lacking("layers", "Dnese") is None
    True
    """
    reasons = LACKING.get(module, {})
    return reasons.get(name) or next((reason for start, reason in reasons.items() if name.startswith(start)), None)
