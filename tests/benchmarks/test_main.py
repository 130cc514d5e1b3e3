"""The command as a user runs it, and README's figures."""

import json
import pathlib
import subprocess
import sys

import pytest

from benchmarks import __main__ as command
from benchmarks import runner

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_a_quick_run_ends_well_and_writes_json_and_plot(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--output", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "notebook.json").read_text())
    assert [peer["name"] for peer in written["peers"]] == ["notebook", "numpy", "fastnn"]
    for peer in written["peers"]:
        assert peer["title"] in done.stdout
        assert peer["median"] > 0
        assert peer["loss"] == pytest.approx(written["reference_loss"], rel=1e-3)
        assert peer["ratio"] == pytest.approx(peer["median"] / written["peers"][-1]["median"])
    assert (tmp_path / "notebook.png").read_bytes().startswith(b"\x89PNG")


def test_a_quick_run_without_a_folder_leaves_the_results_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    assert command.main(["--quick", "--peers", "fastnn"]) == 0
    assert "fastnn" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_peer_that_disagrees_fails_the_run_before_any_time_is_printed(tmp_path, monkeypatch, capsys):
    # No tolerance at all: a float32 peer cannot have the float64 reference's loss to the last bit.
    monkeypatch.setattr(runner, "TOLERANCE", 0.0)
    assert command.main(["--quick", "--output", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "error: numpy ended at loss" in printed.err
    assert list(tmp_path.iterdir()) == []


def test_readme_is_updated_and_checked(result, tmp_path):
    result.save(tmp_path / "notebook.json")
    readme = tmp_path / "README.md"
    readme.write_text("<!-- benchmark:notebook -->\n<!-- /benchmark -->\n")
    output = ["--output", str(tmp_path)]
    assert command.main(["--check-readme", str(readme), *output]) == 1
    assert command.main(["--update-readme", str(readme), *output]) == 0
    assert command.main(["--check-readme", str(readme), *output]) == 0


def test_readme_shows_the_committed_results():
    assert command.main(["--check-readme", str(ROOT / "README.md")]) == 0
