"""``fastnn predict`` and ``fastnn evaluate``: answers for new rows, and how good they are."""

import csv
import json
import re

import numpy as np
import pytest

import fastnn
from fastnn.cli import main


@pytest.fixture
def flower_model(tmp_path, capsys, flowers):
    path = tmp_path / "flowers.safetensors"
    assert main(["train", str(flowers()), "--quiet", "--epochs", "60", "--out", str(path)]) == 0
    capsys.readouterr()
    return path


@pytest.fixture
def player_model(tmp_path, capsys, players):
    path = tmp_path / "players.safetensors"
    assert main(["train", str(players()), "--quiet", "--epochs", "20", "--out", str(path)]) == 0
    capsys.readouterr()
    return path


def test_classes_with_probabilities_in_a_file(tmp_path, capsys, flowers, flower_model):
    data, answers = flowers(), tmp_path / "answers.csv"
    assert main(["predict", str(flower_model), str(data), "--out", str(answers)]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "120 predictions are in" in told.err
    with open(data) as true, open(answers) as predicted:
        pairs = list(zip(csv.DictReader(true), csv.DictReader(predicted), strict=True))
    assert np.mean([t["species"] == p["class"] for t, p in pairs]) > 0.97
    assert all(1 / 3 < float(p["probability"]) <= 1 for _, p in pairs)


@pytest.mark.parametrize("read", ["with pandas", "without"])
def test_columns_of_a_model_of_ones_own_are_found_by_name(tmp_path, capsys, monkeypatch, read):
    pandas = pytest.importorskip("pandas")
    if read == "without":
        monkeypatch.setattr("fastnn.cli.csv_files.importlib.util.find_spec", lambda name: None)
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    model = fastnn.Sequential([fastnn.layers.Input((2,)), fastnn.layers.Dense(1)], seed=0)
    model.compile("adam", "mse")
    model.fit(pandas.DataFrame(x, columns=["a", "b"]), x[:, 0])
    model.save(tmp_path / "own.safetensors")
    answers = []
    for name, header, columns in (("a.csv", "a,b", (0, 1)), ("b.csv", "b,more,a", (1, 0, 0))):
        lines = [header, *(",".join(repr(float(row[column])) for column in columns) for row in x)]
        (tmp_path / name).write_text("\n".join(lines))
        assert main(["predict", str(tmp_path / "own.safetensors"), str(tmp_path / name)]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]
    assert [float(line) for line in answers[0].splitlines()[1:]] == pytest.approx(model.predict(x)[:, 0].tolist())
    (tmp_path / "c.csv").write_text("a,c\n1,2\n")
    assert main(["predict", str(tmp_path / "own.safetensors"), str(tmp_path / "c.csv")]) == 1
    assert "has no column 'b': it has 'a', 'c'" in capsys.readouterr().err


def test_columns_are_found_by_name(tmp_path, capsys, player_model):
    (tmp_path / "a.csv").write_text("years,hits,league,position\n5,100,A,OF\n")
    (tmp_path / "b.csv").write_text("position,note,hits,league,years\nOF,extra,100,A,5\n")
    answers = []
    for name in ("a.csv", "b.csv"):
        assert main(["predict", str(player_model), str(tmp_path / name)]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]
    assert len(answers[0].splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("years,league,position\n1,A,C\n", "has no column 'hits'"),
        ("years,league\n1,A\n", "has no columns 'hits', 'position'"),
        (
            "years,hits,league,position\n1,2,A,C\n1,2,B,C\n",
            "'league' of .* unknown category 'B' in line 3: .* 'A', 'N'",
        ),
        ("years,hits,league,position\n1,2,A,\n", "'position' of .* no value in line 2"),
        ("years,hits,league,position\n1,two,A,C\n", "'hits' of .* line 2 is 'two'"),
        ("years,hits,league,position\n", "no rows"),
    ],
)
def test_rows_that_do_not_fit_get_a_sentence(tmp_path, capsys, player_model, content, message):
    (tmp_path / "new.csv").write_text(content)
    before = sorted(path.name for path in tmp_path.iterdir())
    arguments = ["predict", str(player_model), str(tmp_path / "new.csv"), "--out", str(tmp_path / "answers.csv")]
    assert main(arguments) == 1
    told = capsys.readouterr()
    assert re.fullmatch(f"fastnn: error: .*{message}.*\n", told.err), told.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_numbers_as_classes_keep_their_names(tmp_path, capsys):
    rows = "".join(f"{i % 2 * 5 + i / 100},{i % 2 * 3 + 1}\n" for i in range(60))
    (tmp_path / "d.csv").write_text("a,kind\n" + rows)
    model = str(tmp_path / "m.safetensors")
    assert main(["train", str(tmp_path / "d.csv"), "--quiet", "--out", model]) == 0
    capsys.readouterr()
    assert main(["predict", model, str(tmp_path / "d.csv")]) == 0
    answers = [line.split(",")[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert answers == [str(i % 2 * 3 + 1) for i in range(60)]
    # One class alone, written in another way.
    (tmp_path / "ones.csv").write_text("a,kind\n0.1,1.0\n0.2,1.0\n")
    assert main(["evaluate", model, str(tmp_path / "ones.csv")]) == 0
    assert "accuracy 1\n" in capsys.readouterr().out


def test_categories_that_look_like_numbers_keep_their_zeros(tmp_path, capsys):
    rows = "".join(f"{('007', 'A12')[i % 2]},{('01', 'x')[i % 2]}\n" for i in range(60))
    (tmp_path / "d.csv").write_text("code,kind\n" + rows)
    model = str(tmp_path / "m.safetensors")
    assert main(["train", str(tmp_path / "d.csv"), "--quiet", "--task", "classification", "--out", model]) == 1
    assert "--categorical code" in capsys.readouterr().err
    options = ["--quiet", "--categorical", "code,kind", "--out", model]
    assert main(["train", str(tmp_path / "d.csv"), *options]) == 0
    capsys.readouterr()
    # Alone, both columns look like numbers.
    (tmp_path / "new.csv").write_text("code,kind\n007,01\n")
    assert main(["predict", model, str(tmp_path / "new.csv")]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("01,")
    assert main(["evaluate", model, str(tmp_path / "new.csv")]) == 0
    assert "accuracy 1\n" in capsys.readouterr().out


def test_evaluating_classes(tmp_path, capsys, flowers, flower_model):
    data = flowers()
    assert main(["evaluate", str(flower_model), str(data)]) == 0
    lines = capsys.readouterr().out.splitlines()
    values = dict(line.split() for line in lines[:3])
    assert values["rows"] == "120"
    assert float(values["accuracy"]) > 0.97
    assert lines[3] == ""
    assert lines[4].split() == ["class", "rows", "precision", "recall", "f1"]
    assert [line.split()[0] for line in lines[5:]] == ["iris", "lily", "rose"]
    assert main(["evaluate", str(flower_model), str(data), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert sum(score["rows"] for score in content["classes"].values()) == content["rows"] == 120


def test_evaluating_classes_that_are_not_there(tmp_path, capsys, flower_model):
    (tmp_path / "d.csv").write_text("length,width,constant,species\n0,0,7,iris\n0,0,7,iris\n")
    assert main(["evaluate", str(flower_model), str(tmp_path / "d.csv"), "--json"]) == 0
    classes = json.loads(capsys.readouterr().out)["classes"]
    # Nothing is of class rose, and nothing was taken for one.
    assert classes["rose"] == {"rows": 0, "precision": None, "recall": None, "f1": None}
    assert classes["iris"]["recall"] == 1
    (tmp_path / "d.csv").write_text("length,width,constant,species\n0,0,7,tulip\n")
    assert main(["evaluate", str(flower_model), str(tmp_path / "d.csv")]) == 1
    assert "unknown class 'tulip' in line 2" in capsys.readouterr().err


def test_evaluating_numbers_is_what_the_predictions_say(tmp_path, capsys, players, player_model):
    data = players("new.csv", rows=50, seed=1)
    assert main(["predict", str(player_model), str(data)]) == 0
    predicted = np.array(capsys.readouterr().out.split()[1:], dtype=float)
    with open(data) as file:
        true = np.array([float(row["salary"]) for row in csv.DictReader(file)])
    assert main(["evaluate", str(player_model), str(data), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    error = predicted - true
    # Predictions are printed with all digits of float32.
    assert values["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-6)
    assert values["mae"] == pytest.approx(np.mean(abs(error)), rel=1e-6)
    assert values["r2"] == pytest.approx(1 - np.sum(error**2) / np.sum((true - true.mean()) ** 2), rel=1e-6)
    # The loss is a float32 sum.
    assert values["loss"] == pytest.approx(values["rmse"] ** 2, rel=1e-5)


def test_rows_without_a_value_in_evaluation(tmp_path, capsys, player_model):
    (tmp_path / "d.csv").write_text("years,hits,league,position,salary\n1,2,A,C,3\n1,2,A,C,\n")
    arguments = ["evaluate", str(player_model), str(tmp_path / "d.csv")]
    assert main(arguments) == 1
    assert "'salary' of" in capsys.readouterr().err
    assert main([*arguments, "--drop-missing"]) == 0
    told = capsys.readouterr()
    assert "1 of 2 rows are left out" in told.err
    # One row has no variance to explain.
    assert told.out.splitlines()[0] == "rows 1"
    assert told.out.splitlines()[-1] == "r2 nan"


def test_models_made_in_python_take_arrays(tmp_path, capsys):
    x = np.random.default_rng(0).normal(size=(20, 3))
    np.savez(tmp_path / "d.npz", x=x, y=x.sum(axis=1))
    model = fastnn.Sequential([fastnn.Input((3,)), fastnn.Dense(1)], seed=0)
    model.save(tmp_path / "bare.safetensors")
    model.compile(loss="mse", metrics=["mae"])
    model.save(tmp_path / "m.safetensors")
    path, data = str(tmp_path / "m.safetensors"), str(tmp_path / "d.npz")
    assert main(["predict", path, data]) == 0
    header, *values = capsys.readouterr().out.splitlines()
    assert header == "output_0"
    assert np.array_equal(np.array(values, dtype=np.float32), model.predict(x)[:, 0])
    assert main(["evaluate", path, data]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["rows", "loss", "mae"]
    (tmp_path / "d.csv").write_text("a,b,c\n1,2,3\n")
    for arguments in (
        ["predict", path, str(tmp_path / "d.csv")],
        ["evaluate", path, str(tmp_path / "d.csv")],
        ["evaluate", str(tmp_path / "bare.safetensors"), data],
    ):
        assert main(arguments) == 1
        assert "was not made by fastnn train" in capsys.readouterr().err


def test_what_is_no_model_is_refused(tmp_path, capsys, flowers, flower_model):
    data = flowers()
    (tmp_path / "cut.safetensors").write_bytes(flower_model.read_bytes()[:500])
    fastnn.save_network(tmp_path / "net.npz", [fastnn.FCLayer(3, 1, rng=np.random.default_rng(0))])
    damaged = fastnn.Sequential([fastnn.Input((3,)), fastnn.Dense(1)], seed=0)
    damaged.metadata["table"] = {"task": "classification", "target": "y", "features": None, "classes": None}
    damaged.save(tmp_path / "damaged.safetensors")
    damaged.metadata["table"] = {"task": "classification", "target": None, "features": None, "classes": ["a", "b"]}
    damaged.save(tmp_path / "other.safetensors")
    feature = {"name": "a", "categories": None}
    damaged.metadata["table"] = {"task": "regression", "target": "y", "features": [feature], "classes": None}
    damaged.save(tmp_path / "narrow.safetensors")
    for name in ("predict", "evaluate"):
        for model, message in (
            (tmp_path / "cut.safetensors", "cannot be loaded"),
            (tmp_path / "none.safetensors", "No such file"),
            (tmp_path, "is a folder"),
            (data, "cannot be loaded"),
            (tmp_path / "net.npz", "fastnn.load_network"),
            (tmp_path / "none.npz", "No such file"),
            (tmp_path / "damaged.safetensors", "is damaged"),
            (tmp_path / "other.safetensors", "does not fit its network"),
            (tmp_path / "narrow.safetensors", "does not fit its network"),
        ):
            assert main([name, str(model), str(data)]) == 1, model
            error = capsys.readouterr().err
            assert error.startswith("fastnn: error: ")
            assert error.count("\n") == 1
            assert message in error, error
