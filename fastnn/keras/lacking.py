"""The table of what Keras has and fastnn has not, with what to write instead."""

from collections.abc import Mapping

__all__ = ["LACKING", "lacking"]

_DENSE_ALONE = "fastnn has dense networks alone"

# How the layers of other networks begin.
_OTHER_NETWORKS = (
    *("Conv", "Separable", "Depthwise", "MaxPool", "AveragePool", "Avg", "Adaptive", "Global", "UpSampling"),
    *("ZeroPadding", "Cropping", "LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed"),
    *("MultiHead", "Attention", "Additive", "GroupQuery", "Stacked"),
)
# Why there is not what Keras has; by the beginnings of names where there are many of a kind.
LACKING: Mapping[str, Mapping[str, str]] = {
    "keras": {"applications": _DENSE_ALONE},
    "ops": {
        **dict.fromkeys(("tensordot", "einsum"), "write Dense(units), whose kernel multiplies"),
        **dict.fromkeys(
            ("sort", "cumsum", "cumprod", "tile", "roll", "median", "variable", "constant", "flatten"),
            "of arrays write NumPy's function; within a model fastnn has no layer that computes it",
        ),
    },
    "layers": {
        **dict.fromkeys(_OTHER_NETWORKS, _DENSE_ALONE),
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
        "set_learning_phase": "dropout and its like act by themselves: leave it out",
        **dict.fromkeys(("get_session", "set_session"), "fastnn has no sessions: leave it out"),
        "gradients": "write model.gradients(x, y, inputs=True)",
        "placeholder": "write keras.Input(shape)",
        **dict.fromkeys(
            ("gather", "map_fn", "rnn", "foldl"),
            "write NumPy's function, as metrics of your own are of arrays",
        ),
    },
    "regularizers": {"Orthogonal": "fastnn has L1, L2 and L1L2"},
    "datasets": {
        "cifar": "load the pictures as arrays, and Flatten() makes rows of them",
        "california_housing": "write sklearn.datasets.fetch_california_housing()",
    },
    "Model": {
        "call": "call the model itself, model(x), or model.predict(x)",
        **dict.fromkeys(("add_loss", "add_metric"), "write a loss or a metric of your own for compile"),
        **dict.fromkeys(
            ("add_weight", "add_variable"), "write a Dense, or a keras.layers.Layer of your own, which has add_weight"
        ),
        **dict.fromkeys(("train_step", "test_step", "predict_step"), "write a loop of model.train_on_batch"),
        **dict.fromkeys(("compute_loss", "compute_metrics"), "write a loss or a metric of your own for compile"),
        **dict.fromkeys(("make_train_function", "make_test_function", "make_predict_function"), "call fit and predict"),
        "reset_metrics": "metrics begin anew in each epoch: leave it out",
        "get_metrics_result": "write model.evaluate(x, y, return_dict=True)",
        **dict.fromkeys(("quantize", "quantization_mode"), "fastnn computes in float32 or float64"),
        "export": "write fastnn.interop.to_onnx(model, path)",
        **dict.fromkeys(("get_compile_config", "compile_from_config"), "call model.compile"),
        **dict.fromkeys(("get_build_config", "build_from_config"), "call model.build"),
        **dict.fromkeys(("save_own_variables", "load_own_variables"), "call model.save_weights"),
        **dict.fromkeys(("get_state_tree", "set_state_tree"), "call model.get_weights and model.set_weights"),
        "run_eagerly": "fastnn runs compiled code",
        "stateless": "fastnn's weights are in the model",
        "path": "write model.name",
        **dict.fromkeys(("compute_dtype", "variable_dtype", "dtype_policy", "input_dtype"), "write model.dtype"),
        **dict.fromkeys(("compute_output_shape", "compute_output_spec"), "write model.output.shape"),
    },
    "utils": {
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
