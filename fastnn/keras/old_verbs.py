"""Methods that Keras' models had once: by the order of their own arguments, they become those of today."""

from __future__ import annotations

from typing import Any

from fastnn.callbacks.history import History
from fastnn.keras.translating import moved, tell
from fastnn.models.base import BaseModel

__all__ = ["OldVerbs"]

# By position, as Keras 2 had them; x is the generator.
_FIT = ("x", "steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_steps",
        "validation_freq", "class_weight", "max_queue_size", "workers", "use_multiprocessing", "shuffle",
        "initial_epoch")  # fmt: skip
_EVALUATE = ("x", "steps", "callbacks", "max_queue_size", "workers", "use_multiprocessing", "verbose")
_PREDICT = _EVALUATE


class OldVerbs(BaseModel):
    """What models of `fastnn.keras` have of earlier versions of Keras, and tell of once."""

    def fit_generator(self, *args: Any, **options: Any) -> History:
        """``fit`` of a generator of batches."""
        moved("Sequential", "fit_generator")
        history: History = self.fit(**_named("fit_generator", _FIT, args, options))
        return history

    def evaluate_generator(self, *args: Any, **options: Any) -> Any:
        """``evaluate`` of a generator of batches."""
        moved("Sequential", "evaluate_generator")
        return self.evaluate(**_named("evaluate_generator", _EVALUATE, args, options))

    def predict_generator(self, *args: Any, **options: Any) -> Any:
        """``predict`` of a generator of batches."""
        moved("Sequential", "predict_generator")
        return self.predict(**_named("predict_generator", _PREDICT, args, options))

    def predict_classes(self, x: Any, batch_size: int | None = None, verbose: str | int | bool = "auto") -> Any:
        """The classes of samples: an old method of Keras."""
        if len(self.output_names) > 1:
            raise AttributeError("a Model of several outputs has no classes: write numpy.argmax of each output")
        outputs = self.predict(x, batch_size=batch_size, verbose=verbose)
        if outputs.shape[-1] > 1:
            tell("model.predict_classes(x)", "numpy.argmax(model.predict(x), axis=-1)")
            return outputs.argmax(axis=-1)
        tell("model.predict_classes(x)", "(model.predict(x) > 0.5).astype('int32')")
        return (outputs > 0.5).astype("int32")


def _named(method: str, names: tuple[str, ...], args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    """All arguments by the names of today."""
    if len(args) > len(names):
        raise TypeError(f"{method} takes {', '.join(names)} by position, but {len(args)} came so")
    given = dict(zip(names, args, strict=False))
    for name, value in options.items():
        new = "x" if name == "generator" else name
        if name == "samples_per_epoch":
            raise TypeError(
                f"{method} cannot have samples_per_epoch={value!r}, as a generator does not tell how many are in a "
                "batch: pass steps_per_epoch, the number of batches"
            )
        if new in given:
            raise TypeError(f"{method} has {new} twice, once by position")
        given[new] = value
    return given
