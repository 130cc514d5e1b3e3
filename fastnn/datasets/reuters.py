"""Reuters: 11,228 messages of 1987 as lists of words, each on one of 46 subjects (Lewis 1997)."""

from __future__ import annotations

import os

from fastnn.checking.scalars import non_negative_number
from fastnn.datasets.word_lists import Split, found_or_downloaded, prepared, read_texts, read_word_index

__all__ = ["REUTERS_LABELS", "load_reuters", "load_reuters_word_index"]

HASHES = {
    "reuters.npz": "sha256:d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
    "reuters_word_index.json": "md5:4d44cc38712099c9e383dc6e5f11a921",
}

# The subject of each label.
REUTERS_LABELS = (
    *("cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar"),
    *("trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp"),
    *("meal-feed", "alum", "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi", "iron-steel"),
    *("rubber", "heat", "jobs", "lei", "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog"),
    "lead",
)


def load_reuters(
    path: str | os.PathLike[str] | None = None,
    *,
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Split, Split]:
    """Messages of an agency and their subjects, as Keras' function of the same purpose gives them.

    Parameters
    ----------
    path : path-like, optional
        The file ``reuters.npz``; by default in ``reuters`` in the user's cache.
    test_split : float, default 0.2
        The share of messages for tests, at least 0 and below 1.
    num_words, skip_top, maxlen, seed, start_char, oov_char, index_from
        As in `load_imdb`, whose errors it raises.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Arrays of lists of int, and of labels from 0 to 45, of which `REUTERS_LABELS` are the subjects.

    Examples
    --------
    >>> load_reuters("no/such/file.npz")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no/such/file.npz'
    """
    split = non_negative_number(test_split, "test_split")
    if split >= 1:
        raise ValueError(f"test_split must be at least 0 and below 1, but it is {test_split}")
    file = found_or_downloaded(path, "reuters", "reuters.npz", HASHES, load_reuters)
    ((texts, labels),) = prepared(
        read_texts(file, [("x", "y")]),
        num_words=num_words,
        skip_top=skip_top,
        maxlen=maxlen,
        seed=seed,
        start_char=start_char,
        oov_char=oov_char,
        index_from=index_from,
    )
    first = int(len(texts) * (1 - split))
    return (texts[:first], labels[:first]), (texts[first:], labels[first:])


def load_reuters_word_index(path: str | os.PathLike[str] | None = None) -> dict[str, int]:
    """The number of each word, before ``index_from`` is added.

    Parameters
    ----------
    path : path-like, optional
        The file ``reuters_word_index.json``; by default in the cache, as in `load_imdb`, whose errors it raises.
    """
    return read_word_index(
        found_or_downloaded(path, "reuters", "reuters_word_index.json", HASHES, load_reuters_word_index)
    )
