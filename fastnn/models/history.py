"""The history of a training: what each epoch's loss and metrics were."""

import os
from typing import Any

__all__ = ["History"]


class History:
    """What ``model.fit`` returns.

    Attributes
    ----------
    history : dict of list of float
        For "loss", each metric, and the same with "val_" before it: a value for each epoch.
    epoch : list of int
        The epochs, counted from 0.
    params : dict
        The numbers of epochs and of steps, ``verbose`` and ``validation_freq``.

    Examples
    --------
    >>> history = History()
    >>> history.add(0, {"loss": 0.5})
    >>> history.history
    {'loss': [0.5]}
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.params: dict[str, Any] = {}

    def add(self, epoch: int, logs: dict[str, float]) -> None:
        """Append an epoch's values, or add to those of the last epoch.

        One that is new gets NaN for the epochs before, as one that is missing for this.
        """
        if not self.epoch or self.epoch[-1] != epoch:
            self.epoch.append(epoch)
        for name, value in logs.items():
            values = self.history.setdefault(name, [])
            values[len(self.epoch) - 1 :] = [float("nan")] * (len(self.epoch) - 1 - len(values)) + [value]
        for values in self.history.values():
            values += [float("nan")] * (len(self.epoch) - len(values))

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Draw loss and metrics over the epochs, validation beside training; see `fastnn.plotting.plot_history`.

        Parameters
        ----------
        path : str or path-like, optional
            A file to write the picture to, such as "history.png" or "history.pdf".

        Returns
        -------
        matplotlib Figure
            Jupyter shows it by itself: a semicolon behind the call keeps it from being shown twice.
        """
        from fastnn.plotting.history import plot_history

        figure = plot_history(self)
        if path is not None:
            figure.savefig(path)
        return figure

    def to_frame(self) -> Any:
        """The history as a pandas DataFrame with an index of epochs; ImportError says how to get pandas."""
        try:
            import pandas
        except ImportError:
            raise ImportError("History.to_frame needs pandas: pip install pandas") from None
        return pandas.DataFrame(self.history, index=pandas.Index(self.epoch, name="epoch"))

    def __repr__(self) -> str:
        last = {name: values[-1] for name, values in self.history.items() if values}
        told = ", ".join(f"{name} {value:.4g}" for name, value in last.items())
        return f"<History of {len(self.epoch)} epochs{': ' if told else ''}{told}>"
