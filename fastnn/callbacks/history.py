"""The history of a training: what each epoch's loss and metrics were."""

from __future__ import annotations

import os
import weakref
from typing import Any

__all__ = ["History"]

# A longer table is better drawn.
_MOST_ROWS = 20


class History:
    """What ``model.fit`` returns.

    Attributes
    ----------
    history : dict of list of float
        For "loss", each metric, and the same with "val_" before it: a value for each epoch that has one. Epochs without
        validation have no entry; `epochs_of` tells which have.
    epoch : list of int
        The epochs, counted from 0.
    params : dict
        The numbers of epochs and of steps, ``verbose`` and ``validation_freq``.
    threads : list of int
        How many threads each epoch of this process took in the end; training finds out by trying which number is the
        fastest. The results do not depend on it, and it is not saved.

    Examples
    --------
    >>> history = History()
    >>> history.add(0, {"loss": 0.5})
    >>> history.add(1, {"loss": 0.4, "val_loss": 0.6})
    >>> history.history
    {'loss': [0.5, 0.4], 'val_loss': [0.6]}
    >>> history.epochs_of("val_loss")
    [1]
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.params: dict[str, Any] = {}
        self.threads: list[int] = []
        self._epochs: dict[str, list[int]] = {}
        self._model: weakref.ref[Any] | None = None

    @property
    def model(self) -> Any:
        """The model that was trained; None where nobody has it any more, or the history came from a file."""
        return None if self._model is None else self._model()

    def of(self, model: Any) -> None:
        """Remember whose it is, without keeping it alive."""
        self._model = weakref.ref(model)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_model": None, "threads": []}

    def add(self, epoch: int, logs: dict[str, float]) -> None:
        """Append an epoch's values, or add to those of the last epoch."""
        if not self.epoch or self.epoch[-1] != epoch:
            self.epoch.append(epoch)
        for name, value in logs.items():
            epochs = self._epochs[name] = self.epochs_of(name)
            values = self.history.setdefault(name, [])
            if epochs and epochs[-1] == epoch:
                values[-1] = value
            else:
                values.append(value)
                epochs.append(epoch)

    def epochs_of(self, name: str) -> list[int]:
        """The epochs, counted from 0, to which the values of a name belong; empty if there is no such name."""
        count = len(self.history.get(name, ()))
        epochs = self._epochs.get(name, [])
        # Lists that a user has changed: from the first epoch on.
        return epochs if len(epochs) == count else (self.epoch + list(range(len(self.epoch), count)))[:count]

    def take(self, name: str, epochs: list[int]) -> None:
        """Set the epochs to which the values of a name belong, one for each value."""
        self._epochs[name] = list(epochs)

    def before(self, epoch: int) -> History:
        """The part of the history before an epoch."""
        part = History()
        for number in self.epoch:
            if number < epoch:
                part.add(number, {})
        for name, values in self.history.items():
            kept = [
                (number, value) for number, value in zip(self.epochs_of(name), values, strict=True) if number < epoch
            ]
            if kept:
                part.history[name] = [value for _, value in kept]
                part.take(name, [number for number, _ in kept])
        return part

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Draw loss and metrics over the epochs, validation beside training; see `fastnn.plotting.plot_history`.

        Parameters
        ----------
        path : str or path-like, optional
            A file to write the picture to, such as "history.png" or "history.pdf".

        Returns
        -------
        matplotlib Figure
        """
        from fastnn.plotting.history import plot_history

        figure = plot_history(self)
        if path is not None:
            figure.savefig(path)
        return figure

    def to_frame(self) -> Any:
        """The history as a pandas DataFrame with an index of epochs, and NaN where there is no entry.

        Raises
        ------
        ImportError
            Where pandas is missing; the message says how to get it.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError("History.to_frame needs pandas: pip install pandas") from None
        columns = {name: pandas.Series(values, self.epochs_of(name)) for name, values in self.history.items()}
        return pandas.DataFrame(columns, index=pandas.Index(self.epoch, name="epoch"))

    def _repr_html_(self) -> str:
        """A line for each epoch, counted from 1, as Jupyter shows it; of many, the first and the last."""
        from fastnn.html import table

        values = {name: dict(zip(self.epochs_of(name), numbers, strict=True)) for name, numbers in self.history.items()}
        rows: list[list[str]] = [
            [str(epoch + 1), *(f"{found[epoch]:.4g}" if epoch in found else "" for found in values.values())]
            for epoch in self.epoch
        ]
        if len(rows) > _MOST_ROWS:
            rows[_MOST_ROWS // 2 : -_MOST_ROWS // 2] = [["⋮"] * (len(values) + 1)]
        return table("history", ["epoch", *values], rows)

    def __repr__(self) -> str:
        last = {name: values[-1] for name, values in self.history.items() if values}
        told = ", ".join(f"{name} {value:.4g}" for name, value in last.items())
        return f"<History of {len(self.epoch)} epochs{': ' if told else ''}{told}>"
