"""Preparation: how the columns of a table become the numbers that a network reads, and what its answers are called.

It is learned from the table of training and kept in the model's metadata, so that new rows are prepared the same. Mean
and scale of the numbers are no part of it: they are the network's first layer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.cli.csv_files import is_number
from fastnn.cli.tables import Table, number_text

__all__ = ["Feature", "Preparation", "guessed_task", "learned_classes", "learned_features"]

# A column of texts with more different values is no category: a name, an identifier or a sentence.
_MOST_CATEGORIES = 50
# A target of numbers with at most so many different whole values is taken for classes.
_MOST_CLASSES_TO_GUESS = 20
# Texts that are numbers to a reader, and what to do about them.
_MISREAD = (
    (
        re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}:\d{2}"),
        "dates or times",
        "turn them into numbers first, such as a year, a month or days since a date",
    ),
    (
        re.compile(r"[+-]?\d+(\.\d{3})*,\d+$|[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"),
        "numbers with commas",
        "write them with a decimal point, and nothing between thousands",
    ),
)
_ROWS_TO_LOOK_AT = 20


@dataclass(frozen=True)
class Feature:
    """A column among the inputs: a number, or one 0 or 1 for each of its categories."""

    name: str
    categories: tuple[str, ...] | None = None

    @property
    def inputs(self) -> list[str]:
        """What the network's inputs of this column are called."""
        return [self.name] if self.categories is None else [f"{self.name}={value}" for value in self.categories]


@dataclass(frozen=True)
class Preparation:
    """What is needed to prepare new data.

    Attributes
    ----------
    task : "classification" or "regression"
    target : str or None
        The column to predict; None where the network was trained on arrays.
    features : tuple of Feature or None
        In the order of the network's inputs; None where it was trained on arrays.
    classes : tuple of str or None
        In the order of the network's outputs; None for regression.
    """

    task: str
    target: str | None = None
    features: tuple[Feature, ...] | None = None
    classes: tuple[str, ...] | None = None

    def plain(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        features = None
        if self.features is not None:
            features = [{"name": f.name, "categories": f.categories and list(f.categories)} for f in self.features]
        classes = None if self.classes is None else list(self.classes)
        return {"task": self.task, "target": self.target, "features": features, "classes": classes}

    @classmethod
    def from_plain(cls, content: Any) -> Preparation:
        """What `plain` gave; ValueError where it is anything else."""
        try:
            features = content["features"]
            if features is not None:
                features = tuple(Feature(_text(f["name"]), _texts(f["categories"])) for f in features)
            target = None if content["target"] is None else _text(content["target"])
            result = cls(_text(content["task"]), target, features, _texts(content["classes"]))
        except KeyError as error:
            raise ValueError(f"it lacks {error}") from error
        except TypeError as error:
            raise ValueError(str(error)) from error
        if result.task not in ("classification", "regression"):
            raise ValueError(f"the task {result.task!r} is none")
        if (result.classes is None) != (result.task == "regression"):
            raise ValueError(f"a {result.task} with {'no' if result.classes is None else 'its'} classes")
        if result.classes is not None and len(result.classes) < 2:
            raise ValueError(f"a classification with the one class {result.classes[0]!r}")
        if (target is None) != (features is None):
            raise ValueError("a table has features and a target, and arrays have neither")
        names = [*result.columns, target] if features is not None else []
        for values in (names, *(f.categories or () for f in features or ()), result.classes or ()):
            if len(set(values)) < len(values):
                raise ValueError(f"one of {', '.join(map(repr, values))} is there twice")
        return result

    @property
    def texts(self) -> set[str]:
        """The columns that must be read as texts, whatever they look like."""
        names = {f.name for f in self.features or () if f.categories is not None}
        if self.target is not None and any(
            not is_number(text) or number_text(float(text)) != text for text in self.classes or ()
        ):
            names.add(self.target)
        return names

    @property
    def columns(self) -> list[str]:
        """The names of the inputs' columns."""
        return [feature.name for feature in self.features or ()]

    @property
    def inputs(self) -> list[str]:
        """What the network's inputs are called, in their order."""
        return [name for feature in self.features or () for name in feature.inputs]

    @property
    def categories(self) -> list[bool]:
        """Which of the network's inputs are 0 or 1 for a category."""
        return [feature.categories is not None for feature in self.features or () for _ in feature.inputs]

    def matrix(self, table: Table) -> NDArray[np.float64]:
        """The network's inputs, shape (rows, inputs).

        Raises
        ------
        ValueError
            When a column is missing or holds what it did not in training; the message names column, value and place.
        """
        table.check_names(self.columns)
        result = np.zeros((len(table), len(self.inputs)))
        place = 0
        for feature in self.features or ():
            if feature.categories is None:
                result[:, place] = table.numbers(feature.name)
                place += 1
            else:
                chosen = _numbered(table.texts(feature.name), feature.categories, feature.name, "category", table)
                result[np.arange(len(table)), place + chosen] = 1
                place += len(feature.categories)
        return result

    def targets(self, table: Table) -> NDArray[Any]:
        """The target as the loss takes it: class numbers (rows,) or numbers (rows, 1); ValueError as `matrix`."""
        target = self.needs_target()
        if self.classes is None:
            return table.numbers(target).reshape(-1, 1)
        return _numbered(table.texts(target), self.classes, target, "class", table)

    def needs_target(self) -> str:
        """The column to predict; ValueError where the network was trained on arrays."""
        if self.target is None:
            raise ValueError("the model was trained on arrays, which have no columns: give an .npz file with x and y")
        return self.target

    def targets_of_array(self, y: NDArray[Any], path: str) -> NDArray[Any]:
        """The same for the array y of a file."""
        if self.classes is None:
            if y.dtype.kind not in "fiub" or not np.isfinite(y).all():
                raise ValueError(f"y of {path!r} must hold finite numbers, as the task is regression")
            return y.astype(float).reshape(-1, 1)
        table = Table(path, {"y": _column_of_array(y)}, np.arange(len(y)))
        return _numbered(table.texts("y"), self.classes, "y", "class", table)


def guessed_task(target: NDArray[Any]) -> str:
    """Classification for texts and a few different whole numbers, else regression."""
    if target.dtype.kind not in "fiu":
        return "classification"
    distinct = np.unique(target)
    whole = bool((distinct == np.round(distinct)).all())
    few = len(distinct) <= min(_MOST_CLASSES_TO_GUESS, max(2, len(target) // 5))
    return "classification" if whole and few else "regression"


def learned_classes(values: NDArray[Any], name: str) -> tuple[str, ...]:
    """The different values of a target, numbers in their order and texts in the alphabet's."""
    column = _column_of_array(values)
    distinct = set(column) if column.dtype == object else map(number_text, np.unique(column))
    classes = tuple(sorted(distinct, key=_order))
    if len(classes) < 2:
        raise ValueError(f"the target {name!r} has the one class {classes[0]!r}: two or more are needed to tell apart")
    return classes


def learned_features(table: Table, names: Sequence[str], categorical: Collection[str]) -> tuple[Feature, ...]:
    """What the columns are: numbers, or categories.

    Raises
    ------
    ValueError
        When a column holds dates, too many different texts, or numbers with a few texts among them.
    """
    return tuple(_feature(table, name, name in categorical) for name in names)


def _feature(table: Table, name: str, categorical: bool) -> Feature:
    column = table.columns[name]
    if not categorical:
        if column.dtype != object:
            table.numbers(name)
            return Feature(name)
        check_mostly_texts(table, name)
        for pattern, what, remedy in _MISREAD:
            if all(pattern.match(text) for text in column[:_ROWS_TO_LOOK_AT]):
                raise ValueError(
                    f"column {name!r} of {table.name!r} holds {what}, such as {column[0]!r}: {remedy}, or leave the "
                    f"column out with --ignore {name}"
                )
    distinct = set(table.texts(name))
    if len(distinct) > _MOST_CATEGORIES:
        raise ValueError(
            f"column {name!r} of {table.name!r} holds {len(distinct)} different texts, such as {column[0]!r}, and "
            f"up to {_MOST_CATEGORIES} are taken as categories: leave it out with --ignore {name}, or group its values "
            "first"
        )
    return Feature(name, tuple(sorted(distinct, key=_order)))


def _order(text: str) -> tuple[bool, float, str]:
    """Numbers by their size, before all else by the alphabet."""
    return (False, float(text), text) if is_number(text) else (True, 0.0, text)


def check_mostly_texts(table: Table, name: str) -> None:
    """Raise ValueError where a column of texts is one of numbers with a slip in it."""
    column = table.columns[name]
    numbers = sum(is_number(text) for text in column if text is not None)
    if numbers and 2 * numbers >= len(column):
        table.numbers(name, f"correct it or remove it, or take all values as categories with --categorical {name}")


def _column_of_array(y: NDArray[Any]) -> NDArray[Any]:
    if y.dtype.kind in "fiu":
        return y.astype(float)
    return y if y.dtype == object else y.astype(str).astype(object)


def _numbered(values: Sequence[str], known: Sequence[str], name: str, kind: str, table: Table) -> NDArray[np.intp]:
    """The place of each value among the known ones."""
    numbers = {value: number for number, value in enumerate(known)}
    result = np.array([numbers.get(value, -1) for value in values], dtype=np.intp)
    if len(result) and result.min() < 0:
        index = int(result.argmin())
        told = ", ".join(map(repr, known[:10])) + (", ..." if len(known) > 10 else "")
        raise ValueError(
            f"column {name!r} of {table.name!r} has the unknown {kind} {values[index]!r} in {table.place(index)}: "
            f"the model was trained on {told}"
        )
    return result


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _texts(values: Any) -> tuple[str, ...] | None:
    if values is None:
        return None
    if not isinstance(values, list) or not values:
        raise TypeError(f"{values!r} is no list of texts")
    return tuple(map(_text, values))
