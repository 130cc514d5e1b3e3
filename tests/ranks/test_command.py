"""``fastnn train`` under ``mpiexec``: one model, one report, one message."""

import re
import subprocess
import sys

import numpy as np
import pytest

from fastnn.models.saving.loading import load_model


@pytest.fixture
def command(mpiexec, surroundings):
    def run(ranks, *arguments):
        start = mpiexec(ranks, "none")[:3] if ranks else []
        return subprocess.run(
            [*start, sys.executable, "-m", "fastnn", *map(str, arguments)],
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(90, 3))
    path = tmp_path / "table.csv"
    path.write_text("a,b,y\n" + "".join(f"{a},{b},{a - b + c / 9}\n" for a, b, c in rows))
    return path


def test_ranks_train_what_one_process_trains(command, table, tmp_path):
    told = {}
    for ranks in (0, 3):
        out = tmp_path / f"{ranks}.safetensors"
        done = command(ranks, "train", table, "--out", out, "--epochs", 5, "--dtype", "float64", "--dropout", 0.2)
        assert done.returncode == 0, done.stderr
        told[ranks] = re.sub(r"\S+safetensors", "", done.stdout), done.stderr.count("training on 72 rows")
    assert told[3] == told[0]
    first, second = (load_model(tmp_path / f"{ranks}.safetensors").get_weights() for ranks in (0, 3))
    for mine, other in zip(first, second, strict=True):
        # Sums in another order, over a dozen steps.
        np.testing.assert_allclose(other, mine, rtol=1e-9, atol=1e-12)


def test_what_fails_is_told_once(command, table, tmp_path):
    table.write_text(table.read_text() + "1,2,inf\n")
    done = command(3, "train", table, "--out", tmp_path / "m.safetensors")
    assert done.returncode != 0
    assert done.stderr.count("fastnn: error:") == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "m.safetensors").exists()


def test_what_fails_where_rank_0_writes_is_told(command, table, tmp_path):
    done = command(2, "train", table, "--epochs", 1, "--out", tmp_path / "nowhere" / "m.safetensors")
    assert done.returncode != 0
    assert re.search(r"fastnn: error: rank 0 of 2: .*nowhere", done.stderr)
