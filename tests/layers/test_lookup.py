"""Lookups of strings and whole numbers: alone, as Keras orders vocabularies, and in front of models."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn.layers import Concatenate, Dense, Embedding, Flatten, Input, IntegerLookup, StringLookup
from fastnn.layers.farmhash import fingerprint
from fastnn.models import Sequential
from fastnn.models.from_json import model_from_json

WORDS = ["red", "green", "blue", "green"]


def test_unknown_terms_share_a_number_or_are_refused():
    assert StringLookup(vocabulary=["red", "green"])(WORDS).tolist() == [1, 2, 0, 2]
    strict = StringLookup(vocabulary=["red", "green"], num_oov_indices=0)
    assert strict([["green"], ["red"]]).tolist() == [[1], [0]]
    with pytest.raises(ValueError, match=r"StringLookup does not know 'blue', which is x\[0, 1\]"):
        strict([["green", "blue"]])


# As Keras' documentation has it: by how often they come, and then from the largest to the smallest.
def test_adapt_takes_the_most_frequent_first():
    lookup = StringLookup()
    lookup.adapt([["a", "c", "d"], ["d", "z", "c"]])
    assert lookup.get_vocabulary() == ["[UNK]", "d", "c", "z", "a"]
    assert lookup.get_vocabulary(include_special_tokens=False) == ["d", "c", "z", "a"]
    assert lookup.vocabulary_size() == 5
    numbers = IntegerLookup(max_tokens=3)
    numbers.adapt(np.array([[12, 1138, 42], [42, 1000, 36], [1138, 42, 7]]))
    assert numbers.get_vocabulary() == [-1, 42, 1138]
    assert numbers(np.array([12, 42, 1138])).tolist() == [0, 1, 2]


# What Keras 3.15 gives over TensorFlow for ADAPTED's vocabulary and ASKED's numbers.
ADAPTED = {StringLookup: ["x", "y", "x", "z", "", "[UNK]", "x", "[UNK]", ""], IntegerLookup: [5, 7, 7, 0, -1, -1, 9]}
ASKED = {StringLookup: ["x", "", "[UNK]", "new", "other", "z"], IntegerLookup: [7, 0, -1, 11, 12, 9]}
MASKED = {
    "no mask": (StringLookup, {}, ["[UNK]", "x", "", "z", "y"], [1, 2, 0, 0, 0, 3]),
    "a mask": (StringLookup, {"mask_token": ""}, ["", "[UNK]", "x", "z", "y"], [2, 0, 1, 1, 1, 3]),
    "a mask and several unknown": (
        StringLookup,
        {"mask_token": "", "num_oov_indices": 3},
        ["", "[UNK]", "[UNK]", "[UNK]", "x", "z", "y"],
        [4, 0, 1, 1, 3, 5],
    ),
    "a mask and few": (StringLookup, {"mask_token": "", "max_tokens": 4}, ["", "[UNK]", "x", "z"], [2, 0, 1, 1, 1, 3]),
    "no mask of numbers": (IntegerLookup, {}, [-1, 7, 9, 5, 0], [1, 4, 0, 0, 0, 2]),
    "a mask of numbers": (IntegerLookup, {"mask_token": 0}, [0, -1, 7, 9, 5], [2, 0, 1, 1, 1, 3]),
    "a mask of numbers and several unknown": (
        IntegerLookup,
        {"mask_token": 0, "num_oov_indices": 3},
        [0, -1, -1, -1, 7, 9, 5],
        [4, 0, 3, 3, 1, 5],
    ),
}


@pytest.mark.parametrize("case", MASKED)
def test_masks_and_unknown_terms_are_numbered_as_in_keras(case):
    kind, options, vocabulary, numbers = MASKED[case]
    lookup = kind(**options)
    lookup.adapt(ADAPTED[kind])
    assert lookup.get_vocabulary() == vocabulary
    assert lookup.vocabulary_size() == len(vocabulary)
    again = kind(**options, vocabulary=vocabulary)
    for one in (lookup, again, kind.from_config(lookup.configuration())):
        assert one(ASKED[kind]).tolist() == numbers


def test_a_vocabulary_may_come_as_it_is_given():
    lookup = StringLookup(vocabulary=WORDS[:3])
    assert StringLookup(vocabulary=lookup.get_vocabulary()).get_vocabulary() == lookup.get_vocabulary()


STRINGS = {
    "a list": WORDS,
    "NumPy's strings": np.array(WORDS),
    "bytes": np.array([word.encode() for word in WORDS]),
    "objects": np.array(WORDS, object),
    "NumPy's own": np.array(WORDS, np.dtypes.StringDType()),
    "none": np.array([], "U3"),
}


@pytest.mark.parametrize("kind", STRINGS)
def test_strings_of_any_kind(kind):
    found = StringLookup(vocabulary=["red", "green", "blue"])(STRINGS[kind])
    assert found.dtype == np.int64
    assert found.tolist() == [1, 2, 3, 2][: len(STRINGS[kind])]


@pytest.mark.parametrize("dtype", ["i1", "u1", "i8", "u8", "f2", "f4", "f8", ">i2"])
def test_whole_numbers_of_any_kind(dtype):
    assert IntegerLookup(vocabulary=[100, 7])(np.array([[7, 3, 100]], dtype)).tolist() == [[2, 0, 1]]


BAD_DATA = {
    "numbers for strings": (StringLookup, ["a"], np.ones(2), "must hold strings for StringLookup, but holds float64"),
    "objects for strings": (StringLookup, ["a"], np.array([["a"], [None]]), r"but x\[1, 0\] is None: give"),
    "strings for numbers": (IntegerLookup, [1], ["1"], "must hold whole numbers for IntegerLookup"),
    "parts of numbers": (IntegerLookup, [1], [1.5], "must hold whole numbers"),
    "numbers of half precision": (IntegerLookup, [1], np.array([1.5], np.float16), "must hold whole numbers"),
    "NaN": (IntegerLookup, [1], [np.nan], "must hold whole numbers"),
    "truths": (IntegerLookup, [1], [True], "must hold whole numbers"),
}


@pytest.mark.parametrize("what", BAD_DATA)
def test_what_is_no_term_is_refused(what):
    kind, vocabulary, data, message = BAD_DATA[what]
    with pytest.raises(TypeError, match=message):
        kind(vocabulary=vocabulary)(data)


BAD = {
    "twice": (lambda: StringLookup(vocabulary=["a", "b", "a"]), ValueError, "each once, but 'a' comes twice"),
    "none": (lambda: StringLookup(vocabulary=[]), ValueError, "each once, but it holds none"),
    "a string": (lambda: StringLookup(vocabulary="abc"), TypeError, "must be a list of strings"),
    "numbers": (lambda: StringLookup(vocabulary=[1, 2]), TypeError, "vocabulary must hold strings"),
    "too many": (lambda: IntegerLookup(max_tokens=2, vocabulary=[1, 2]), ValueError, "more than max_tokens=2"),
    "too many with those of unknown ones": (
        lambda: IntegerLookup(max_tokens=4, num_oov_indices=3, vocabulary=[1, 2]),
        ValueError,
        "more than max_tokens=4",
    ),
    "no numbers but those of unknown ones": (
        lambda: StringLookup(max_tokens=3, num_oov_indices=3),
        ValueError,
        "max_tokens must be at least 4",
    ),
    "no vocabulary": (lambda: StringLookup()(["a"]), ValueError, "StringLookup has no vocabulary"),
    "its size": (lambda: StringLookup().vocabulary_size(), ValueError, "StringLookup has no vocabulary"),
    "a mask that is none": (lambda: StringLookup(mask_token=0), TypeError, "mask_token must be a string or None"),
    "a mask of no number": (lambda: IntegerLookup(mask_token=""), TypeError, "mask_token must be an integer"),
    "the mask": (lambda: IntegerLookup(mask_token=1, vocabulary=[2, 1]), ValueError, "1 is what mask_token masks"),
    "the mask for unknown ones": (lambda: StringLookup(mask_token="[UNK]"), ValueError, "mask_token must be another"),
    "no numbers but that of the mask": (
        lambda: StringLookup(max_tokens=2, mask_token=""),
        ValueError,
        "max_tokens must be at least 3",
    ),
    "a word that is none": (lambda: StringLookup(oov_token=0), TypeError, "oov_token must be a string"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_vocabulary_is_refused(what):
    make, error, message = BAD[what]
    with pytest.raises(error, match=message):
        make()


# What FarmHash's own library gives for as many letters, each of which is the seventh behind the one before it.
FINGERPRINTS = {
    0: 11160318154034397263,
    1: 12917804110809363939,
    3: 3268219959478574187,
    4: 8899178591127745170,
    7: 17088493756539222794,
    8: 10643460534063147040,
    16: 17624453864830929246,
    17: 2237273621417572890,
    32: 10824083725960157628,
    33: 8045080651094301868,
    64: 16149515108185634462,
    65: 2768067016444695309,
    128: 10481128642166395277,
    129: 1060550032972533880,
    200: 15075557378531049012,
}


@pytest.mark.parametrize("size", FINGERPRINTS)
def test_fingerprints(size):
    assert fingerprint(bytes(97 + 7 * place % 26 for place in range(size))) == FINGERPRINTS[size]


def test_several_numbers_of_unknown_terms():
    """TensorFlow's documentation has the bins of three strings."""
    words, known = ["Hello", "TensorFlow", "2.x"], ["red", "green"]
    lookup = StringLookup(vocabulary=known, num_oov_indices=3)
    assert lookup([[*words, "green", "red"]]).tolist() == [[0, 2, 2, 4, 3]]
    assert lookup.get_vocabulary() == ["[UNK]"] * 3 + known
    assert lookup.vocabulary_size() == 5
    assert StringLookup(vocabulary=lookup.get_vocabulary(), num_oov_indices=3).vocabulary == tuple(known)
    numbers = IntegerLookup(vocabulary=[7, -1], num_oov_indices=2)
    # Remainders are those of a division that rounds down.
    assert numbers([7, -1, -3, 4, 2**62 + 1]).tolist() == [2, 3, 1, 0, 1]
    assert numbers(np.array([2**64 - 1], np.uint64)).tolist() == [1]
    adapted = StringLookup(max_tokens=4, num_oov_indices=2)
    adapted.adapt(["a", "b", "b", "c", "c"])
    assert adapted.get_vocabulary() == ["[UNK]", "[UNK]", "c", "b"]
    assert adapted(["\ud800", "c"]).tolist() == [fingerprint(b"\xed\xa0\x80") % 2, 2]


def test_a_refused_vocabulary_changes_nothing():
    lookup = StringLookup(vocabulary=["a"])
    with pytest.raises(ValueError, match="twice"):
        lookup.set_vocabulary(["b", "b"])
    assert lookup.get_vocabulary() == ["[UNK]", "a"]


def colours(**options):
    lookup = StringLookup(vocabulary=["red", "green", "blue"], **options)
    parts = [Input((1,), dtype="string"), lookup, Embedding(lookup.vocabulary_size(), 2), Flatten(), Dense(1)]
    model = Sequential(parts, seed=0)
    model.compile("adam", "mse")
    return model


def plain(model):
    """The same behind the lookup."""
    same = Sequential([Input((1,)), Embedding(4, 2), Flatten(), Dense(1)], seed=0)
    same.compile("adam", "mse")
    same.set_weights(model.get_weights())
    return same


def test_strings_are_the_data_of_a_model(tmp_path):
    x = np.array([["red"], ["blue"], ["violet"], ["red"], ["green"]])
    y = np.arange(5.0)
    model = colours()
    same, numbers = plain(model), np.array([[1], [3], [0], [1], [2]])
    for each, data in ((model, x), (same, numbers)):
        each.fit(data, y, epochs=3, batch_size=2, shuffle=False, validation_data=(data, y))
        each.train_on_batch(data[:2], y[:2])
        each.train_on_batch(data[2:4], y[2:4])
    assert model.history.history["val_loss"] == same.history.history["val_loss"]
    expected = same.predict(numbers).tobytes()
    for data in (x, x.tolist(), x.astype(object), x[:, 0]):
        assert model.predict(data).tobytes() == expected
    assert model.evaluate(x, y) == same.evaluate(numbers, y)
    model.save(tmp_path / "model.safetensors")
    described = model_from_json(model.to_json())
    described.set_weights(model.get_weights())
    loaded = fastnn.load_model(tmp_path / "model.safetensors")
    for one in (loaded, described, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert one.predict(x).tobytes() == expected
        assert one.layers[0].get_vocabulary() == ["[UNK]", "red", "green", "blue"]


def test_batches_and_frames_of_strings():
    x, y = np.array([["red"], ["blue"], ["violet"], ["red"]]), np.arange(4.0)
    model = colours()
    model.fit(((x[i : i + 2], y[i : i + 2]) for i in (0, 2)), steps_per_epoch=2)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"colour": x[:, 0]})
    assert model.predict(frame).tobytes() == model.predict(x).tobytes()
    model.fit(frame, y)
    assert model.predict(frame).tobytes() == model.predict(x).tobytes()


def test_numbers_that_only_look_like_categories_are_looked_up():
    lookup = IntegerLookup(vocabulary=[2, 0, 1], num_oov_indices=0)
    model = Sequential([lookup, Embedding(3, 1, name="table")], seed=0)
    x = np.array([[0.0], [1.0], [2.0]], np.float32)
    # Rows that the engine could read as they are.
    for _ in range(2):
        assert model.predict(x).ravel().tolist() == model.layers[1].embeddings.ravel()[[1, 2, 0]].tolist()


def test_unknown_terms_are_refused_by_name():
    model = colours(num_oov_indices=0, name="colour")
    before = model.parameters.tobytes()
    with pytest.raises(ValueError, match=r"colour does not know 'violet', which is x\[1, 0\]"):
        model.fit(np.array([["red"], ["violet"]]), np.zeros(2))
    assert model.parameters.tobytes() == before


def test_several_inputs():
    word, number, size = Input((1,), name="word", dtype="string"), Input((2,), name="number"), Input((1,), name="size")
    words, numbers = StringLookup(vocabulary=["a", "b"]), IntegerLookup(vocabulary=[10, 20, 30])
    parts = [Flatten()(Embedding(3, 2)(words(word))), Flatten()(Embedding(4, 2)(numbers(number))), size]
    model = fastnn.Model([word, number, size], Dense(1)(Concatenate()(parts)), seed=0)
    model.compile("sgd", "mse")
    data = {
        "word": np.array(["a", "c", "b"]),
        "number": np.array([[10, 30], [5, 20], [30, 30]]),
        "size": np.array([[0.1], [0.2], [0.3]]),
    }
    model.fit(data, np.arange(3.0), epochs=2)
    expected = model.predict(data)
    behind = [np.array([[1], [0], [2]]), np.array([[1, 3], [0, 2], [3, 3]])]
    tables = [layer.embeddings for layer in model.layers if isinstance(layer, Embedding)]
    rows = [table[given].reshape(3, -1) for table, given in zip(tables, behind, strict=True)]
    kernel, bias = model.layers[-1].kernel, model.layers[-1].bias
    # Sums of seven products.
    np.testing.assert_allclose(expected, np.hstack([*rows, data["size"]]) @ kernel + bias, rtol=0, atol=1e-6)
    with pytest.raises(TypeError, match=r"x\['number'\] must hold whole numbers"):
        model.predict({**data, "number": np.array([["a", "b"]] * 3)})


def shared_input():
    x = Input((1,))
    return fastnn.Model(x, Concatenate()([x, IntegerLookup(vocabulary=[1])(x)]))


REFUSED = {
    "behind a layer": (lambda: Sequential([Input((1,)), Dense(1), StringLookup(vocabulary=["a"])]), "the first layer"),
    "strings for numbers": (lambda: Sequential([Input((1,), dtype="string"), Dense(1)]), "put a StringLookup between"),
    "strings in a graph": (
        lambda: fastnn.Model(x := Input((1,), dtype="string"), Dense(1)(x)),
        "put a StringLookup between",
    ),
    "an input that others take": (shared_input, "must be the only layer that takes that input"),
    "another dtype": (lambda: Input((1,), dtype="strings"), "dtype must be 'string'"),
    "adapt in a model": (lambda: colours().layers[0].adapt(["a"]), "is in a model, which was made for its vocabulary"),
    "in a model within": (
        lambda: Sequential([Input((1,)), colours(), Dense(1)]),
        "looks up its data by string_lookup, which the outermost model alone does",
    ),
    "no vocabulary": (lambda: Sequential([Input((1,)), StringLookup()]), "has no vocabulary"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_fits_no_model_is_refused(what):
    make, message = REFUSED[what]
    with pytest.raises(ValueError, match=message):
        make()
