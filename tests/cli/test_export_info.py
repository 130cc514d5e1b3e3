"""``fastnn export`` and ``fastnn info``: a model for others to run, and what it is."""

import json

import numpy as np
import pytest

import fastnn
from fastnn.cli import main


@pytest.fixture
def player_model(tmp_path, capsys, players):
    path = tmp_path / "players.safetensors"
    assert main(["train", str(players()), "--quiet", "--epochs", "20", "--out", str(path)]) == 0
    capsys.readouterr()
    return path


def test_the_onnx_file_takes_and_gives_the_numbers_of_the_table(tmp_path, capsys, player_model):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    assert main(["export", str(player_model), "--to", "onnx"]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(tmp_path / "players.onnx")
    order = "years, hits, league=A, league=N, position=1B, position=C, position=OF"
    assert f"inputs, in this order: {order}\noutput: salary\n" in told.err
    (tmp_path / "new.csv").write_text("years,hits,league,position\n5,100,A,OF\n")
    assert main(["predict", str(player_model), str(tmp_path / "new.csv")]) == 0
    value = float(capsys.readouterr().out.split()[1])
    session = runtime.InferenceSession(str(tmp_path / "players.onnx"))
    [[[other]]] = session.run(None, {"input": np.array([[5, 100, 1, 0, 0, 0, 1]], np.float32)})
    # Sums of float32 in another order.
    assert other == pytest.approx(value, rel=1e-4)


def test_c_and_npz(tmp_path, capsys, player_model):
    assert main(["export", str(player_model), "--to", "c", "--name", "salary", "--out", str(tmp_path / "s.c")]) == 0
    assert "void salary_predict(" in (tmp_path / "s.c").read_text()
    assert main(["export", str(player_model), "--to", "c"]) == 0
    assert "void players_predict(" in (tmp_path / "players.c").read_text()
    assert main(["export", str(player_model), "--to", "npz"]) == 0
    with np.load(tmp_path / "players.npz") as file:
        assert file["dense.kernel"].shape == (7, 64)
    capsys.readouterr()
    for arguments, message in (
        (["--to", "c", "--out", str(tmp_path / "s.onnx")], "--out must end in .c"),
        (["--to", "npz", "--name", "salary"], "--name is that of functions in C"),
        (["--to", "c", "--name", "2"], "C identifier"),
        (["--to", "npz", "--out", str(tmp_path / "none" / "s.npz")], "there is no folder"),
    ):
        assert main(["export", str(player_model), *arguments]) == 1
        assert message in capsys.readouterr().err


def test_info_of_a_model(capsys, player_model):
    assert main(["info", str(player_model)]) == 0
    printed = capsys.readouterr().out
    for line in (
        "optimizer Adam(learning_rate=0.001",
        "epochs 20\n",
        "last_epoch, of the standardised target loss ",
        "target salary\n",
        "categories of league A, N\n",
    ):
        assert line in printed
    assert "standardise (BatchNormalization)" in printed
    assert main(["info", str(player_model), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["input_shape"] == [7]
    assert content["epochs"] == 20
    assert set(content["last_epoch"]) == {"loss", "val_loss"}
    assert content["metadata"]["table"]["target"] == "salary"


def test_info_of_a_model_that_was_never_trained(tmp_path, capsys):
    model = fastnn.Sequential([fastnn.Input((3,)), fastnn.Dense(1)], seed=0)
    model.metadata["author"] = "me"
    model.save(tmp_path / "m.safetensors")
    assert main(["info", str(tmp_path / "m.safetensors")]) == 0
    printed = capsys.readouterr().out
    assert "author me\n" in printed
    assert "epochs" not in printed


def test_info_of_a_network_of_the_notebook(tmp_path, capsys):
    network = [fastnn.FCLayer(3, 2, rng=np.random.default_rng(0)), fastnn.SoftmaxLayer(2)]
    fastnn.save_network(tmp_path / "net.npz", network, {"classes": ["a", "b"]})
    assert main(["info", str(tmp_path / "net.npz")]) == 0
    printed = capsys.readouterr().out
    assert "FCLayer" in printed
    assert "classes a, b\n" in printed
    assert main(["info", str(tmp_path / "net.npz"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 8


def test_info_of_the_installation(capsys):
    assert main(["info"]) == 0
    assert "compiler" in capsys.readouterr().out
    assert main(["info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fastnn"] == fastnn.__version__
