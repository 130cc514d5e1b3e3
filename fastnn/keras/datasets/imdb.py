"""Keras' ``keras.datasets.imdb``."""

import os

from fastnn.datasets.imdb import load_imdb, load_imdb_word_index
from fastnn.datasets.word_lists import Split
from fastnn.keras.datasets.place import place_of
from fastnn.keras.translating import keras_names

__all__ = ["get_word_index", "load_data"]


@keras_names
def load_data(
    path: str | os.PathLike[str] = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Split, Split]:
    """Reviews of films; see `fastnn.datasets.load_imdb`.

    Parameters
    ----------
    path : path-like, default "imdb.npz"
        A file that is there is read. The default is what Keras calls it in its cache, and means fastnn's.
    num_words, skip_top, maxlen, seed, start_char, oov_char, index_from
        As there. Keras 1 had ``nb_words``.
    """
    return load_imdb(
        place_of(path, "imdb.npz"),
        num_words=num_words,
        skip_top=skip_top,
        maxlen=maxlen,
        seed=seed,
        start_char=start_char,
        oov_char=oov_char,
        index_from=index_from,
    )


def get_word_index(path: str | os.PathLike[str] = "imdb_word_index.json") -> dict[str, int]:
    """The number of each word; see `fastnn.datasets.load_imdb_word_index`."""
    return load_imdb_word_index(place_of(path, "imdb_word_index.json"))
