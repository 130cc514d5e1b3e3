"""Class labels: whole numbers from 0 up, as the metrics and the label encoding take them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["are_whole", "class_labels"]


def are_whole(array: NDArray[Any]) -> NDArray[np.bool_]:
    """For each element, whether it is a whole number; infinities are not."""
    whole: NDArray[np.bool_] = np.isfinite(array) & (array == np.trunc(array))
    return whole


def class_labels(array: NDArray[Any], name: str) -> NDArray[np.int64]:
    """Return the elements of a numeric array as class labels: whole numbers from 0 up."""
    whole = are_whole(array)
    if not whole.all():
        raise ValueError(f"{name} holds {array[~whole][0]}; expected class labels: whole numbers from 0 up.")
    if array.size:
        # Python integers compare exactly where uint64 or a large float would wrap around in int64.
        lowest, highest = int(array.min()), int(array.max())
        if lowest < 0:
            raise ValueError(f"{name} holds the label {lowest}; expected labels from 0 up.")
        if highest > np.iinfo(np.int64).max:
            raise ValueError(f"{name} holds the label {highest}; expected labels that fit into int64.")
    return array.astype(np.int64)
