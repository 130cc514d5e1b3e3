"""Restoration: a model that is there goes on from its own file, as if training had never stopped."""

from __future__ import annotations

import os
from typing import Any

from fastnn.files.description import described
from fastnn.models.saving.reading import read_model

__all__ = ["restore"]


def restore(model: Any, path: str | os.PathLike[str]) -> int:
    """Bring a compiled model into the state of a file that was saved of it; return the epochs that it has behind it.

    Weights, optimiser state, learning rate, random state, history and what callbacks knew become the file's.

    Raises
    ------
    OSError
        When the file cannot be read.
    ValueError
        When it is damaged, or that of a model with other layers, another loss or another optimiser; nothing has
        changed then.
    """
    optimizer, loss = model.needs_compile()
    own: dict[str, Any] = {}
    described([list(model.computing_layers), optimizer, loss, list(model.metrics)], own)
    # A class of the user's own may be made with other arguments.
    kind: Any = next(kind for kind in type(model).__mro__ if kind.__module__.startswith("fastnn."))
    saved = read_model(path, kind.of_architecture, own, True)
    if not model.built and saved.input_shape is not None:
        model.build_for(saved.input_shape)
    for what, mine, its in (
        ("dtype", model.dtype, saved.dtype),
        ("shape of inputs", model.input_shape, saved.input_shape),
        ("way of connecting layers", model.architecture(), saved.architecture()),
        ("kind of layers", described(list(model.computing_layers)), described(list(saved.computing_layers))),
        ("loss", described(loss), described(saved.loss)),
        ("optimizer", type(optimizer).__name__, type(saved.optimizer).__name__),
    ):
        if mine != its:
            raise ValueError(
                f"{os.fspath(path)!r} is of a model with another {what}: remove it, or make the same model"
            )
    assert saved.optimizer is not None
    model.set_weights(saved.get_weights())
    optimizer.learning_rate = saved.optimizer.learning_rate
    model._keep(optimizer_state=saved.optimizer_state, seed=saved.seed)
    model._forget_training()
    model.rng, model.history, model.feature_names = saved.rng, saved.history, saved.feature_names
    model.resumption = saved.resumption
    model.resumable = True
    return 0 if saved.history is None or not saved.history.epoch else saved.history.epoch[-1] + 1
