"""Keras' ``keras.datasets.reuters``."""

import os

from fastnn.datasets.reuters import REUTERS_LABELS, load_reuters, load_reuters_word_index
from fastnn.datasets.word_lists import Split
from fastnn.keras.datasets.place import place_of
from fastnn.keras.translating import keras_names

__all__ = ["get_label_names", "get_word_index", "load_data"]


@keras_names
def load_data(
    path: str | os.PathLike[str] = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Split, Split]:
    """Messages of an agency; see `fastnn.datasets.load_reuters`.

    Parameters
    ----------
    path : path-like, default "reuters.npz"
        A file that is there is read. The default is what Keras calls it in its cache, and means fastnn's.
    num_words, skip_top, maxlen, test_split, seed, start_char, oov_char, index_from
        As there. Keras 1 had ``nb_words``.
    """
    return load_reuters(
        place_of(path, "reuters.npz"),
        num_words=num_words,
        skip_top=skip_top,
        maxlen=maxlen,
        test_split=test_split,
        seed=seed,
        start_char=start_char,
        oov_char=oov_char,
        index_from=index_from,
    )


def get_word_index(path: str | os.PathLike[str] = "reuters_word_index.json") -> dict[str, int]:
    """The number of each word; see `fastnn.datasets.load_reuters_word_index`."""
    return load_reuters_word_index(place_of(path, "reuters_word_index.json"))


def get_label_names() -> tuple[str, ...]:
    """The subject of each label."""
    return REUTERS_LABELS
