"""Downloads of MNIST into the user's cache: from public mirrors, checked, complete or not at all."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# MD5 of the gzipped files as published; they guard against damage.
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}


def cache_folder() -> Path:
    """Where MNIST is kept between runs: the folder ``fastnn/mnist`` of the user's cache.

    >>> cache_folder().parts[-2:]
    ('fastnn', 'mnist')
    """
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "fastnn" / "mnist"


def download_mnist(folder: Path, mirrors: Sequence[str] = MIRRORS) -> None:
    """Fetch the four gzipped IDX files into ``folder``, each from the first mirror that gives it sound.

    Every file is downloaded under another name, checked, and moved into place; the labels of the test set come last, so
    their presence says that all are there.

    Raises
    ------
    ImportError
        When pooch is not installed.
    ConnectionError
        When no mirror gives a file.
    """
    try:
        import pooch
    except ImportError:
        raise ImportError("load_mnist() downloads with pooch: pip install fastnn-ext[data]") from None
    pooch.get_logger().setLevel("WARNING")
    for name, checksum in CHECKSUMS.items():
        problem: Exception | None = None
        for mirror in mirrors:
            try:
                bar = sys.stderr.isatty()
                pooch.retrieve(mirror + name, known_hash=f"md5:{checksum}", fname=name, path=folder, progressbar=bar)
                break
            except (OSError, ValueError) as error:
                problem = error
        else:
            raise ConnectionError(
                f"MNIST could not be downloaded ({type(problem).__name__}): put its four files into a folder and pass "
                "load_mnist(path=folder) or set FASTNN_DATA, or use load_mnist_sample(), which needs no network"
            ) from problem
