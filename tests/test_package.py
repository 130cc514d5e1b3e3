"""The package as a whole: what it exports, what importing it costs, and which way its arrows point."""

import ast
import pathlib
import subprocess
import sys

import fastnn

ROOT = pathlib.Path(fastnn.__file__).resolve().parent


def test_everything_exported_is_there_and_documented():
    for name in fastnn.__all__:
        assert getattr(fastnn, name).__doc__, name


def test_nothing_heavy_is_imported():
    code = "import sys, fastnn; print([m for m in ('matplotlib', 'tqdm', 'pooch', 'scipy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


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


def test_show_config_warns_of_the_other_distribution_of_this_name(tmp_path):
    metadata = tmp_path / "fastnn-0.5.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: fastnn\nVersion: 0.5\n")
    code = f"import sys, fastnn; fastnn.show_config(); sys.path.append({str(tmp_path)!r}); fastnn.show_config()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.count("RuntimeWarning: the distribution fastnn 0.5, which is another project's") == 1
