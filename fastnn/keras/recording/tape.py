"""TensorFlow's ``tf.GradientTape``: gradients of a loss of what models give, for training loops of one's own."""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from fastnn.keras.recording.recorded import Recorded, gradient_of, plain

__all__ = ["GradientTape", "recorded_call", "recording"]

_TAPES: contextvars.ContextVar[tuple[GradientTape, ...]] = contextvars.ContextVar("tapes", default=())


class GradientTape:
    """What records which models are called within its block, and what is computed of their outputs.

    A model with dropout is called with ``training=True``, as otherwise what it gives is none of training. With batch
    normalisation call ``model.gradients(x, y)``, which goes through the layers once.

    Parameters
    ----------
    persistent : bool, default False
        Taken: gradients may be asked for more than once in any case.
    watch_accessed_variables : bool, default True
        True alone.

    Examples
    --------
    >>> import fastnn.keras.tensorflow as tf
    >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1, use_bias=False, input_shape=(1,))])
    >>> model.set_weights([[[3.0]]])
    >>> with GradientTape() as tape:
    ...     loss = tf.reduce_mean(tf.square(model(np.array([[2.0]])) - 5.0))
    >>> [gradient.tolist() for gradient in tape.gradient(loss, model.trainable_variables)]
    [[[4.0]]]
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        if watch_accessed_variables is not True:
            raise TypeError(
                "GradientTape cannot have watch_accessed_variables=False: all that models compute is recorded"
            )
        # Each call of a model: it, its way back, and what it gave.
        self.calls: list[tuple[Any, Callable[..., Any], Recorded]] = []

    def __enter__(self) -> Self:
        self._token = _TAPES.set((*_TAPES.get(), self))
        return self

    def __exit__(self, *error: object) -> None:
        _TAPES.reset(self._token)

    def watch(self, tensor: Any) -> None:
        """Refused: gradients are those of the weights of models."""
        raise TypeError(
            "GradientTape has the gradients of models' weights alone: write model.gradients(x, y, inputs=True), or "
            "model.backward(x, output_gradient, inputs=True), for those of data"
        )

    def gradient(self, target: Any, sources: Any, **options: Any) -> Any:
        """The gradients of a recorded number with respect to weights, in their order.

        Parameters
        ----------
        target : recorded array
        sources : list of arrays, or one
            Such as ``model.trainable_variables``.

        Raises
        ------
        TypeError
            For a target that depends on no model that was called, or sources that are no weights of one.
        """
        if (
            options.keys() - {"unconnected_gradients", "output_gradients"}
            or options.get("output_gradients") is not None
        ):
            raise TypeError(f"gradient takes target and sources, but {sorted(options)} came, too")
        if not isinstance(target, Recorded):
            raise TypeError(
                "target depends on no model that was called in the tape's block, or only by what has no gradient"
            )
        several = isinstance(sources, list | tuple)
        wanted = list(sources) if several else [sources]
        found: dict[int, Any] = {}
        for model, backward, given in self.calls:
            slope = gradient_of(target, given)
            if not slope.any():
                continue
            named = backward(slope).named
            layers = {(layer.name, name): array for layer in model.layers for name, array in layer.arrays.items()}
            for (layer, name), array in layers.items():
                gradient = named.get(f"{layer}.{name}")
                if gradient is not None:
                    place = array.ctypes.data
                    found[place] = gradient if place not in found else found[place] + gradient
        places = [_place(one) for one in wanted]
        gradients = [found.get(place, np.zeros_like(one)) for place, one in zip(places, wanted, strict=True)]
        return gradients if several else gradients[0]


def _place(source: Any) -> int:
    if not isinstance(source, np.ndarray):
        raise TypeError(f"sources must be weights of models, such as model.trainable_variables, not {source!r}")
    return source.ctypes.data


def recording() -> tuple[GradientTape, ...]:
    """The tapes whose blocks are running."""
    return _TAPES.get()


def recorded_call(model: Any, x: Any, outputs: Any, way: Any) -> Recorded:
    """What a model gave for data, as what tapes know of; where the data are recorded, gradients go on to them.

    ``way`` is its `TrainingPass`, where layers act otherwise in training.
    """
    if isinstance(outputs, list | dict):
        raise TypeError(f"{model.name} has several outputs: within a GradientTape models of one output may be called")
    if way is None and any(layer.acts_otherwise_in_training for layer in model.layers):
        raise TypeError(
            f"{model.name} has layers that act otherwise in training, such as dropout: within a GradientTape call "
            "model(x, training=True)"
        )
    backward = functools.partial(model.backward, plain(x)) if way is None else way.backward

    def back(slope: Any) -> Any:
        return backward(slope, inputs=True).inputs

    given = Recorded(np.asarray(outputs), ((x, back),) if isinstance(x, Recorded) else (), readable=True)
    for tape in recording():
        tape.calls.append((model, backward, given))
    return given
