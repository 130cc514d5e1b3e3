"""The package as a whole: what it exports, what importing it costs, and which way its arrows point."""

import ast
import pathlib
import subprocess
import sys

import pytest

import fastnn

ROOT = pathlib.Path(fastnn.__file__).resolve().parent


def test_everything_exported_is_there_and_documented():
    for name in fastnn.__all__:
        assert getattr(fastnn, name).__doc__, name


def test_nothing_heavy_is_imported():
    names = ("matplotlib", "tqdm", "pooch", "scipy", "importlib.metadata", "pathlib", "tempfile", "inspect", "json")
    code = f"import sys, numpy; there = set(sys.modules); import fastnn; print({{*{names}}} & set(sys.modules) - there)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_compiled_package_does_not_know_the_python_one():
    code = "import sys, fastnn_ext.engine.training; print([m for m in sys.modules if m.split('.')[0] == 'fastnn'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_module_says_what_it_is():
    modules = list(ROOT.rglob("*.py"))
    assert len(modules) > 100
    assert [path for path in modules if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))] == []


def test_show_config_names_the_build():
    config = fastnn.show_config()
    assert config["fastnn"] == fastnn.__version__
    assert isinstance(config["limited_api"], bool)
    assert config["isa"] in config["supported_isas"]
    assert config["threads"] == fastnn.get_num_threads()


@pytest.fixture
def beside_the_other(tmp_path):
    """The start of a program beside another project's distribution of this name."""
    metadata = tmp_path / "fastnn-0.5.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: fastnn\nVersion: 0.5\n")
    return f"import sys, fastnn; sys.path.append({str(tmp_path)!r}); "


def test_show_config_warns_of_the_other_distribution_of_this_name(beside_the_other):
    code = beside_the_other.replace("; ", "; fastnn.show_config(); ", 1) + "fastnn.show_config()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.count("RuntimeWarning: the distribution fastnn 0.5, which is another project's") == 1


@pytest.mark.parametrize("use", ["fastnn.Tensor", "from fastnn import Tensor"])
def test_a_name_that_is_not_there_warns_of_the_other_distribution(beside_the_other, use):
    done = subprocess.run([sys.executable, "-c", beside_the_other + use], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("RuntimeWarning: the distribution fastnn 0.5, which is another project's") == 1
    assert "Error: " in done.stderr.splitlines()[-1]
    assert "Tensor" in done.stderr.splitlines()[-1]
