"""IMDB and Reuters: small files of their form, read and prepared as Keras does."""

import importlib
import itertools
import json
import pickle

import numpy as np
import pytest

import fastnn.keras as ours
from fastnn import datasets
from fastnn.checking.old_spellings import OldSpelling, tell
from fastnn.datasets import imdb, reuters, word_lists

RNG = np.random.default_rng(0)


def row_of_lists(count, most):
    row = np.empty(count, dtype=object)
    row[:] = [RNG.integers(1, most, size=RNG.integers(1, 30)).tolist() for _ in range(count)]
    return row


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "some.npz"
    kinds = {"y_train": RNG.integers(0, 2, 40), "y_test": RNG.integers(0, 2, 25)}
    np.savez(path, x_train=row_of_lists(40, 300), x_test=row_of_lists(25, 300), **kinds)
    return path


@pytest.fixture
def messages(tmp_path):
    path = tmp_path / "some.npz"
    np.savez(path, x=row_of_lists(50, 70_000), y=RNG.integers(0, 46, 50))
    return path


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """An empty cache of the test's own, and no network."""
    monkeypatch.setenv("FASTNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    # The discard port, where nothing listens.
    monkeypatch.setattr(word_lists, "MIRRORS", ("http://127.0.0.1:9/",))
    return tmp_path / "cache"


OPTIONS = [
    *({}, {"num_words": 100}, {"skip_top": 20}, {"maxlen": 15}, {"seed": 7}, {"start_char": None}, {"oov_char": None}),
    *({"index_from": 0}, {"start_char": None, "index_from": 0}, {"num_words": 0, "maxlen": 0}),
    {"num_words": 50, "skip_top": 5, "maxlen": 20, "seed": 1, "start_char": 4, "oov_char": None, "index_from": 10},
    {"num_words": 60, "skip_top": 8, "start_char": None, "oov_char": 0, "index_from": 2},
]


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_all_is_as_in_keras(name, request, keras, monkeypatch):
    path = request.getfixturevalue("reviews" if name == "imdb" else "messages")
    # Its download alone is left out: it refuses a file of another hash than the published one's.
    theirs = importlib.import_module(f"keras.src.datasets.{name}")
    monkeypatch.setattr(theirs, "get_file", lambda *args, **options: str(path))
    mine = getattr(ours.datasets, name)
    splits = [{}] if name == "imdb" else [{}, {"test_split": 0.5}, {"test_split": 0}]
    for options, split in itertools.product(OPTIONS, splits):
        options = options | split
        found, expected = mine.load_data(path, **options), theirs.load_data(**options)
        for (texts, labels), (their_texts, their_labels) in zip(found, expected, strict=True):
            assert texts.tolist() == their_texts.tolist(), options
            assert {type(word) for text in texts for word in text} <= {int}
            np.testing.assert_array_equal(labels, their_labels)
            assert labels.dtype == np.int64
    # By position, too.
    assert mine.load_data(path, 100)[0][0].tolist() == theirs.load_data(num_words=100)[0][0].tolist()
    if name == "reuters":
        assert mine.get_label_names() == theirs.get_label_names()


def test_hashes_are_those_that_keras_has(keras, monkeypatch):
    for name, known in (("imdb", imdb.HASHES), ("reuters", reuters.HASHES)):
        theirs = importlib.import_module(f"keras.src.datasets.{name}")
        asked = []

        def record(*args, asked=asked, **options):
            asked.append((options["origin"], options["file_hash"]))
            raise InterruptedError

        monkeypatch.setattr(theirs, "get_file", record)
        for function in (theirs.load_data, theirs.get_word_index):
            with pytest.raises(InterruptedError):
                function()
        expected = [(origin.rpartition("/")[2], number) for origin, number in asked]
        assert [(file, number.partition(":")[2]) for file, number in known.items()] == expected
    assert asked[0][0].startswith("https://storage.googleapis.com/tensorflow/tf-keras-datasets/")


@pytest.mark.parametrize(("name", "fixture"), [("imdb", "reviews"), ("reuters", "messages")])
def test_the_cache_and_words(name, fixture, request, cache):
    path = request.getfixturevalue(fixture)
    (cache / name).mkdir(parents=True)
    path.rename(cache / name / f"{name}.npz")
    (cache / name / f"{name}_word_index.json").write_text(json.dumps({"the": 1, "film": 2}))
    mine = getattr(ours.datasets, name)
    (x, y), _ = mine.load_data(num_words=1000)
    assert len(x) == len(y) == 40
    tell.cache_clear()
    with pytest.warns(OldSpelling, match=r"load_data\(nb_words=...\) is an old spelling of Keras: write num_words="):
        assert mine.load_data(nb_words=1000)[0][0].tolist() == x.tolist()
    assert mine.get_word_index() == {"the": 1, "film": 2}
    (x, _), _ = mine.load_data(num_words=100_000)
    (as_written, _), _ = getattr(datasets, f"load_{name}")(num_words=100_000, index_from=0, start_char=None)
    assert x.tolist() == [[1, *(word + 3 for word in text)] for text in as_written]


@pytest.mark.parametrize("name", ["load_imdb", "load_reuters", "load_imdb_word_index", "load_reuters_word_index"])
def test_offline_says_what_to_do(name):
    pytest.importorskip("pooch")
    with pytest.raises(ConnectionError, match=rf"could not be downloaded .*pass {name}\(path=file\)"):
        getattr(datasets, name)()


def test_arguments_that_are_none(reviews, messages):
    wrong = {
        r"num_words must be": {"num_words": -1},
        r"skip_top must be": {"skip_top": 0.5},
        r"seed must be": {"seed": None},
        r"no text has fewer than 1 numbers: pass a larger maxlen": {"maxlen": 1},
    }
    for message, options in wrong.items():
        for load, path in ((datasets.load_imdb, reviews), (datasets.load_reuters, messages)):
            np.savez(reviews, x_train=row_of_lists(3, 9), x_test=row_of_lists(3, 9), y_train=[0] * 3, y_test=[1] * 3)
            np.savez(messages.with_name("m.npz"), x=row_of_lists(3, 9), y=[0] * 3)
            path = reviews if load is datasets.load_imdb else messages.with_name("m.npz")
            with pytest.raises((TypeError, ValueError), match=message):
                load(path, **options)
    with pytest.raises(ValueError, match="test_split must be at least 0 and below 1"):
        datasets.load_reuters(messages, test_split=1)


def test_files_that_are_others(tmp_path, reviews):
    place = tmp_path / "other.npz"

    def refused(message, **arrays):
        np.savez(place, **arrays)
        with pytest.raises(ValueError, match=message):
            datasets.load_reuters(place)

    refused(r"other\.npz' is no file of texts .*it lacks x, y: it has a", a=np.ones(3))
    refused(r"y must be 2 whole numbers, but is int64 of \(3,\)", x=row_of_lists(2, 9), y=np.ones(3, np.int64))
    refused(r"y must be 2 whole numbers, but is float64", x=row_of_lists(2, 9), y=np.ones(2))
    refused(r"the array 'x' holds int64 of shape \(2, 2\)", x=np.ones((2, 2), np.int64), y=[1, 2])
    refused(r"the array 'x' cannot be read", x=np.array([{"a": 1}, [2]], dtype=object), y=[1, 2])
    whole = reviews.read_bytes()
    for cut in (10, len(whole) // 2):
        place.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=r"other\.npz' is no file of texts"):
            datasets.load_imdb(place)
    damaged = bytearray(whole)
    damaged[len(whole) // 4] ^= 0xFF
    place.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"other\.npz' is no file of texts"):
        datasets.load_imdb(place)
    for text in ("[1]", '{"a": "b"}', '{"a": true}', "{", "[" * 100_000):
        place.write_text(text)
        with pytest.raises(ValueError, match=r"other\.npz' (is no JSON|must give each word a whole number)"):
            datasets.load_imdb_word_index(place)


class Hostile:
    def __reduce__(self):
        return print, ("this was run",)


def test_nothing_in_a_file_is_run(tmp_path, capsys):
    place = tmp_path / "hostile.npz"
    np.savez(place, x=np.array([Hostile(), [1]], dtype=object), y=[1, 2])
    assert pickle.loads(pickle.dumps(Hostile())) is None
    assert capsys.readouterr().out == "this was run\n"
    with pytest.raises(ValueError, match=r"builtins\.print, which no list of whole numbers needs"):
        datasets.load_reuters(place)
    assert capsys.readouterr().out == ""
