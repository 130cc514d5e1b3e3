"""What from_files opens, and what it refuses before a row is read."""

import os
import sys

import numpy as np
import pytest
from row_files import table_of, write_table

from fastnn.data import FileData, from_files

X = np.arange(24, dtype="float32").reshape(6, 4)
Y = np.arange(6)


@pytest.fixture
def folder(tmp_path):
    """x.npy and y.npy, and what looks like them and is not."""
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    np.save(tmp_path / "short.npy", Y[:4])
    np.save(tmp_path / "wide.npy", np.zeros((6, 5), "float32"))
    np.save(tmp_path / "double.npy", X.astype(float))
    np.save(tmp_path / "line.npy", X[:, 0])
    np.save(tmp_path / "number.npy", np.float32(3))
    np.save(tmp_path / "texts.npy", np.array(["a", "b"]))
    np.save(tmp_path / "complex.npy", X.astype(complex))
    np.save(tmp_path / "fortran.npy", np.asfortranarray(X))
    np.save(tmp_path / "none.npy", X[:0])
    np.save(tmp_path / "objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:-4])
    (tmp_path / "noise.npy").write_bytes(b"no array")
    (tmp_path / "noise.parquet").write_bytes(b"no table")
    (tmp_path / "noise.arrow").write_bytes(b"no table")
    (tmp_path / "x.csv").write_text("1,2\n")
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        ("missing.npy", None, FileNotFoundError, "missing.npy"),
        ("x.csv", None, ValueError, r"x must be files whose names end with .npy, .parquet, .* but one is '.*x.csv'"),
        ("empty", None, ValueError, "the folder '.*empty' has no files"),
        ([], None, ValueError, "the list is empty"),
        (3, None, TypeError, "x must be the path of a file or folder, or a list of paths, but it is a int"),
        (["x.npy", 3], None, TypeError, "the path of a file must be a str"),
        (["x.npy", "empty"], None, IsADirectoryError, "empty"),
        (
            ["x.npy", "noise.parquet"],
            None,
            ValueError,
            "files of one kind, but among them are '.*x.npy' and '.*parquet'",
        ),
        (
            ["x.npy", "wide.npy"],
            None,
            ValueError,
            r"the files of x must be alike, but '.*wide.npy' has rows of shape \(5,\)",
        ),
        (
            ["x.npy", "double.npy"],
            None,
            ValueError,
            r"'.*double.npy' has rows of shape \(4,\) and float64, and '.*x.npy' of",
        ),
        ("line.npy", None, ValueError, r"x must have shape \(samples, ...\), but '.*line.npy' has one axis"),
        ("number.npy", None, ValueError, "number.npy' cannot be read .*: it is a single number"),
        ("texts.npy", None, ValueError, "texts.npy' cannot be read .*: it holds <U1, but x must be real numbers"),
        ("complex.npy", None, ValueError, "complex.npy' cannot be read .*: it holds complex128"),
        ("objects.npy", None, ValueError, "objects.npy' cannot be read .* never a pickle"),
        ("fortran.npy", None, ValueError, "fortran.npy' cannot be read .*: its numbers lie column by column"),
        ("cut.npy", None, ValueError, "cut.npy' cannot be read .* has not the bytes that its shape and dtype take"),
        ("noise.npy", None, ValueError, "noise.npy' cannot be read as a NumPy file"),
        ("none.npy", None, ValueError, "x must hold at least one row, but '.*none.npy' holds none"),
        (["none.npy", "none.npy"], None, ValueError, "holds none and no other does"),
        ("x.npy", "short.npy", ValueError, "y must have as many rows as x, 6, but its files have 4"),
        ("x.npy", "missing.npy", FileNotFoundError, "missing.npy"),
        ("x.npy", "noise.parquet", ValueError, "y must be .npy files, as x is"),
    ],
)
def test_files_that_are_no_rows_are_refused(folder, x, y, error, message):
    def placed(given):
        if isinstance(given, list):
            return [placed(one) for one in given]
        return folder / given if isinstance(given, str) else given

    with pytest.raises(error, match=message):
        from_files(placed(x), placed(y))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"target": "y"}, ValueError, "target is for tables, but '.*x.npy' holds one array: pass its targets as y"),
        ({"columns": ["y"]}, ValueError, "columns is for tables"),
        ({"memory": 0}, ValueError, "memory must be at least 1"),
        ({"memory": 1e6}, TypeError, "memory must be an integer"),
        ({"block_size": 0}, ValueError, "block_size must be at least 1"),
        ({"block_size": True}, TypeError, "block_size must be an integer"),
    ],
)
def test_arguments_of_other_files_are_refused(folder, options, error, message):
    with pytest.raises(error, match=message):
        from_files(folder / "x.npy", folder / "y.npy", **options)


def test_weights_of_several_numbers_are_refused(folder):
    with pytest.raises(ValueError, match=r"sample_weight must have one number for each sample, but '.*x.npy' has rows"):
        from_files(folder / "x.npy", sample_weight=folder / "x.npy")


def test_pipes_are_refused_and_not_waited_for(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes here")
    os.mkfifo(tmp_path / "x.npy")
    for x in (tmp_path / "x.npy", tmp_path):
        with pytest.raises(OSError, match="is a device or a pipe"):
            from_files(x)


def test_shards_come_in_natural_order_and_hidden_files_are_none(tmp_path):
    for number in (10, 2, 1):
        np.save(tmp_path / f"part{number}.npy", np.full((2, 1), number, "float32"))
    (tmp_path / "_SUCCESS").write_bytes(b"")
    (tmp_path / ".part1.npy.crc").write_bytes(b"-")
    data = from_files(tmp_path)
    assert [os.path.basename(data.files.place(row, "x")[0]) for row in (0, 2, 4)] == [
        "part1.npy",
        "part2.npy",
        "part10.npy",
    ]
    assert data.files.place(3, "x")[1] == 1
    listed = from_files([tmp_path / "part10.npy", str(tmp_path / "part1.npy")])
    assert os.path.basename(listed.files.place(0, "x")[0]) == "part10.npy"


def test_targets_may_lie_in_other_shards_than_inputs(tmp_path):
    for number, rows in enumerate((2, 4)):
        np.save(tmp_path / f"x{number}.npy", X[:rows])
    np.save(tmp_path / "y.npy", Y)
    data = from_files([tmp_path / "x0.npy", tmp_path / "x1.npy"], tmp_path / "y.npy")
    assert data.files.place(3, "x") == (str(tmp_path / "x1.npy"), 1)
    assert data.files.place(3, "y") == (str(tmp_path / "y.npy"), 3)


TABLES = pytest.mark.parametrize("suffix", ["parquet", "arrow", "feather"])


@TABLES
def test_columns_are_chosen_by_name(suffix, tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / f"one.{suffix}"
    write_table(table_of(X, Y, np.ones(6)), path, 4)
    data = from_files(path, target="y", sample_weight="w")
    assert data.names == ("x0", "x1", "x2", "x3")
    assert [form.shape for form in data.forms] == [(4,), (), ()]
    assert [str(form.dtype) for form in data.forms] == ["float32", "int64", "float64"]
    data = from_files(path, target=["y", "w"], columns=["x3", "x1"])
    assert data.names == ("x3", "x1")
    assert data.forms.y.shape == (2,)
    assert from_files(path, columns=["x0"]).forms.x.shape == (1,)
    assert from_files(path).forms == (((6,), np.dtype("float64")), None, None)
    assert (
        repr(data)
        == f"FileData(6 rows of shape (2,) and float32 in 1 .{'parquet' if suffix == 'parquet' else 'arrow'} file)"
    )


@TABLES
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"y": "y.npy"}, ValueError, "y is for .npy files: name the column of '.*' that holds the targets"),
        ({"target": "z"}, ValueError, "has no column 'z': it has 'x0', 'x1', 'x2', 'x3', 'y', 'w'"),
        ({"target": 3}, TypeError, "target must be the name of a column, or a list of names, but it is 3"),
        ({"target": []}, ValueError, "target must name a column, but it is an empty list"),
        ({"target": ["y", "y"]}, ValueError, "target must name each column once"),
        ({"columns": "x0"}, TypeError, r"columns must be a list of names, but it is 'x0': pass \['x0'\]"),
        ({"columns": ["x0", "z"]}, ValueError, "has no column 'z'"),
        ({"columns": []}, ValueError, "columns must name a column"),
        ({"sample_weight": ["w"]}, TypeError, "sample_weight of a table must be the name of a column"),
        ({"sample_weight": "z"}, ValueError, "has no column 'z'"),
        ({"target": ["x0", "x1", "x2", "x3", "y", "w"]}, ValueError, "has no column for the inputs"),
    ],
)
def test_names_that_do_not_fit_a_table_are_refused(suffix, options, error, message, tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / f"one.{suffix}"
    write_table(table_of(X, Y, np.ones(6)), path, 4)
    with pytest.raises(error, match=message):
        from_files(path, **options)


@TABLES
def test_columns_of_other_things_than_numbers_are_refused(suffix, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    path = tmp_path / f"one.{suffix}"
    for values, words in (
        (pyarrow.array(["a", "b"]), "holds strings: encode it as numbers first"),
        (pyarrow.array(["a", "b"]).dictionary_encode(), "holds categories"),
        (pyarrow.array([[1.0], [2.0, 3.0]]), "holds lists that may differ in length"),
        (pyarrow.array([1, 2], pyarrow.timestamp("s")), "holds dates"),
        (pyarrow.array([None, None]), "holds no values"),
    ):
        write_table(pyarrow.table({"a": [1.0, 2.0], "odd": values}), path, 4)
        with pytest.raises(TypeError, match=rf"the column 'odd' of '.*one.{suffix}' {words}"):
            from_files(path)
        assert from_files(path, columns=["a"]).count == 2
    lists = table_of(X, X, lists=True)
    write_table(lists, path, 4)
    with pytest.raises(ValueError, match="sample_weight must be a column of one number a row, but 'y' holds lists"):
        from_files(path, sample_weight="y")


@TABLES
def test_shards_of_other_columns_are_refused(suffix, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    first, second = (tmp_path / f"{name}.{suffix}" for name in ("first", "second"))
    table = pyarrow.table({"a": [1.0, 2.0], "b": [1, 2]})
    write_table(table, first, 4)
    for other, words in (
        (table.drop_columns(["b"]), r"'.*second.\w+' has no 'b'"),
        (
            table.append_column("c", [[1, 2]]),
            r"'.*second.\w+' has 'c', which '.*first.\w+' has not: name those to be read",
        ),
        (table.set_column(1, "b", [[1.0, 2.0]]), r"'b' is float64 in '.*second.\w+', and int64 in '.*first"),
        (table.append_column("b", [[1, 2]]), r"'.*second.* has no 'b', or two of it"),
    ):
        write_table(other, second, 4)
        with pytest.raises(ValueError, match=f"all files must have the same columns, but {words}"):
            from_files([first, second], target="b")
    write_table(table.append_column("c", [[1, 2]]), second, 4)
    assert from_files([first, second], target="b", columns=["a"]).count == 4
    write_table(table.append_column("a", [[1, 2]]), second, 4)
    with pytest.raises(ValueError, match="two columns called 'a': rename one"):
        from_files(second)


@TABLES
def test_damaged_tables_and_those_without_rows_are_refused(suffix, tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / f"one.{suffix}"
    for content in (b"", b"no table", bytes(5000)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"one.{suffix}' cannot be read as "):
            from_files(path)
    write_table(table_of(X, Y), path, 4)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=rf"one.{suffix}' cannot be read as "):
        from_files(path)
    write_table(table_of(X[:0], Y[:0]), path, 4)
    with pytest.raises(ValueError, match="x must hold at least one row"):
        from_files(path, target="y")
    with pytest.raises(FileNotFoundError):
        from_files(tmp_path / f"missing.{suffix}")


@TABLES
def test_without_pyarrow_the_message_says_how_to_get_it(suffix, tmp_path, monkeypatch):
    path = tmp_path / f"one.{suffix}"
    path.write_bytes(b"whatever")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"needs pyarrow to be read: pip install fastnn-ext\[tables\]"):
        from_files(path)


def test_data_cannot_be_changed(folder):
    data = from_files(folder / "x.npy", folder / "y.npy")
    assert isinstance(data, FileData)
    with pytest.raises(AttributeError):
        data.memory = 3
