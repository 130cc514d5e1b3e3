"""The command as a user meets it: real processes, help, exit codes, the demo."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import fastnn
from fastnn.cli import main
from fastnn.models.saving.loading import load_model


def command(*arguments):
    return [sys.executable, "-m", "fastnn", *map(str, arguments)]


def run(*arguments, cwd):
    return subprocess.run(command(*arguments), capture_output=True, text=True, cwd=cwd)


def test_train_predict_and_evaluate_in_processes_of_their_own(tmp_path, players):
    players()
    trained = run("train", "players.csv", "--target", "salary", "--epochs", 60, "--out", "m.safetensors", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert "column 'league' is one-hot encoded: 2 categories, 'A', 'N'" in trained.stderr
    # A line each so many epochs in a log.
    assert trained.stderr.count("epoch ") <= 10
    assert "epoch 60/60 loss " in trained.stderr
    results = dict(line.split(" ", 1) for line in trained.stdout.splitlines())
    assert results["task"] == "regression"
    assert float(results["validation_r2"]) > 0.9  # the noise leaves 0.99 to be found
    predicted = run("predict", "m.safetensors", "players.csv", cwd=tmp_path)
    assert predicted.returncode == 0, predicted.stderr
    assert predicted.stderr == ""
    header, *values = predicted.stdout.splitlines()
    assert header == "value"
    assert len(values) == 200
    evaluated = run("evaluate", "m.safetensors", "players.csv", cwd=tmp_path)
    assert evaluated.returncode == 0, evaluated.stderr
    assert [line.split()[0] for line in evaluated.stdout.splitlines()] == ["rows", "loss", "rmse", "mae", "r2"]


def test_a_wrong_row_in_a_process_of_its_own(tmp_path):
    (tmp_path / "d.csv").write_text("a,b\n1,2\n2,\n")
    result = run("train", "d.csv", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith("fastnn: error: column 'b' of 'd.csv' has no value in line 3")
    assert os.listdir(tmp_path) == ["d.csv"]


def test_ctrl_c_keeps_what_was_reached(tmp_path, players):
    players(rows=4000)
    # Some 15 ms an epoch, and 200 of them: the first line comes after 20.
    arguments = ("train", "players.csv", "--batch-size", 1, "--epochs", 200, "--patience", 0)
    process = subprocess.Popen(command(*arguments), cwd=tmp_path, text=True, stdout=-1, stderr=-1)
    with process:
        for line in process.stderr:
            if line.startswith("epoch "):
                break
        process.send_signal(signal.SIGINT)
        rest, printed = process.stderr.read(), process.stdout.read()
    assert process.returncode == 130
    assert printed == ""
    assert "fastnn: interrupted after " in rest
    assert "Traceback" not in rest
    assert sorted(os.listdir(tmp_path)) == ["model.safetensors", "players.csv"]
    assert 20 <= len(load_model(tmp_path / "model.safetensors").history.epoch) < 200


def test_a_closed_pipe_ends_quietly(tmp_path, flowers):
    model = tmp_path / "m.safetensors"
    # More answers than a pipe holds.
    data = flowers(rows=20_000)
    assert main(["train", str(data), "--epochs", "1", "--quiet", "--out", str(model)]) == 0
    with subprocess.Popen(command("predict", model, data), text=True, stdout=-1, stderr=-1) as process:
        assert process.stdout.readline() == "class,probability\n"
        process.stdout.close()
        told = process.stderr.read()
    assert process.returncode == 0
    assert told == ""


def test_demo_in_a_process_of_its_own(tmp_path):
    image = pytest.importorskip("matplotlib.image")
    result = run("demo", "--epochs", 2, "--output", tmp_path / "out", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    for word in ("test accuracy", "test MSE", "0.8592", "0.0214", "times as fast", "µs a sample"):
        assert word in result.stdout
    assert "2/2" in result.stderr
    for name in ("error-curve", "right", "wrong", "weights", "confusion"):
        assert image.imread(tmp_path / "out" / f"{name}.png").std() > 0.02, name


def test_demo_agrees_with_plain_numpy(tmp_path, capsys):
    assert main(["demo", "--epochs", "3", "--no-plots"]) == 0
    printed = capsys.readouterr().out
    difference = float(printed.split("error curves differ by ")[1].split()[0])
    # 3,000 float32 steps beside float64 ones.
    assert difference < 1e-4
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "train", "predict", "evaluate", "export", "info", "demo", "bench"])
def test_each_help_ends_with_examples_and_tells_exit_codes(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*name.split(), "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "exit codes:" in text
    last = text[text.index("examples:") :].splitlines()[1:]
    assert last
    assert all(line.startswith(f"  fastnn {name}") for line in last)


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"fastnn {fastnn.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["info", "--nothing"],
        ["export", "m.safetensors"],
        ["export", "m.safetensors", "--to", "pickle"],
        ["train", "d.csv", "--hidden", "ten"],
        ["train", "d.csv", "--hidden", "0"],
        ["train", "d.csv", "--validation-split", "1"],
        ["train", "d.csv", "--validation-split", "nan"],
        ["train", "d.csv", "--epochs", "-1"],
        ["train", "d.csv", "--batch-size", "0"],
        ["train", "d.csv", "--learning-rate", "0"],
        ["train", "d.csv", "--l2", "inf"],
        ["train", "d.csv", "--dropout", "1"],
        ["train", "d.csv", "--optimizer", "adma"],
    ],
)
def test_wrong_usage_is_two(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_threads_are_those_asked_for(tmp_path, flowers):
    from fastnn.threads import get_num_threads, set_num_threads

    before = get_num_threads()
    arguments = ["train", str(flowers()), "--epochs", "1", "--quiet", "--out", str(tmp_path / "m.safetensors")]
    try:
        assert main([*arguments, "--threads", "3"]) == 0
        assert get_num_threads() == 3
    finally:
        set_num_threads(before)


def test_the_same_seed_gives_the_same_model(tmp_path, players):
    data, weights = players(), []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        out = str(tmp_path / f"{name}.safetensors")
        assert main(["train", str(data), "--epochs", "2", "--quiet", "--seed", seed, "--out", out]) == 0
        weights.append(load_model(out).parameters)
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])
