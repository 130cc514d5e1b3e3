"""What Keras' models have beside those of fastnn, chains and graphs alike: verbs with its arguments, its files."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from fastnn.callbacks.history import History
from fastnn.interop.keras_description import description_of
from fastnn.keras import files, losses, optimizers
from fastnn.keras.axes import check_axes, in_shape
from fastnn.keras.function_metrics import in_batches
from fastnn.keras.functions import named
from fastnn.keras.lacking import lacking
from fastnn.keras.old_names import HistoryValues, with_new_names
from fastnn.keras.old_verbs import OldVerbs
from fastnn.keras.recording.recorded import is_recorded, plain
from fastnn.keras.recording.tape import recorded_call, recording
from fastnn.keras.samples import as_inputs, as_validation
from fastnn.keras.tensors import Tensor, tensor
from fastnn.keras.translating import Translated, moved, tell, translated
from fastnn.layers.layer_array import LayerArray
from fastnn.layers.once import variables_once
from fastnn.layers.symbolic import is_symbolic
from fastnn.losses.base import Loss
from fastnn.models.architecture import DescribedModel
from fastnn.models.base import BaseModel
from fastnn.models.leaves import leaf_layers
from fastnn.models.training_pass import TrainingPass
from fastnn.optimizers.base import Optimizer

__all__ = ["KerasModel"]


class KerasModel(OldVerbs, DescribedModel):
    """A model of fastnn as Keras' scripts know it; `Sequential` and `Model` of this package are such."""

    @classmethod
    def of(cls, model: BaseModel) -> Self:
        """A model of this class with all that one of fastnn's own has, which is not used any more."""
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
        weights = {"loss_weights": loss_weights}
        several = len(self.output_names) > 1
        called = f"{type(self).__name__}.compile"
        options = translated(("Sequential.compile",), called, options | ({} if several else weights))
        options |= weights if several else {}
        options |= {"metrics": _metrics(metrics), "weighted_metrics": _metrics(weighted_metrics)}
        loss = loss if loss is None else _each(loss, losses.get)
        super().compile(optimizers.get(optimizer), loss, **options)

    def fit(self, *args: Any, **options: Any) -> History:
        """Train the model; see `fastnn.Sequential.fit`."""
        arguments = self._arguments("fit", args, options)
        arguments["x"] = self._inputs(arguments.get("x"))
        if "validation_data" in arguments:
            arguments["validation_data"] = as_validation(arguments["validation_data"], self.input_shapes)
        if "callbacks" in arguments:
            arguments["callbacks"] = with_new_names(arguments["callbacks"], self.metrics)
        history = super().fit(**arguments)
        history.history = HistoryValues(history.history)
        history.of(self)
        return history

    def evaluate(self, *args: Any, **options: Any) -> Any:
        """The loss and metrics of data; see `fastnn.Sequential.evaluate`."""
        arguments = self._arguments("evaluate", args, options)
        return super().evaluate(self._inputs(arguments.pop("x", None)), **arguments)

    def predict(self, *args: Any, **options: Any) -> Any:
        """The model's outputs, one row a sample; see `fastnn.Sequential.predict`."""
        arguments = self._arguments("predict", args, options)
        outputs = super().predict(self._inputs(arguments.pop("x", None)), **arguments)
        return self._named(in_shape(self, outputs))

    def _inputs(self, x: Any) -> Any:
        """Data as fastnn takes them."""
        return as_inputs(x, self.input_shapes)

    def _named(self, outputs: Any) -> Any:
        """Outputs, or what they are in a graph around the model, in the form in which the model gives them."""
        return outputs

    def _check_outputs(self, loss: Loss) -> None:
        super()._check_outputs(loss)
        check_axes(self, loss, ())

    def needs_compile(self) -> tuple[Optimizer, Loss]:
        found = super().needs_compile()
        check_axes(self, found[1], self.metrics)
        return found

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """The outputs of a batch, as an array that has ``numpy()``; of a symbolic tensor, the model as a layer.

        With ``training=True`` dropout and noise draw, and batch normalisation takes the batch's statistics.
        """
        if is_symbolic(x):
            return self._named(super().__call__(x, training))
        data = plain(x)
        way = None
        if training and any(layer.acts_otherwise_in_training for layer in self.layers):
            way = TrainingPass(self, self._inputs(data))
        outputs = self.predict(data) if way is None else self._named(in_shape(self, way.outputs))
        if recording() or is_recorded(x):
            return recorded_call(self, x, outputs, way)
        if isinstance(outputs, dict):
            return {name: tensor(output) for name, output in outputs.items()}
        return [*map(tensor, outputs)] if isinstance(outputs, list) else tensor(outputs)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs of one batch."""
        return self.predict(x)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and metrics of one batch."""
        return self.evaluate(x, y, _ALL_ROWS, sample_weight=sample_weight, return_dict=return_dict)

    def summary(self, **options: Any) -> None:
        """Print a table of the layers; see `fastnn.Sequential.summary`."""
        super().summary(**translated(("Sequential.summary",), f"{type(self).__name__}.summary", options))

    def _arguments(self, method: str, args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
        """All arguments of a method by fastnn's names."""
        what = f"{type(self).__name__}.{method}"
        names = _POSITIONS[method]
        if len(args) > len(names):
            raise TypeError(f"{what} takes {', '.join(names)} by position, but {len(args)} came so")
        given = dict(zip(names, args, strict=False))
        for name in given.keys() & options.keys():
            raise TypeError(f"{what} has {name} twice, once by position")
        return translated((f"Sequential.{method}",), what, given | options)

    # Files: the name of a new one tells its format, the content of an old one.

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any) -> None:  # type: ignore[override]
        """Write the model: ``.keras``, ``.h5``, ``.hdf5`` as Keras does, any other name as `fastnn.Sequential.save`."""
        options |= {"overwrite": overwrite}
        translated(("Sequential.save",), f"{type(self).__name__}.save", options)
        files.save(self, filepath)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any) -> None:  # type: ignore[override]
        """Write the weights alone: ``.weights.h5``, ``.h5``, ``.hdf5`` as Keras does, ``.npz``, or any other name."""
        translated(("Sequential.save",), f"{type(self).__name__}.save_weights", options | {"overwrite": overwrite})
        files.save_weights(self, filepath)

    def load_weights(self, filepath: str | os.PathLike[str], **options: Any) -> None:  # type: ignore[override]
        """Replace the weights by those of a file, of whichever format."""
        translated(("Sequential.load_weights",), f"{type(self).__name__}.load_weights", options)
        files.load_weights(self, filepath)

    def get_config(self) -> dict[str, Any]:
        """The layers as Keras writes them, without their weights."""
        self.needs_plan()
        config: dict[str, Any] = description_of(self)["config"]
        return config

    def to_json(self, **options: Any) -> str:
        """The layers as a text, which ``keras.models.model_from_json`` reads; options are those of ``json.dumps``."""
        self.needs_plan()
        return json.dumps(description_of(self), **options)

    # What there is to look at.

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order."""
        return [*self.loss_names, *(metric.name for metric in self.metrics)]

    @property
    def weights(self) -> list[LayerArray]:
        """All arrays, in the order of `get_weights`; what is written into them is the model's."""
        return [array for layer in leaf_layers(self.layers) for array in layer.weights]

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
        still = {id(array) for array in self.frozen_arrays()}
        there = [layer for layer in self.layers if layer.arrays]
        found = [(layer.arrays[variable.name], variable.trainable) for layer, variable in variables_once(there)]
        return [array.view(LayerArray) for array, learns in found if (learns and id(array) not in still) is trainable]

    @property
    def losses(self) -> list[Tensor]:
        """The penalty of each array that has a regulariser and is trained."""
        penalties = []
        still = {id(array) for array in self.frozen_arrays()}
        for layer in leaf_layers(self.layers):
            for name, array in layer.arrays.items():
                regularizer = getattr(layer, f"{name}_regularizer", None)
                if regularizer is not None and id(array) not in still:
                    penalties.append(tensor(np.asarray(regularizer(array), dtype=self.dtype)))
        return penalties

    def __getattr__(self, name: str) -> Any:
        # Asked for only where there is no attribute of this name.
        new = None if name.startswith("_") else moved("Sequential", name)
        if "layers" not in self.__dict__:
            raise AttributeError(
                f"a {type(self).__name__} has no attribute {name!r}: its __init__ must call super().__init__() first"
            )
        if new is None:
            reason = None if name.startswith("_") else lacking("Model", name)
            hint = "" if reason is None else f", which Keras has: {reason}"
            raise AttributeError(f"a {type(self).__name__} has no attribute {name!r}{hint}")
        return getattr(self, new)


# A batch size that no data reach.
_ALL_ROWS = 1 << 40


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _metrics(metrics: Any) -> Any:
    """Metrics that a user lists, by names, classes, functions of Keras' or objects; of each output where told so."""
    return _each([metrics] if isinstance(metrics, str) else metrics or (), _metric, pairs=False)


def _metric(value: Any) -> Any:
    return in_batches(named(value() if isinstance(value, Translated) else value))


def _each(given: Any, change: Callable[[Any], Any], pairs: bool = True) -> Any:
    """What is given for each output, as a dict, lists or alone, changed; with ``pairs`` two functions are one loss."""
    if isinstance(given, Mapping):
        return {name: _each(value, change, pairs) for name, value in given.items()}
    if isinstance(given, list | tuple) and not (pairs and len(given) == 2 and all(map(_is_own_function, given))):
        return [_each(value, change, pairs) for value in given]
    return None if given is None else change(given)


def _is_own_function(value: Any) -> bool:
    # A loss of the user's own is a pair of functions.
    return inspect.isfunction(value) or inspect.isbuiltin(value)


def _by_position(method: Any, *more: str) -> list[str]:
    parameters = inspect.signature(method).parameters.values()
    names = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD and one.name != "self"]
    return [*names, *more]


_POSITIONS = {
    "fit": _by_position(BaseModel.fit),
    "evaluate": _by_position(BaseModel.evaluate, "return_dict"),
    "predict": _by_position(BaseModel.predict),
}
