"""Keras' ``keras.datasets.boston_housing``."""

import os

from fastnn.datasets.boston_housing import Split, load_boston_housing
from fastnn.keras.datasets.place import place_of

__all__ = ["load_data"]


def load_data(
    path: str | os.PathLike[str] = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Split, Split]:
    """The Boston housing data; see `fastnn.datasets.load_boston_housing`.

    Parameters
    ----------
    path : path-like, default "boston_housing.npz"
        A file that is there is read. The default is what Keras calls it in its cache, and means fastnn's.
    test_split, seed
        As there.
    """
    return load_boston_housing(place_of(path, "boston_housing.npz"), test_split=test_split, seed=seed)
