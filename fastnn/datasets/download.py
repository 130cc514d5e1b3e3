"""Downloads of data sets into the user's cache: from public mirrors, checked, complete or not at all.

This module imports the standard library alone, so that a script can ask it for the cache before anything is installed.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# SHA-256 of the gzipped files as published in 1998.
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}

_WAYS_OUT = (
    "put its four files into a folder and pass load_mnist(path=folder) or set FASTNN_DATA, run `make data` in a "
    "checkout, or use load_mnist_sample(), which needs no network"
)


def cache_folder(name: str = "mnist") -> Path:
    """Where a data set is kept between runs: in ``FASTNN_CACHE``, or else in ``fastnn`` in the user's cache.

    >>> cache_folder().name
    'mnist'
    """
    if chosen := os.environ.get("FASTNN_CACHE"):
        return Path(chosen) / name
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "fastnn" / name


def download_mnist(folder: Path, mirrors: Sequence[str] = MIRRORS, checksums: Mapping[str, str] = CHECKSUMS) -> None:
    """Fetch the files that ``checksums`` names into ``folder``; raises as `download_files` does."""
    hashes = {name: f"sha256:{checksum}" for name, checksum in checksums.items()}
    download_files(folder, mirrors, hashes, "MNIST", _WAYS_OUT)


def download_files(folder: Path, mirrors: Sequence[str], hashes: Mapping[str, str], what: str, ways_out: str) -> None:
    """Fetch files into ``folder``, each from the first mirror that gives it sound.

    Every file is downloaded under another name, checked by its hash, and moved into place; a sound file that is
    there already is left alone.

    Parameters
    ----------
    hashes : mapping of str to str
        Of each file, the algorithm before a colon.
    what, ways_out : str
        What messages call the data, and what to do without them.

    Raises
    ------
    ImportError
        When pooch is not installed.
    ConnectionError
        When no mirror gives a file, or none gives it sound.
    OSError
        When the folder cannot be written.
    """
    try:
        import pooch
        import requests  # pooch's own dependency; its errors are OSErrors, as a full disk's is
    except ImportError:
        raise ImportError(
            f"{what} is not in {str(folder)!r}, and its download needs pooch: pip install fastnn-ext[data]; "
            f"or {ways_out}"
        ) from None
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # it would print a line for each file
    try:
        for name, known_hash in hashes.items():
            problems: list[str] = []
            for mirror in mirrors:
                try:
                    pooch.retrieve(
                        mirror + name,
                        known_hash=known_hash,
                        fname=name,
                        path=folder,
                        progressbar=sys.stderr.isatty(),
                    )
                    break
                except requests.RequestException as error:
                    problems.append(f"{mirror}: {type(error).__name__}")
                except ValueError:  # pooch's for a checksum that differs
                    problems.append(f"{mirror}: not the original file")
            else:
                raise ConnectionError(f"{name} could not be downloaded ({', '.join(problems)}): {ways_out}")
    finally:
        logger.setLevel(level)
