"""Sources of batches: generators, loaders, and the data sets of Keras and PyTorch, each with its own protocol."""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from fastnn.arrays.convert import is_array_like, to_array

__all__ = ["BATCH_SIZE", "Batches", "batches_of", "check_kind", "gives_batches"]

# What messages say.
_MAY_BE_PASSED = (
    "a generator or other iterable of batches, a torch.utils.data.DataLoader or Dataset, a keras.utils.PyDataset, or "
    "an object with __len__ and __getitem__ that gives batches"
)

# Where the user does not say.
BATCH_SIZE = 32

# Classes of PyTorch's data sets, which give samples.
_TORCH_DATASETS = ("Dataset", "IterableDataset")


class Batches:
    """A source of batches that can be gone through epoch after epoch.

    Parameters
    ----------
    given : object
        The user's own.
    begin : callable
        Gives an iterator of one pass.
    length : int or None
        Batches in a pass, where it is known.
    once : bool
        Whether there is one pass alone, which goes on from epoch to epoch.
    """

    def __init__(self, given: Any, begin: Callable[[], Iterator[Any]], length: int | None, once: bool = False) -> None:
        self.given, self.begin, self.length, self.once = given, begin, length, once
        self._iterator: Iterator[Any] | None = None

    def epoch(self, steps: int | None = None) -> Iterator[Any]:
        """The batches of an epoch: a whole pass, or ``steps`` that go on where the epoch before has stopped.

        A pass that ends within an epoch ends it; the next one begins anew.
        """
        fresh = self._iterator is None or (steps is None and not self.once)
        if fresh:
            self._iterator = self.begin()
        number = 0
        while steps is None or number < steps:
            assert self._iterator is not None
            try:
                item = next(self._iterator)
            except StopIteration:
                if self.once:
                    return
                self._iterator = None
                if number or fresh:
                    return
                # The epoch before has taken the last batch.
                self._iterator, fresh = self.begin(), True
                continue
            number += 1
            yield item

    def tell(self, what: str) -> None:
        """Call ``on_epoch_begin`` or ``on_epoch_end`` of those that have it, as Keras' data sets do."""
        hook = getattr(self.given, what, None)
        if callable(hook):
            hook()


def gives_batches(x: Any) -> bool:
    """Whether x is a source of batches, and not an array or something that becomes one."""
    if x is None or isinstance(x, type | dict) or is_array_like(x):
        return False
    return _is_torch_dataset(x) or hasattr(x, "__iter__") or hasattr(x, "__next__") or _has_items(x)


def check_kind(x: Any, name: str) -> None:
    """Raise TypeError for what is neither an array nor a source of batches; the message tells what may be passed."""
    if gives_batches(x) or is_array_like(x) or isinstance(x, numbers.Number | bytes) or x is None:
        return
    raise TypeError(f"{name} must be an array or what becomes one, or else {_MAY_BE_PASSED}, but it is {_described(x)}")


def _described(x: Any) -> str:
    if isinstance(x, type):
        return f"the class {x.__name__}: make an object of it"
    if callable(x):
        return f"a {type(x).__name__}, which must be called first"
    return f"a {type(x).__name__}"


def batches_of(
    x: Any,
    name: str,
    *,
    batch_size: int | None,
    shuffle: bool,
    rng: np.random.Generator | None,
    steps: int | None,
    argument: str,
) -> Batches:
    """Wrap a source of batches, by the protocol of its kind.

    Parameters
    ----------
    x : object
        Of which `gives_batches` is true.
    name : str
        What messages call it.
    batch_size : int, optional
        For what gives samples, by default 32.
    shuffle : bool
        Whether batches that are taken by number, or samples, come in another order in each pass.
    rng : numpy.random.Generator, optional
        Source of the order.
    steps : int or None
        Batches in an epoch; None where it is a pass.
    argument : str
        What this number is called.

    Raises
    ------
    TypeError
        When a data set has no length.
    ValueError
        When it has no end, and `steps` is None; when `batch_size` is told to what has batches of its own.
    """
    if _is_torch_dataset(x):
        return _of_samples(x, name, BATCH_SIZE if batch_size is None else batch_size, shuffle, rng)
    if batch_size is not None:
        raise ValueError(f"batch_size is for arrays and samples, but {name}, a {type(x).__name__}, gives batches")
    # What gives its next batch, and all by number, has no end of its own.
    if hasattr(x, "__next__") and not _has_items(x):
        return Batches(x, lambda: iter(x), None, once=True)
    try:
        length = _length(x)
    except OverflowError:
        length = None
        if steps is None:
            raise ValueError(f"{name} gives batches without end: pass {argument}") from None
    if not _has_items(x):
        return Batches(x, lambda: iter(x), length)
    if length is None and not _is_endless(x):
        raise _no_length(x, name, "batches")
    if length is None and steps is None:
        raise ValueError(f"{name} gives batches without end: pass {argument}")

    def by_number() -> Iterator[Any]:
        # It may have changed since the pass before.
        count = _length(x)
        if count is None:
            return (x[number] for number in itertools.count())
        order: Iterable[int] = range(count) if rng is None or not shuffle else rng.permutation(count).tolist()
        return (x[number] for number in order)

    return Batches(x, by_number, length)


def _is_torch_dataset(x: Any) -> bool:
    return any(
        base.__name__ in _TORCH_DATASETS and base.__module__.startswith("torch.utils.data.") for base in type(x).__mro__
    )


def _has_items(x: Any) -> bool:
    """Whether batches are taken by index: from Keras' data sets, and from whatever cannot be iterated over."""
    if not hasattr(x, "__getitem__"):
        return False
    return not hasattr(x, "__iter__") or any(hasattr(x, name) for name in ("num_batches", "on_epoch_end"))


def _is_endless(x: Any) -> bool:
    return getattr(x, "num_batches", 0) is None


def _length(x: Any) -> int | None:
    """Batches in a pass; OverflowError where TensorFlow says that there is no end."""
    if _is_endless(x):
        return None
    try:
        return len(x)
    except TypeError as error:
        # What has no length, and loaders of what has none.
        if "infinite" in str(error):
            raise OverflowError(str(error)) from None
        return None


def _no_length(x: Any, name: str, what: str) -> TypeError:
    return TypeError(f"{name}, a {type(x).__name__}, gives {what} by number, but has no __len__ that tells how many")


def _of_samples(x: Any, name: str, batch_size: int, shuffle: bool, rng: np.random.Generator | None) -> Batches:
    if any(base.__name__ == "IterableDataset" for base in type(x).__mro__):
        samples = _length(x)

        def in_order() -> Iterator[Any]:
            iterator = iter(x)
            while chunk := list(itertools.islice(iterator, batch_size)):
                yield _stacked(chunk, name)

        return Batches(x, in_order, None if samples is None else -(-samples // batch_size))
    if _length(x) is None:
        raise _no_length(x, name, "samples")

    def by_number() -> Iterator[Any]:
        order = range(len(x)) if rng is None or not shuffle else rng.permutation(len(x)).tolist()
        for start in range(0, len(order), batch_size):
            yield _stacked([x[number] for number in order[start : start + batch_size]], name)

    return Batches(x, by_number, -(-len(x) // batch_size))


def _stacked(samples: list[Any], name: str) -> Any:
    """Samples, each (x, y), (x, y, sample_weight) or x alone, as a batch."""
    if not isinstance(samples[0], tuple | list):
        return _column(samples, name)
    sizes = {len(sample) if isinstance(sample, tuple | list) else 0 for sample in samples}
    if len(sizes) > 1:
        raise TypeError(f"the samples of {name} differ in form: each must be (x, y) or (x, y, sample_weight)")
    return tuple(_column(list(values), name) for values in zip(*samples, strict=True))


def _column(values: list[Any], name: str) -> Any:
    arrays = [to_array(value, f"a sample of {name}") for value in values]
    try:
        return np.stack(arrays)  # type: ignore[arg-type]
    except ValueError as error:
        raise ValueError(f"the samples of {name} cannot be put into one batch: {error}") from None
