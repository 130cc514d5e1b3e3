"""IMDB: 50,000 reviews of films as lists of words, half of them in favour (Maas and others 2011)."""

from __future__ import annotations

import os

from fastnn.datasets.word_lists import Split, found_or_downloaded, prepared, read_texts, read_word_index

__all__ = ["load_imdb", "load_imdb_word_index"]

HASHES = {
    "imdb.npz": "sha256:69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    "imdb_word_index.json": "md5:bfafd718b763782e994055a2d397834f",
}


def load_imdb(
    path: str | os.PathLike[str] | None = None,
    *,
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Split, Split]:
    """Reviews of films, and whether they are in favour, as Keras' function of the same purpose gives them.

    The file holds pickled lists. Only lists of whole numbers are read from it, and nothing in it is run.

    Parameters
    ----------
    path : path-like, optional
        The file ``imdb.npz``. By default that in ``imdb`` in the user's cache (``FASTNN_CACHE`` puts it elsewhere),
        into which it is downloaded with `pooch` where it is missing.
    num_words : int, optional
        Words count by how often they occur: of those with this number or a larger one each becomes ``oov_char``. By
        default, and for 0, the largest number that occurs, as in Keras.
    skip_top : int, default 0
        Numbers below become ``oov_char``, too.
    maxlen : int, optional
        Reviews of so many numbers and more are left out; None or 0 for none.
    seed : int, default 113
        Of the order.
    start_char : int or None, default 1
        The number that each review begins with; None for none.
    oov_char : int or None, default 2
        In place of words that are left out; None: nothing is put there.
    index_from : int, default 3
        What is added to the numbers of words, which begin with 1.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Arrays of lists of int, and of labels: 1 in favour, 0 against.

    Raises
    ------
    FileNotFoundError, ConnectionError, ImportError
        As `load_mnist` does.
    TypeError, ValueError
        When the file is damaged or another, an argument is none, or no review is left.

    Examples
    --------
    >>> load_imdb("no/such/file.npz")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no/such/file.npz'
    """
    file = found_or_downloaded(path, "imdb", "imdb.npz", HASHES, load_imdb)
    train, test = prepared(
        read_texts(file, [("x_train", "y_train"), ("x_test", "y_test")]),
        num_words=num_words,
        skip_top=skip_top,
        maxlen=maxlen,
        seed=seed,
        start_char=start_char,
        oov_char=oov_char,
        index_from=index_from,
    )
    return train, test


def load_imdb_word_index(path: str | os.PathLike[str] | None = None) -> dict[str, int]:
    """The number of each word, before ``index_from`` is added.

    Parameters
    ----------
    path : path-like, optional
        The file ``imdb_word_index.json``; by default in the cache, as in `load_imdb`, whose errors it raises.
    """
    return read_word_index(found_or_downloaded(path, "imdb", "imdb_word_index.json", HASHES, load_imdb_word_index))
