"""Fashion-MNIST: 60,000 and 10,000 pictures of clothes in the form of MNIST (Xiao, Rasul and Vollgraf 2017)."""

import os
from pathlib import Path

from fastnn.datasets import download
from fastnn.datasets.arrays import Mnist
from fastnn.datasets.mnist import read_folder

__all__ = ["load_fashion_mnist"]

MIRRORS = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
# MD5 of the gzipped files, which is what their authors published.
HASHES = {
    "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
}


def load_fashion_mnist(path: str | os.PathLike[str] | None = None) -> Mnist:
    """All of Fashion-MNIST, as Keras' function of the same purpose gives it.

    Parameters
    ----------
    path : path-like, optional
        A folder with the four IDX files, plain or gzipped. By default ``fashion-mnist`` in the user's cache
        (``FASTNN_CACHE`` puts it elsewhere), into which they are downloaded with `pooch` where they are missing.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        ``uint8`` images of shapes (60000, 28, 28) and (10000, 28, 28), 0 is background, and their labels 0 to 9.

    Raises
    ------
    FileNotFoundError, ValueError, ConnectionError, ImportError
        As `load_mnist` does.

    Examples
    --------
    >>> load_fashion_mnist("no/such/folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no file or folder 'no/such/folder'
    """
    if path is not None:
        return read_folder(Path(path).expanduser())
    folder = download.cache_folder("fashion-mnist")
    if not all((folder / name).is_file() for name in HASHES):
        ways_out = "put its four files into a folder and pass load_fashion_mnist(path=folder)"
        download.download_files(folder, MIRRORS, HASHES, "Fashion-MNIST", ways_out)
    return read_folder(folder)
