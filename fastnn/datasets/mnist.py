"""The whole of MNIST: 60,000 training and 10,000 test images of handwritten digits."""

import os
from pathlib import Path

from fastnn.datasets import download
from fastnn.datasets.arrays import Mnist, checked, read_npz
from fastnn.datasets.idx import read_idx

# The published names; some copies have a dot where the original has its first hyphen.
FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


def load_mnist(path: str | os.PathLike[str] | None = None) -> Mnist:
    """All of MNIST, as Keras' function of the same purpose gives it.

    Looks in ``path``, else in the folder that the environment variable ``FASTNN_DATA`` names, else in the user's
    cache (``FASTNN_CACHE`` puts it elsewhere), else downloads into that cache with `pooch`, checked and, in a terminal,
    with a progress bar.

    Parameters
    ----------
    path : path-like, optional
        A folder with the four IDX files, plain or gzipped, or with ``mnist.npz``; or such an ``.npz`` file itself.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        ``uint8`` images of shapes (60000, 28, 28) and (10000, 28, 28), 0 is background, and their labels 0 to 9.

    Raises
    ------
    FileNotFoundError
        When ``path`` or ``FASTNN_DATA`` names a place without the data.
    ValueError
        When a file is damaged or the files do not belong together.
    ConnectionError
        When nothing is cached and no mirror answers.
    ImportError
        When a download is needed and pooch is not installed.

    Examples
    --------
    >>> load_mnist("no/such/folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no file or folder 'no/such/folder'
    """
    named = path if path is not None else os.environ.get("FASTNN_DATA") or None
    if named is not None:
        if not isinstance(named, str | os.PathLike):
            raise TypeError(f"path must be the path of a folder or an .npz file, not {type(named).__name__}")
        return read_folder(Path(named).expanduser())
    folder = download.cache_folder()
    if not (folder / "mnist.npz").is_file() and not all(_find(folder, name) for name in FILES):
        download.download_mnist(folder, download.MIRRORS)
    try:
        return read_folder(folder)
    except ValueError as error:
        raise ValueError(f"{error}; it is in the cache: delete it, and the next call fetches it anew") from error


def read_folder(place: Path) -> Mnist:
    """The arrays of a folder with four IDX files of MNIST's form, or ``mnist.npz``, or of such a file itself."""
    if place.is_file():
        return read_npz(place)
    if not place.is_dir():
        raise FileNotFoundError(f"there is no file or folder {str(place)!r}")
    found = {name: _find(place, name) for name in FILES}
    missing = [FILES[name] for name, file in found.items() if file is None]
    if missing and (place / "mnist.npz").is_file():
        return read_npz(place / "mnist.npz")
    if missing:
        raise FileNotFoundError(
            f"the folder {str(place)!r} lacks {', '.join(missing)}: put the four IDX files there (plain or .gz), "
            "or mnist.npz"
        )
    return checked({name: read_idx(file) for name, file in found.items() if file is not None}, str(place))


def _find(folder: Path, name: str) -> Path | None:
    original = FILES[name]
    dotted = original.replace("-idx", ".idx")
    candidates = (folder / f"{stem}{suffix}" for stem in (original, dotted) for suffix in ("", ".gz"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)
