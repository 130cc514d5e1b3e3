"""Prediction of what the engine cannot read as it is: lists, frames, single samples, and batches of these."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np

from fastnn.callbacks.base import CallbackList
from fastnn.checking.scalars import whole_number_or_none
from fastnn.data.out_of_core.file_data import FileData
from fastnn.data.out_of_core.windows import Window, Windows
from fastnn.models.batches import BATCH_SIZE, batches_of, check_kind, gives_batches
from fastnn.models.compiled import CompiledModel
from fastnn.models.file_rows import bad_row, bytes_elsewhere, check_files, in_order, refuse_beside_files
from fastnn.models.inputs import explain, read_inputs
from fastnn.models.several import count_rows, each, is_named, join_rows, take_rows
from fastnn_ext.engine.plan import NonFiniteDataError

__all__ = ["predict", "predict_watched"]


def predict(model: CompiledModel, x: Any, out: Any, steps: int | None) -> Any:
    """A model's outputs, one row a sample; see `BaseModel.predict`."""
    if isinstance(x, FileData):
        return _predict_files(model, x, out, steps)
    if gives_batches(x) and not isinstance(x, Sequence):
        return _predict_batches(model, x, out, steps)
    if steps is not None:
        raise ValueError("steps is for batches from an iterable: arrays are predicted whole")
    if not is_named(x, model.input_names, model.names_ends):
        check_kind(x, "x")
    inputs = read_inputs(model, x, "x", single=True)
    try:
        result = model.needs_plan().predict(inputs, out)
    except NonFiniteDataError as failure:
        raise explain(model, inputs, None, failure.sample) from None
    if result is None:
        raise TypeError(f"x must be an array that the engine reads, but it is {type(inputs).__name__}")
    return result


def _predict_files(model: CompiledModel, data: FileData, out: Any, steps: int | None) -> Any:
    """The outputs of all rows in files; they alone are in memory whole, or where ``out`` lies."""
    result: Any = out
    at = 0
    with contextlib.closing(_windows_of(model, data, steps, 1)) as windows:
        for window in windows:
            part = _of_window(model, data, window)
            if result is None:
                result = [np.empty((data.count, *one.shape[1:]), one.dtype) for one in each(part)]
                result = result if isinstance(part, list) else result[0]
            if at == 0:
                _check_out(result, part, data.count)
            for whole, one in zip(each(result), each(part), strict=True):
                whole[at : at + len(one)] = one
            at += count_rows(part)
    return result


def _of_window(model: CompiledModel, data: FileData, window: Window) -> Any:
    inputs = read_inputs(model, window.rows.x, "x of the files", names=data.names)
    try:
        return model.needs_plan().predict(inputs, None)
    except NonFiniteDataError as failure:
        raise bad_row(model, data, window, inputs, None, failure.sample) from None


def _windows_of(model: CompiledModel, data: FileData, steps: int | None, batch_size: int) -> Generator[Window]:
    """Rows in files, a window of whole batches at a time."""
    refuse_beside_files(steps=steps)
    data = in_order(data, model.feature_names, "x of the files")
    check_files(model, data, judged=False)
    size = min(batch_size, data.count)
    with contextlib.closing(Windows(data, size, bytes_elsewhere(model, data)).epoch()) as parts:
        yield from parts


def _check_out(out: Any, part: Any, count: int) -> None:
    """Raise ValueError where outputs of so many rows have another form than ``out``."""
    for given, one in zip(each(out), each(part), strict=True):
        shape = count, *one.shape[1:]
        if not isinstance(given, np.ndarray) or given.shape != shape or given.dtype != one.dtype:
            told = f"{given.dtype} {given.shape}" if isinstance(given, np.ndarray) else f"a {type(given).__name__}"
            raise ValueError(f"out must be {one.dtype} of shape {shape}, but it is {told}")


def predict_watched(
    model: CompiledModel,
    x: Any,
    out: Any,
    steps: int | None,
    batch_size: int | None,
    watchers: CallbackList,
) -> Any:
    """`predict`, of which callbacks are told."""
    watchers.tell("on_predict_begin")
    if not watchers.watches_predicted_batches:
        result = predict(model, x, out, steps)
    else:
        parts = []
        with contextlib.closing(_parts(model, x, steps, batch_size or BATCH_SIZE)) as batches:
            for number, batch in enumerate(batches):
                watchers.tell("on_predict_batch_begin", number)
                parts.append(predict(model, batch, None, None))
                watchers.tell("on_predict_batch_end", number, {"outputs": parts[-1]})
        if not parts:
            raise ValueError("x gave no batches: there is nothing to predict")
        result = join_rows(parts)
        if out is not None:
            _check_out(out, result, count_rows(result))
            for given, whole in zip(each(out), each(result), strict=True):
                given[...] = whole
            result = out
    watchers.tell("on_predict_end")
    return result


def _parts(model: CompiledModel, x: Any, steps: int | None, batch_size: int) -> Generator[Any]:
    """The batches of what gives batches, or arrays or rows in files in slices."""
    if isinstance(x, FileData):
        with contextlib.closing(_windows_of(model, x, steps, batch_size)) as windows:
            for window in windows:
                for start in range(0, window.size, batch_size):
                    yield window.rows.x[start : start + batch_size]
        return
    if gives_batches(x) and not isinstance(x, Sequence):
        steps = whole_number_or_none(steps, "steps", at_least=1)
        yield from map(
            _inputs_of,
            batches_of(x, "x", batch_size=None, shuffle=False, rng=None, steps=steps, argument="steps").epoch(steps),
        )
        return
    if steps is not None:
        raise ValueError("steps is for batches from an iterable: arrays are predicted whole")
    if not is_named(x, model.input_names, model.names_ends):
        check_kind(x, "x")
    inputs = read_inputs(model, x, "x", single=True)
    if not all(isinstance(one, np.ndarray) for one in each(inputs)):
        raise ValueError("batches of a sparse matrix cannot be watched one by one: leave such callbacks out")
    for start in range(0, count_rows(inputs), batch_size):
        yield take_rows(inputs, slice(start, start + batch_size))


def _predict_batches(model: CompiledModel, x: Any, out: Any, steps: int | None) -> Any:
    """The outputs of all batches, one after the other."""
    if out is not None:
        raise ValueError("out is for arrays: of batches it is not known how many samples there are")
    steps = whole_number_or_none(steps, "steps", at_least=1)
    batches = batches_of(x, "x", batch_size=None, shuffle=False, rng=None, steps=steps, argument="steps")
    batches.tell("on_epoch_begin")
    outputs = [predict(model, _inputs_of(item), None, None) for item in batches.epoch(steps)]
    batches.tell("on_epoch_end")
    if not outputs:
        raise ValueError("x gave no batches: it must be an iterable of x, (x, y) or (x, y, sample_weight)")
    return join_rows(outputs)


def _inputs_of(item: Any) -> Any:
    """The x of a batch. Loaders may give a list of tensors in place of a tuple; any other list is an array."""
    tuples = isinstance(item, tuple) or (isinstance(item, list) and bool(item) and hasattr(item[0], "shape"))
    if not tuples:
        return item
    if len(item) not in (1, 2, 3):
        raise TypeError(f"a batch must be x, (x, y) or (x, y, sample_weight), but it is a tuple of {len(item)}")
    return item[0]
