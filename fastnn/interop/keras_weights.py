"""Keras' files of weights: arrays in groups of an HDF5 file, each layer's in a group of its own.

Keras 3 names the groups after the layers' classes and numbers the arrays: ``layers/dense_1/vars/0``. Keras 2 keeps
lists of names in attributes. An HDF5 file may point to other files and promise arrays that it does not have: such are
refused.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastnn.interop.assembling import Wanted

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["WeightFile", "hdf5"]


def hdf5() -> Any:
    """The module h5py; raises ImportError, which says how to get it, where it is missing."""
    try:
        import h5py
    except ImportError as error:
        raise ImportError("Keras' files are written and read with h5py: pip install 'h5py>=3.10'") from error
    return h5py


class WeightFile:
    """A file of weights that is open for reading.

    Parameters
    ----------
    file : binary file
        In memory or on the disk. It is read as it is needed, and stays open.

    Raises
    ------
    ImportError
        When h5py is missing.
    OSError
        When it is no HDF5 file, or a truncated one.

    Examples
    --------
    >>> import io
    >>> import h5py
    >>> content = io.BytesIO()
    >>> with h5py.File(content, "w") as file:
    ...     file["layers/dense/vars/0"] = np.ones((3, 2))
    >>> with WeightFile(content) as file:
    ...     file.arrays(["layers/dense/"], [[Wanted("the kernel", (3, 2))]])[0].shape
    (3, 2)
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._size = file.seek(0, os.SEEK_END)
        self._hdf5 = hdf5()
        self._file = self._hdf5.File(file, "r")

    @property
    def by_attributes(self) -> bool:
        """Whether it is as Keras 2 writes it."""
        attributes = self._legacy_root().attrs
        return "layer_names" in attributes or "layer_names0" in attributes

    def text(self, attribute: str) -> str | None:
        """An attribute of the whole file that is a text; None where there is none."""
        value = self._file.attrs.get(attribute)
        return value.decode() if isinstance(value, bytes) else value if isinstance(value, str) else None

    def arrays(self, places: Sequence[str], wanted: Sequence[Sequence[Wanted]]) -> list[NDArray[Any]]:
        """The arrays of a Keras 3 file.

        Parameters
        ----------
        places : sequence of str
            Each layer's group, such as "layers/dense/".
        wanted : sequence of sequence of Wanted
            What each layer needs.

        Raises
        ------
        ValueError, KeyError, OSError, RuntimeError
            When the file is damaged or malicious, has not what is needed, or has more.
        """
        if self._link(self._file, "_layer_checkpoint_dependencies"):
            # So the first versions of this format call all groups of layers.
            places = [place.replace("layers/", "_layer_checkpoint_dependencies/") for place in places]
        named = [
            (f"{place}vars/{number}", array)
            for place, arrays in zip(places, wanted, strict=True)
            for number, array in enumerate(arrays)
        ]
        more = set(self._numbered()) - {path for path, _ in named}
        if more:
            raise ValueError(f"it has arrays for which the model has no place: {_some(sorted(more))}")
        return self._read([(self._dataset(path, array.name), array) for path, array in named])

    def arrays_by_attributes(self, wanted: Sequence[Sequence[Wanted]]) -> list[NDArray[Any]]:
        """The arrays of a Keras 2 file; see `arrays`.

        A model within the model is one layer there, which lists the arrays of its own: first those that training
        changes, then the others.
        """
        found: list[list[list[str]]] = []
        root = self._legacy_root()
        prefix = "" if root.name == "/" else f"{root.name[1:]}/"
        for layer in _names(root, "layer_names"):
            by_layer: dict[str, list[str]] = {}
            for name in _names(self._group(f"{prefix}{layer}"), "weight_names"):
                by_layer.setdefault(name.rpartition("/")[0], []).append(f"{prefix}{layer}/{name}")
            found.append(list(by_layer.values()))
        wanted = [arrays for arrays in wanted if arrays]
        if sum(map(len, found)) == len(wanted):
            behind = iter(wanted)
            pairs = [pair for lists in found for pair in _paired(lists, [next(behind) for _ in lists])]
        if sum(map(len, found)) != len(wanted) or not all(_fits(paths, arrays) for paths, arrays in pairs):
            raise ValueError(
                f"it has {[len(paths) for lists in found for paths in lists]} arrays by layer, but the model's layers "
                f"have {[len(arrays) for arrays in wanted]}, or call them otherwise"
            )
        # In the order in which they are wanted.
        places = {id(arrays): paths for paths, arrays in pairs}
        return self._read(
            [
                (self._dataset(path, array.name), array)
                for arrays in wanted
                for path, array in zip(places[id(arrays)], arrays, strict=True)
            ]
        )

    def _legacy_root(self) -> Any:
        return self._group("model_weights") if self._link(self._file, "model_weights") else self._file

    def _numbered(self) -> list[str]:
        """The paths of all arrays of layers but random states."""
        paths: list[str] = []

        def visit(path: str, node: Any) -> None:
            if re.search(r"(^|/)(layers|_layer_checkpoint_dependencies)/.*vars/\d+$", path):
                paths.append(path)

        self._file.visititems(visit)
        return [path for path in paths if "/seed_generator/" not in path]

    def _group(self, path: str) -> Any:
        return self._node(path, self._hdf5.Group, f"the group {path!r}")

    def _dataset(self, path: str, what: str) -> Any:
        return self._node(path, self._hdf5.Dataset, f"{what} ({path!r})")

    def _node(self, path: str, kind: type, what: str) -> Any:
        node: Any = self._file
        for part in path.split("/"):
            link = self._link(node, part) if isinstance(node, self._hdf5.Group) else None
            if link is None:
                raise ValueError(f"it lacks {what}")
            if link is not self._hdf5.HardLink:
                raise ValueError(f"it has a link in place of {what}")
            node = node[part]
        if not isinstance(node, kind):
            raise ValueError(f"{what} is no {kind.__name__.lower()}")
        return node

    @staticmethod
    def _link(group: Any, name: str) -> Any:
        """The kind of link by that name, or None. Soft and external ones lead elsewhere: not even to be looked up."""
        return group.get(name, getlink=True, getclass=True)

    def _read(self, pairs: Iterable[tuple[Any, Wanted]]) -> list[NDArray[Any]]:
        pairs = list(pairs)
        total = 0
        for dataset, wanted in pairs:
            if dataset.shape != wanted.shape:
                raise ValueError(f"{wanted.name} must have shape {wanted.shape}, but the file's has {dataset.shape}")
            if dataset.dtype.kind not in "fiu":
                raise ValueError(f"{wanted.name} must hold real numbers, but its dtype is {dataset.dtype}")
            size = math.prod(dataset.shape) * dataset.dtype.itemsize
            if dataset.is_virtual or dataset.external or dataset.id.get_storage_size() < size:
                raise ValueError(
                    f"{wanted.name} is compressed or elsewhere, but must be in the file as Keras writes it"
                )
            total += size
        # Two names may lead to one array.
        if total > self._size:
            raise ValueError(f"its arrays take {total} bytes, but it has {self._size}")
        return [dataset[()] for dataset, _ in pairs]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _paired(lists: Sequence[list[str]], wanted: Sequence[Sequence[Wanted]]) -> list[tuple[list[str], Sequence[Wanted]]]:
    """What a layer of a Keras 2 file has of each layer within it, with what those layers need."""
    by_name = {paths[0].split("/")[-2]: paths for paths in lists}
    if len(by_name) == len(lists) and by_name.keys() == {arrays[0].layer for arrays in wanted}:
        return [(by_name[arrays[0].layer], arrays) for arrays in wanted]
    # Layers of which training changes nothing come last.
    return list(zip(lists, sorted(wanted, key=lambda arrays: not any(one.trained for one in arrays)), strict=True))


def _fits(paths: Sequence[str], arrays: Sequence[Wanted]) -> bool:
    """Whether arrays are as many as are wanted, and are called as they are; Keras 2 puts a number behind a name."""
    names = [path.rpartition("/")[2].partition(":")[0] for path in paths]
    return names == [one.variable for one in arrays]


def _names(group: Any, attribute: str) -> list[str]:
    """A list of names, which Keras splits into several attributes where one would be too large."""
    found = group.attrs.get(attribute)
    if found is None:
        parts: list[Any] = []
        while f"{attribute}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{attribute}{len(parts)}"])
        found = np.concatenate(parts) if parts else []
    return [name.decode() if isinstance(name, bytes) else str(name) for name in np.ravel(found)]


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
