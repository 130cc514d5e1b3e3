"""Classes of data sets that give batches by number, which a user derives from: ``PyDataset``, and ``Sequence``."""

from __future__ import annotations

from typing import Any

__all__ = ["PyDataset", "Sequence"]


class PyDataset:
    """What a data set of a user's own derives from: batches by ``__getitem__``, and by ``__len__`` how many there are.

    Parameters
    ----------
    workers : int, default 1
    use_multiprocessing : bool, default False
    max_queue_size : int, default 10
        Keras' arguments, which say how batches are fetched: here they are taken one by one.

    Examples
    --------
    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...
    ...     def __getitem__(self, number):
    ...         return [[number]], [[number**2]]
    >>> len(Squares(workers=4))
    3
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a __getitem__(self, index), which gives a batch")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} needs a __len__(self), which tells how many batches it has")

    @property
    def num_batches(self) -> int | None:
        """How many batches a pass has; None where it has no end."""
        return len(self)

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""


Sequence = PyDataset
