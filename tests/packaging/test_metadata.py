"""What an index and README say of the distribution: its own name, whom it is for, and where it runs."""

import pathlib
import tomllib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_distribution_is_not_called_as_the_other_project(project):
    assert project["name"] == "fastnn-ext"
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert "called `fastnn-ext`: `fastnn` on PyPI is another project" in readme


def test_every_install_command_names_this_distribution():
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "fastnn").rglob("*.py")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            for command in line.split("pip install ")[1:]:
                assert not command.startswith(("fastnn ", "fastnn[", "fastnn`")), f"{path}: {line}"


def test_classifiers_name_every_python_and_system(project):
    assert project["requires-python"] == ">=3.11"
    named = set(project["classifiers"])
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in range(11, 16)} <= named
    assert {f"Operating System :: {name}" for name in ("MacOS", "Microsoft :: Windows", "POSIX :: Linux")} <= named
    assert {"Programming Language :: Python :: Implementation :: CPython", "Typing :: Typed"} <= named
    # The licence is an expression, beside which a classifier of one is refused.
    assert not [name for name in named if name.startswith("License ::")]
