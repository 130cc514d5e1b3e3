"""pandas: frames and series of every dtype of numbers, what is copied of them, and columns that are refused by name."""

import numpy as np
import pytest

from fastnn import Sequential
from fastnn.arrays.convert import to_array
from fastnn.layers import Dense

pd = pytest.importorskip("pandas")


def rows_frame(x, **options):
    """A frame in whose memory rows are contiguous, as in x."""
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])], copy=False, **options)


def columns_frame(x):
    """A frame with a block of its own for each column."""
    frame = pd.DataFrame(index=range(len(x)))
    for i in range(x.shape[1]):
        frame[f"x{i}"] = x[:, i].copy()
    return frame


@pytest.mark.parametrize("make", [rows_frame, columns_frame, lambda x: pd.DataFrame(dict(enumerate(x.T)))])
@pytest.mark.parametrize("source", [np.float32, np.float64, np.uint8, np.int64, np.bool_])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_is_that_of_the_array(learned, numbers, make, source, dtype):
    x, y = numbers
    x = (x * 100).astype(source)
    frame = make(x)
    before = frame.copy(deep=True)
    assert learned(frame, y, dtype=dtype) == learned(x, y, dtype=dtype)
    pd.testing.assert_frame_equal(frame, before)


def test_targets_and_weights_as_series_and_frames(learned, numbers):
    x, y = numbers
    weights = np.arange(1.0, 41.0)
    expected = learned(x, y, sample_weight=weights)
    for targets in (pd.Series(y[:, 0]), pd.DataFrame(y), pd.Series(y[:, 0], dtype="Float32", index=range(40, 0, -1))):
        assert learned(rows_frame(x), targets, sample_weight=pd.Series(weights)) == expected
    assert learned(x, y, sample_weight=pd.Index(weights)) == expected


@pytest.mark.parametrize("dtype", ["int64", "int8", "UInt8", "Int64", "Float32", "float64", "int64[pyarrow]"])
def test_class_numbers(learned, numbers, dtype):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    x, _ = numbers
    classes = np.random.default_rng(1).integers(0, 3, size=len(x))
    series = pd.Series(classes, dtype=dtype, name="species")
    options = {"loss": "sparse_categorical_crossentropy", "outputs": 3}
    assert learned(x, series, **options) == learned(x, classes, **options)
    assert learned(x, series.to_frame(), **options) == learned(x, classes, **options)


def test_a_row_or_a_column_is_a_sample(numbers):
    x, y = numbers
    model = Sequential([Dense(1)], seed=0)
    model.compile(loss="mse")
    model.fit(rows_frame(x), y)
    assert model.predict(rows_frame(x).iloc[3]).tobytes() == model.predict(x[3]).tobytes()
    assert model.train_on_batch(rows_frame(x), y) > 0


# Copies.


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.bool_, np.int64, np.float16])
def test_rows_are_read_where_they_lie(dtype):
    x = np.arange(12).reshape(4, 3).astype(dtype)
    for part in (slice(None), slice(1, 3), slice(None, None, 2), slice(2, 3)):
        frame = rows_frame(x).iloc[part]
        array = to_array(frame, "x")
        assert np.shares_memory(array, frame["x1"].to_numpy())
        assert array.dtype == dtype
        assert array.strides[1] == array.itemsize
        assert np.array_equal(array, x[part])


def test_a_series_and_a_single_column_are_read_where_they_lie():
    values = np.arange(4.0)
    series = pd.Series(values, copy=False, name="age")
    assert np.shares_memory(to_array(series, "y"), series.to_numpy())
    assert np.shares_memory(to_array(series.to_frame(), "y"), series.to_frame()["age"].to_numpy())
    nullable = pd.Series(values, dtype="Float64")
    assert np.shares_memory(to_array(nullable, "y"), nullable.to_numpy(dtype=float))


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.copy(),
        lambda frame: frame.iloc[::-1],
        lambda frame: frame.iloc[:, ::-1],
        lambda frame: frame.iloc[:, ::2],
        lambda frame: frame[["x2", "x0", "x1"]],
        lambda frame: frame[["x0", "x0"]],
        lambda frame: frame.assign(x0=frame["x0"] + 1),
        lambda frame: frame.assign(x1=frame["x1"] + 1),
        lambda frame: frame.assign(x3=frame["x1"]),
        lambda frame: frame.iloc[:0],
        lambda frame: pd.concat([frame["x0"], frame["x1"] + 1, frame["x2"]], axis=1),
        lambda frame: frame.reindex([3, 1]),
        lambda frame: frame.T,
    ],
)
def test_other_homogeneous_frames_become_contiguous_rows(change):
    frame = change(rows_frame(np.random.default_rng(2).normal(size=(4, 3)).astype(np.float32)))
    array = to_array(frame, "x")
    assert np.array_equal(array, frame.to_numpy())
    assert array.dtype == np.float32
    assert array.shape[0] == 0 or array.strides[1] == array.itemsize


# Dtypes.


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (["float32", "float32"], np.float32),
        (["float32", "uint8"], np.float32),
        (["float32", "bool"], np.float32),
        (["float32", "int16", "uint16", "int8", "float16"], np.float32),
        (["float32", "int32"], np.float64),
        (["float32", "float64"], np.float64),
        (["int64", "bool"], np.float64),
        (["bool", "bool"], np.bool_),
        (["uint8", "uint8"], np.uint8),
        (["uint8", "bool"], np.float32),
        (["int64", "int64"], np.float64),
        (["Float32", "boolean"], np.float32),
        (["UInt8", "UInt8"], np.uint8),
        (["boolean", "boolean"], np.bool_),
        (["Int64", "float32"], np.float64),
        (["Sparse[uint8]", "float32"], np.float32),
        (["Sparse[bool]", "Sparse[float64]"], np.float64),
        (["float[pyarrow]", "bool[pyarrow]", "uint8[pyarrow]"], np.float32),
        (["double[pyarrow]", "int64"], np.float64),
    ],
    ids=str,
)
def test_columns_of_several_dtypes_become_one_array(dtypes, expected):
    if any("pyarrow" in dtype for dtype in dtypes):
        pytest.importorskip("pyarrow")
    values = np.array([0, 1, 1, 0])
    frame = pd.DataFrame({i: pd.Series(values, dtype=dtype) for i, dtype in enumerate(dtypes)})
    array = to_array(frame, "x")
    assert array.dtype == expected
    assert array.flags.c_contiguous
    assert np.array_equal(array, np.repeat(values[:, None], len(dtypes), axis=1))


def test_numbers_keep_their_value():
    frame = pd.DataFrame({"count": [2**24 + 1, -5], "share": np.array([0.1, 0.2], np.float32), "member": [True, False]})
    assert to_array(frame, "x").tolist() == [[2**24 + 1, np.float32(0.1), 1], [-5, np.float32(0.2), 0]]


def test_many_rows_are_written_in_pieces():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.random(100_000), "b": rng.random(100_000) < 0.5, "c": rng.integers(9, size=100_000)})
    assert np.array_equal(to_array(frame, "x"), frame.to_numpy(dtype=float))


def test_names_of_columns_do_not_matter():
    values = {("a", 1): [1.0, 2], ("a", 2): [3, 4]}
    assert to_array(pd.DataFrame(values), "x").tolist() == [[1, 3], [2, 4]]
    twice = pd.DataFrame([[1.0, 2], [3, 4]], columns=["a", "a"]).astype({"a": "float32"})
    assert to_array(twice, "x").tolist() == [[1, 2], [3, 4]]
    twice = pd.concat([twice, pd.Series([True, False], name="a")], axis=1)
    assert to_array(twice, "x").tolist() == [[1, 2, 1], [3, 4, 0]]


# What is refused.


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["a", "b"], r"holds strings: encode it as numbers first, for example with pandas\.get_dummies"),
        (pd.Series(["a", "b"], dtype="string"), r"holds strings: .*pandas\.get_dummies"),
        (pd.Series(["a", None], dtype=object), r"holds strings: .*pandas\.get_dummies"),
        (pd.Categorical(["a", "b"]), r"holds categories: encode it as numbers first, .*pandas\.get_dummies"),
        (pd.Categorical([1, 2]), "holds categories: encode it as numbers"),
        (pd.to_datetime(["2020-01-01", "2020-01-02"]), "holds dates: turn it into a number of days or seconds since"),
        (pd.to_datetime(["2020-01-01", "2020-01-02"]).tz_localize("UTC"), "holds dates: turn it into"),
        (pd.period_range("2020", periods=2), "holds dates: turn it into"),
        (pd.to_timedelta([1, 2], unit="s"), "holds durations: turn it into a number of days or seconds first"),
        ([1j, 2j], "holds complex numbers: pass real and imaginary parts as two columns"),
        (pd.interval_range(0, 2), r"holds objects \(interval\): convert it"),
        ([{}, []], r"holds objects \(mixed\): convert it to numbers first, for example with astype\(float\)"),
        (pd.Series([1.5, None], dtype=object), r"holds objects \(floating\): convert it to numbers"),
        ([float("nan"), 1.0], "has a missing value in row 0: fill it or drop the row"),
        (pd.array([1, None], dtype="Int64"), "has a missing value in row 1: fill it"),
        (pd.array([None, None], dtype="boolean"), "has 2 missing values, the first in row 0: fill or drop them"),
        (pd.array([None, None], dtype="Float32"), "has 2 missing values, the first in row 0: fill or drop them"),
        (pd.arrays.SparseArray([0.0, np.nan]), "has a missing value in row 1: fill it"),
    ],
    ids=str,
)
def test_columns_are_refused_by_name(numbers, column, message):
    frame = pd.DataFrame({"age": [31.0, 42.0], "city": column})
    model = Sequential([Dense(1)], seed=0)
    model.compile(loss="mse")
    with pytest.raises((TypeError, ValueError), match=f"^the column 'city' of x {message}"):
        model.fit(frame, [1, 2])
    with pytest.raises((TypeError, ValueError), match=r"^the column 'city' of the inputs "):
        to_array(frame[["city"]], "the inputs")
    with pytest.raises((TypeError, ValueError), match=r"^y h(as|olds) "):
        to_array(frame["city"], "y")


@pytest.mark.parametrize("make", [rows_frame, columns_frame])
def test_missing_values_are_counted(make):
    x = np.zeros((40, 3), np.float32)
    x[[17, 20, 31], 1] = np.nan
    x[[2, 3], 2] = np.nan
    with pytest.raises(ValueError, match="the column 'x1' of x has 3 missing values, the first in row 17: fill or dro"):
        to_array(make(x), "x")


def test_infinity_is_found_by_the_engine(numbers):
    x, y = numbers
    x[17, 3] = np.inf
    model = Sequential([Dense(1)], seed=0)
    model.compile(loss="mse")
    with pytest.raises(ValueError, match=r"x must hold finite numbers, but x\[17, 3\] is inf"):
        model.fit(rows_frame(x), y)


def test_a_series_of_strings_is_told_how_to_become_class_numbers():
    species = pd.Series(["cat", "dog", "cat"])
    with pytest.raises(TypeError, match=r"^y holds strings: .*numpy\.unique\(y, return_inverse=True\)\[1\]"):
        to_array(species, "y")
    assert np.unique(species, return_inverse=True)[1].tolist() == [0, 1, 0]


def test_empty_frames():
    with pytest.raises(ValueError, match="x must have a column for each input, but it has none"):
        to_array(pd.DataFrame(index=range(3)), "x")
    assert to_array(pd.DataFrame({"a": [1.0], "b": [2.0]}).iloc[:0], "x").shape == (0, 2)
    model = Sequential([Dense(1)], seed=0)
    model.compile(loss="mse")
    with pytest.raises(ValueError, match="x must hold at least one sample, but it holds none"):
        model.fit(pd.DataFrame({"a": [1.0], "b": [2.0]}).iloc[:0], [])


def test_what_is_no_frame():
    with pytest.raises(TypeError, match="x must hold real numbers, but its dtype is object"):
        to_array(pd.Timestamp("2020-01-01"), "x")


class Survey(pd.DataFrame):
    """A frame of a class from elsewhere."""


def test_a_class_that_derives_from_a_frame():
    with pytest.raises(TypeError, match="the column 'city' of x holds strings"):
        to_array(Survey({"city": ["Bern"]}), "x")
