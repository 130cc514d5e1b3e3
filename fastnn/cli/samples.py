"""Samples: inputs and targets from a user's file, ready for a network."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastnn.cli import arrays
from fastnn.cli.preparing import (
    Preparation,
    check_mostly_texts,
    guessed_task,
    learned_classes,
    learned_features,
)
from fastnn.cli.tables import Table, read_table

__all__ = ["Samples", "inputs_by_name", "inputs_for", "samples_for", "training_samples"]

_FILL_IN = "fill it in or remove the row"
_FILL_IN_OR_DROP = f"{_FILL_IN}, or leave out all such rows with --drop-missing"

Say = Callable[[str], None]


class Samples(NamedTuple):
    """Inputs (samples, ...) and targets as the loss takes them: class numbers, or numbers of shape (samples, 1)."""

    x: NDArray[Any]
    y: NDArray[Any]


def training_samples(arguments: argparse.Namespace, say: Say) -> tuple[Samples, Preparation]:
    """Read the data of training and learn how to prepare more of it.

    ``say`` is told what was decided that the user did not say.
    """
    path: str = arguments.data
    if arrays.is_array_file(path):
        if arguments.target or arguments.categorical or arguments.ignore or arguments.drop_missing:
            raise ValueError("--target, --categorical, --ignore and --drop-missing are for tables: an .npz has x and y")
        x, y = arrays.read_samples(path)
        task = arguments.task or _guess(y, say)
        classes = learned_classes(y, "y") if task == "classification" else None
        preparation = Preparation(task, classes=classes)
        return Samples(x, preparation.targets_of_array(y, path)), preparation

    table = read_table(path, arguments.categorical)
    table.check_names([*arguments.categorical, *arguments.ignore])
    if "" in table.columns:
        say("columns without a name are left out")
    names = [name for name in table.columns if name and name not in arguments.ignore]
    if not names:
        raise ValueError(f"{path!r} has no column to learn from: it has {', '.join(map(repr, table.columns))}")
    target = names[-1] if arguments.target is None else arguments.target
    table.check_names([target])
    if arguments.target is None:
        say(f"target: {target!r}, the last column (--target names another)")
    names = [name for name in names if name != target]
    if not names:
        raise ValueError(f"{path!r} has no column beside the target {target!r} to predict it from")
    table = _complete(table, [*names, target], arguments.drop_missing, say)
    column = table.columns[target]
    if column.dtype == object and arguments.task is None and target not in arguments.categorical:
        check_mostly_texts(table, target)
    task = arguments.task or _guess(column, say)
    features = learned_features(table, names, arguments.categorical)
    for feature in features:
        if feature.categories is not None:
            count = len(feature.categories)
            say(f"column {feature.name!r} is one-hot encoded: {count} categories, {_listed(feature.categories)}")
    classes = learned_classes(column, target) if task == "classification" else None
    preparation = Preparation(task, target, features, classes)
    return Samples(preparation.matrix(table), preparation.targets(table)), preparation


def samples_for(preparation: Preparation, path: str, drop_missing: bool, say: Say) -> Samples:
    """Read inputs and targets for a network that was trained with this preparation."""
    if arrays.is_array_file(path):
        x, y = arrays.read_samples(path)
        return Samples(x, preparation.targets_of_array(y, path))
    table = _read_for(preparation, path)
    names = [*preparation.columns, preparation.needs_target()]
    table.check_names(names)
    table = _complete(table, names, drop_missing, say)
    return Samples(preparation.matrix(table), preparation.targets(table))


def inputs_for(preparation: Preparation, path: str) -> NDArray[Any]:
    """Read inputs for a network that was trained with this preparation."""
    if arrays.is_array_file(path):
        return arrays.read_inputs(path)
    table = _read_for(preparation, path)
    table.check_names(preparation.columns)
    table.check_complete(preparation.columns, _FILL_IN)
    return preparation.matrix(table)


def inputs_by_name(names: Sequence[str], path: str) -> NDArray[Any]:
    """Read columns of numbers for a model that was not trained by the command, but knows their names."""
    table = read_table(path)
    table.check_names(names)
    table.check_complete(names, _FILL_IN)
    return np.stack([table.numbers(name) for name in names], axis=1)


def _read_for(preparation: Preparation, path: str) -> Table:
    if preparation.features is None:
        raise ValueError(f"the model was trained on arrays: give an .npz file with an array x, not {path!r}")
    return read_table(path, preparation.texts)


def _complete(table: Table, names: Sequence[str], drop_missing: bool, say: Say) -> Table:
    if not drop_missing:
        table.check_complete(names, _FILL_IN_OR_DROP)
        return table
    complete = table.complete_rows(names)
    if len(complete) < len(table):
        say(f"{len(table) - len(complete)} of {len(table)} rows are left out, as they lack a value")
    return complete


def _guess(target: NDArray[Any], say: Say) -> str:
    task = guessed_task(target)
    say(f"task: {task}, by the look of the target (--task names another)")
    return task


def _listed(values: Sequence[str]) -> str:
    return ", ".join(map(repr, values[:5])) + (", ..." if len(values) > 5 else "")
