"""Keras' ``keras.models``: the class, and models from files and texts."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from typing import Any

from fastnn.interop.keras_config import readable
from fastnn.interop.keras_weights import hdf5
from fastnn.keras import files
from fastnn.keras.functional import Model
from fastnn.keras.sequential import Sequential
from fastnn.keras.training_config import compile_as
from fastnn.keras.translating import attributes
from fastnn.keras.verbs import KerasModel
from fastnn.models import Sequential as Ours
from fastnn.models.cloning import clone_model

__all__ = ["Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]

__getattr__ = attributes(__name__)


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Sequential | Model:
    """Read a model that this package, `fastnn.Sequential.save` or Keras wrote; the file's content tells its format.

    Parameters
    ----------
    filepath : path-like
    custom_objects : mapping of str to object, optional
        Functions and objects of your own by their names; a file holds no code.
    compile : bool, default True
        Whether to compile it as it was. The state of the optimiser comes with fastnn's own files alone.
    safe_mode : bool, default True
        True alone: nothing in a file is ever run.

    Returns
    -------
    Sequential or Model

    Raises
    ------
    OSError
        When there is no such file, it may not be read, or it is a folder, a device or a pipe.
    ValueError
        When it is damaged, or needs what fastnn has not; the message names the file and what is wrong.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from fastnn.keras.layers import Dense
    >>> model = Sequential([Dense(2, input_dim=3)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/model.keras")
    ...     again = load_model(f"{folder}/model.keras")
    >>> np.array_equal(again.predict(np.ones((1, 3))), model.predict(np.ones((1, 3))))
    True
    """
    if safe_mode is not True:
        raise TypeError(f"load_model cannot have safe_mode={safe_mode!r}: nothing in a file is ever run, leave it out")
    found, complete = files.load(filepath, custom_objects or {}, compile)
    model = Sequential.of(found) if isinstance(found, Ours) else Model.of(found)
    if compile and not complete:
        config = _compilation(filepath)
        if config:
            try:
                compile_as(model, config)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise ValueError(
                    f"the model of {os.fspath(filepath)!r} cannot be compiled as it was in Keras: {error}; pass "
                    "compile=False, and call model.compile"
                ) from error
    return model


def save_model(model: KerasModel, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any) -> None:
    """Write a model; see `Sequential.save`."""
    model.save(filepath, overwrite, **options)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Sequential | Model:
    """A new model of the layers that ``model.to_json()`` tells of, with first weights of its own.

    Examples
    --------
    >>> from fastnn.keras.layers import Dense
    >>> model_from_json(Sequential([Dense(2, input_dim=3)]).to_json()).count_params()
    8
    """
    content = json.loads(json_string)
    kinds: dict[str, type[Sequential] | type[Model]] = {"Sequential": Sequential, "Functional": Model, "Model": Model}
    kind = content.get("class_name") if isinstance(content, dict) else content
    if not isinstance(kind, str) or kind not in kinds:
        raise ValueError(f"json_string must be that of a Sequential or Model, but has {kind!r}")
    with readable("json_string"):
        config = content["config"]
    return kinds[kind].from_config(config, custom_objects)


def _compilation(path: str | os.PathLike[str]) -> Any:
    """How Keras has compiled the model of a file that could be read; None where it does not tell."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json")).get("compile_config")
    with hdf5().File(path, "r") as file:
        text = file.attrs.get("training_config")
        return None if text is None else json.loads(text)
