"""Keras' lookups: a file that Keras 3.15 wrote over TensorFlow, damaged ones, and what fastnn writes.

    colours = layers.StringLookup(mask_token="", num_oov_indices=2)
    colours.adapt(["red", "blü", "red", "[UNK]", ""])
    years = layers.IntegerLookup(vocabulary=[2001, 7])
    colour, year = keras.Input((2,), dtype="string", name="colour"), keras.Input((1,), dtype="int64", name="year")
    x = keras.Input((3,), name="x")
    ends = [layers.Flatten()(layers.Embedding(5, 2)(colours(colour)))]
    ends += [layers.Flatten()(layers.Embedding(3, 2)(years(year))), x]
    model = keras.Model([colour, year, x], layers.Dense(2)(layers.Concatenate()(ends)))

Beside it lie rows, and what Keras gave for them.
"""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fastnn.interop import from_keras, to_keras
from fastnn.layers import Dense, Embedding, Flatten, Input, IntegerLookup, StringLookup
from fastnn.models import Sequential

pytest.importorskip("h5py")

FOLDER = Path(__file__).parent / "keras_lookups"
FILE = FOLDER / "lookups.keras"


def rows():
    with np.load(FOLDER / "lookups.npz") as arrays:
        return {name: arrays[name] for name in ("colour", "year", "x")}, arrays["outputs"]


def check_outputs(model):
    data, outputs = rows()
    # Sums of ten products in float32.
    np.testing.assert_allclose(model.predict(data), outputs, rtol=0, atol=1e-6)


def test_a_file_of_keras():
    model = from_keras(FILE)
    check_outputs(model)
    found = {type(layer): layer for layer in model.layers}
    assert found[StringLookup].get_vocabulary() == ["", "[UNK]", "[UNK]", "red", "blü"]
    assert found[IntegerLookup].get_vocabulary() == [-1, 2001, 7]


def test_there_and_back(tmp_path):
    to_keras(from_keras(FILE), tmp_path / "model.keras")
    check_outputs(from_keras(tmp_path / "model.keras"))


def changed(path, members, **options):
    """The file with other options of its lookups, and with other or without members."""
    with zipfile.ZipFile(FILE) as archive:
        content = {name: archive.read(name) for name in archive.namelist()} | members
    config = json.loads(content["config.json"])
    for layer in config["config"]["layers"]:
        if layer["class_name"] == "StringLookup":
            layer["config"] |= options
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in (content | {"config.json": json.dumps(config)}).items():
            if value is not None:
                archive.writestr(name, value)
    return path


VOCABULARY = "assets/layers/string_lookup/vocabulary.txt"
DAMAGED = {
    "no vocabulary": ({VOCABULARY: None}, {}, "its vocabulary is not there: save the model in a .keras file"),
    "a part of one": ({VOCABULARY: b"\n[UNK]\n[UNK]\nred"}, {}, "has 4 numbers, but the model was made for 5"),
    "a term twice": ({VOCABULARY: b"red\nred"}, {}, "'red' comes twice"),
    "no text": ({VOCABULARY: b"\xff"}, {}, "invalid start byte"),
    "other outputs": ({}, {"output_mode": "multi_hot"}, "it has output_mode='multi_hot', which fastnn has not"),
    "numbers to words": ({}, {"invert": True}, "it has invert=True, which fastnn has not"),
    "a salt": ({}, {"oov_method": "farmhash", "salt": [1, 1]}, "it has salt=|it has oov_method="),
    "the path of one": ({}, {"vocabulary": "words.txt"}, "must be a list of strings, but it is the string 'words.txt'"),
    "numbers": ({}, {"vocabulary": [1, 2]}, "vocabulary must hold strings"),
    "a number of words that is none": ({}, {"num_oov_indices": -1}, "num_oov_indices must be at least 0"),
    "a mask that is none": ({}, {"mask_token": 0}, "mask_token must be a string or None"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_files_that_say_otherwise_are_refused_by_the_layer(case, tmp_path):
    members, options, message = DAMAGED[case]
    with pytest.raises(ValueError, match=f"(?s)cannot be loaded: .*({message})"):
        from_keras(changed(tmp_path / "changed.keras", members, **options))


def test_lines_of_other_systems(tmp_path):
    path = changed(tmp_path / "model.keras", {VOCABULARY: "\r\n[UNK]\r\n[UNK]\r\nred\r\nblü".encode()})
    check_outputs(from_keras(path))


CHAINS = {
    "strings": (StringLookup(vocabulary=["red", "green"], mask_token=""), [["green", ""], ["x", "red"]]),
    "several unknown": (StringLookup(vocabulary=["red"], num_oov_indices=3), [["green", "red"], ["x", "yy"]]),
    "whole numbers": (IntegerLookup(vocabulary=[5, 2**40], num_oov_indices=2), [[5, 1], [2**40, -7]]),
}


@pytest.mark.parametrize("case", CHAINS)
def test_keras_opens_what_fastnn_writes(case, tmp_path):
    tensorflow = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    lookup, data = CHAINS[case]
    lookup = type(lookup).from_config(lookup.configuration())
    inputs = Input((2,), dtype="string" if isinstance(lookup, StringLookup) else None)
    model = Sequential([inputs, lookup, Embedding(lookup.vocabulary_size(), 2), Flatten(), Dense(1)], seed=0)
    to_keras(model, tmp_path / "model.keras")
    theirs = keras.saving.load_model(tmp_path / "model.keras")
    expected = model.predict(data)
    # Sums of four products in float32.
    np.testing.assert_allclose(theirs.predict(tensorflow.constant(data), verbose=0), expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(from_keras(theirs).predict(data), expected, rtol=0, atol=1e-6)


def test_a_model_that_lives(tmp_path):
    pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    check_outputs(from_keras(keras.saving.load_model(FILE)))
