"""Prediction of what the engine cannot read as it is: lists, frames, single samples, and batches of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fastnn.callbacks.base import CallbackList
from fastnn.checking.scalars import whole_number_or_none
from fastnn.models.batches import BATCH_SIZE, batches_of, check_kind, gives_batches
from fastnn.models.compiled import CompiledModel
from fastnn.models.inputs import explain, read_inputs
from fastnn.models.several import count_rows, each, is_named, join_rows, take_rows
from fastnn_ext.engine.plan import NonFiniteDataError

__all__ = ["predict", "predict_watched"]


def predict(model: CompiledModel, x: Any, out: Any, steps: int | None) -> Any:
    """A model's outputs, one row a sample; see `BaseModel.predict`."""
    if gives_batches(x) and not isinstance(x, Sequence):
        return _predict_batches(model, x, out, steps)
    if steps is not None:
        raise ValueError("steps is for batches from an iterable: arrays are predicted whole")
    if not is_named(x, model.input_names):
        check_kind(x, "x")
    inputs = read_inputs(model, x, "x", single=True)
    try:
        result = model.needs_plan().predict(inputs, out)
    except NonFiniteDataError as failure:
        raise explain(model, inputs, None, failure.sample) from None
    if result is None:
        raise TypeError(f"x must be an array that the engine reads, but it is {type(inputs).__name__}")
    return result


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
        for number, batch in enumerate(_parts(model, x, steps, batch_size or BATCH_SIZE)):
            watchers.tell("on_predict_batch_begin", number)
            parts.append(predict(model, batch, None, None))
            watchers.tell("on_predict_batch_end", number, {"outputs": parts[-1]})
        if not parts:
            raise ValueError("x gave no batches: there is nothing to predict")
        result = join_rows(parts)
        if out is not None:
            for given, whole in zip(each(out), each(result), strict=True):
                if given.shape != whole.shape or given.dtype != whole.dtype:
                    raise ValueError(
                        f"out must be {whole.dtype} of shape {whole.shape}, but it is {given.dtype} {given.shape}"
                    )
                given[...] = whole
            result = out
    watchers.tell("on_predict_end")
    return result


def _parts(model: CompiledModel, x: Any, steps: int | None, batch_size: int) -> Iterator[Any]:
    """The batches of what gives batches, or arrays in slices."""
    if gives_batches(x) and not isinstance(x, Sequence):
        steps = whole_number_or_none(steps, "steps", at_least=1)
        yield from map(
            _inputs_of,
            batches_of(x, "x", batch_size=None, shuffle=False, rng=None, steps=steps, argument="steps").epoch(steps),
        )
        return
    if steps is not None:
        raise ValueError("steps is for batches from an iterable: arrays are predicted whole")
    if not is_named(x, model.input_names):
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
