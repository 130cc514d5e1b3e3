"""Keras' sequential model: `fastnn.Sequential` with what scripts expect of Keras' beside."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastnn.callbacks.history import History
from fastnn.checking.scalars import true_or_false
from fastnn.interop.keras_config import described
from fastnn.interop.keras_description import description_of
from fastnn.keras import files, losses, optimizers
from fastnn.keras.functions import named
from fastnn.keras.old_names import HistoryValues, with_new_names
from fastnn.keras.samples import as_samples, as_validation
from fastnn.keras.session import SESSION
from fastnn.keras.tensors import Tensor, tensor
from fastnn.keras.translating import Translated, moved, tell, translated
from fastnn.layers import AlphaDropout, BatchNormalization, Dropout, GaussianDropout, GaussianNoise, Input, Layer
from fastnn.layers.layer_array import LayerArray
from fastnn.models import Sequential as Ours

__all__ = ["Sequential"]

_OTHERWISE_IN_TRAINING = (AlphaDropout, BatchNormalization, Dropout, GaussianDropout, GaussianNoise)


class Sequential(Ours):
    """A stack of layers, with the arguments of Keras' ``Sequential``.

    Parameters
    ----------
    layers : list of Layer, optional
        From `fastnn.keras.layers`; `add` appends more.
    trainable : bool, default True
        False: training changes no weights.
    name : str, optional
    dtype, seed
        As in `fastnn.Sequential`; by default those of ``keras.backend.set_floatx`` and ``keras.utils.set_random_seed``.

    Examples
    --------
    >>> from fastnn.keras.layers import Dense
    >>> model = Sequential([Dense(8, input_dim=2, activation="relu"), Dense(1)])
    >>> model.compile("adam", "mse", metrics=["mae"])
    >>> model.metrics_names
    ['loss', 'mae']
    >>> model(np.ones((3, 2)), training=False).numpy().shape
    (3, 1)
    """

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        dtype: DTypeLike | None = None,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            layers,
            name="sequential" if name is None else name,
            dtype=SESSION.floatx if dtype is None else dtype,
            seed=SESSION.next_seed() if seed is None else seed,
        )
        # Its layers keep what they say, as in Keras.
        self._trainable = true_or_false(trainable, "trainable")

    def _add(self, layer: Any) -> None:
        if isinstance(layer, Ours):
            raise TypeError(
                f"a model within a model, {layer.name}, is none of fastnn's layers: make one model of all layers, "
                "keras.Sequential([...]), or apply a function to its outputs, keras.activations.softmax(model(x))"
            )
        super()._add(layer)

    def build(self, input_shape: Any = None) -> None:
        """Make the weights; the shape may begin with None for the batch, as in Keras."""
        if isinstance(input_shape, tuple | list) and len(input_shape) > 1 and input_shape[0] is None:
            input_shape = tuple(input_shape[1:])
        super().build(input_shape)

    @classmethod
    def of(cls, model: Ours) -> Sequential:
        """A model of this class with all that a model of `fastnn.Sequential` has, which is not used any more."""
        made = cls.__new__(cls)
        made.__setstate__(model.__getstate__())
        return made

    # The verbs, with Keras' arguments.

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        **options: Any,
    ) -> None:
        """Choose how the model is trained and judged; see `fastnn.Sequential.compile`. Optimisers are Keras' rules."""
        if metrics is None and isinstance(loss_weights, list | tuple) and not all(map(_is_number, loss_weights)):
            # Keras 2 had metrics at this place.
            tell("model.compile(optimizer, loss, metrics)", "model.compile(optimizer, loss, metrics=metrics)")
            loss_weights, metrics = None, loss_weights
        options = translated(("Sequential.compile",), "Sequential.compile", options | {"loss_weights": loss_weights})
        options |= {"metrics": _metrics(metrics), "weighted_metrics": _metrics(weighted_metrics)}
        loss = loss if loss is None else losses.get(loss)
        super().compile(optimizers.get(optimizer), loss, **options)

    def fit(self, *args: Any, **options: Any) -> History:
        """Train the model; see `fastnn.Sequential.fit`."""
        arguments = self._arguments("fit", args, options)
        arguments["x"] = as_samples(arguments.get("x"), self.input_shape)
        if "validation_data" in arguments:
            arguments["validation_data"] = as_validation(arguments["validation_data"], self.input_shape)
        if "callbacks" in arguments:
            arguments["callbacks"] = with_new_names(arguments["callbacks"], self.metrics)
        history = super().fit(**arguments)
        history.history = HistoryValues(history.history)
        return history

    def evaluate(self, *args: Any, **options: Any) -> Any:
        """The loss and metrics of data; see `fastnn.Sequential.evaluate`."""
        arguments = self._arguments("evaluate", args, options)
        return super().evaluate(as_samples(arguments.pop("x", None), self.input_shape), **arguments)

    def predict(self, *args: Any, **options: Any) -> Any:
        """The model's outputs, one row a sample; see `fastnn.Sequential.predict`."""
        arguments = self._arguments("predict", args, options)
        return super().predict(as_samples(arguments.pop("x", None), self.input_shape), **arguments)

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        """The outputs of a batch, as an array that has ``numpy()``."""
        if training and any(isinstance(layer, _OTHERWISE_IN_TRAINING) for layer in self.layers):
            raise TypeError(
                "a model cannot be called with training=True where dropout, noise or batch normalisation act otherwise "
                "in training: fit and train_on_batch train it, and model(x) predicts"
            )
        return tensor(self.predict(x))

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs of one batch."""
        return self.predict(x)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and metrics of one batch."""
        return self.evaluate(x, y, sample_weight=sample_weight, return_dict=return_dict)

    def predict_classes(self, x: Any, batch_size: int | None = None, verbose: str | int | bool = "auto") -> Any:
        """The classes of samples: an old method of Keras."""
        outputs = self.predict(x, batch_size=batch_size, verbose=verbose)
        if outputs.shape[-1] > 1:
            tell("model.predict_classes(x)", "numpy.argmax(model.predict(x), axis=-1)")
            return outputs.argmax(axis=-1)
        tell("model.predict_classes(x)", "(model.predict(x) > 0.5).astype('int32')")
        return (outputs > 0.5).astype("int32")

    def summary(self, **options: Any) -> None:
        """Print a table of the layers; see `fastnn.Sequential.summary`."""
        super().summary(**translated(("Sequential.summary",), "Sequential.summary", options))

    def _arguments(self, method: str, args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
        """All arguments of a method by fastnn's names."""
        what = f"Sequential.{method}"
        names = _POSITIONS[method]
        if len(args) > len(names):
            raise TypeError(f"{what} takes {', '.join(names)} by position, but {len(args)} came so")
        given = dict(zip(names, args, strict=False))
        for name in given.keys() & options.keys():
            raise TypeError(f"{what} has {name} twice, once by position")
        return translated((what,), what, given | options)

    # Files: the name of a new one tells its format, the content of an old one.

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any) -> None:  # type: ignore[override]
        """Write the model: ``.keras``, ``.h5``, ``.hdf5`` as Keras does, any other name as `fastnn.Sequential.save`."""
        options |= {"overwrite": overwrite}
        translated(("Sequential.save",), "Sequential.save", options)
        files.save(self, filepath)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any) -> None:  # type: ignore[override]
        """Write the weights alone: ``.weights.h5``, ``.h5``, ``.hdf5`` as Keras does, ``.npz``, or any other name."""
        translated(("Sequential.save",), "Sequential.save_weights", options | {"overwrite": overwrite})
        files.save_weights(self, filepath)

    def load_weights(self, filepath: str | os.PathLike[str], **options: Any) -> None:  # type: ignore[override]
        """Replace the weights by those of a file, of whichever format."""
        translated(("Sequential.load_weights",), "Sequential.load_weights", options)
        files.load_weights(self, filepath)

    def get_config(self) -> dict[str, Any]:
        """The layers as Keras writes them, without their weights."""
        self.needs_plan()
        config: dict[str, Any] = description_of(self)["config"]
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Sequential:
        """A new model of the layers that `get_config` described."""
        found = described({"class_name": "Sequential", "config": config}, custom_objects or {})
        return cls([Input(found.input_shape), *found.layers], name=found.name, dtype=found.dtype)

    def to_json(self, **options: Any) -> str:
        """The layers as a text, which ``keras.models.model_from_json`` reads; options are those of ``json.dumps``."""
        self.needs_plan()
        return json.dumps(description_of(self), **options)

    # What there is to look at.

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order."""
        return ["loss", *(metric.name for metric in self.metrics)]

    @property
    def weights(self) -> list[LayerArray]:
        """All arrays, in the order of `get_weights`; what is written into them is the model's."""
        return [array for layer in self.layers for array in layer.weights]

    variables = weights

    @property
    def trainable_weights(self) -> list[LayerArray]:
        """The arrays that training changes by gradients."""
        return self._weights(trainable=True)

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self) -> list[LayerArray]:
        """The other arrays: moving means and variances, and all of layers that are frozen."""
        return self._weights(trainable=False)

    non_trainable_variables = non_trainable_weights

    def _weights(self, *, trainable: bool) -> list[LayerArray]:
        if not self.trainable:
            return [] if trainable else self.weights
        chosen = (layer.trainable_weights if trainable else layer.non_trainable_weights for layer in self.layers)
        return [array for arrays in chosen for array in arrays]

    @property
    def losses(self) -> list[Tensor]:
        """The penalty of each array that has a regulariser and is trained."""
        penalties = []
        for layer in self.layers:
            for name, array in layer.arrays.items() if layer.trainable and self.trainable else ():
                regularizer = getattr(layer, f"{name}_regularizer", None)
                if regularizer is not None:
                    penalties.append(tensor(np.asarray(regularizer(array), dtype=self.dtype)))
        return penalties

    def __getattr__(self, name: str) -> Any:
        # Asked for only where there is no attribute of this name.
        new = None if name.startswith("_") else moved("Sequential", name)
        if new is None:
            raise AttributeError(f"a Sequential has no attribute {name!r}")
        return getattr(self, new)


def _metrics(metrics: Any) -> list[Any]:
    """Metrics that a user lists, by names, classes, functions of Keras' or objects."""
    listed = [metrics] if isinstance(metrics, str) else metrics or ()
    return [named(metric() if isinstance(metric, Translated) else metric) for metric in listed]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _by_position(method: Any, *more: str) -> list[str]:
    parameters = inspect.signature(method).parameters.values()
    names = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD and one.name != "self"]
    return [*names, *more]


_POSITIONS = {
    "fit": _by_position(Ours.fit),
    "evaluate": _by_position(Ours.evaluate, "return_dict"),
    "predict": _by_position(Ours.predict),
}
