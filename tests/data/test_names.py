"""Names of columns: a model goes by those that it was trained on, by every way in, and keeps them."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import Sequential
from fastnn.data.names import column_names
from fastnn.layers import Dense, Input

NAMES = ("age", "height", "weight")
ORDER = [2, 0, 1]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 3)).astype(np.float32)
Y = X @ np.array([[1.0], [-2.0], [3.0]], np.float32)


def pandas_frame(array, names):
    return pytest.importorskip("pandas").DataFrame(dict(zip(names, array.T.copy(), strict=True)))


def pandas_block(array, names):
    return pytest.importorskip("pandas").DataFrame(array, columns=list(names), copy=False)


def polars_frame(array, names):
    return pytest.importorskip("polars").DataFrame(dict(zip(names, array.T.copy(), strict=True)))


def arrow_table(array, names):
    return pytest.importorskip("pyarrow").table(dict(zip(names, array.T.copy(), strict=True)))


def arrow_batch(array, names):
    return pytest.importorskip("pyarrow").RecordBatch.from_arrays(list(array.T.copy()), names=list(names))


FRAMES = [pandas_frame, pandas_block, polars_frame, arrow_table, arrow_batch]
libraries = pytest.mark.parametrize("frame", FRAMES, ids=lambda make: make.__name__)


def shuffled(frame, array=X):
    return frame(array[:, ORDER], [NAMES[i] for i in ORDER])


def model(built=True):
    made = Sequential([*([Input((3,))] if built else []), Dense(4, "tanh"), Dense(1)], seed=0)
    made.compile("adam", "mse")
    return made


def trained(x=None):
    made = model()
    made.fit(X if x is None else x, Y, epochs=1)
    return made


def bits(made):
    return made.parameters.tobytes()


# Ways in: of a trained model and x, which return numbers.

WAYS = {
    "predict": lambda made, x: made.predict(x).tobytes(),
    "call": lambda made, x: made(x).tobytes(),
    "evaluate": lambda made, x: made.evaluate(x, Y),
    "fit": lambda made, x: (made.fit(x, Y, epochs=2).history, bits(made)),
    "train_on_batch": lambda made, x: (
        [made.train_on_batch(x, Y), made.train_on_batch(x, Y), made.train_on_batch(X, Y)], bits(made)
    ),
    "batches": lambda made, x: (made.fit(iter([(x, Y), (X, Y)])).history, bits(made)),
    "validation": lambda made, x: made.fit(X, Y, validation_data=(x, Y)).history["val_loss"],
    "validation of batches": lambda made, x: made.fit(iter([(X, Y)]), validation_data=(x, Y)).history["val_loss"],
}  # fmt: skip
ways = pytest.mark.parametrize("way", WAYS)


@ways
@libraries
def test_columns_in_another_order_are_taken_by_name(frame, way):
    made, same = trained(frame(X, NAMES)), trained()
    assert made.feature_names == NAMES
    assert WAYS[way](made, shuffled(frame)) == WAYS[way](same, X)


STRANGE = {
    "renamed": (("age", "height", "mass"), r"lacks the column 'weight' .*, and has 'mass', which it was not trained"),
    "all renamed": (("a", "b", "c"), r"lacks the columns 'age', 'height', 'weight' .*, and has 'a', 'b', 'c'"),
    "missing": (("age", "height"), r"lacks the column 'weight' that the model was trained on: "),
    "more": ((*NAMES, "id"), r"has 'id', which the model was not trained on: the model's columns are 'age', 'height'"),
    "twice": (("age", "age", "weight"), r"lacks the column 'height' .*, and has 'age'"),
}


# A dict has each name once.
BY_ARRAY = (pandas_block, arrow_batch)


@ways
@pytest.mark.parametrize(
    ("case", "frame"),
    [(case, frame) for case in STRANGE for frame in FRAMES if case != "twice" or frame in BY_ARRAY],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_missing_and_strange_names_are_refused(frame, case, way):
    names, message = STRANGE[case]
    made = trained(frame(X, NAMES))
    before = bits(made)
    array = np.concatenate([X, X], axis=1)[:, : len(names)]
    with pytest.raises(ValueError, match=message):
        WAYS[way](made, frame(array, names))
    assert bits(made) == before
    assert made.feature_names == NAMES
    # And by place.
    assert made.predict(X).tobytes() == trained().predict(X).tobytes()


@ways
def test_arrays_and_frames_without_names_go_by_place(way):
    pandas = pytest.importorskip("pandas")
    for x in (X, X.tolist(), pandas.DataFrame(X), pandas.DataFrame(X, columns=[5, 3, 1])):
        assert WAYS[way](trained(pandas_frame(X, NAMES)), x) == WAYS[way](trained(), X)


def test_names_that_are_no_strings_are_none():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=[5, 3, 1])
    made = trained(frame)
    assert made.feature_names is None
    assert made.predict(frame[[1, 3, 5]]).tobytes() == made.predict(X[:, ::-1]).tobytes()
    several = pandas.DataFrame(X, columns=pandas.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]))
    assert trained(several).feature_names is None


@ways
def test_some_names_that_are_strings_are_refused(way):
    mixed = pytest.importorskip("pandas").DataFrame(X, columns=["a", 1, "b"])
    with pytest.raises(TypeError, match=r"must all be strings, or none of them, but one is 1: .*astype\(str\)"):
        WAYS[way](trained(pandas_frame(X, NAMES)), mixed)


def test_what_has_no_columns_has_no_names():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    series = pandas.Series([1.0], name="a")
    mixed = pandas.Series([1.0, 2.0], index=["a", 2])
    for value in (
        X,
        X.tolist(),
        series,
        series.index,
        mixed,
        polars.Series("a", [1.0]),
        polars.LazyFrame({"a": [1.0]}),
        None,
    ):
        assert column_names(value, "x") is None


@libraries
def test_the_first_that_is_trained_on_names_the_columns(frame):
    x = frame(X, NAMES)
    for train in (
        lambda made: made.fit(x, Y),
        lambda made: made.train_on_batch(x, Y),
        lambda made: made.fit(iter([(x, Y)])),
        lambda made: made.fit(x, Y, validation_split=0.2),
        lambda made: made.fit(iter([(X, Y)]), validation_data=(x, Y)),
        lambda made: (made.fit(X, Y), made.fit(x, Y)),
    ):
        made = model(built=False)
        train(made)
        assert made.feature_names == NAMES
    # Who looks at them does not.
    for look in (lambda made: made.predict(x), lambda made: made.evaluate(x, Y)):
        made = model()
        look(made)
        assert made.feature_names is None


@libraries
def test_a_first_fit_goes_by_the_names_of_its_training_data(frame):
    made, same = model(), model()
    history = made.fit(frame(X, NAMES), Y, validation_data=(shuffled(frame), Y))
    assert history.history == same.fit(X, Y, validation_data=(X, Y)).history
    batched, same = model(), model()
    batched.fit(iter([(frame(X, NAMES), Y), (shuffled(frame), Y)]), validation_data=(shuffled(frame), Y))
    same.fit(iter([(X[:, ORDER], Y), (X[:, ORDER], Y)]))
    assert bits(batched) == bits(same), "validation data are read first"


@pytest.mark.parametrize(
    "broken",
    [
        lambda made, x: made.fit(x, Y[:3]),
        lambda made, x: made.fit(x, Y * np.nan),
        lambda made, x: made.train_on_batch(x, Y[:3]),
        lambda made, x: made.train_on_batch(x, Y * np.nan),
        lambda made, x: made.fit(iter([(x, Y[:3])])),
    ],
)
def test_what_could_not_be_trained_on_names_nothing(broken):
    made = model()
    with pytest.raises(ValueError, match=r"as many samples as x|is nan|holds NaN"):
        broken(made, pandas_frame(X, NAMES))
    assert made.feature_names is None


def test_names_stay_with_the_model(tmp_path):
    made = trained(pandas_frame(X, NAMES))
    made.save(tmp_path / "m.safetensors")
    again = fastnn.load_model(tmp_path / "m.safetensors")
    bare = fastnn.load_model(tmp_path / "m.safetensors", compile=False)
    for other in (again, bare, copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert other.feature_names == NAMES
        assert other.predict(shuffled(pandas_frame)).tobytes() == made.predict(X).tobytes()
    unnamed = trained()
    unnamed.save(tmp_path / "m.safetensors")
    assert fastnn.load_model(tmp_path / "m.safetensors").feature_names is None


def test_names_may_be_given():
    made = trained()
    made.feature_names = list(NAMES)
    assert made.feature_names == NAMES
    assert made.predict(shuffled(pandas_frame)).tobytes() == made.predict(X).tobytes()
    made.feature_names = None
    assert made.feature_names is None


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (["a", "b"], ValueError, "as many as the model has inputs, 3, but they are 2"),
        ("abc", TypeError, "must be a list of strings, or None, but it is 'abc'"),
        (3, TypeError, "must be a list of strings"),
        (["a", "b", 3], TypeError, "must be strings, but one is 3"),
    ],
)
def test_names_that_cannot_be(names, error, message):
    made = trained()
    with pytest.raises(error, match=message):
        made.feature_names = names
    assert made.feature_names is None


def test_a_row_of_a_frame_goes_by_the_names_of_its_index():
    frame = pandas_frame(X, NAMES)
    made = trained(frame)
    expected = made.predict(X[:1])
    assert (made.predict(frame.iloc[0]) == expected).all()
    assert (made.predict(shuffled(pandas_frame).iloc[0]) == expected).all()
    assert (made.predict(frame.iloc[0].reset_index(drop=True)) == expected).all()
    with pytest.raises(ValueError, match=r"x lacks the column 'weight' .* and has 'mass'"):
        made.predict(frame.iloc[0].rename({"weight": "mass"}))


def test_names_that_come_twice_keep_their_order():
    twice = ("a", "a", "b")
    made = trained(pandas_block(X, twice))
    assert made.predict(pandas_block(X, twice)).tobytes() == trained().predict(X).tobytes()
    with pytest.raises(ValueError, match="in another order, and a name twice"):
        made.predict(pandas_block(X, ("a", "b", "a")))


@libraries
def test_everything_that_looks_at_a_frame_goes_by_name(frame):
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    from fastnn.plotting import layer_outputs, plot_decision_regions

    names, x, y = ("a", "b"), X[:, :2], (X[:, 0] > X[:, 1]).astype(int)
    made = Sequential([Input((2,)), Dense(3, "tanh"), Dense(1, "sigmoid")], seed=0)
    made.compile("adam", "binary_crossentropy")
    made.fit(frame(x, names), y)
    other = frame(x[:, ::-1], names[::-1])
    for name, outputs in layer_outputs(made, other).items():
        assert (outputs == layer_outputs(made, x)[name]).all()
    seen = [
        plot_decision_regions(made, given, y, resolution=5, ax=Figure().add_subplot()).collections[-1].get_offsets()
        for given in (other, x)
    ]
    np.testing.assert_array_equal(*seen)
    assert made.evaluate(other, y) == made.evaluate(x, y)
