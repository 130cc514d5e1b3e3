"""Boston housing: 506 suburbs, thirteen features each, and what houses cost there (Harrison and Rubinfeld 1978)."""

import os
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastnn.checking.scalars import non_negative_number, whole_number
from fastnn.datasets import download

__all__ = ["load_boston_housing"]

MIRRORS = ("https://storage.googleapis.com/tensorflow/tf-keras-datasets/",)
HASHES = {"boston_housing.npz": "sha256:f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"}

Split: TypeAlias = tuple[NDArray[Any], NDArray[Any]]


def load_boston_housing(
    path: str | os.PathLike[str] | None = None, *, test_split: float = 0.2, seed: int = 113
) -> tuple[Split, Split]:
    """The Boston housing data, in the order of Keras' function of the same purpose.

    One of its features counts the share of Black residents: models of it are no example to follow.

    Parameters
    ----------
    path : path-like, optional
        The file ``boston_housing.npz``. By default that in ``boston_housing`` in the user's cache (``FASTNN_CACHE``
        puts it elsewhere), into which it is downloaded with `pooch` where it is missing.
    test_split : float, default 0.2
        The share of samples for tests, at least 0 and below 1.
    seed : int, default 113
        Of the order.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Features of shape (samples, 13), and prices in thousands of dollars, (samples,), in float64.

    Raises
    ------
    FileNotFoundError, ConnectionError, ImportError
        As `load_mnist` does.
    ValueError
        When the file is damaged or another, or `test_split` is none.

    Examples
    --------
    >>> load_boston_housing("no/such/file.npz")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no/such/file.npz'
    """
    from fastnn.files.reading import NpzFile

    split = non_negative_number(test_split, "test_split")
    if split >= 1:
        raise ValueError(f"test_split must be at least 0 and below 1, but it is {test_split}")
    file = None if path is None else Path(path).expanduser()
    if file is None:
        folder = download.cache_folder("boston_housing")
        file = folder / "boston_housing.npz"
        if not file.is_file():
            ways_out = "put the file somewhere and pass load_boston_housing(path=file)"
            download.download_files(folder, MIRRORS, HASHES, "Boston housing", ways_out)
    try:
        with NpzFile(file) as opened:
            if not {"x", "y"} <= set(opened.names):
                raise ValueError(f"it lacks the arrays x and y: it has {', '.join(opened.names) or 'none'}")
            opened.check_memory(["x", "y"])
            x, y = opened.read("x"), opened.read("y")
    except Exception as error:
        # The system names the file; zipfile, zlib and NumPy raise a dozen kinds for damaged bytes.
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise ValueError(f"{str(file)!r} is no file of Boston housing: {error}") from error
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise ValueError(f"{str(file)!r} is not of Boston housing: x has shape {x.shape}, and y {y.shape}")
    # The generator that gives Keras' order.
    order = np.arange(len(x))
    np.random.RandomState(whole_number(seed, "seed", at_least=0)).shuffle(order)
    first = int(len(x) * (1 - split))
    return (x[order[:first]], y[order[:first]]), (x[order[first:]], y[order[first:]])
