"""Downloads from servers of the test's own on the loopback: dead, wrong, broken off and right ones."""

import functools
import hashlib
import http.server
import sys
import threading

import pytest

from fastnn.datasets.download import CHECKSUMS, cache_folder, download_mnist

pooch = pytest.importorskip("pooch")

DEAD = "http://127.0.0.1:9/"  # the discard port, where nothing listens
NAME = "t10k-labels-idx1-ubyte.gz"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def mirror(tmp_path):
    """A folder, and the address of a server that serves it."""
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def checksum(content):
    return {NAME: hashlib.sha256(content).hexdigest()}


def test_offline_is_one_sentence_that_says_what_to_do(tmp_path, capfd):
    with pytest.raises(ConnectionError) as caught:
        download_mnist(tmp_path / "cache", mirrors=[DEAD])
    assert str(caught.value) == (
        "train-images-idx3-ubyte.gz could not be downloaded (http://127.0.0.1:9/: ConnectionError): put its four files "
        "into a folder and pass load_mnist(path=folder) or set FASTNN_DATA, run `make data` in a checkout, or use "
        "load_mnist_sample(), which needs no network"
    )
    assert capfd.readouterr() == ("", "")
    assert list((tmp_path / "cache").iterdir()) == []


def test_next_mirror_serves_where_one_is_dead_lacks_or_spoils_the_file(tmp_path, mirror):
    folder, address = mirror
    (folder / "spoilt").mkdir()
    (folder / "spoilt" / NAME).write_bytes(b"a captive portal's page")
    (folder / NAME).write_bytes(b"the right bytes")
    mirrors = [DEAD, f"{address}lacking/", f"{address}spoilt/", address]
    download_mnist(tmp_path / "cache", mirrors, checksum(b"the right bytes"))
    assert [file.name for file in (tmp_path / "cache").iterdir()] == [NAME]
    assert (tmp_path / "cache" / NAME).read_bytes() == b"the right bytes"
    download_mnist(tmp_path / "cache", [DEAD], checksum(b"the right bytes"))  # there already


def test_wrong_bytes_never_reach_the_cache(tmp_path, mirror):
    folder, address = mirror
    (folder / NAME).write_bytes(b"other bytes")
    with pytest.raises(ConnectionError, match=f"{address}: not the original file"):
        download_mnist(tmp_path / "cache", [address], checksum(b"the right bytes"))
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_not_called_a_bad_connection(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file") as caught:
        download_mnist(tmp_path / "file" / "cache", [DEAD])
    assert not isinstance(caught.value, ConnectionError)


def test_without_pooch_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)  # Python's own way to make an import fail
    with pytest.raises(ImportError, match=r"pip install fastnn-ext\[data\]; or put its four files"):
        download_mnist(tmp_path, [DEAD])


def test_cache_folder_is_poochs_and_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.delenv("FASTNN_CACHE", raising=False)
    if sys.platform != "win32":
        assert cache_folder() == pooch.os_cache("fastnn") / "mnist"
    monkeypatch.setenv("FASTNN_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path / "mnist"


def test_checksums_are_sha256_of_the_four_files():
    assert len(CHECKSUMS) == 4
    assert all(len(bytes.fromhex(checksum)) == 32 for checksum in CHECKSUMS.values())
