"""The file system: folders, pipes, links, permissions and full disks get the system's own error; old files are kept."""

import errno
import os
import pathlib
import re
import stat
import tempfile
import threading

import pytest
from model_files import everything, run, trained

import fastnn

# Root may write everywhere: as nobody, one may not. Imports come first, since nobody may read them.
AS_NOBODY = """
import os, sys
import numpy, safetensors.numpy, fastnn
from fastnn.files import weights
from fastnn.models.saving.loading import load_model
from fastnn.layers import Dense, Input
from fastnn.models import Sequential
model = Sequential([Input((3,)), Dense(2)], seed=0)
model.compile("adam", "mse")
model.fit(numpy.ones((4, 3)), numpy.ones((4, 2)))
path = sys.argv[1]
model.save(path)
load_model(path)
if os.getuid() == 0:
    os.chown(os.path.dirname(path), 65534, 65534)
    os.chown(path, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
os.chdir(os.path.dirname(path))
"""


def calls(model, path):
    """All that writes or reads a file."""
    weights = path.with_suffix(".npz")
    return {
        "save": lambda: model.save(path),
        "load_model": lambda: fastnn.load_model(path),
        "save_weights": lambda: model.save_weights(path),
        "load_weights": lambda: model.load_weights(path),
        "save_weights of an npz": lambda: model.save_weights(weights),
        "load_weights of an npz": lambda: model.load_weights(weights),
    }


CALLS = list(calls(None, pathlib.Path("a.safetensors")))


@pytest.mark.parametrize("call", CALLS)
def test_a_folder(tmp_path, call):
    for name in ("a.safetensors", "a.npz"):
        (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError, match=r"a\.(safetensors|npz)' is a folder"):
        calls(trained(), tmp_path / "a.safetensors")[call]()


@pytest.mark.parametrize("call", CALLS)
def test_a_pipe_does_not_hang(tmp_path, call):
    for name in ("a.safetensors", "a.npz"):
        os.mkfifo(tmp_path / name)
    failed = []

    def attempt():
        with pytest.raises(OSError, match=r"a\.(safetensors|npz)' is a device or a pipe, not a file"):
            calls(trained(), tmp_path / "a.safetensors")[call]()
        failed.append(True)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(20)
    assert failed, "it waits for somebody at the other end"


def test_a_device():
    for path in ("/dev/null", "/dev/zero", "/dev/full"):
        with pytest.raises(OSError, match=f"'{path}' is a device or a pipe"):
            fastnn.load_model(path)
        with pytest.raises(OSError, match=f"'{path}' is a device or a pipe"):
            trained().save(path)


@pytest.mark.parametrize("call", [call for call in CALLS if call.startswith("load")])
@pytest.mark.parametrize("folder", ["", "none"])
def test_a_missing_file(tmp_path, call, folder):
    with pytest.raises(FileNotFoundError) as raised:
        calls(trained(), tmp_path / folder / "a.safetensors")[call]()
    assert os.path.splitext(raised.value.filename)[0] == str(tmp_path / folder / "a")


@pytest.mark.parametrize("call", [call for call in CALLS if call.startswith("save")])
def test_a_missing_folder(tmp_path, call):
    with pytest.raises(FileNotFoundError, match=re.escape(f"there is no folder '{tmp_path / 'none'}' to write 'a.")):
        calls(trained(), tmp_path / "none" / "a.safetensors")[call]()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["model.npz", "model.h5", "Model.KERAS", "model.onnx", "model.pt", "model.pkl"])
def test_names_of_other_kinds_of_files(tmp_path, name):
    with pytest.raises(ValueError, match=re.escape(name)):
        trained().save(tmp_path / name)
    if not name.endswith(".npz"):
        with pytest.raises(ValueError, match=re.escape(name)):
            trained().save_weights(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a", "a b.safetensors", "ü.safetensors", "模" * 80 + ".safetensors", "a\nb", "-a"])
def test_unusual_names(tmp_path, name):
    trained().save(tmp_path / name)
    trained().save(str(tmp_path / name))
    assert everything(fastnn.load_model(tmp_path / name)) == everything(trained())
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_names_that_no_file_has(tmp_path):
    for call in ("save", "load_model", "save_weights", "load_weights"):
        with pytest.raises(ValueError, match=r"null (byte|character)"):
            calls(trained(), tmp_path / "a\0.safetensors")[call]()
    with pytest.raises(OSError, match="File name too long"):
        trained().save(tmp_path / ("a" * 256))
    with pytest.raises(IsADirectoryError):
        trained().save("")


def test_an_existing_file_is_replaced_and_keeps_its_mode(tmp_path):
    path = tmp_path / "model.safetensors"
    before = os.umask(0o027)
    try:
        trained().save(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640, "a new file has the mode of all new files"
    finally:
        os.umask(before)
    for mode in (0o600, 0o664, 0o755):
        path.chmod(mode)
        trained(epochs=3).save(path)
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert everything(fastnn.load_model(path)) == everything(trained(epochs=3))
    path.write_bytes(b"something else")
    trained().save(path)
    assert everything(fastnn.load_model(path)) == everything(trained())


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "model.safetensors", tmp_path / "latest.safetensors"
    link.symlink_to(target)
    for epochs in (1, 2):
        # First to a file that is not there yet.
        trained(epochs=epochs).save(link)
        assert link.is_symlink()
        assert not target.is_symlink()
        assert everything(fastnn.load_model(link)) == everything(trained(epochs=epochs))
    assert [file.name for file in target.parent.iterdir()] == [target.name]


def test_readers_keep_the_file_that_they_opened(tmp_path):
    path = tmp_path / "model.safetensors"
    trained().save(path)
    content = path.read_bytes()
    with open(path, "rb") as reader:
        trained(epochs=5).save(path)
        assert reader.read() == content
    assert path.read_bytes() != content


@pytest.mark.parametrize(
    ("prepare", "attempt", "number"),
    [
        ("os.chmod(path, 0o000)", "load_model('model.safetensors')", errno.EACCES),
        ("os.chmod(path, 0o000)", "model.load_weights('model.safetensors')", errno.EACCES),
        ("os.chmod(path, 0o444)", "model.save('model.safetensors')", errno.EACCES),
        ("os.chmod('.', 0o555)", "model.save('model.safetensors')", errno.EACCES),
        ("os.chmod('.', 0o555)", "model.save_weights('new.npz')", errno.EACCES),
    ],
)
def test_what_may_not_be_read_or_written(prepare, attempt, number):
    program = f"""
before = open(path, "rb").read()
{prepare}
try:
    {attempt}
except PermissionError as error:
    assert error.errno == {number}, error
    assert error.filename in {attempt!r}, error.filename
else:
    raise AssertionError("nothing was refused")
os.chmod(".", 0o755)
os.chmod(path, 0o644)
assert open(path, "rb").read() == before
assert os.listdir(".") == ["model.safetensors"], os.listdir(".")
print("refused")
"""
    # Into pytest's own folders nobody may not go.
    with tempfile.TemporaryDirectory() as folder:
        assert run(AS_NOBODY + program, f"{folder}/model.safetensors") == "refused\n"


# Bytes: of the files below, which are larger.
LIMIT = 100_000
FULL = """
import os, resource, sys
import fastnn
from fastnn.layers import Dense, Input
from fastnn.models import Sequential
path, limit = sys.argv[1], int(sys.argv[2])
small = Sequential([Input((3,)), Dense(2)], seed=0)
large = Sequential([Input((300,)), Dense(300)], seed=0)
small.save(path)
before = open(path, "rb").read()
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for call in (large.save, large.save_weights, lambda where: large.save_weights(where[:-11] + "npz")):
    try:
        call(path)
    except OSError as error:
        told = str(error)
        remedies = "free some space" in told or "larger files" in told
        print(error.errno, error.filename.startswith(path[:-11]) and remedies and "->" not in told)
    else:
        print("written")
assert open(path, "rb").read() == before
print(os.listdir(os.path.dirname(path)))
"""


def test_a_limit_on_the_size_of_files(tmp_path):
    told = run(FULL, tmp_path / "model.safetensors", LIMIT)
    assert told == f"{errno.EFBIG} True\n" * 3 + "['model.safetensors']\n"


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    # In a mount name space of its own, which ends with the process.
    mounted = f"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x20000) or libc.mount(b"none", b"/", None, 0x44000, None) or libc.mount(
    b"tmpfs", {os.fsencode(disk)!r}, b"tmpfs", 0, b"size=64k"
):
    print("no mount")
    raise SystemExit
"""
    told = run(mounted + FULL, disk / "model.safetensors", 0)
    if told == "no mount\n":
        pytest.skip("this system lets nobody mount a disk")
    assert told == f"{errno.ENOSPC} True\n" * 3 + "['model.safetensors']\n"
