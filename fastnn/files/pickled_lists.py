"""Lists of whole numbers from NumPy's pickles of object arrays, the form of some data sets of texts; nothing is run.

Three guards stand one behind the other. The stream may consist of the operations that such arrays are made of, and of
no others. What it names is compared with those of NumPy's arrays, and leads to stand-ins that only remember what they
are given. What they remember must then be lists of whole numbers.
"""

from __future__ import annotations

import io
import pickle
import re
from typing import Any

__all__ = ["lists_of"]

# Of names; the longest is numpy._core.multiarray.
_LONGEST_TEXT = 40


def _texts(operation: bytes, bytes_of_length: int) -> list[bytes]:
    """Short texts: a regular expression cannot count, so that each length has its own."""
    lengths = ((number, number.to_bytes(bytes_of_length, "little")) for number in range(_LONGEST_TEXT))
    return [re.escape(operation + length) + b".{%d}" % number for number, length in lengths]


# Names as in pickletools. Places of a memo are below 2**20: a place takes memory, whether it is used or not.
_OPERATIONS = b"|".join(
    [
        rb"K.|M..|J.{4}",  # BININT1, BININT2, BININT
        # MARK and tuples, lists and what is put into them, None, False, True, REDUCE, BUILD, STACK_GLOBAL, MEMOIZE
        rb"[(t)\x85-\x87\]aeN\x88\x89Rb\x93\x94]",
        rb"[qh].|[rj]..[\x00-\x0f]\x00",  # BINPUT, BINGET, LONG_BINPUT, LONG_BINGET
        rb"\x80[\x02-\x05]|\x95.{4}\x00{4}",  # PROTO, FRAME
        rb"c[\w.]{1,40}\n\w{1,40}\n",  # GLOBAL
        *_texts(b"U", 1),  # SHORT_BINSTRING
        *_texts(b"C", 1),  # SHORT_BINBYTES
        *_texts(b"\x8c", 1),  # SHORT_BINUNICODE
        *_texts(b"X", 4),  # BINUNICODE
    ]
)
# Possessive: of millions of numbers none is remembered to be read in another way.
_STREAM = re.compile(b"(?:" + _OPERATIONS + b")*+", re.DOTALL)
_STOP = b"."
# What the reader raises for a stack that lacks something, and for objects that cannot be called or built.
_MALFORMED = (EOFError, TypeError, ValueError, IndexError, KeyError, AttributeError, MemoryError, OverflowError)


def lists_of(stream: bytes, count: int) -> list[list[int]]:
    """The lists of a pickled array of objects.

    Parameters
    ----------
    stream : bytes
        A pickle, of protocol 2 or later, such as follows the header of an ``.npy`` file.
    count : int
        How many lists the header promises.

    Returns
    -------
    list of list of int
        Of whole numbers of 32 bits.

    Raises
    ------
    ValueError
        When it is another pickle, names anything but NumPy's object arrays, or has not as many lists.

    Examples
    --------
    >>> import numpy as np
    >>> lists_of(pickle.dumps(np.array([[1, 2], [3]], dtype=object)), 2)
    [[1, 2], [3]]
    """
    understood = _STREAM.match(stream)
    assert understood is not None
    end = understood.end()
    if stream[end:] != _STOP:
        found = f"the byte {stream[end]:#04x} at {end}" if end < len(stream) else f"no end after {end} bytes"
        raise ValueError(f"it has {found}, which no pickled array of lists of whole numbers has")
    try:
        array = _Reader(stream).load()
    except (pickle.UnpicklingError, *_MALFORMED) as error:
        raise ValueError(f"it is no pickled array of lists: {error}") from error
    if not isinstance(array, _Array):
        raise ValueError("it is no pickled array of lists")
    lists = array.lists(count)
    # A number takes two bytes and more; a list that comes again and again would take memory without end.
    if sum(map(len, lists)) > len(stream):
        raise ValueError("its lists have more numbers than it has bytes")
    if any(not set(map(type, one)) <= {int} for one in lists):
        raise ValueError("its lists must be of whole numbers, and one is not")
    # One list each, also where the stream names one again.
    return [list(one) for one in lists]


class _Type:
    """Stands for ``numpy.ndarray`` where an array says what it is, and for what else nobody looks at."""

    __slots__ = ()

    def __init__(self, *_: Any) -> None:
        pass


class _Dtype:
    """Stands for a dtype, which must be that of objects."""

    __slots__ = ()

    def __init__(self, kind: Any, *_: Any) -> None:
        if kind not in ("O8", "O4", "O", b"O8", b"O4", b"O"):
            raise TypeError(f"its dtype is {kind!r}, where objects were expected")

    def __setstate__(self, state: Any) -> None:
        """Do nothing: alignment and the like say nothing of lists."""


class _Array:
    """Stands for an array of objects, which remembers its state."""

    __slots__ = ("state",)

    def __init__(self, *_: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def lists(self, count: int) -> list[list[int]]:
        """What it holds; ValueError where this is not ``count`` lists in one row."""
        state = self.state if isinstance(self.state, tuple) and len(self.state) == 5 else (None,) * 5
        _, shape, dtype, _, elements = state
        if shape != (count,) or not isinstance(dtype, _Dtype) or type(elements) is not list or len(elements) != count:
            raise ValueError(f"it is not the array of {count} objects that its header promises")
        if not all(type(one) is list for one in elements):
            raise ValueError("its objects must be lists of whole numbers, and one is not")
        return elements


_KNOWN = {
    ("numpy", "ndarray"): _Type,
    ("numpy", "dtype"): _Dtype,
    # Where NumPy has it before version 2, and from then on.
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    # How Python 3 writes bytes for Python 2; an array takes a letter so.
    ("_codecs", "encode"): _Type,
}


class _Reader(pickle.Unpickler):
    """Knows the names above, none of which does anything."""

    def __init__(self, stream: bytes) -> None:
        # Without a buffer each byte would be asked for by itself.
        super().__init__(io.BufferedReader(io.BytesIO(stream)), encoding="ASCII")

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no list of whole numbers needs")
        return _KNOWN[module, name]
