"""Tables: what both readers of CSV make of a file, and Parquet."""

import gzip
import sys

import numpy as np
import pytest

from fastnn.cli import main
from fastnn.cli.tables import read_table


@pytest.fixture(params=["pandas", "python"])
def reader(request, monkeypatch):
    """Either reader: without pandas, as where it is not installed."""
    if request.param == "python":
        monkeypatch.setitem(sys.modules, "pandas", None)
    else:
        pytest.importorskip("pandas")
    return request.param


@pytest.mark.usefixtures("reader")
class TestBothReaders:
    def test_numbers_texts_truth_and_gaps(self, tmp_path):
        path = tmp_path / "d.csv"
        path.write_text("n,t,b,gap\n1, x ,TRUE,\n2.5,NA,false,4\n", encoding="utf-8-sig")
        table = read_table(str(path))
        assert table.columns["n"].tolist() == [1, 2.5]
        assert table.columns["t"].tolist() == ["x", None]
        assert table.columns["b"].tolist() == ["True", "False"]
        assert np.isnan(table.columns["gap"]).tolist() == [True, False]

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_the_delimiter_is_the_headers(self, tmp_path, delimiter):
        path = tmp_path / "d.tsv"
        path.write_text("a,b\n1,2\n".replace(",", delimiter))
        assert {name: column.tolist() for name, column in read_table(str(path)).columns.items()} == {"a": [1], "b": [2]}

    def test_compressed(self, tmp_path):
        path = tmp_path / "d.csv.gz"
        path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
        assert list(read_table(str(path)).columns) == ["a", "b"]
        path.write_bytes(gzip.compress(b"a,b\n1,2\n" * 100)[:-20])
        with pytest.raises(ValueError, match="not a CSV file"):
            read_table(str(path))

    def test_columns_asked_for_as_texts_keep_their_zeros(self, tmp_path):
        path = tmp_path / "d.csv"
        path.write_text("code,n\n007,1\n012,2\n")
        assert read_table(str(path), ["code"]).columns["code"].tolist() == ["007", "012"]
        assert read_table(str(path)).columns["code"].tolist() == [7, 12]

    def test_lines_are_those_of_the_file(self, tmp_path):
        path = tmp_path / "d.csv"
        path.write_text('\na,b\n1,"two\nlines"\n\n2,x\n3,y\n')
        table = read_table(str(path))
        assert [table.place(index) for index in range(3)] == ["line 3", "line 6", "line 7"]

    def test_names_in_any_alphabet(self, tmp_path):
        path = tmp_path / "d.csv"
        path.write_text("größe,市\n1,北京\n", encoding="utf-8")
        assert read_table(str(path)).columns["市"].tolist() == ["北京"]


def test_parquet_is_read_as_csv_is(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "n": pyarrow.array([1, None], pyarrow.int32()),
        "f": pyarrow.array([0.5, float("nan")]),
        "t": ["x", None],
        "c": pyarrow.array(["u", "v"]).dictionary_encode(),
        "b": [True, False],
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "d.parquet")
    table = read_table(str(tmp_path / "d.parquet"))
    assert np.isnan(table.columns["n"]).tolist() == np.isnan(table.columns["f"]).tolist() == [False, True]
    assert table.columns["t"].tolist() == ["x", None]
    assert table.columns["c"].tolist() == ["u", "v"]
    assert table.columns["b"].tolist() == ["True", "False"]
    assert table.place(1) == "row 2"
    assert read_table(str(tmp_path / "d.parquet"), ["n"]).columns["n"].tolist() == ["1", None]


def test_parquet_from_training_to_answers(tmp_path, capsys, flowers):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.read_csv(flowers())
    frame.to_parquet(tmp_path / "d.parquet")
    model = str(tmp_path / "m.safetensors")
    assert main(["train", str(tmp_path / "d.parquet"), "--out", model, "--quiet"]) == 0
    capsys.readouterr()
    # A model does not mind which kind of file its rows come from.
    answers = []
    for name in ("d.parquet", "flowers.csv"):
        assert main(["predict", model, str(tmp_path / name)]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]
    frame["day"] = pandas.Timestamp("2024-02-29")
    frame[["day", "species"]].to_parquet(tmp_path / "dates.parquet")
    assert main(["train", str(tmp_path / "dates.parquet"), "--out", model]) == 1
    assert "'day' of" in (told := capsys.readouterr().err)
    assert "holds dates or times" in told


def test_damaged_parquet_and_missing_pyarrow(tmp_path, capsys, monkeypatch):
    pytest.importorskip("pyarrow")
    (tmp_path / "d.parquet").write_bytes(b"PAR1 nothing else")
    arguments = ["train", str(tmp_path / "d.parquet"), "--out", str(tmp_path / "m.safetensors")]
    assert main(arguments) == 1
    assert "cannot be read as a Parquet file" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(arguments) == 1
    assert "pip install fastnn-ext[tables]" in capsys.readouterr().err
