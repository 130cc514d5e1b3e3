"""polars and pyarrow: frames, tables and single columns as arrays, and columns that are refused by name."""

import datetime
import decimal

import numpy as np
import pytest

from fastnn import Sequential
from fastnn.arrays.convert import to_array
from fastnn.layers import Dense

pl = pytest.importorskip("polars")


def polars_frame(columns):
    return pl.DataFrame(columns)


def arrow_table(columns):
    return pytest.importorskip("pyarrow").table(columns)


def arrow_batch(columns):
    arrow = pytest.importorskip("pyarrow")
    return arrow.RecordBatch.from_pydict({name: arrow.array(values) for name, values in columns.items()})


every_library = pytest.mark.parametrize("make", [polars_frame, arrow_table, arrow_batch])


def by_name(x):
    return {f"x{i}": np.ascontiguousarray(x[:, i]) for i in range(x.shape[1])}


@every_library
@pytest.mark.parametrize("source", [np.float32, np.float64, np.uint8, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_is_that_of_the_array(learned, numbers, make, source, dtype):
    x, y = numbers
    x = (x * 100).astype(source)
    assert learned(make(by_name(x)), y, dtype=dtype) == learned(x, y, dtype=dtype)


@every_library
def test_targets_and_weights(learned, numbers, make):
    x, y = numbers
    weights = np.arange(1.0, 41.0)
    frame = make({"weight": weights, "target": y[:, 0]})
    expected = learned(x, y, sample_weight=weights)
    assert learned(x, frame["target"], sample_weight=frame["weight"]) == expected
    assert learned(x, frame.select(["target"]), sample_weight=frame["weight"]) == expected


@every_library
def test_class_numbers(learned, numbers, make):
    x, _ = numbers
    classes = np.random.default_rng(1).integers(0, 3, size=len(x))
    options = {"loss": "sparse_categorical_crossentropy", "outputs": 3}
    assert learned(x, make({"species": classes})["species"], **options) == learned(x, classes, **options)


@every_library
@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (["f4", "f4"], np.float32),
        (["f4", "u1", "i2", "?"], np.float32),
        (["f4", "i4"], np.float64),
        (["f8", "?"], np.float64),
        (["u1", "u1"], np.uint8),
        (["?", "?"], np.bool_),
        (["i8", "i8"], np.float64),
        (["u8", "f4"], np.float64),
    ],
    ids=str,
)
def test_columns_become_one_array(make, dtypes, expected):
    values = np.array([0, 1, 1, 0])
    array = to_array(make({f"x{i}": values.astype(dtype) for i, dtype in enumerate(dtypes)}), "x")
    assert array.dtype == expected
    assert array.flags.c_contiguous
    assert np.array_equal(array, np.repeat(values[:, None], len(dtypes), axis=1))


@every_library
def test_a_column_is_read_where_it_lies(make):
    frame = make({"age": np.arange(4.0, dtype=np.float32)})
    column = frame["age"]
    assert np.shares_memory(to_array(column, "y"), to_array(column, "y"))
    assert np.shares_memory(to_array(frame, "y"), to_array(column, "y"))


def test_columns_in_pieces():
    pieces = pl.concat([pl.DataFrame({"a": [1.0, 2.0], "b": [True, False]})] * 2, rechunk=False)
    expected = [[1, 1], [2, 0], [1, 1], [2, 0]]
    assert to_array(pieces, "x").tolist() == expected
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table({"a": [1.0, 2.0], "b": [True, False]})
    assert to_array(arrow.concat_tables([table, table]), "x").tolist() == expected


def test_decimals_and_wide_integers_of_polars():
    frame = pl.DataFrame({"price": [decimal.Decimal("1.25")], "count": pl.Series([7], dtype=pl.Int128)})
    assert to_array(frame, "x").tolist() == [[1.25, 7]]


@every_library
@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["a", "b"], "holds strings: encode it as numbers first, for example with "),
        (["a", None], "holds strings: "),
        ([datetime.date(2020, 1, 1)] * 2, "holds dates: turn it into a number of days or seconds since"),
        ([datetime.datetime(2020, 1, 1)] * 2, "holds dates: turn it into"),
        ([datetime.timedelta(1)] * 2, "holds durations: turn it into"),
        ([None, None], "holds no values: fill or drop it"),
        ([[1], [2]], r"holds objects \([Ll]ist.*\): convert it to numbers"),
        ([1, None], "has a missing value in row 1: fill it or drop the row"),
        ([None, 2.5], "has a missing value in row 0: fill it"),
        ([True, None], "has a missing value in row 1: fill it"),
        ([2.5, float("nan")], "has a missing value in row 1: fill it"),
    ],
    ids=str,
)
def test_columns_are_refused_by_name(make, column, message):
    frame = make({"age": [31.0, 42.0], "city": column})
    model = Sequential([Dense(1)], seed=0)
    model.compile(loss="mse")
    with pytest.raises((TypeError, ValueError), match=f"^the column 'city' of x {message}"):
        model.fit(frame, [1, 2])
    with pytest.raises((TypeError, ValueError), match=r"^y h(as|olds) "):
        to_array(frame["city"], "y")


def test_categories():
    frame = pl.DataFrame({"city": ["Bern", "Rome"]}, schema={"city": pl.Categorical})
    with pytest.raises(TypeError, match=r"the column 'city' of x holds categories: .* with x\.to_dummies\(\)"):
        to_array(frame, "x")
    with pytest.raises(TypeError, match="the column 'city' of x holds categories"):
        to_array(frame.cast(pl.Enum(["Bern", "Rome"])), "x")
    arrow = pytest.importorskip("pyarrow")
    with pytest.raises(TypeError, match="the column 'city' of x holds categories"):
        to_array(arrow.table({"city": arrow.array(["Bern", "Rome"]).dictionary_encode()}), "x")


@every_library
def test_missing_values_are_counted(make):
    column = [1.0] * 17 + [None, None, 2.0, None]
    with pytest.raises(ValueError, match="the column 'x1' of x has 3 missing values, the first in row 17: fill or dro"):
        to_array(make({"x0": [1] * 21, "x1": column}), "x")


@every_library
def test_empty_frames(make):
    with pytest.raises(ValueError, match="x must have a column for each input, but it has none"):
        to_array(make({}), "x")
    assert to_array(make({"a": [1.0], "b": [True]})[:0], "x").shape == (0, 2)


def test_a_table_with_one_name_twice():
    arrow = pytest.importorskip("pyarrow")
    table = arrow.Table.from_arrays([arrow.array([1.0]), arrow.array([2.0])], names=["a", "a"])
    assert to_array(table, "x").tolist() == [[1, 2]]


def test_a_lazy_frame_is_told_to_collect():
    with pytest.raises(TypeError, match=r"x must be a DataFrame or a Series, but it is a LazyFrame: collect\(\) it"):
        to_array(pl.DataFrame({"a": [1.0]}).lazy(), "x")
