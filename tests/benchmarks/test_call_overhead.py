"""The call-overhead command as a user runs it."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_call_overhead_names_the_build_and_writes_json(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.call_overhead", "--repeats", "1", "--output", str(tmp_path / "calls.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "calls.json").read_text())
    assert written["build"] in {"full API", "limited API"}
    assert written["build"] in done.stdout
    assert all(time > 0 for time in written["nanoseconds"].values())
