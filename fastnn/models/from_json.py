"""Models from the JSON that ``model.to_json`` wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastnn.models.architecture import FORMAT
from fastnn.models.functional import Model
from fastnn.models.sequential import Sequential

__all__ = ["model_from_json"]


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Sequential | Model:
    """A new model of what ``model.to_json()`` wrote, with new weights, not compiled. No code in it runs.

    Parameters
    ----------
    json_string : str
        For Keras' own JSON see `fastnn.interop`.
    custom_objects : mapping of str to object, optional
        Activations (pairs of functions) and initialisers of your own, by their names.

    Returns
    -------
    Sequential or Model

    Raises
    ------
    TypeError, ValueError
        For what is no such text; the message says what is wrong.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> text = Sequential([Input((3,)), Dense(2, "relu")], name="small").to_json()
    >>> model_from_json(text).name
    'small'
    """
    if not isinstance(json_string, str):
        raise TypeError(f"json_string must be the text of model.to_json(), but it is a {type(json_string).__name__}")
    try:
        content = json.loads(json_string)
    except ValueError as error:
        raise ValueError(f"json_string is no JSON: {error}") from error
    kinds: dict[Any, type[Sequential] | type[Model]] = {"Sequential": Sequential, "Model": Model}
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("class_name") not in kinds:
        raise ValueError(
            f"json_string must be the text of model.to_json(), with the format {FORMAT!r}: a model of Keras' own is "
            "read by fastnn.interop.from_keras"
        )
    config: Any = content.get("config")
    return kinds[content["class_name"]].from_config(config, custom_objects)
