"""TensorFlow's ``tf.data``: data sets that give samples or batches, as far as arrays and generators go."""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from fastnn.checking.scalars import whole_number
from fastnn.keras.session import SESSION
from fastnn.keras.tensorflow.specs import as_declared, specs_of
from fastnn.keras.tensors import tensor

__all__ = ["AUTOTUNE", "Dataset", "experimental"]

AUTOTUNE = -1
experimental = types.SimpleNamespace(AUTOTUNE=AUTOTUNE)


class Dataset:
    """Elements, one behind the other: samples, or batches of them, which ``fit``, ``evaluate`` and ``predict`` take.

    It is made by `from_tensor_slices`, `from_generator` or `range`; each method gives a new one.

    Examples
    --------
    >>> data = Dataset.from_tensor_slices((np.arange(5), np.arange(5) * 2)).batch(2)
    >>> [x.tolist() for x, y in data]
    [[0, 1], [2, 3], [4]]
    >>> len(data)
    3
    """

    def __init__(self, begin: Callable[[], Iterator[Any]], count: int | None) -> None:
        # What begins anew with each loop over it, and how many elements it then gives: None is not known.
        self._begin, self._count = begin, count

    def __iter__(self) -> Iterator[Any]:
        return self._begin()

    def __len__(self) -> int:
        if self._count is None or self._count < 0:
            raise TypeError("this data set does not tell how many elements it has, or has no end")
        return self._count

    def cardinality(self) -> Any:
        """How many elements it has: -1 without end, -2 where it is not known."""
        return tensor(-2 if self._count is None else self._count)

    def __repr__(self) -> str:
        known = "?" if self._count is None else "without end" if self._count < 0 else self._count
        return f"<Dataset of elements: {known}>"

    @staticmethod
    def from_tensor_slices(tensors: Any) -> Dataset:
        """An element for each row of an array; of a tuple or a dict of arrays, tuples or dicts of their rows."""
        arrays = _each(tensors, np.asarray)
        counts = {len(one) for one in _leaves(arrays)}
        if len(counts) != 1:
            raise ValueError(f"arrays must have as many rows as each other, but they have {sorted(counts)}")
        (count,) = counts
        return Dataset(lambda: (_row(arrays, row) for row in range(count)), count)

    from_tensors = staticmethod(lambda tensors: Dataset(lambda: iter([_each(tensors, tensor)]), 1))

    @staticmethod
    def from_generator(
        generator: Callable[..., Iterable[Any]],
        output_types: Any = None,
        output_shapes: Any = None,
        args: tuple[Any, ...] = (),
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements of what a function gives, which is called for each loop over them.

        They have the declared types: those of a `TensorSpec` for each array of an element, or ``output_types``.
        """
        if output_shapes is not None and output_types is None:
            raise TypeError("from_generator takes output_shapes beside output_types: give both, or output_signature")
        spec = output_signature if output_types is None else specs_of(output_types, output_shapes)
        if spec is None:
            return Dataset(lambda: (_each(one, tensor) for one in generator(*args)), None)
        return Dataset(lambda: (as_declared(one, spec) for one in generator(*args)), None)

    @staticmethod
    def range(*given: int) -> Dataset:
        """Whole numbers, as Python's ``range``."""
        numbers = range(*given)
        return Dataset(lambda: (tensor(number) for number in numbers), len(numbers))

    @staticmethod
    def zip(*datasets: Any) -> Dataset:
        """Tuples of the elements of several."""
        listed = datasets[0] if len(datasets) == 1 and isinstance(datasets[0], tuple | list) else datasets
        counts = [one._count for one in listed]
        ends = [one for one in counts if one is not None and one >= 0]
        count = None if None in counts else min(ends, default=-1)
        return Dataset(lambda: zip(*listed, strict=False), count)

    @staticmethod
    def sample_from_datasets(
        datasets: list[Dataset], weights: Any = None, seed: int | None = None, stop_on_empty_dataset: bool = False
    ) -> Dataset:
        """The elements of several, from one drawn at random each time, until all, or one, have ended."""

        def elements() -> Iterator[Any]:
            draws = SESSION.generator(seed)
            left = [iter(one) for one in datasets]
            shares = np.ones(len(left)) if weights is None else np.array(weights, dtype=float)
            while left and shares.any():
                place = int(draws.choice(len(left), p=shares / shares.sum()))
                try:
                    yield next(left[place])
                except StopIteration:
                    if stop_on_empty_dataset:
                        return
                    del left[place]
                    shares = np.delete(shares, place)

        endless = any(one._count is not None and one._count < 0 for one in datasets)
        return Dataset(elements, -1 if endless else None)

    def shuffle(self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True) -> Dataset:
        """The elements in another order: each is drawn from the next ``buffer_size`` ones."""
        size = whole_number(buffer_size, "buffer_size", at_least=1)
        kept: list[int] = []

        def elements() -> Iterator[Any]:
            if reshuffle_each_iteration and seed is None:
                draws = SESSION.generator()
            else:
                # A seed gives the same orders each time that the script runs.
                kept.append(0)
                draws = np.random.default_rng([seed or 0, len(kept) if reshuffle_each_iteration else 0])
            source = iter(self)
            buffer = list(itertools.islice(source, size))
            for one in source:
                place = int(draws.integers(len(buffer)))
                buffer[place], chosen = one, buffer[place]
                yield chosen
            draws.shuffle(buffer)
            yield from buffer

        return Dataset(elements, self._count)

    def batch(
        self, batch_size: int, drop_remainder: bool = False, num_parallel_calls: Any = None, **options: Any
    ) -> Dataset:
        """Arrays of so many elements each; the last may have fewer."""
        _check("batch", options, {"deterministic", "name"})
        size = whole_number(batch_size, "batch_size", at_least=1)

        def batches() -> Iterator[Any]:
            source = iter(self)
            while chunk := list(itertools.islice(source, size)):
                if len(chunk) == size or not drop_remainder:
                    yield _stacked(chunk)

        if self._count is None or self._count < 0:
            return Dataset(batches, self._count)
        return Dataset(batches, self._count // size if drop_remainder else -(-self._count // size))

    def unbatch(self) -> Dataset:
        """The rows of batches as elements again."""
        return Dataset(
            lambda: (row for one in self for row in Dataset.from_tensor_slices(one)), -1 if self._count == -1 else None
        )

    def repeat(self, count: int | None = None) -> Dataset:
        """All elements so many times; None or -1: without end."""
        times = -1 if count is None else whole_number(count, "count", at_least=-1)

        def elements() -> Iterator[Any]:
            for _ in itertools.count() if times < 0 else range(times):
                empty = True
                for one in self:
                    empty = False
                    yield one
                if empty:
                    return

        endless = times < 0 or (times > 0 and self._count == -1)
        return Dataset(elements, -1 if endless else None if self._count is None else self._count * times)

    def map(self, map_func: Callable[..., Any], num_parallel_calls: Any = None, **options: Any) -> Dataset:
        """What a function makes of each element; tuples come as arguments."""
        _check("map", options, {"deterministic", "name"})
        return Dataset(
            lambda: (map_func(*one) if isinstance(one, tuple) else map_func(one) for one in self), self._count
        )

    def filter(self, predicate: Callable[..., Any]) -> Dataset:
        """The elements of which a function is true."""
        return Dataset(
            lambda: (one for one in self if (predicate(*one) if isinstance(one, tuple) else predicate(one))), None
        )

    def take(self, count: int) -> Dataset:
        """The first elements; -1: all."""
        number = whole_number(count, "count", at_least=-1)
        if number < 0:
            return self
        left = number if self._count == -1 else None if self._count is None else min(self._count, number)
        return Dataset(lambda: itertools.islice(iter(self), number), left)

    def skip(self, count: int) -> Dataset:
        """The elements behind the first."""
        number = whole_number(count, "count", at_least=0)
        left = self._count if self._count is None or self._count < 0 else max(0, self._count - number)
        return Dataset(lambda: itertools.islice(iter(self), number, None), left)

    def concatenate(self, dataset: Dataset) -> Dataset:
        """The elements of another one behind these."""
        first, second = self._count, dataset._count
        total = None if first is None or second is None else -1 if -1 in (first, second) else first + second
        return Dataset(lambda: itertools.chain(self, dataset), total)

    def enumerate(self, start: int = 0) -> Dataset:
        """Pairs of a number and an element."""
        return Dataset(lambda: ((tensor(number), one) for number, one in enumerate(self, start)), self._count)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements as plain arrays."""
        return (_each(one, lambda leaf: np.asarray(leaf)) for one in self)

    # What says how to read, not what.

    def prefetch(self, buffer_size: Any = None) -> Dataset:
        """Itself: elements are made as they are needed."""
        return self

    def cache(self, filename: str = "") -> Dataset:
        """Itself, in memory; a file is refused."""
        if filename:
            raise TypeError(f"cache cannot have filename={filename!r}: arrays are in memory, leave it out")
        return self

    def with_options(self, options: Any) -> Dataset:
        """Itself: options say how to read."""
        return self


def _check(method: str, options: dict[str, Any], known: set[str]) -> None:
    for name in options.keys() - known:
        raise TypeError(f"Dataset.{method} has no argument {name!r}: leave it out")


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """A tuple or a dict of arrays, or an array, changed one by one."""
    if isinstance(value, tuple):
        return tuple(_each(one, change) for one in value)
    if isinstance(value, dict) or hasattr(value, "columns"):
        return {name: _each(value[name], change) for name in value}
    return change(value)


def _row(arrays: Any, row: int) -> Any:
    return _each(arrays, lambda one: tensor(one[row]))


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = tuple(value.values())
    return [leaf for one in value for leaf in _leaves(one)] if isinstance(value, tuple) else [value]


def _stacked(chunk: list[Any]) -> Any:
    first = chunk[0]
    if isinstance(first, tuple):
        return tuple(_stacked([one[place] for one in chunk]) for place in range(len(first)))
    if isinstance(first, dict):
        return {name: _stacked([one[name] for one in chunk]) for name in first}
    return tensor(np.stack([np.asarray(one) for one in chunk]))
