"""The table of Keras' spellings that are not fastnn's, which `fastnn.keras.translating` applies.

``RENAMED`` and ``MOVED`` are old: Keras itself no longer takes them. They are honoured, and told of once a process.
``CONVERTED`` is how Keras says today what fastnn says in another way. ``ALONE`` are arguments of Keras that may have
these values alone, which ask for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

__all__ = ["ALONE", "ANY", "ASSIGNED", "CONVERTED", "MODULES", "MOVED", "POSITIONS", "RENAMED", "TAKEN", "Alone"]

# Old names of arguments, by the class or the method, or by the module for all its classes.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "Dense": {
        "output_dim": "units",
        "init": "kernel_initializer",
        "bias": "use_bias",
        "W_regularizer": "kernel_regularizer",
        "W_constraint": "kernel_constraint",
        "b_regularizer": "bias_regularizer",
        "b_constraint": "bias_constraint",
    },
    "Dropout": {"p": "rate"},
    "GaussianNoise": {"sigma": "stddev"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "ReduceLROnPlateau": {"epsilon": "min_delta"},
    "optimizers": {"lr": "learning_rate"},
    "Model": {"input": "inputs", "output": "outputs"},
    "Sequential.fit": {"nb_epoch": "epochs"},
    "to_categorical": {"nb_classes": "num_classes"},
    "MaxNorm": {"m": "max_value"},
    "load_data": {"nb_words": "num_words"},
    "Tokenizer": {"nb_words": "num_words"},
}

# Old names of classes, functions and methods, by their module or class.
MOVED: Mapping[str, Mapping[str, str]] = {
    "optimizers": {
        "sgd": "SGD",
        "rmsprop": "RMSprop",
        "adagrad": "Adagrad",
        "adadelta": "Adadelta",
        "adam": "Adam",
        "adamax": "Adamax",
        "nadam": "Nadam",
    },
    "constraints": {"maxnorm": "MaxNorm"},
    "initializers": {"uniform": "RandomUniform", "normal": "RandomNormal"},
    "Sequential": {
        "predict_proba": "predict",
        "fit_generator": "fit",
        "evaluate_generator": "evaluate",
        "predict_generator": "predict",
    },
    "losses": {"mse": "mean_squared_error", "mae": "mean_absolute_error", "logcosh": "log_cosh"},
    "loss": {
        "logcosh": "log_cosh",
        "kullback_leibler_divergence": "kl_divergence",
        "cosine_proximity": "cosine_similarity",
    },
}

# Old modules below this package, and where their names are today.
MODULES: Mapping[str, str] = {
    "layers.core": "layers",
    "layers.normalization": "layers",
    "layers.advanced_activations": "layers",
    "layers.noise": "layers",
    "layers.embeddings": "layers",
    "layers.merge": "layers",
    "optimizers.legacy": "optimizers",
    "utils.np_utils": "utils",
    "utils.generic_utils": "utils",
    "utils.vis_utils": "utils",
}


def _one_sample(shape: Any) -> Any:
    """The shape of a sample: Keras takes a number for a tuple of one."""
    return (shape,) if hasattr(shape, "__index__") else shape


def _as_it_is(value: Any) -> Any:
    """For what is called elsewhere as another argument is in general."""
    return value


def _started(value: Any) -> Any:
    """An initializer, where Keras takes None for its default, whatever the array is."""
    return "glorot_uniform" if value is None else value


def _without_batch(shape: Any) -> Any:
    """The shape of a sample from that of a batch of any size."""
    if isinstance(shape, tuple | list) and len(shape) > 1 and shape[0] is None:
        return tuple(shape[1:])
    raise ValueError(
        f"the shape of a batch must begin with None, as fastnn takes batches of any size, but it is {shape!r}"
    )


# From an argument of Keras to that of fastnn, and what makes the one from the other.
CONVERTED: Mapping[str, Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "layers": {
        "input_dim": ("input_shape", _one_sample),
        "input_shape": ("input_shape", _one_sample),
        "batch_input_shape": ("input_shape", _without_batch),
    },
    "Dense": {
        "kernel_initializer": ("kernel_initializer", _started),
        "bias_initializer": ("bias_initializer", _started),
    },
    "Embedding": {"input_dim": ("input_dim", _as_it_is), "input_length": ("input_shape", _one_sample)},
    "Input": {"shape": ("shape", _one_sample), "batch_shape": ("shape", _without_batch)},
    "InputLayer": {
        "shape": ("shape", _one_sample),
        "input_shape": ("shape", _one_sample),
        "batch_shape": ("shape", _without_batch),
        "batch_input_shape": ("shape", _without_batch),
    },
}

# Arguments of Keras that are attributes of fastnn's objects, assigned once these are made.
ASSIGNED: Mapping[str, tuple[str, ...]] = {"layers": ("trainable",)}

# The order in which Keras takes arguments by position, where fastnn has another or none.
POSITIONS: Mapping[str, str] = {
    "Embedding": "input_dim output_dim embeddings_initializer embeddings_regularizer embeddings_constraint mask_zero",
    "BatchNormalization": "axis momentum epsilon center scale",
    "LayerNormalization": "axis epsilon center scale",
    "Loss": "name reduction dtype",
    "Dropout": "rate noise_shape seed",
    "Lambda": "function output_shape mask arguments",
    "GaussianNoise": "stddev seed",
    "AlphaDropout": "rate noise_shape seed",
    "GaussianDropout": "rate seed",
    "PReLU": "alpha_initializer alpha_regularizer alpha_constraint shared_axes",
    "Normalization": "axis mean variance invert",
    "RMSNormalization": "axis epsilon",
    "UnitNormalization": "axis",
    "CategoryEncoding": "num_tokens output_mode sparse",
    "Flatten": "data_format",
    "Softmax": "axis",
    "Input": "shape batch_size dtype",
    "StringLookup": "max_tokens num_oov_indices mask_token oov_token vocabulary",
    "IntegerLookup": "max_tokens num_oov_indices mask_token oov_token vocabulary",
}


class Alone(NamedTuple):
    """The values that an argument may have, and what to write in place of others."""

    values: tuple[Any, ...]
    instead: str


class _Any:
    """Any value at all: of arguments that say how to compute, and not what."""

    def __repr__(self) -> str:
        return "any"


ANY = _Any()

_STARTS = (
    "gamma and variances start from 1, beta and means from 0: model.layers[i].gamma.assign(...) sets other numbers"
)
_LAST_AXIS = "fastnn normalises the columns of rows: put a Flatten() before it, and leave axis out"
_AVERAGE = "fastnn keeps no averages of weights: leave it out"
_DTYPE = "the model's numbers are all of one type: keras.backend.set_floatx('float64') before it is made"

_LOOKUPS = {
    "output_mode": Alone(("int",), "write CategoryEncoding behind it"),
    "invert": Alone((False,), "write [vocabulary[i] for i in numbers]: leave it out"),
    "pad_to_max_tokens": Alone((False,), "write CategoryEncoding(num_tokens) behind it"),
    "sparse": Alone((False,), "fastnn writes zeros and ones: leave it out"),
    "idf_weights": Alone((None,), "fastnn has no weights of terms: leave it out"),
    "oov_method": Alone(("floormod",), "unknown numbers go by their remainders: leave it out"),
    "salt": Alone((None,), "unknown strings go by FarmHash64, without salt: leave it out"),
}

_INPUTS = {
    "batch_size": Alone((None,), "fastnn takes batches of any size: leave it out"),
    "dtype": Alone(
        (None, "float32", "float64", "uint8", "int32", "int64", "bool", "string"),
        "inputs are real numbers, or strings for a StringLookup",
    ),
    "sparse": Alone((None, False), "fastnn takes sparse matrices as they are: leave it out"),
    "ragged": Alone((None, False), "fastnn takes rows of one length: leave it out"),
    "tensor": Alone((None,), "fastnn takes data in fit and predict: leave it out"),
    "input_tensor": Alone((None,), "fastnn takes data in fit and predict: leave it out"),
    "optional": Alone((False,), "a model needs its inputs: leave it out"),
}

# Arguments that these classes take, although others of their module do not.
TAKEN: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("Dense", "BatchNormalization", "LayerNormalization"), ("activity_regularizer",)
)

ALONE: Mapping[str, Mapping[str, Alone]] = {
    "layers": {
        "dtype": Alone((None, "float32"), _DTYPE),
        "activity_regularizer": Alone((None,), "put ActivityRegularization(l1, l2) behind the layer"),
        "autocast": Alone((True,), _DTYPE),
    },
    "Lambda": {"mask": Alone((None,), "fastnn has rows of one length, without a mask: leave it out")},
    "Dense": {
        "lora_rank": Alone((None,), "fastnn trains whole kernels: leave it out"),
        "lora_alpha": Alone((None,), "fastnn trains whole kernels: leave it out"),
        "quantization_config": Alone((None,), "fastnn computes in float32 or float64: leave it out"),
    },
    "BatchNormalization": {
        "axis": Alone((-1, 1), _LAST_AXIS),
        "mode": Alone((0,), "fastnn has the mode 0: leave it out"),
        "beta_initializer": Alone(("zeros", "zero"), _STARTS),
        "gamma_initializer": Alone(("ones", "one"), _STARTS),
        "moving_mean_initializer": Alone(("zeros", "zero"), _STARTS),
        "moving_variance_initializer": Alone(("ones", "one"), _STARTS),
        "renorm": Alone((False,), "fastnn has batch normalisation as it was published: leave it out"),
        "renorm_clipping": Alone((None,), "fastnn has no renorm: leave it out"),
        "renorm_momentum": Alone((0.99,), "fastnn has no renorm: leave it out"),
        "synchronized": Alone((False,), "fastnn trains in one process: leave it out"),
    },
    "LayerNormalization": {
        "axis": Alone((-1, 1), _LAST_AXIS),
        "beta_initializer": Alone(("zeros", "zero"), _STARTS),
        "gamma_initializer": Alone(("ones", "one"), _STARTS),
    },
    "Embedding": {
        "mask_zero": Alone((False,), "fastnn has rows of one length, without a mask: leave it out"),
        "weights": Alone((None,), "model.layers[i].embeddings.assign(...) sets its numbers"),
        "lora_rank": Alone((None,), "fastnn trains whole tables: leave it out"),
        "lora_alpha": Alone((None,), "fastnn trains whole tables: leave it out"),
        "quantization_config": Alone((None,), "fastnn computes in float32 or float64: leave it out"),
    },
    "Dropout": {"noise_shape": Alone((None,), "fastnn draws for each number: leave it out")},
    "AlphaDropout": {"noise_shape": Alone((None,), "fastnn draws for each number: leave it out")},
    "Normalization": {
        "invert": Alone((False,), "write x * sqrt(variance) + mean of the predictions: leave it out"),
    },
    "RMSNormalization": {"axis": Alone((-1,), "fastnn normalises along the last axis: leave it out")},
    "UnitNormalization": {
        "axis": Alone((-1,), "fastnn normalises along the last axis: leave it out"),
    },
    "CategoryEncoding": {"sparse": Alone((False,), "fastnn writes zeros and ones: leave it out")},
    "Flatten": {"data_format": Alone((None, "channels_last"), "fastnn takes numbers as they lie: leave it out")},
    "Softmax": {"axis": Alone((-1,), "fastnn takes the softmax of all numbers of a sample: leave it out")},
    "StringLookup": {
        **_LOOKUPS,
        "encoding": Alone(("utf-8",), "fastnn takes strings, and bytes of UTF-8"),
        "vocabulary_dtype": Alone(("string",), "fastnn takes strings of any type: leave it out"),
    },
    "IntegerLookup": {
        **_LOOKUPS,
        "oov_token": Alone((-1,), "get_vocabulary calls unknown numbers -1"),
        "vocabulary_dtype": Alone(("int64",), "fastnn takes whole numbers of any type: leave it out"),
    },
    "Input": _INPUTS,
    "InputLayer": _INPUTS,
    "optimizers": {
        "use_ema": Alone((False,), _AVERAGE),
        "ema_momentum": Alone((0.99,), _AVERAGE),
        "ema_overwrite_frequency": Alone((None,), _AVERAGE),
        "loss_scale_factor": Alone((None,), "fastnn computes in float32 or float64: leave it out"),
        "gradient_accumulation_steps": Alone((None, 1), "a larger batch is the same: fit(..., batch_size=...)"),
        "name": Alone((None,), "optimisers have no names here: leave it out"),
    },
    "schedules": {"name": Alone((None,), "schedules have no names here: leave it out")},
    "losses": {
        "name": Alone((None,), "losses have the names of their classes: leave it out"),
        "dtype": Alone((None,), _DTYPE),
        "axis": Alone((-1,), "fastnn has rows of outputs: leave it out"),
        "ignore_class": Alone((None,), "leave samples out by fit(..., class_weight={the class: 0})"),
    },
    "metrics": {
        "dtype": Alone((None,), "metrics are computed in double precision: leave it out"),
        "axis": Alone((-1,), "fastnn has rows of outputs: leave it out"),
        "ignore_class": Alone((None,), "fastnn counts all classes: leave it out"),
    },
    "AUC": {
        "num_thresholds": Alone((200,), "fastnn's AUC is exact, without thresholds: leave it out"),
        "summation_method": Alone(("interpolation",), "fastnn's AUC is exact: leave it out"),
        "thresholds": Alone((None,), "fastnn's AUC is exact, without thresholds: leave it out"),
        "num_labels": Alone((None,), "the model's outputs tell: leave it out"),
        "label_weights": Alone((None,), "fastnn weighs labels alike: leave it out"),
        "from_logits": Alone((False,), "the order of outputs is all that counts: leave it out"),
    },
    "Precision": {"top_k": Alone((None,), "fastnn decides by thresholds: leave it out")},
    "Recall": {"top_k": Alone((None,), "fastnn decides by thresholds: leave it out")},
    "SparseTopKCategoricalAccuracy": {
        "from_sorted_ids": Alone((False,), "fastnn takes the outputs as they are: leave it out")
    },
    "CosineSimilarity": {"axis": Alone((-1,), "fastnn has rows of outputs: leave it out")},
    "R2Score": {
        "class_aggregation": Alone(("uniform_average",), "fastnn averages over the outputs: leave it out"),
        "num_regressors": Alone((0,), "fastnn has the plain R2: leave it out"),
    },
    "ModelCheckpoint": {
        "period": Alone((1,), "save_freq counts batches: save_freq=period * batches in an epoch"),
        "options": Alone((None,), "there are none for files here: leave it out"),
    },
    "ReduceLROnPlateau": {"baseline": Alone((None,), "fastnn compares with the best value so far: leave it out")},
    "BackupAndRestore": {"double_checkpoint": Alone((False,), "fastnn's files are whole or not at all: leave it out")},
    "TerminateOnNaN": {
        "raise_error": Alone((False,), "without the callback fit raises FloatingPointError: leave it out")
    },
    "TensorBoard": {
        "write_graph": Alone((True, False), "there is no graph of TensorFlow to write: leave it out"),
        "write_images": Alone((False,), "fastnn writes numbers: leave it out"),
        "write_steps_per_second": Alone((False,), "fastnn writes numbers of epochs: leave it out"),
        "profile_batch": Alone((0,), "fastnn has no profile of TensorFlow: leave it out"),
        "embeddings_freq": Alone((0,), "fastnn has no embeddings: leave it out"),
        "embeddings_metadata": Alone((None,), "fastnn has no embeddings: leave it out"),
    },
    "Sequential.compile": {
        "loss_weights": Alone((None,), "a model has one output here: leave it out"),
        "run_eagerly": Alone((False,), "fastnn runs compiled code: leave it out"),
        # What follows says how to compute, not what.
        "jit_compile": Alone(("auto", True, False, None), "fastnn is compiled in any case: leave it out"),
        "auto_scale_loss": Alone((True, False), "there is nothing to scale in float32: leave it out"),
        "sample_weight_mode": Alone((None,), "weights are those of samples: leave it out"),
    },
    "Sequential.fit": {
        "max_queue_size": Alone((ANY,), "batches are taken one by one: leave it out"),
        "max_q_size": Alone((ANY,), "batches are taken one by one: leave it out"),
        "workers": Alone((ANY,), "batches are taken one by one: leave it out"),
        "nb_worker": Alone((ANY,), "batches are taken one by one: leave it out"),
        "use_multiprocessing": Alone((ANY,), "batches are taken one by one: leave it out"),
        "pickle_safe": Alone((ANY,), "batches are taken one by one: leave it out"),
    },
    "Sequential.evaluate": {
        "workers": Alone((ANY,), "batches are taken one by one: leave it out"),
        "use_multiprocessing": Alone((ANY,), "batches are taken one by one: leave it out"),
        "max_queue_size": Alone((ANY,), "batches are taken one by one: leave it out"),
    },
    "Sequential.predict": {
        "workers": Alone((ANY,), "batches are taken one by one: leave it out"),
        "use_multiprocessing": Alone((ANY,), "batches are taken one by one: leave it out"),
        "max_queue_size": Alone((ANY,), "batches are taken one by one: leave it out"),
    },
    "Sequential.summary": {
        "line_length": Alone((None,), "the table is as wide as it has to be: leave it out"),
        "positions": Alone((None,), "the table is as wide as it has to be: leave it out"),
        "expand_nested": Alone((False, True), "the layers of models within always stand below them: leave it out"),
        "show_trainable": Alone((False,), "print layer.trainable for layer in model.layers: leave it out"),
        "layer_range": Alone((None,), "the table has all layers: leave it out"),
    },
    "Sequential.save": {
        "overwrite": Alone((True,), "a file of the same name is replaced: look first whether there is one"),
        "save_format": Alone((None, "h5", "keras"), "the name tells the format: .keras, .h5 or .safetensors"),
        "include_optimizer": Alone((True,), "save_weights keeps the weights alone"),
        "zipped": Alone((None, True), "a model is one file: leave it out"),
        "max_shard_size": Alone((None,), "a model is one file: leave it out"),
    },
    "plot_model": {
        "show_shapes": Alone((True,), "the picture has shapes: leave it out"),
        "show_layer_names": Alone((True,), "the picture has names: leave it out"),
        "show_layer_activations": Alone((True,), "the picture has activations: leave it out"),
        "show_dtype": Alone((False,), "all numbers are of one type: leave it out"),
        "show_trainable": Alone((False,), "print layer.trainable for layer in model.layers: leave it out"),
        "rankdir": Alone(("TB",), "the picture goes from top to bottom: leave it out"),
        "expand_nested": Alone((False,), "plot the model within by itself: leave it out"),
        "dpi": Alone((96, 200), "fastnn.plotting draws on Axes of your own: leave it out"),
        "layer_range": Alone((None,), "the picture has all layers: leave it out"),
    },
    "Sequential.load_weights": {
        "skip_mismatch": Alone((False,), "all arrays must fit: model.layers[i].set_weights(...) sets one layer's"),
        "by_name": Alone((False,), "all arrays are loaded: model.layers[i].set_weights(...) sets one layer's"),
    },
}
