"""Loading a model from a file that `fastnn.models.saving.writing` wrote.

Nothing in a file is ever run, and no memory is taken for numbers that the file does not have.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from fastnn.models.base import BaseModel
from fastnn.models.saving.nested import model_of
from fastnn.models.saving.reading import read_model

__all__ = ["load_model"]


def load_model(
    path: str | os.PathLike[str], custom_objects: Mapping[str, Any] | None = None, *, compile: bool = True
) -> BaseModel:
    """Read a model that `Sequential.save` or `Model.save` wrote.

    Training goes on from it as if it had never stopped, to the last bit: `fit` with ``initial_epoch``.

    Parameters
    ----------
    path : path-like
    custom_objects : mapping of str to object, optional
        Activations (pairs of functions), losses, metrics or schedules of your own, by their names: a file holds no
        code.
    compile : bool, default True
        Whether to restore optimiser, loss and metrics, too. Prediction does without.

    Returns
    -------
    Sequential or Model

    Raises
    ------
    OSError
        When there is no such file, it may not be read, or it is a folder, a device or a pipe.
    ValueError
        When the file is damaged, or no model, or needs ``custom_objects``; the message names the file and what is
        wrong.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from fastnn.layers import Dense, Input
    >>> from fastnn.models import Sequential
    >>> model = Sequential([Input((3,)), Dense(2)], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(os.path.join(folder, "model.safetensors"))
    ...     again = load_model(os.path.join(folder, "model.safetensors"))
    >>> np.array_equal(again.predict(np.ones((1, 3))), model.predict(np.ones((1, 3))))
    True
    """
    model: BaseModel = read_model(path, model_of, custom_objects or {}, compile)
    return model
