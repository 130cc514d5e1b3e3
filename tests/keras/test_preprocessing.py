"""Texts and lists as rows: the numbers that Keras gives."""

import itertools

import numpy as np
import pytest

from fastnn.keras.preprocessing.sequence import pad_sequences
from fastnn.keras.preprocessing.text import Tokenizer, text_to_word_sequence
from fastnn.keras.utils import pad_sequences as the_same

SEQUENCES = [[1, 2, 3], [], [4], [5, 6], [7, 8, 9, 10, 11]]
TEXTS = [
    "The cat sat on the mat.", "The dog ate my homework, and the cat sat!", "", "Tabs\tand\nlines; are {filtered}",
    "the the the", "Ünïcode wörds: naïve café", "don't stop",
]  # fmt: skip


def test_rows_of_one_length(keras):
    ways = itertools.product((None, 1, 3, 8), ("pre", "post"), ("pre", "post"), (0, 7), ("int32", "float32", "int64"))
    for maxlen, padding, truncating, value, dtype in ways:
        options = dict(
            zip(("maxlen", "padding", "truncating", "value"), (maxlen, padding, truncating, value), strict=True)
        )
        found = pad_sequences(SEQUENCES, dtype=dtype, **options)
        expected = keras.utils.pad_sequences(SEQUENCES, dtype=dtype, **options)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
    assert the_same is pad_sequences


def test_rows_that_are_refused():
    for wrong, message in (
        ({"padding": "middle"}, "padding must be 'pre' or 'post', but it is 'middle'"),
        ({"truncating": None}, "truncating must be"),
        ({"maxlen": 0}, "maxlen must be"),
        ({"dtype": "object"}, "dtype must be one of numbers"),
        ({"value": 1e10}, "value must fit int32"),
        ({"dtype": "uint8", "value": -1}, "value must fit uint8"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            pad_sequences(SEQUENCES, **wrong)
    for sequences, message in (([1, 2], "list of lists"), (["ab"], "list of lists"), ([["a"]], "must be of numbers")):
        with pytest.raises(TypeError, match=message):
            pad_sequences(sequences)
    with pytest.raises(ValueError, match="sequences must fit int32"):
        pad_sequences([[2**40]])


OPTIONS = [
    *({}, {"num_words": 5}, {"oov_token": "<UNK>"}, {"num_words": 4, "oov_token": "<UNK>"}, {"lower": False}),
    *({"char_level": True}, {"filters": ""}, {"split": "a"}, {"char_level": True, "num_words": 6, "lower": False}),
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_words_as_numbers(options, keras):
    from keras.src.legacy.preprocessing import text as theirs

    mine, expected = Tokenizer(**options), theirs.Tokenizer(**options)
    for texts in (TEXTS, TEXTS[:2]):
        # A second call learns more.
        mine.fit_on_texts(texts)
        expected.fit_on_texts(texts)
        assert mine.word_index == expected.word_index
        assert mine.index_word == expected.index_word
        assert dict(mine.word_counts) == dict(expected.word_counts)
        assert dict(mine.word_docs) == dict(expected.word_docs)
        assert mine.document_count == expected.document_count
        known = {number: count for number, count in expected.index_docs.items() if count}
        assert mine.index_docs == known
    asked = [*TEXTS, "a cat that nobody knows"]
    sequences = mine.texts_to_sequences(asked)
    assert sequences == expected.texts_to_sequences(asked)
    assert mine.sequences_to_texts(sequences) == expected.sequences_to_texts(sequences)
    for mode in ("binary", "count", "freq", "tfidf"):
        np.testing.assert_allclose(mine.texts_to_matrix(asked, mode), expected.texts_to_matrix(asked, mode), rtol=1e-12)


def test_lists_of_words(keras):
    from keras.src.legacy.preprocessing import text as theirs

    listed = [["Good", "work"], ["good", "effort"]]
    mine, expected = Tokenizer(), theirs.Tokenizer()
    mine.fit_on_texts(listed)
    expected.fit_on_texts(listed)
    assert mine.word_index == expected.word_index
    assert mine.texts_to_sequences(listed) == expected.texts_to_sequences(listed)
    assert text_to_word_sequence("Well done, Well!", lower=False) == theirs.text_to_word_sequence(
        "Well done, Well!", lower=False
    )


def test_words_that_are_refused(told):
    tokenizer = Tokenizer(3)
    for ask in (lambda: tokenizer.texts_to_sequences(["a"]), lambda: Tokenizer().sequences_to_matrix([[1]])):
        with pytest.raises(RuntimeError, match="knows no words: call fit_on_texts first"):
            ask()
    with pytest.raises(TypeError, match=r"texts must be a list of texts, but it is one: pass \[text\]"):
        tokenizer.fit_on_texts("a text")
    with pytest.raises(TypeError, match="a text must be a str or a list of words, but it is 3"):
        tokenizer.fit_on_texts([3])
    assert tokenizer.word_index == {}
    tokenizer.fit_on_texts(["a b"])
    with pytest.raises(ValueError, match="mode must be one of binary, count, freq, tfidf, but it is 'bin'"):
        tokenizer.texts_to_matrix(["a"], mode="bin")
    with pytest.raises((TypeError, ValueError), match="num_words must be"):
        Tokenizer(num_words=0)
    with told() as messages:
        assert Tokenizer(nb_words=3).num_words == 3
    assert [message.partition(" is an old")[0] for message in messages] == ["Tokenizer(nb_words=...)"]
