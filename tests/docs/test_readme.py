"""README's first minute: the commands that it shows first work in a fresh checkout, and no link needs another file."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import venv

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def first_commands():
    """What README's first block of code has a newcomer type."""
    block = re.search(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert block is not None
    assert block[1] == "sh", "the first block is of commands"
    return [shlex.split(line, comments=True) for line in block[2].splitlines()]


def run(*command, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def clone(tmp_path):
    """A fresh clone of the last commit."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no clone, or there is no git")
    run("git", "-c", "safe.directory=*", "clone", "--quiet", "--no-local", ROOT, tmp_path / "fastnn")
    return tmp_path / "fastnn"


def test_they_are_made_for_a_checkout():
    commands = first_commands()
    assert commands[:2] == [["make", "demo"], ["make", "test"]]
    assert commands[2:] == [["pip", "install", "."]]
    # Until an index has it, nothing there may be asked for.
    assert not [name for name in re.findall(r"pip install [^`\n]*", README) if "fastnn" in name]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("command", [command for command in first_commands() if command[0] == "make"], ids=" ".join)
def test_make_knows_them(command):
    # To run the tests within the tests would never end, and the demo makes an environment: see .ci/run.
    told = run(*command, "--dry-run", "--always-make", cwd=ROOT)
    assert {"demo": "fastnn demo", "test": "-m pytest"}[command[1]] in told


def test_continuous_integration_runs_them_on_its_fresh_checkout():
    steps = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    commands = [" ".join(command) for command in first_commands() if command[0] == "make"]
    found = [next((at for at, step in enumerate(steps) if step.startswith(command)), None) for command in commands]
    assert None not in found
    assert found == sorted(found)
    before = [step for step in steps[: found[0]] if step and not step.startswith("#")]
    assert before == ["set -euo pipefail", 'cd "$(dirname "$0")/.."'], "nothing prepares the checkout for the first"


@pytest.mark.slow
def test_installing_a_fresh_clone(clone, tmp_path):
    [command] = [command for command in first_commands() if command[0] == "pip"]
    venv.create(tmp_path / "venv", with_pip=True)
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["PATH"] = f"{scripts}{os.pathsep}{environment['PATH']}"
    # Two sets of kernels, without optimisation, take a sixth of the time to compile.
    environment |= {"FASTNN_INSTRUCTION_SETS": "baseline", "FASTNN_QUICK_BUILD": "1"}
    run(*command, cwd=clone, env=environment)
    # Away from the source, which has no compiled modules.
    told = run("fastnn", "demo", "--epochs", "2", "--no-plots", cwd=tmp_path, env=environment)
    assert "fastnn is" in told
    # It must not warn, though it lacks the kernels that the processor would run best.
    run("python", "-W", "error", "-c", README_EXAMPLE, cwd=tmp_path, env=environment)
    told = run("python", "-c", CONFIGURATION, cwd=tmp_path, env=environment)
    assert told.split() == ["False", "baseline", "portable"]
    # What messages say of extras: pip asks no index for what is there.
    asked = run(
        "python", "-m", "pip", "install", "--no-index", "--no-deps", "fastnn-ext[plot]", cwd=tmp_path, env=environment
    )
    assert "already satisfied" in asked


CONFIGURATION = "import fastnn; c = fastnn.show_config(); print(c['limited_api'], *c['supported_isas'])"
README_EXAMPLE = "\n".join(re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[:1])


def test_it_reads_the_same_on_an_index():
    """A package index shows README without its neighbours: no link or picture may lead to one."""
    links = re.findall(r"\]\(([^)\s]+)[^)]*\)", README) + re.findall(r"(?:src|href)=[\"']([^\"']+)", README)
    headings = {re.sub(r"[^\w\- ]", "", line.lstrip("# ")).lower().replace(" ", "-") for line in README.splitlines()}
    for link in links:
        assert link.startswith("https://") or link.removeprefix("#") in headings, f"{link} leads nowhere on an index"


def test_the_files_that_it_names_are_there():
    named = re.findall(r"`([\w./]+(?:\.md|/results))`", README)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_its_opening_is_short():
    before = README[: README.index("```python")]
    assert len(before.splitlines()) < 20, "who reads it wants to see it run"


def test_this_python_is_one_that_it_names():
    assert "Python 3.11 or newer" in README
    assert sys.version_info >= (3, 11)
