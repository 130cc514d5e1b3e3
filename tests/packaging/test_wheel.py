"""Wheels: built from the tree, installed in empty virtual environments, run away from the source."""

import os
import pathlib
import shutil
import subprocess
import sys
import venv

import pytest

from fastnn_ext.runtime.dispatch import supported_isas

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPIED = ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "fastnn", "fastnn_ext", "build/cython")

PROGRAM = """
import fastnn, numpy as np
(x, y), (x_test, y_test) = fastnn.datasets.load_mnist_sample()
rng = np.random.default_rng(0)
network = [fastnn.FlattenLayer((28, 28)), fastnn.FCLayer(784, 20, rng=rng), fastnn.ActivationLayer(fastnn.relu),
           fastnn.FCLayer(20, 10, rng=rng), fastnn.SoftmaxLayer(10)]
fastnn.train(network, x / 255, fastnn.to_categorical(y, 10), epochs=5)
assert fastnn.accuracy(y_test, fastnn.predict(network, x_test / 255)) > 0.5
print(fastnn.show_config()["limited_api"], fastnn.__file__, *fastnn.show_config()["supported_isas"])
"""

pytestmark = pytest.mark.slow


def run(*command, **options):
    # Nothing may lead back to the sources.
    options.setdefault("env", {name: value for name, value in os.environ.items() if name != "PYTHONPATH"})
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel for every Python; that of one version is what tests/docs/test_readme.py installs."""
    folder = tmp_path_factory.mktemp("source")
    for name in COPIED:
        source = ROOT / name
        # Of the build, there may be nothing.
        if not source.exists():
            continue
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        else:
            shutil.copy(source, folder)
    environment = os.environ | {"FASTNN_LIMITED_API": "1", "FASTNN_QUICK_BUILD": "1"}
    command = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", "dist", ".")
    run(*command, cwd=folder, env=environment)
    [built] = (folder / "dist").glob("*.whl")
    assert "cp311-abi3" in built.name
    return built


def test_wheel_holds_what_users_need_and_no_more(wheel):
    import zipfile

    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("py.typed", "datasets/data/mnist_sample.npz"):
        assert f"fastnn/{needed}" in names
    for needed in ("bindings/dense.pyi", "runtime/dispatch.pxd", "runtime/barrier.h"):
        assert f"fastnn_ext/{needed}" in names
    for needed in ("tables.h", "losses.pxi", "enums.pyi"):
        assert f"fastnn_ext/tables/{needed}" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any("licenses" in name and "datasets" in name for name in names)
    unneeded = (".c", ".pyx", "loops/kernels.pxi", "simd/simd.h", "operations/tiles.h")
    assert not [name for name in names if name.endswith(unneeded) or name.startswith(("tests/", "benchmarks/"))]


def test_installs_and_runs_in_an_empty_environment(wheel, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel)
    printed = run(python, "-W", "error", "-c", PROGRAM, cwd=tmp_path)
    assert str(tmp_path / "venv") in printed
    assert printed.startswith("True")
    assert printed.split()[2:] == list(supported_isas())
    run(python, "-m", "fastnn", "--version", cwd=tmp_path)


def other_pythons():
    """Interpreters newer than the oldest supported one that this machine has, other than this one."""
    found = {}
    managed = pathlib.Path.home().glob(".pyenv/versions/3.*/bin")
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *map(str, managed)]
    for minor in range(11, 16):
        for folder in folders:
            path = pathlib.Path(folder) / f"python3.{minor}"
            works = path.exists() and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0
            if works and minor != sys.version_info.minor:
                found.setdefault(minor, path)
    return found


@pytest.mark.parametrize("minor", [11, 12, 13, 14, 15])
def test_one_wheel_serves_every_python(wheel, tmp_path, minor):
    python = other_pythons().get(minor)
    if python is None:
        pytest.skip(f"there is no other Python 3.{minor} on this machine")
    run(python, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel)
    assert run(python, "-c", PROGRAM, cwd=tmp_path).startswith("True")
