"""Texts as the numbers of their words, which are given by how often these occur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import true_or_false, whole_number, whole_number_or_none

__all__ = ["Tokenizer", "text_to_word_sequence"]

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "freq", "tfidf")


def text_to_word_sequence(text: str, filters: str = _FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text.

    >>> text_to_word_sequence("Well done, well done!")
    ['well', 'done', 'well', 'done']
    """
    cleared = (text.lower() if lower else text).translate(dict.fromkeys(map(ord, filters), split))
    return [word for word in cleared.split(split) if word]


class Tokenizer:
    """Texts as lists of the numbers of their words, or as rows with a column for each word.

    Parameters
    ----------
    num_words : int, optional
        Words of this number and above are left out.
    filters : str
        Characters that are none of a word.
    lower : bool, default True
        Whether capital letters are small ones.
    split : str, default " "
        What stands between words.
    char_level : bool, default False
        Whether each character is a word, those of ``filters`` among them.
    oov_token : str, optional
        The word with the number 1, in place of all that are unknown; by default these are left out.
    analyzer : callable, optional
        Gives the words of a text, in place of all of this.

    Attributes
    ----------
    word_index : dict of str to int
        From 1 on, the most frequent word first.
    index_word : dict of int to str
    word_counts, word_docs : dict of str to int
        How often each word occurs, and in how many texts.
    index_docs : dict of int to int
    document_count : int

    Examples
    --------
    >>> tokenizer = Tokenizer()
    >>> tokenizer.fit_on_texts(["good work", "good effort"])
    >>> tokenizer.word_index
    {'good': 1, 'work': 2, 'effort': 3}
    >>> tokenizer.texts_to_sequences(["Effort is good!"])
    [[3, 1]]
    >>> tokenizer.texts_to_matrix(["good, good work"], mode="count")
    array([[0., 2., 1., 0.]])
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = _FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], Iterable[str]] | None = None,
    ) -> None:
        self.num_words = whole_number_or_none(num_words, "num_words", at_least=1)
        self.filters, self.split, self.oov_token, self.analyzer = filters, split, oov_token, analyzer
        self.lower, self.char_level = true_or_false(lower, "lower"), true_or_false(char_level, "char_level")
        self.word_counts: dict[str, int] = {}
        self.word_docs: dict[str, int] = {}
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}
        self.index_docs: dict[int, int] = {}
        self.document_count = 0

    def _words(self, text: Any) -> list[str]:
        if isinstance(text, list | tuple):
            return [str(one).lower() if self.lower else str(one) for one in text]
        if not isinstance(text, str):
            raise TypeError(f"a text must be a str or a list of words, but it is {text!r}")
        if self.analyzer is not None:
            return list(self.analyzer(text))
        if self.char_level:
            return list(text.lower() if self.lower else text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Learn the words of texts, beside those of earlier calls.

        Parameters
        ----------
        texts : iterable of str, or of lists of words
        """
        if isinstance(texts, str):
            raise TypeError("texts must be a list of texts, but it is one: pass [text]")
        counts, docs, found = Counter(self.word_counts), Counter(self.word_docs), 0
        for text in texts:
            words = self._words(text)
            counts.update(words)
            docs.update(set(words))
            found += 1
        # Words that are as frequent come in the order in which they were found.
        ordered = sorted(counts, key=lambda word: -counts[word])
        first = [] if self.oov_token is None else [self.oov_token]
        ordered = first + [word for word in ordered if word != self.oov_token]
        self.word_counts, self.word_docs = dict(counts), dict(docs)
        self.document_count += found
        self.word_index = {word: number for number, word in enumerate(ordered, start=1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        self.index_docs = {self.word_index[word]: count for word, count in docs.items()}

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """The numbers of the words of each text; RuntimeError before `fit_on_texts`."""
        self._known()
        unknown = None if self.oov_token is None else self.word_index[self.oov_token]
        found = [[self._number(word, unknown) for word in self._words(text)] for text in texts]
        return [[number for number in numbers if number is not None] for numbers in found]

    def _known(self) -> None:
        if not self.word_index:
            raise RuntimeError("the Tokenizer knows no words: call fit_on_texts first")

    def _number(self, word: str, unknown: int | None) -> int | None:
        number = self.word_index.get(word)
        return unknown if number is None or (self.num_words and number >= self.num_words) else number

    def sequences_to_texts(self, sequences: Iterable[Sequence[int]]) -> list[str]:
        """Texts of the words of these numbers; what is unknown is ``oov_token``, or left out."""
        self._known()
        unknown = self.oov_token
        found = []
        for numbers in sequences:
            known = {
                number: self.index_word[number]
                for number in numbers
                if number in self.index_word and not (self.num_words and number >= self.num_words)
            }
            words = [known.get(number, unknown) for number in numbers]
            found.append(" ".join(word for word in words if word is not None))
        return found

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> NDArray[np.float64]:
        """A row for each text, with a column for each number; see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Sequence[Sequence[int]], mode: str = "binary") -> NDArray[np.float64]:
        """A row for each list of numbers, with a column for each number from 0 on.

        Parameters
        ----------
        sequences : list of lists of int
        mode : {"binary", "count", "freq", "tfidf"}
            Whether a word occurs; how often, ``c``; which share of the text it is; or ``(1 + ln(c)) * ln(1 + n / (1 +
            d))`` for n texts, d of which had the word, in `fit_on_texts`.

        Returns
        -------
        ndarray of float64, shape (len(sequences), num_words)
            Without ``num_words``, of as many columns as there are words, and one.
        """
        if mode not in _MODES:
            raise ValueError(f"mode must be one of {', '.join(_MODES)}, but it is {mode!r}")
        width = self.num_words
        if not width:
            self._known()
            width = len(self.word_index) + 1
        if mode == "tfidf" and not self.document_count:
            raise RuntimeError("the Tokenizer knows no texts: call fit_on_texts before mode='tfidf'")
        rows = np.zeros((len(sequences), width))
        for row, numbers in zip(rows, sequences, strict=True):
            for number, count in Counter(numbers).items():
                column = whole_number(number, "a number of a word", at_least=0)
                if column >= width:
                    continue
                if mode == "tfidf":
                    texts = self.index_docs.get(column, 0)
                    row[column] = (1 + np.log(count)) * np.log(1 + self.document_count / (1 + texts))
                else:
                    row[column] = {"binary": 1.0, "count": count, "freq": count / len(numbers)}[mode]
        return rows
