"""The states of callbacks in a model's file: plain values in its header, arrays among its tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn import callbacks
from fastnn.callbacks.states import check_state
from fastnn.files.tensors import TensorFile
from fastnn.layers.once import arrays_once
from fastnn.models.compiled import CompiledModel
from fastnn.models.resuming import Record, Resumption

__all__ = ["PREFIX", "plain_resumption", "restored_resumption"]

# Of the arrays' names.
PREFIX = "callbacks/"
_MOST_CALLBACKS = 10_000


def plain_resumption(resumption: Resumption, dtype: np.dtype[Any]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The callbacks of a training as plain values, and the arrays among them by name.

    Raises
    ------
    TypeError
        When a state holds something else than plain values and arrays of the model's dtype.
    """
    arrays: dict[str, NDArray[Any]] = {}

    def plain(value: Any, who: str) -> Any:
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, np.generic):
            return plain(value.item(), who)
        if isinstance(value, list | tuple):
            return [plain(item, who) for item in value]
        if isinstance(value, dict) and all(isinstance(name, str) for name in value) and "array" not in value:
            return {name: plain(item, who) for name, item in value.items()}
        if isinstance(value, np.ndarray) and value.dtype == dtype:
            name = f"{PREFIX}{len(arrays)}"
            arrays[name] = value
            return {"array": name}
        told = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else repr(value)
        raise TypeError(
            f"get_state of {who} must return numbers, strings, lists and dicts of them, or arrays of the model's "
            f"{dtype}, but there is {told}"
        )

    content = {
        "epoch": resumption.epoch,
        "logs": {name: plain(value, "the logs") for name, value in resumption.logs.items()},
        "callbacks": [
            {
                "kind": record.kind,
                "settings": record.settings,
                "state": plain(record.state, record.kind),
                "told": record.told,
            }
            for record in resumption.callbacks
        ],
    }
    return content, arrays


def restored_resumption(content: Any, file: TensorFile, model: CompiledModel) -> Resumption:
    """The inverse of `plain_resumption`; every value of the package's own callbacks is checked.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is anything else.
    """
    found = 0

    def restored(value: Any) -> Any:
        nonlocal found
        if isinstance(value, list):
            return [restored(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "array" not in value:
            return {name: restored(item) for name, item in value.items()}
        # Each once and in turn: many names of one array would take many times the file's memory.
        name = f"{PREFIX}{found}"
        if value != {"array": name} or name not in file.shapes:
            raise ValueError(
                f"the state of a callback has the array {value['array']!r}, which is not there or not next"
            )
        found += 1
        return file.read(name)

    epoch, logs, entries = content["epoch"], content["logs"], content["callbacks"]
    if epoch is not None and (type(epoch) is not int or epoch < 0):
        raise ValueError(f"its callbacks were told of the epoch {epoch!r}, but it must be a number of at least 0")
    if not isinstance(logs, dict) or not all(type(value) in (int, float) for value in logs.values()):
        raise ValueError(f"its callbacks were told of {logs!r}, but it must be numbers by name")
    if not isinstance(entries, list) or len(entries) > _MOST_CALLBACKS:
        raise ValueError(f"its callbacks must be a list of at most {_MOST_CALLBACKS}")
    shapes = [array.shape for _, _, array in arrays_once(model.layers)]
    records = []
    for entry in entries:
        record = Record(entry["kind"], entry["settings"], restored(entry["state"]), entry["told"])
        kinds = (record.kind, str), (record.settings, dict), (record.state, dict), (record.told, bool)
        if not all(isinstance(value, kind) for value, kind in kinds):
            raise ValueError(f"what it says of the callback {record.kind!r} is damaged")
        if record.kind in callbacks.__all__ and record.kind != "Callback":
            check_state(getattr(callbacks, record.kind)._state_kinds, record.state, record.kind)
            weights = record.state.get("best_weights")
            if weights is not None and [array.shape for array in weights] != shapes:
                raise ValueError(f"the weights in the state of {record.kind} are not of the model's shapes")
        records.append(record)
    more = sorted(name for name in file.shapes if name.startswith(PREFIX))[found:]
    if more:
        raise ValueError(f"it has arrays that belong to no callback: {', '.join(more[:5])}")
    return Resumption(epoch, logs, records)
