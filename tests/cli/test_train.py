"""``fastnn train``: what it learns, what it saves, and what it refuses."""

import re
import sys

import numpy as np
import pytest

import fastnn
from fastnn.cli import main
from fastnn.models.saving.loading import load_model


def train(data, out, *options):
    return main(["train", str(data), "--out", str(out), *options])


def test_classification_is_told_from_texts(tmp_path, capsys, flowers):
    out = tmp_path / "m.safetensors"
    assert train(flowers(), out) == 0
    told = capsys.readouterr()
    assert "task: classification, by the look of the target" in told.err
    assert "target: 'species', the last column" in told.err
    assert "validation_accuracy 1\n" in told.out
    table = load_model(out).metadata["table"]
    assert table["classes"] == ["iris", "lily", "rose"]
    assert [feature["name"] for feature in table["features"]] == ["length", "width", "constant"]


def test_the_saved_model_takes_and_gives_the_numbers_of_the_table(tmp_path, players):
    out = tmp_path / "m.safetensors"
    assert train(players(), out, "--quiet", "--target", "salary") == 0
    model = load_model(out)
    # 10 years and 100 hits in league A at position C earn 630; the noise is 20.
    row = np.array([[10, 100, 1, 0, 0, 1, 0]])
    assert model.predict(row)[0, 0] == pytest.approx(630, abs=60)
    assert [layer.name for layer in model.layers] == ["standardise", "dense", "dense_1", "dense_2", "units"]


def test_the_first_layer_holds_mean_and_spread_of_the_training_rows(tmp_path):
    columns = {"a": np.arange(100), "b": np.arange(100) * 1000.0, "kind": ["x", "y"] * 50, "y": np.arange(100) / 7}
    data = tmp_path / "d.csv"
    data.write_text(
        "a,b,kind,y\n" + "".join(f"{a},{b},{k},{y}\n" for a, b, k, y in zip(*columns.values(), strict=True))
    )
    out = tmp_path / "m.safetensors"
    assert train(data, out, "--quiet", "--validation-split", "0", "--epochs", "1") == 0
    mean, variance = load_model(out).layers[0].get_weights()
    # Categories stay 0 or 1. float32 keeps seven digits.
    assert mean == pytest.approx([49.5, 49500, 0, 0], rel=1e-6)
    assert variance == pytest.approx([np.var(np.arange(100)), np.var(columns["b"]), 1, 1], rel=1e-6)


def test_rows_for_validation_are_drawn_at_random(tmp_path):
    data = tmp_path / "d.csv"
    data.write_text("a,y\n" + "".join(f"{i},{i / 7}\n" for i in range(100)))
    means = set()
    for seed in ("0", "1"):
        out = tmp_path / f"{seed}.safetensors"
        assert train(data, out, "--quiet", "--validation-split", "0.5", "--epochs", "1", "--seed", seed) == 0
        means.add(float(load_model(out).layers[0].get_weights()[0][0]))
    assert len(means) == 2
    # Half of the rows in their order have the mean 24.5 or 74.5; that of a random half is 49.5, give or take 2.9.
    assert all(35 < mean < 65 for mean in means)


def test_options_of_the_network_reach_it(tmp_path, players):
    out = tmp_path / "m.safetensors"
    options = ("--hidden", "5,4", "--activation", "tanh", "--dropout", "0.1", "--l2", "0.01", "--dtype", "float64")
    training = ("--optimizer", "rmsprop", "--learning-rate", "0.02", "--epochs", "3", "--batch-size", "50")
    assert train(players(), out, "--quiet", *options, *training) == 0
    model = load_model(out)
    assert model.dtype == np.float64
    assert [layer.units for layer in model.layers if isinstance(layer, fastnn.Dense)] == [5, 4, 1, 1]
    assert sum(isinstance(layer, fastnn.Dropout) for layer in model.layers) == 2
    assert model.get_layer("dense").activation.name == "tanh"
    assert model.get_layer("dense").kernel_regularizer.l2 == 0.01
    assert (type(model.optimizer).__name__, model.optimizer.learning_rate) == ("RMSprop", 0.02)
    assert model.history.epoch == [0, 1, 2]


def test_patience_ends_training_and_keeps_the_best_weights(tmp_path, capsys, players):
    out = tmp_path / "m.safetensors"
    assert train(players(), out, "--epochs", "2000", "--patience", "5", "--learning-rate", "0.01") == 0
    model = load_model(out)
    losses = model.history.history["val_loss"]
    assert len(losses) < 2000
    assert int(np.argmin(losses)) == len(losses) - 1 - 5
    # The validation loss of the best epoch, in the units of the target: that of the standardised target is 1 / variance
    # of it. Both are float32 sums of 40 rows.
    printed = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())
    scale = model.get_layer("units").arrays["kernel"][0, 0]
    assert float(printed["validation_loss"]) == pytest.approx(min(losses) * scale**2, rel=1e-3)


def test_quiet_prints_results_alone(tmp_path, capsys, flowers):
    assert train(flowers(), tmp_path / "m.safetensors", "--quiet", "--epochs", "2") == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.startswith("task classification\n")


def test_columns_may_be_left_out_or_taken_as_categories(tmp_path, capsys):
    lines = [f"player {i},{i % 3},{i / 10},{i}" for i in range(60)]
    (tmp_path / "d.csv").write_text("name,month,weight,salary\n" + "\n".join(lines))
    out = tmp_path / "m.safetensors"
    assert train(tmp_path / "d.csv", out, "--epochs", "1") == 1
    assert "'name' of" in capsys.readouterr().err
    assert train(tmp_path / "d.csv", out, "--epochs", "1", "--ignore", "name", "--categorical", "month") == 0
    features = load_model(out).metadata["table"]["features"]
    assert features == [{"name": "month", "categories": ["0", "1", "2"]}, {"name": "weight", "categories": None}]


def test_rows_without_a_value_are_left_out_where_told_so(tmp_path, capsys):
    (tmp_path / "d.csv").write_text("a,b\n" + "".join(f"{'' if i % 5 == 0 else i},{i}\n" for i in range(50)))
    out = tmp_path / "m.safetensors"
    assert train(tmp_path / "d.csv", out) == 1
    error = capsys.readouterr().err
    assert "column 'a' of" in error
    assert "in line 2 (and 9 more)" in error
    assert "--drop-missing" in error
    assert train(tmp_path / "d.csv", out, "--drop-missing", "--epochs", "1") == 0
    told = capsys.readouterr()
    assert "10 of 50 rows are left out" in told.err
    assert "training_rows 32\n" in told.out


def test_images_of_bytes_are_scaled_in_the_network(tmp_path, capsys):
    (x, y), _ = fastnn.datasets.load_mnist_sample()
    np.savez(tmp_path / "d.npz", x=x[:300], y=y[:300])
    np.save(tmp_path / "x.npy", x[:300])
    out = tmp_path / "m.safetensors"
    assert train(tmp_path / "d.npz", out, "--epochs", "10", "--quiet") == 0
    model = load_model(out)
    assert model.input_shape == (28, 28)
    assert isinstance(model.layers[0], fastnn.Rescaling)
    capsys.readouterr()
    assert main(["predict", str(out), str(tmp_path / "x.npy")]) == 0
    answers = [line.split(",")[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert np.mean(np.array(answers, dtype=int) == y[:300]) > 0.9


def test_numbers_far_from_zero_are_told_in_float32(tmp_path, capsys):
    rng = np.random.default_rng(0)
    rows = "".join(f"{1_700_000_000 + a:.3f},{a:.3f}\n" for a in rng.normal(size=50))
    (tmp_path / "d.csv").write_text("time,y\n" + rows)
    out = tmp_path / "m.safetensors"
    assert train(tmp_path / "d.csv", out, "--epochs", "1") == 0
    assert "lose digits: 'time'; --dtype float64" in capsys.readouterr().err
    x = np.c_[np.arange(50.0), 1e9 + np.arange(50)]
    np.savez(tmp_path / "d.npz", x=x, y=x[:, 0] / 3)
    assert train(tmp_path / "d.npz", out, "--epochs", "1") == 0
    assert "lose digits: number 1; --dtype float64" in capsys.readouterr().err
    assert train(tmp_path / "d.csv", out, "--epochs", "1", "--dtype", "float64") == 0
    assert "lose digits" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", [], "is empty"),
        ("a,b\n", [], "no rows"),
        ("a,a\n1,2\n", [], "two columns called 'a'"),
        ("a,b\n1,2\n3\n", [], "line 3"),
        ("a,b\n1,2\n3,4,5\n", [], "line 3"),
        ("a,b\n1,2,3\n3,4,5\n", [], "fields"),
        ('a,b\n1,2\n"3,4\n', [], "not a CSV file"),
        ("a,b\n1,2\nx,3\n", [], "column 'a' of .* line 3 is 'x'"),
        ("a,b\n1,2\n\n\nx,3\n", [], "column 'a' of .* line 5 is 'x'"),
        ("a,b\n1,2\n,3\n", [], "column 'a' of .* no value in line 3"),
        ("a,b\nnan,2\n1,3\n", [], "no value in line 2"),
        ("a,b\ninf,2\n1,3\n", [], "line 2 is 'inf'"),
        ("a,b\n1,2\n2,\n", [], "column 'b' of .* no value in line 3"),
        ("a,b\n,2\n2,\n", ["--drop-missing"], "every row"),
        ("a,b\n1,2\n2,3\n", ["--target", "c"], "no column 'c'"),
        ("a,b\n1,2\n2,3\n", ["--ignore", "c"], "no column 'c'"),
        ("a\n1\n2\n", [], "no column beside the target"),
        ("a,b\n1,2\n2,3\n", ["--ignore", "a,b"], "no column to learn from"),
        ("a,b\n1,yes\n2,yes\n", [], "one class 'yes'"),
        ("a,b\n1,7\n2,8\n3,9\n4,l0\n", [], "column 'b' of .* line 5 is 'l0'"),
        ("a,b\n1,x\n2,y\n", ["--task", "regression"], "column 'b' of .* line 2 is 'x'"),
        ("a,b\n2020-01-01,1\n2020-01-02,2\n", [], "'a' .* holds dates"),
        ('a,b\n"1,5",1\n"2,5",2\n', [], "'a' .* numbers with commas"),
        ("a,b\n1e30,1\n3e30,2\n", [], "input 'a' has the standard deviation 1e\\+30"),
        ("a,b\n1,2\n2,3\n", ["--optimizer", "lbfgs", "--learning-rate", "1"], "leave --learning-rate out"),
        ("\x00\xff", [], "header but no rows|not a CSV"),
    ],
)
@pytest.mark.parametrize("reader", ["pandas", "python"])
def test_bad_tables_get_a_sentence(tmp_path, capsys, monkeypatch, reader, content, options, message):
    if reader == "python":
        # As where pandas is not installed.
        monkeypatch.setitem(sys.modules, "pandas", None)
    (tmp_path / "d.csv").write_text(content, encoding="latin-1")
    out = tmp_path / "m.safetensors"
    assert train(tmp_path / "d.csv", out, *options) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    assert re.search(f"^fastnn: error: .*({message})", told.err.splitlines()[-1]), told.err
    assert not out.exists()


def test_wrong_places_for_the_model_are_told_before_training(tmp_path, capsys, flowers):
    data = flowers()
    for out, message in (
        ("model.npz", "must end in .safetensors"),
        (tmp_path / "none" / "m.safetensors", "there is no folder"),
    ):
        assert train(data, out) == 1
        told = capsys.readouterr().err
        assert told.startswith("fastnn: error: ")
        assert message in told
        assert told.count("\n") == 1


def test_arrays_of_the_wrong_kind_are_refused(tmp_path, capsys):
    out = tmp_path / "m.safetensors"
    np.savez(tmp_path / "short.npz", x=np.ones((4, 2)), y=np.ones(3))
    np.savez(tmp_path / "one.npz", x=np.ones((4, 2)))
    np.savez(tmp_path / "gap.npz", x=np.array([[1], [np.nan]]), y=np.ones(2))
    np.savez(tmp_path / "hole.npz", x=np.ones((2, 1)), y=np.array([1, np.nan]))
    np.savez(tmp_path / "words.npz", x=np.array([["a"], ["b"]]), y=np.ones(2))
    np.savez(tmp_path / "pickle.npz", x=np.array([{}], dtype=object), y=np.ones(1))
    np.savez(tmp_path / "good.npz", x=np.arange(8.0).reshape(4, 2), y=np.arange(4) / 3)
    (tmp_path / "cut.npz").write_bytes((tmp_path / "good.npz").read_bytes()[:200])
    for name, options, message in (
        ("short.npz", (), "must hold x (samples, ...) and y (samples,)"),
        ("one.npz", (), "no array 'y'"),
        ("pickle.npz", (), "cannot be read"),
        ("cut.npz", (), "cannot be read"),
        ("gap.npz", (), "x must hold finite numbers, but x[1, 0] is nan"),
        ("words.npz", (), "x must"),
        ("hole.npz", (), "y must hold finite numbers, but y[1] is nan"),
        ("none.npz", (), "No such file"),
        ("good.npz", ("--target", "b"), "are for tables"),
        ("good.xlsx", (), "must be a .csv"),
    ):
        assert train(tmp_path / name, out, *options) == 1, name
        assert message in capsys.readouterr().err
    assert train(tmp_path / "good.npz", out, "--quiet", "--validation-split", "0", "--epochs", "1") == 0
