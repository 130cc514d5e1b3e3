"""SciPy's sparse matrices: every format trains as the whole array does, and nothing is copied that need not be."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn import Sequential
from fastnn.arrays.convert import to_array
from fastnn.layers import Dense
from fastnn_ext.engine.compressed import CompressedRows

scipy = pytest.importorskip("scipy")
pytest.importorskip("scipy.sparse")

FORMATS = ("csr", "csc", "coo", "bsr", "lil", "dok", "dia")
DTYPES = (np.float32, np.float64, np.bool_, np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint32)
every_format = pytest.mark.parametrize("form", FORMATS)


def sparse(form, shape=(40, 6), density=0.3, dtype=np.float32, seed=0, matrix=False):
    rng = np.random.default_rng(seed)
    x = rng.integers(-3 if np.dtype(dtype).kind in "fi" else 0, 4, size=shape) * (rng.random(shape) < density)
    make = scipy.sparse.csr_matrix if matrix else scipy.sparse.csr_array
    return make(x.astype(dtype)).asformat(form)


def targets(x):
    return x.toarray().sum(axis=1).astype(np.float32)


def parts(x):
    """Copies of all that a sparse matrix consists of."""
    names = ("data", "indices", "indptr", "row", "col", "offsets", "rows")
    found = {name: np.array(getattr(x, name)).tolist() for name in names if hasattr(x, name)}
    return found | ({"items": dict(x.items())} if x.format == "dok" else {})


# The same bits.


@every_format
@pytest.mark.parametrize("matrix", [False, True], ids=["array", "matrix"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_is_that_of_the_whole_array(learned, form, matrix, dtype):
    x = sparse(form, matrix=matrix, dtype=dtype)
    before = parts(x)
    assert isinstance(to_array(x, "x"), CompressedRows)
    assert learned(x, targets(x), dtype=dtype) == learned(x.toarray(), targets(x), dtype=dtype)
    assert parts(x) == before


@st.composite
def matrices(draw):
    shape = draw(st.integers(0, 9)), draw(st.integers(1, 70))
    density = draw(st.sampled_from([0.0, 0.05, 0.4, 1.0]))
    dtype, seed = draw(st.sampled_from(DTYPES)), draw(st.integers(0, 99))
    x = sparse(draw(st.sampled_from(FORMATS)), shape, density, dtype, seed, draw(st.booleans()))
    if x.format in ("csr", "csc", "bsr") and draw(st.booleans()):
        x = x.tocsr()[::-1, ::-1].asformat(x.format)
    return x


@given(matrices(), st.sampled_from([np.float32, np.float64]), st.sampled_from([3, 150]))
@settings(derandomize=True, max_examples=60, deadline=None, database=None)
def test_predictions_are_those_of_the_whole_array(x, dtype, units):
    model = Sequential([Dense(units, "tanh"), Dense(2)], seed=2, dtype=dtype)
    model.build(x.shape[1:])
    before = parts(x)
    assert model.predict(x).tobytes() == model.predict(x.toarray()).tobytes()
    assert parts(x) == before


@given(st.data())
@settings(derandomize=True, max_examples=40, deadline=None, database=None)
def test_entries_in_any_order_that_come_several_times(data):
    rows, columns = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 8))
    row = st.tuples(st.integers(0, columns - 1), st.integers(-3, 3))
    lists = data.draw(st.lists(st.lists(row, max_size=9), min_size=rows, max_size=rows))
    dtype = data.draw(st.sampled_from([np.float32, np.int8, np.bool_]))
    numbers, values = np.array([entry for row in lists for entry in row], int).reshape(-1, 2).T
    starts = np.cumsum([0, *map(len, lists)])
    indices = data.draw(st.sampled_from([np.int32, np.int64]))
    x = scipy.sparse.csr_array(
        (values.astype(dtype), numbers.astype(indices), starts.astype(indices)), shape=(rows, columns)
    )
    x.has_sorted_indices = x.has_canonical_format = data.draw(st.booleans())
    before = parts(x)
    result = to_array(x, "x")
    assert parts(x) == before
    assert np.array_equal(result.dense(), x.toarray())


def test_explicit_zeros(learned):
    x = sparse("csr")
    x.data[::3] = 0
    assert to_array(x, "x").values.size == x.nnz
    assert learned(x, targets(x)) == learned(x.toarray(), targets(x))


@every_format
def test_a_matrix_of_nothing(form):
    x = scipy.sparse.csr_array((3, 4), dtype=np.float32).asformat(form)
    assert np.array_equal(to_array(x, "x").dense(), np.zeros((3, 4)))
    assert to_array(scipy.sparse.csr_array((0, 4)).asformat(form), "x").shape == (0, 4)


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia"])
def test_halves(form):
    x = sparse(form)
    expected = x.toarray()
    x.data = x.data.astype(np.float16)
    rows = to_array(x, "x")
    assert rows.values.dtype == np.float32
    assert np.array_equal(rows.dense(), expected)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (np.bool_, np.uint8),
        (np.uint8, np.uint8),
        (np.int8, np.float32),
        (np.int16, np.float32),
        (np.uint16, np.float32),
        (np.int32, np.float64),
        (np.int64, np.float64),
        (np.longdouble, np.float64),
    ],
)
def test_values_in_a_dtype_that_the_engine_reads(dtype, expected):
    x = sparse("csr", dtype=dtype)
    rows = to_array(x, "x")
    assert rows.values.dtype == expected
    assert np.array_equal(rows.dense(), x.toarray())


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia"])
def test_values_in_the_other_byte_order(form):
    x = sparse(form)
    expected = x.toarray()
    x.data = x.data.astype(">f4")
    assert np.array_equal(to_array(x, "x").dense(), expected)


# Copies.


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.bool_])
def test_a_matrix_in_order_is_read_where_it_lies(dtype):
    x = sparse("csr", dtype=dtype)
    x.indices.flags.writeable = False
    assert x.indices.dtype == np.int32
    rows = to_array(x, "x")
    assert np.shares_memory(rows.values, x.data)
    # Nobody can lead a kernel to a column that is not there.
    assert not np.shares_memory(rows.columns, x.indices)


def test_room_after_the_last_entry_is_not_read():
    x = sparse("csr")
    expected = x.toarray()
    x.data, x.indices = np.append(x.data, [np.nan, 1]).astype(np.float32), np.append(x.indices, [-1, 99]).astype("i4")
    rows = to_array(x, "x")
    assert np.array_equal(rows.dense(), expected)
    assert np.shares_memory(rows.values, x.data)


@pytest.mark.parametrize("dtype", [np.int64, np.uint32, np.uint16, ">i4", ">i8"])
@pytest.mark.parametrize("form", ["csr", "csc", "bsr"])
def test_indices_of_other_dtypes(form, dtype):
    x = sparse(form)
    x.indices, x.indptr = x.indices.astype(dtype), x.indptr.astype(dtype)
    assert np.array_equal(to_array(x, "x").dense(), sparse(form).toarray())
    if form == "csr":
        # Each row's columns turned round, with their values.
        order = np.concatenate([np.arange(start, end)[::-1] for start, end in itertools.pairwise(x.indptr.tolist())])
        x.indices, x.data = x.indices[order], x.data[order]
        assert np.array_equal(to_array(x, "x").dense(), sparse(form).toarray())


# What is refused.


def test_nan_names_its_sample():
    x = sparse("csr")
    x.data[x.indptr[17]] = np.nan
    model = Sequential([Dense(3), Dense(1)], seed=0)
    model.compile(loss="mse")
    y = np.zeros(x.shape[0])
    with pytest.raises(ValueError, match="x holds NaN or infinity in sample 17"):
        model.fit(x, y)
    with pytest.raises(ValueError, match="x holds NaN or infinity in sample 17"):
        model.evaluate(x, y)
    with pytest.raises(ValueError, match="x holds NaN or infinity in sample 17"):
        model.predict(x)


def test_targets_must_be_an_array():
    x = sparse("csr")
    model = Sequential([Dense(1)], seed=0)
    model.compile(loss="mse")
    with pytest.raises(TypeError, match=r"y must be an array, but it is a sparse matrix: pass y\.toarray\(\)"):
        model.fit(x, x[:, [0]])


def test_other_dimensions_and_dtypes():
    with pytest.raises(ValueError, match=r"x must have shape \(samples, features\), but its shape is \(3,\)"):
        to_array(scipy.sparse.coo_array(np.ones(3)), "x")
    with pytest.raises(ValueError, match="x must have a column for each input, but it has none"):
        to_array(scipy.sparse.csr_array((3, 0)), "x")
    with pytest.raises(TypeError, match="x must hold real numbers, but its dtype is complex128"):
        to_array(scipy.sparse.csr_array(np.eye(3) * 1j), "x")
    with pytest.raises(ValueError, match=r"the inputs is a csr_array .*: a compressed matrix must have from 1 to"):
        to_array(scipy.sparse.csr_array((1, 2**31)), "the inputs")


def changed(form, **attributes):
    """A matrix of shape (3, 4) whose parts were assigned one by one; a function makes a part from what was there."""
    x = scipy.sparse.csr_array(np.array([[0, 1.0, 0, 2], [3, 0, 0, 0], [0, 4, 5, 0]])).asformat(form)
    for name, value in attributes.items():
        setattr(x, name, value(getattr(x, name)) if callable(value) else np.asarray(value))
    return x


def stretched(array):
    return np.append(array, array)


INCONSISTENT = [
    ("csr", {"indices": [1, 4, 0, 1, 2]}, "indices must be from 0 to 3, but one is 4"),
    ("csr", {"indices": [1, -1, 0, 1, 2]}, "indices must be from 0 to 3, but one is -1"),
    ("csr", {"indices": np.array([1, 2**33, 0, 1, 2])}, f"indices must be from 0 to 3, but one is {2**33}"),
    ("csr", {"indices": [1, 3, 0]}, "indptr must rise from 0 to at most 3, for 3 indices and 5 values"),
    ("csr", {"indices": [1.0, 3, 0, 1, 2]}, "indices must hold integers, but its dtype is float64"),
    ("csr", {"indices": [[1, 3, 0, 1, 2]]}, r"indices must have one dimension, but its shape is \(1, 5\)"),
    ("csr", {"data": np.ones(3)}, "indptr must rise from 0 to at most 3, for 5 indices and 3 values"),
    ("csr", {"data": np.ones((5, 1))}, "data must have one dimension"),
    ("csr", {"indptr": [0, 2, 3]}, "indptr must hold 4 numbers, but it holds 3"),
    ("csr", {"indptr": [0, 2, 3, 4, 5]}, "indptr must hold 4 numbers, but it holds 5"),
    ("csr", {"indptr": []}, "indptr must hold integers"),
    ("csr", {"indptr": [0, 2, 3, 2**40]}, "indptr must rise from 0 to at most 5"),
    ("csr", {"indptr": [0, 2, 3, -1]}, "indptr must rise from 0 to at most 5"),
    ("csr", {"indptr": [0, 9, 3, 5]}, "indptr must rise from 0 to at most 5"),
    ("csr", {"indptr": [1, 2, 3, 5]}, "indptr must rise from 0 to at most 5"),
    ("csr", {"indptr": [0.0, 2, 3, 5]}, "indptr must hold integers, but its dtype is float64"),
    ("csr", {"data": lambda _: [[], {}]}, ""),
    ("csr", {"indptr": lambda _: None}, ""),
    ("csc", {"indices": [1, 0, 3, 2, 0]}, "indices must be from 0 to 2, but one is 3"),
    ("csc", {"indices": [1, 0, -9, 2, 0]}, "indices must be from 0 to 2, but one is -9"),
    ("csc", {"indptr": [0, 1, 3, 4, 2**30]}, "indptr must rise from 0 to at most 5"),
    ("csc", {"indptr": [0, 1, 3, 5]}, "indptr must hold 5 numbers, but it holds 4"),
    ("csc", {"data": np.ones(2)}, "indptr must rise from 0 to at most 2"),
    ("coo", {"row": [0, 0, 1, 2, 3]}, "axis 0 index 3 exceeds"),
    ("coo", {"col": [1, 3, 0, 1, -1]}, "negative axis 1 index"),
    ("coo", {"col": [1, 3, 0]}, "same length"),
    ("coo", {"coords": lambda coords: coords[:1]}, ""),
    ("coo", {"data": stretched}, "same length"),
    ("bsr", {"indices": lambda indices: indices + 1}, "exceeds"),
    ("bsr", {"indices": lambda indices: indices - 1}, "negative"),
    ("bsr", {"indptr": lambda starts: starts * 2}, ""),
    ("bsr", {"indptr": lambda starts: starts[::-1]}, ""),
    ("bsr", {"data": lambda data: data[:2]}, ""),
    ("dia", {"offsets": stretched}, "offsets must hold an integer for each row of data"),
    ("dia", {"offsets": [0]}, "offsets must hold an integer for each row of data"),
    ("dia", {"offsets": [0.0, 1, 2, 3]}, "offsets must hold an integer for each row of data"),
    ("dia", {"data": lambda data: data[0]}, "offsets must hold an integer for each row of data"),
    ("lil", {"rows": lambda rows: rows[:2]}, "rows and data must hold 3 lists each"),
    ("lil", {"data": lambda data: stretched(data)}, "rows and data must hold 3 lists each"),
]


@pytest.mark.parametrize(("form", "attributes", "message"), INCONSISTENT)
def test_inconsistent_matrices_are_refused_by_name(form, attributes, message):
    x = changed(form, **attributes)
    with pytest.raises(ValueError, match=f"^x is a {form}_array whose parts contradict one another: .*{message}"):
        to_array(x, "x")


def test_inconsistent_lists():
    for part, entry, message in (
        ("rows", [1, 3, 2], "row 0 has 3 columns, but 2 values"),
        ("data", [1.0], "row 0 has 2 columns, but 1 values"),
        ("rows", [1, 4], "indices must be from 0 to 3, but one is 4"),
        ("rows", [1, 2**40], "too large"),
        ("rows", ["a", "b"], ""),
        ("rows", None, "has no len"),
    ):
        x = changed("lil")
        getattr(x, part)[0] = entry
        with pytest.raises(ValueError, match=f"^x is a lil_array whose parts contradict one another: .*{message}"):
            to_array(x, "x")


def test_diagonals_outside_of_the_matrix_are_not_there():
    x = changed("dia", offsets=lambda offsets: np.array([2**40, -(2**40), 0, -9]))
    expected = np.zeros((3, 4))
    expected[range(3), range(3)] = x.data[2, :3]
    assert np.array_equal(to_array(x, "x").dense(), expected)


def test_a_model_of_another_number_of_inputs():
    model = Sequential([Dense(1)], seed=0)
    model.build((5,))
    with pytest.raises(ValueError, match="x must have 5 columns to fit the model, but it has 6"):
        model.predict(sparse("csr"))


def test_nan_in_a_sparse_matrix_is_what_a_fit_on_classes_reports():
    matrix = scipy.sparse.csr_array(np.array([[0.0, 1.0], [2.0, 0.0], [np.nan, 0.0]]))
    model = Sequential([Dense(3, "softmax")], seed=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="x holds NaN or infinity in sample 2"):
        model.fit(matrix, [0, 1, 2])
