"""The command line as a user meets it: real files, real processes, exit codes."""

import csv
import re
import subprocess
import sys

import numpy as np
import pytest

import fastnn
from fastnn.cli import main
from fastnn.notebook.files import load_metadata


def flowers(path, rows=120):
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, rows)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["length", "width", "constant", "species"])
        for kind in kinds:
            writer.writerow([kind * 2 + rng.normal(0, 0.3), -kind + rng.normal(0, 0.3), 7, "abc"[kind]])
    return path


def run(*arguments, cwd):
    command = [sys.executable, "-m", "fastnn", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def test_demo_in_a_process_of_its_own(tmp_path):
    result = run("demo", "--epochs", 2, "--output", tmp_path / "out", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    for word in ("test accuracy", "test MSE", "0.8592", "0.0214", "times as fast", "µs a sample"):
        assert word in result.stdout
    assert "2/2" in result.stderr
    from matplotlib import image

    for name in ("error-curve", "right", "wrong", "weights", "confusion"):
        assert image.imread(tmp_path / "out" / f"{name}.png").std() > 0.02, name


def test_demo_agrees_with_plain_numpy(tmp_path, capsys):
    assert main(["demo", "--epochs", "3", "--no-plots"]) == 0
    printed = capsys.readouterr().out
    difference = float(printed.split("error curves differ by ")[1].split()[0])
    # 3,000 float32 steps beside float64 ones.
    assert difference < 1e-4
    assert not list(tmp_path.iterdir())


def test_classification_from_csv(tmp_path, capsys):
    data, model = flowers(tmp_path / "flowers.csv"), tmp_path / "model.npz"
    assert main(["train", str(data), "--target", "species", "--out", str(model)]) == 0
    printed = capsys.readouterr().out
    assert "task: classification" in printed
    assert "validation: accuracy 1.0" in printed  # the classes lie six standard deviations apart
    assert load_metadata(model)["classes"] == ["a", "b", "c"]
    answers = tmp_path / "answers.csv"
    assert main(["predict", str(model), str(data), "--output", str(answers)]) == 0
    with open(data) as true, open(answers) as predicted:
        pairs = list(zip(csv.DictReader(true), csv.DictReader(predicted), strict=True))
    assert np.mean([t["species"] == p["class"] for t, p in pairs]) > 0.97
    assert main(["info", str(model)]) == 0
    printed = capsys.readouterr().out
    assert "FCLayer" in printed
    assert "species" not in printed
    assert "classes: a, b, c" in printed


def test_regression_prints_values_in_the_units_of_the_target(tmp_path, capsys):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2))
    np.savetxt(tmp_path / "d.csv", np.c_[x, 1000 + 50 * x[:, 0]], delimiter=",", header="a,b,price", comments="")
    model = tmp_path / "m.npz"
    assert main(["train", str(tmp_path / "d.csv"), "--out", str(model), "--epochs", "60"]) == 0
    assert "task: regression" in capsys.readouterr().out
    assert main(["predict", str(model), str(tmp_path / "d.csv")]) == 0
    values = np.array([float(v) for v in capsys.readouterr().out.split()[1:]])
    assert np.abs(values - 1000 - 50 * x[:, 0]).mean() < 5  # a tenth of the target's spread


def test_images_from_npz(tmp_path, capsys):
    (x, y), _ = fastnn.datasets.load_mnist_sample()
    np.savez(tmp_path / "d.npz", x=x[:300], y=y[:300])
    model = str(tmp_path / "m.npz")
    assert main(["train", str(tmp_path / "d.npz"), "--out", model, "--epochs", "10"]) == 0
    assert main(["predict", model, str(tmp_path / "d.npz")]) == 0
    answers = [line.split(",")[0] for line in capsys.readouterr().out.splitlines() if line[:1].isdigit()]
    assert np.mean(np.array(answers, dtype=int) == y[:300]) > 0.9


def test_version_and_help(capsys):
    for arguments in (["--version"], ["--help"], ["demo", "--help"], ["train", "--help"], ["predict", "--help"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 0
        assert "fastnn" in capsys.readouterr().out
    assert main(["info"]) == 0
    assert "compiler" in capsys.readouterr().out


def test_wrong_usage_is_two(capsys):
    for arguments in ([], ["nothing"], ["info", "--nothing"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2
    capsys.readouterr()


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", [], "is empty"),
        ("a,b\n", [], "no rows"),
        ("a,a\n1,2\n", [], "two columns called 'a'"),
        ("a,b\n1,2\n3\n", [], "line 3"),
        ("a,b\n1,2\nx,3\n", [], "column 'a' of .* line 3 is 'x'"),
        ("a,b\n1,2\n,3\n", [], "line 3 is empty"),
        ("a,b\nnan,2\n1,3\n", [], "line 2 is 'nan'"),
        ("a,b\n1,2\n2,\n", [], "target 'b' is empty in line 3"),
        ("a,b\n1,2\n2,3\n", ["--target", "c"], "no column 'c'"),
        ("a\n1\n2\n", [], "no column beside the target"),
        ("a,b\n1,yes\n2,yes\n", [], "one class 'yes'"),
        ("a,b\n1,2\n2,3\n", ["--hidden", "ten"], "--hidden"),
        ("a,b\n1,2\n2,3\n", ["--validation-split", "1"], "--validation-split"),
        ("a,b\n1,2\n2,3\n", ["--epochs", "-1"], "epochs"),
        ("\x00\xff", [], "header but no rows|not a CSV"),
    ],
)
def test_bad_tables_get_a_sentence(tmp_path, capsys, content, options, message):
    (tmp_path / "d.csv").write_text(content, encoding="latin-1")
    out = tmp_path / "m.npz"
    assert main(["train", str(tmp_path / "d.csv"), "--out", str(out), *options]) == 1
    error = capsys.readouterr().err
    assert "Traceback" not in error

    assert re.search(f"^fastnn: .*({message})", error, re.MULTILINE), error
    assert not out.exists()


def test_bad_models_and_mismatched_columns(tmp_path, capsys):
    data, model = flowers(tmp_path / "f.csv"), tmp_path / "m.npz"
    assert main(["train", str(data), "--out", str(model), "--epochs", "1"]) == 0
    (tmp_path / "other.csv").write_text("length,height\n1,2\n")
    (tmp_path / "bad.npz").write_bytes(model.read_bytes()[:500])
    capsys.readouterr()
    for arguments, message in (
        (["predict", model, tmp_path / "other.csv"], "lacks the columns 'width', 'constant'"),
        (["predict", tmp_path / "bad.npz", data], "not a network saved by fastnn"),
        (["predict", tmp_path / "none.npz", data], "there is no file"),
        (["predict", model, tmp_path / "none.csv"], "none.csv"),
        (["predict", model, tmp_path], "directory"),
        (["info", tmp_path], "not a network|directory"),
        (["train", tmp_path / "bad.npz"], "cannot be read"),
    ):
        assert main([str(a) for a in arguments]) == 1, arguments
        error = capsys.readouterr().err
        assert error.startswith("fastnn: ")
        assert error.count("\n") == 1
        assert any(part in error for part in message.split("|")), error
