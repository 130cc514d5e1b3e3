"""Lookups: layers that turn strings or whole numbers of the data into the numbers of categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.arrays.array_kinds import check_nothing_masked
from fastnn.checking.scalars import whole_number, whole_number_or_none
from fastnn.layers.base import Layer
from fastnn.layers.farmhash import fingerprint
from fastnn.layers.symbolic import SymbolicTensor
from fastnn_ext.engine.plan import Plan

__all__ = ["IntegerLookup", "Lookup", "StringLookup"]


class Lookup(Layer):
    """What lookups share; use a subclass.

    A lookup maps each term of its vocabulary to a whole number: its place in the vocabulary, behind that of a mask,
    which is 0, and the numbers of unknown terms, where there are any. Called on an array it gives these numbers. In a
    model it is the only layer that takes an `Input`, and data are looked up as they come in.
    """

    # What messages call the terms.
    _terms = "terms"
    vocabulary: tuple[Any, ...] | None

    def __init__(
        self,
        *,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Any = None,
        vocabulary: Iterable[Any] | None = None,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        self.num_oov_indices = whole_number(num_oov_indices, "num_oov_indices", at_least=0)
        self.mask_token = mask_token
        if mask_token is not None and mask_token == self._unknown:
            raise ValueError(f"mask_token must be another than that of unknown {self._terms}, but is {mask_token!r}")
        self.max_tokens = whole_number_or_none(max_tokens, "max_tokens", at_least=1 + len(self._special))
        self.vocabulary = None
        self._places: dict[Hashable, int] = {}
        if vocabulary is not None:
            self.set_vocabulary(vocabulary)

    def set_vocabulary(self, vocabulary: Iterable[Any]) -> None:
        """Take these terms, each once, in the order of their numbers; before a model has the layer.

        Raises
        ------
        TypeError, ValueError
            When they are no terms of this layer's kind, none or too many, or one comes twice; nothing has changed then.
        """
        if self.in_model:
            raise ValueError(f"{self.name} is in a model, which was made for its vocabulary: choose it before")
        if isinstance(vocabulary, str):
            raise TypeError(f"vocabulary must be a list of {self._terms}, but it is the string {vocabulary!r}")
        terms = self._listed(vocabulary, "vocabulary")
        special = self._special
        if terms[: len(special)] == special:
            # As `get_vocabulary` gives it.
            terms = terms[len(special) :]
        repeated = [term for term, count in Counter(terms).items() if count > 1]
        if not terms or repeated:
            wrong = f"{repeated[0]!r} comes twice" if repeated else "it holds none"
            raise ValueError(f"vocabulary must hold {self._terms}, each once, but {wrong}")
        if self.mask_token is not None and self.mask_token in terms:
            raise ValueError(f"vocabulary must hold {self._terms}, but {self.mask_token!r} is what mask_token masks")
        if self.max_tokens is not None and len(terms) + len(special) > self.max_tokens:
            raise ValueError(
                f"vocabulary has {len(terms)} {self._terms}, more than max_tokens={self.max_tokens} allows"
            )
        places = {term: number for number, term in enumerate(terms, len(special))}
        masked = {} if self.mask_token is None else {self.mask_token: 0}
        self._keep(vocabulary=tuple(terms), _places=masked | places)

    def adapt(self, data: Any) -> None:
        """Take the terms of ``data`` as the vocabulary: the most frequent first, of equally frequent ones the largest.

        With ``max_tokens`` no more than that, the mask and the numbers of unknown terms included. The mask and the word
        for unknown terms are no terms themselves.

        Raises
        ------
        TypeError, ValueError
            As `set_vocabulary`.
        """
        counts = Counter(self._listed(data, "data"))
        for special in (self.mask_token, self._unknown):
            counts.pop(special, None)
        terms = sorted(counts, key=lambda term: (counts[term], term), reverse=True)
        if self.max_tokens is not None:
            terms = terms[: self.max_tokens - len(self._special)]
        self.set_vocabulary(terms)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The terms in the order of their numbers, behind the mask and a word for each number of unknown ones."""
        return (self._special if include_special_tokens else []) + list(self._known_vocabulary())

    def vocabulary_size(self) -> int:
        """How many numbers there are: the ``input_dim`` of an `Embedding` behind it."""
        return len(self._known_vocabulary()) + len(self._special)

    def _known_vocabulary(self) -> tuple[Any, ...]:
        if self.vocabulary is None:
            raise ValueError(
                f"{self.name or type(self).__name__} has no vocabulary: pass vocabulary=[...], or adapt it first"
            )
        return self.vocabulary

    @property
    def first_unknown(self) -> int:
        """The lowest number of unknown terms, where there is any: a mask comes before them."""
        return int(self.mask_token is not None)

    @property
    def _special(self) -> list[Any]:
        """What stands before the terms in `get_vocabulary`."""
        return [self.mask_token] * self.first_unknown + [self._unknown] * self.num_oov_indices

    @property
    def _unknown(self) -> Any:
        """The word for all unknown terms."""
        raise NotImplementedError

    def _number_of_unknown(self, term: Any) -> int:
        """Which of the numbers of unknown terms this one has, where there are several."""
        raise NotImplementedError

    def _array(self, data: Any, name: str) -> NDArray[Any]:
        """Data as an array of terms of this kind; TypeError or ValueError where they are none."""
        raise NotImplementedError

    def _listed(self, data: Any, name: str) -> list[Any]:
        array = self._array(data if hasattr(data, "__array__") else list(data), name)
        listed: list[Any] = array.ravel().tolist()
        return listed

    def indices(self, data: Any, name: str = "x") -> NDArray[np.int64]:
        """The numbers of an array's terms, in its shape; ``name`` is what messages call it.

        Raises
        ------
        TypeError
            When they are no terms of this kind.
        ValueError
            When there is no vocabulary, or one is unknown and ``num_oov_indices`` is 0; the message names it.
        """
        self._known_vocabulary()
        array = self._array(data, name)
        unknown = self.first_unknown if self.num_oov_indices == 1 else -1
        find, terms = self._places.get, array.ravel().tolist()
        found = np.fromiter((find(term, unknown) for term in terms), np.int64, array.size)
        if self.num_oov_indices > 1:
            for at in np.flatnonzero(found < 0):
                found[at] = self.first_unknown + self._number_of_unknown(terms[at])
        found = found.reshape(array.shape)
        if not self.num_oov_indices and (found < 0).any():
            place = tuple(int(i) for i in np.unravel_index(int(found.argmin()), found.shape))
            raise ValueError(
                f"{self.name or type(self).__name__} does not know {array[place].item()!r}, which is "
                f"{name}[{', '.join(map(str, place))}]: add it to the vocabulary, or take num_oov_indices=1"
            )
        return found

    def __call__(self, inputs: Any, training: bool | None = None) -> Any:
        """The numbers of an array's terms, or, on an `Input`, what `Layer.__call__` gives."""
        one = inputs[0] if isinstance(inputs, list | tuple) and len(inputs) == 1 else inputs
        if isinstance(getattr(one, "tensor", one), SymbolicTensor):
            return super().__call__(inputs, training)
        return self.indices(inputs)

    def output_for(self, input_shape: Any) -> Any:
        self._known_vocabulary()
        return input_shape

    def lower(self, plan: Plan) -> None:
        if plan.value >= 0:
            raise ValueError(f"{self.name} looks up data as they come in: it must be called on an Input")

    def configuration(self) -> dict[str, Any]:
        return {
            "max_tokens": self.max_tokens,
            "num_oov_indices": self.num_oov_indices,
            "mask_token": self.mask_token,
            "vocabulary": None if self.vocabulary is None else list(self.vocabulary),
            **super().configuration(),
        }


class StringLookup(Lookup):
    """Strings become the numbers of categories, such as for an `Embedding`.

    Parameters
    ----------
    max_tokens : int, optional
        The most numbers that there are, those of unknown strings included; `adapt` takes the most frequent strings.
    num_oov_indices : int, default 1
        How many numbers unknown strings have: the vocabulary begins behind them. 1: all become 0. 0: they are refused.
        Several: each unknown string has one of them, as in Keras, that of its FarmHash64 fingerprint modulo their
        count.
    mask_token : str, optional
        Becomes 0, before the numbers of unknown strings, such as "" for what is missing.
    vocabulary : list of str, optional
        Otherwise `adapt` finds it.
    oov_token : str, default "[UNK]"
        What `get_vocabulary` calls unknown strings.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> lookup = StringLookup(vocabulary=["red", "green"])
    >>> lookup([["green"], ["blue"]])
    array([[2],
           [0]])
    >>> StringLookup(vocabulary=["red", "green"], num_oov_indices=3)(["red", "blue", "violet"])
    array([3, 0, 2])

    In a model, strings are its data:

    >>> from fastnn import Dense, Embedding, Flatten, Input, Sequential
    >>> colours = Embedding(lookup.vocabulary_size(), 2)
    >>> model = Sequential([Input((1,), dtype="string"), lookup, colours, Flatten(), Dense(1)], seed=0)
    >>> model.predict([["red"], ["blue"]]).shape
    (2, 1)
    """

    _terms = "strings"

    def __init__(
        self,
        *,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        vocabulary: Iterable[str] | None = None,
        oov_token: str = "[UNK]",
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        if not isinstance(oov_token, str):
            raise TypeError(f"oov_token must be a string, but it is {oov_token!r}")
        if mask_token is not None and not isinstance(mask_token, str):
            raise TypeError(f"mask_token must be a string or None, but it is {mask_token!r}")
        self.oov_token = oov_token
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            vocabulary=vocabulary,
            name=name,
            input_shape=input_shape,
        )

    @property
    def _unknown(self) -> str:
        return self.oov_token

    def _number_of_unknown(self, term: str) -> int:
        # What is no text, such as half a pair of UTF-16, has bytes, too.
        return fingerprint(term.encode("utf-8", "surrogatepass")) % self.num_oov_indices

    def _array(self, data: Any, name: str) -> NDArray[Any]:
        check_nothing_masked(data, name)
        array = np.asarray(data)
        if array.dtype.kind == "S":
            array = np.char.decode(array, "utf-8")
        if array.dtype.kind == "O":
            self._check_strings(array, name)
        if array.dtype.kind in "TO":
            return array.astype(object)
        if array.dtype.kind != "U" and array.size:
            raise TypeError(f"{name} must hold strings for {self.name or type(self).__name__}, but holds {array.dtype}")
        return array

    def _check_strings(self, array: NDArray[Any], name: str) -> None:
        """Raise TypeError, which names the first, where objects are no strings."""
        for place, term in enumerate(array.ravel().tolist()):
            if not isinstance(term, str):
                at = ", ".join(str(int(i)) for i in np.unravel_index(place, array.shape))
                raise TypeError(
                    f"{name} must hold strings for {self.name or type(self).__name__}, but {name}[{at}] is {term!r}: "
                    "give what is missing a string, which mask_token may name"
                )

    def configuration(self) -> dict[str, Any]:
        return {"oov_token": self.oov_token, **super().configuration()}


class IntegerLookup(Lookup):
    """Whole numbers of any size become the numbers of categories, such as for an `Embedding`.

    Parameters
    ----------
    max_tokens
        As in `StringLookup`.
    num_oov_indices : int, default 1
        As in `StringLookup`; where there are several numbers of unknown ones, the number modulo their count, as in
        Keras.
    mask_token : int, optional
        As in `StringLookup`, such as 0.
    vocabulary : list of int, optional
        Otherwise `adapt` finds it.
    name, input_shape
        As in `Layer`.

    Examples
    --------
    >>> lookup = IntegerLookup(num_oov_indices=0)
    >>> lookup.adapt([2001, 7, 2001])
    >>> lookup.get_vocabulary(), lookup([7, 2001])
    ([2001, 7], array([1, 0]))
    >>> lookup([8])
    Traceback (most recent call last):
    ValueError: IntegerLookup does not know 8, which is x[0]: add it to the vocabulary, or take num_oov_indices=1
    """

    _terms = "whole numbers"

    def __init__(
        self,
        *,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        vocabulary: Iterable[int] | None = None,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=whole_number_or_none(mask_token, "mask_token", at_least=-(2**63)),
            vocabulary=vocabulary,
            name=name,
            input_shape=input_shape,
        )

    @property
    def _unknown(self) -> int:
        # As in Keras.
        return -1

    def _number_of_unknown(self, term: int) -> int:
        return term % self.num_oov_indices

    def _array(self, data: Any, name: str) -> NDArray[Any]:
        check_nothing_masked(data, name)
        array = np.asarray(data)
        if array.dtype.kind == "f" and np.isfinite(array).all() and (array % 1 == 0).all():
            # What a float tells apart of whole numbers.
            array = array.astype(np.int64) if float(np.abs(array).max(initial=0)) < 2**63 else array
        if array.dtype.kind not in "iu" and array.size:
            called = self.name or type(self).__name__
            raise TypeError(f"{name} must hold whole numbers for {called}, but holds {array.dtype}")
        return array
