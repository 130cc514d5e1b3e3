"""Texts as lists of the numbers of their words: what `load_imdb` and `load_reuters` share."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import whole_number
from fastnn.datasets import download

__all__ = ["MIRRORS", "Split", "found_or_downloaded", "prepared", "read_texts", "read_word_index"]

MIRRORS = ("https://storage.googleapis.com/tensorflow/tf-keras-datasets/",)

Split: TypeAlias = tuple[NDArray[Any], NDArray[Any]]
# Texts and their labels, as a file has them.
Texts: TypeAlias = tuple[list[list[int]], NDArray[Any]]


def read_texts(path: Path, names: Sequence[tuple[str, str]]) -> list[Texts]:
    """The lists and labels of an ``.npz`` file, whose arrays have these names in pairs.

    Raises
    ------
    OSError
        When there is no such file, or it cannot be read.
    ValueError
        When it is damaged, lacks an array, or holds anything but lists of whole numbers and as many whole numbers.
    """
    from fastnn.files.reading import NpzFile

    def read(file: NpzFile, lists: str, labels: str) -> Texts:
        file.check_memory([labels])
        texts, kinds = file.read_lists(lists), file.read(labels)
        if kinds.shape != (len(texts),) or kinds.dtype.kind not in "iu":
            raise ValueError(f"{labels} must be {len(texts)} whole numbers, but is {kinds.dtype} of {kinds.shape}")
        return texts, kinds

    try:
        with NpzFile(path) as file:
            lacking = [name for pair in names for name in pair if name not in file.names]
            if lacking:
                raise ValueError(f"it lacks {', '.join(lacking)}: it has {', '.join(file.names) or 'none'}")
            return [read(file, *pair) for pair in names]
    except Exception as error:
        # The system names the file; zipfile, zlib and NumPy raise a dozen kinds for damaged bytes.
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise ValueError(f"{os.fspath(path)!r} is no file of texts as lists of numbers: {error}") from error


def prepared(
    sets: Sequence[Texts],
    *,
    num_words: int | None,
    skip_top: int,
    maxlen: int | None,
    seed: int,
    start_char: int | None,
    oov_char: int | None,
    index_from: int,
) -> list[Split]:
    """Sets in another order, with some words left out: Keras' rules, which `load_imdb` tells.

    Raises
    ------
    TypeError, ValueError
        When an argument is none, or no text is left.

    Examples
    --------
    >>> options = dict(skip_top=0, maxlen=None, seed=0, start_char=1, oov_char=2, index_from=3)
    >>> prepared([([[1, 2, 9]], np.array([1]))], num_words=6, **options)
    [(array([list([1, 4, 5, 2])], dtype=object), array([1]))]
    """
    shift = whole_number(index_from, "index_from", at_least=0)
    lowest = whole_number(skip_top, "skip_top", at_least=0)
    most = None if maxlen is None else whole_number(maxlen, "maxlen", at_least=0)
    limit = None if num_words is None else whole_number(num_words, "num_words", at_least=0)
    begin = [] if start_char is None else [whole_number(start_char, "start_char", at_least=0)]
    unknown = None if oov_char is None else whole_number(oov_char, "oov_char", at_least=0)
    # The generator that gives Keras' order.
    generator = np.random.RandomState(whole_number(seed, "seed", at_least=0))
    shuffled = []
    for texts, labels in sets:
        order = np.arange(len(texts))
        generator.shuffle(order)
        marked = [begin + [word + shift for word in texts[place]] for place in order]
        # As Keras has it: a text of maxlen numbers is too long.
        kept = [place for place, text in enumerate(marked) if not most or len(text) < most]
        if not kept:
            raise ValueError(f"no text has fewer than {most} numbers: pass a larger maxlen")
        shuffled.append(([marked[place] for place in kept], labels[order][kept]))
    # Without num_words Keras leaves the largest number out.
    end = limit or max((max(text, default=0) for texts, _ in shuffled for text in texts))
    return [(_row([_limited(text, lowest, end, unknown) for text in texts]), labels) for texts, labels in shuffled]


def _limited(text: list[int], lowest: int, end: int, unknown: int | None) -> list[int]:
    if unknown is None:
        return [word for word in text if lowest <= word < end]
    return [word if lowest <= word < end else unknown for word in text]


def _row(texts: list[list[int]]) -> NDArray[Any]:
    # NumPy would make a table of lists of one length.
    row = np.empty(len(texts), dtype=object)
    row[:] = texts
    return row


def read_word_index(path: Path) -> dict[str, int]:
    """The number of each word, from a JSON file; raises OSError, and ValueError for any other content."""
    from fastnn.files.reading import RegularFile

    with RegularFile(path) as opened:
        try:
            content = json.loads(opened.file.read())
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{os.fspath(path)!r} is no JSON: {error}") from error
    if not isinstance(content, dict) or not all(type(number) is int for number in content.values()):
        raise ValueError(f"{os.fspath(path)!r} must give each word a whole number")
    return content


def found_or_downloaded(
    path: str | os.PathLike[str] | None, folder: str, name: str, hashes: Mapping[str, str], load: Callable[..., Any]
) -> Path:
    """The file of a path, or of this name in the cache, into which it is downloaded where it is missing.

    ``load`` is whose argument ``path`` messages tell of; raises as `download.download_files` does.
    """
    if path is not None:
        return Path(path).expanduser()
    place = download.cache_folder(folder)
    if not (place / name).is_file():
        ways_out = f"put the file somewhere and pass {load.__name__}(path=file)"
        download.download_files(place, MIRRORS, {name: hashes[name]}, name, ways_out)
    return place / name
