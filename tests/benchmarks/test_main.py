"""The command as a user runs it, and README's figures."""

import dataclasses
import json
import pathlib
import subprocess
import sys

import pytest

from benchmarks import __main__ as command
from benchmarks.jobs import JOBS

ROOT = pathlib.Path(__file__).resolve().parents[2]
# One of every kind and unit; test_peers.py does the others.
QUICK_JOBS = ("notebook", "mid", "dense", "predict-one-small", "predict-10k-small")


def test_a_quick_run_ends_well_and_writes_json_and_plots(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks", "--quick", "--output", str(tmp_path)),
            *("--peers", "notebook", "numpy", "fastnn", "--jobs", *QUICK_JOBS, "import"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    jobs = [JOBS[name] for name in QUICK_JOBS if JOBS[name].missing is None]
    for job in jobs:
        written = json.loads((tmp_path / f"{job.name}.json").read_text())
        assert [peer["name"] for peer in written["peers"]] == [
            peer for peer in job.peers if peer in {"notebook", "numpy", "fastnn"}
        ]
        for peer in written["peers"]:
            assert peer["title"] in done.stdout
            assert peer["median"] > 0
            assert peer["loss"] == pytest.approx(written["reference_loss"], rel=2 * job.tolerance)
            assert peer["ratio"] == pytest.approx(peer["median"] / written["peers"][-1]["median"])
        assert (tmp_path / f"{job.name}.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "import.json").is_file()
    assert (tmp_path / "summary.png").read_bytes().startswith(b"\x89PNG")
    summary = done.stdout.splitlines()[-len(jobs) - 1 :]
    assert [line.split()[0] for line in summary] == [*(job.name for job in jobs), "import"]


def test_a_quick_run_without_a_folder_leaves_the_results_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    assert command.main(["--quick", "--jobs", "notebook", "--peers", "fastnn"]) == 0
    assert "fastnn" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_peer_that_disagrees_fails_the_run_before_any_time_is_printed(tmp_path, monkeypatch, capsys):
    # No tolerance at all: a float32 peer cannot have the float64 reference's loss to the last bit.
    monkeypatch.setitem(command.JOBS, "notebook", dataclasses.replace(JOBS["notebook"], tolerance=0.0))
    arguments = ["--quick", "--jobs", "notebook", "--peers", "numpy", "--output", str(tmp_path)]
    assert command.main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "error: numpy ended at" in printed.err
    assert list(tmp_path.iterdir()) == []


def test_a_job_without_its_data_is_left_out_with_a_word(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("FASTNN_DATA", raising=False)
    monkeypatch.setenv("FASTNN_CACHE", str(tmp_path))
    assert command.main(["--quick", "--jobs", "mid", "--peers", "numpy"]) == 0
    assert "mid: left out: the full MNIST is not in the cache" in capsys.readouterr().err


def test_readme_is_updated_and_checked(result, tmp_path):
    result.save(tmp_path / "notebook.json")
    readme = tmp_path / "README.md"
    markers = "<!-- benchmark:{} -->\n<!-- /benchmark -->\n"
    readme.write_text(markers.format("summary") + markers.format("notebook"))
    output = ["--output", str(tmp_path)]
    assert command.main(["--check-readme", str(readme), *output]) == 1
    assert command.main(["--update-readme", str(readme), *output]) == 0
    assert command.main(["--check-readme", str(readme), *output]) == 0
    text = readme.read_text()
    assert "| notebook | 2.50 µs a sample | 80.0 |" in text
    assert "| Notebook | 200.00 |" in text


def test_a_marker_without_results_is_an_error(tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text("<!-- benchmark:notebook -->\n<!-- /benchmark -->\n")
    assert command.main(["--check-readme", str(readme), "--output", str(tmp_path)]) == 1
    assert "notebook.json" in capsys.readouterr().err


def test_a_study_without_results_is_told(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- benchmark:streams -->\n<!-- /benchmark -->\n")
    assert command.main(["--update-readme", str(page), "--output", str(tmp_path)]) == 0
    assert "Not measured yet: `python -m benchmarks --jobs streams`." in page.read_text()


PAGES = ["README.md", *(f"docs/{name}.md" for name in ("estimators", "gradients", "larger_than_memory", "scaling"))]


@pytest.mark.parametrize("page", PAGES)
def test_pages_show_the_committed_results(page):
    assert command.main(["--check-readme", str(ROOT / page)]) == 0
