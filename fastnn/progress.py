"""Progress of training: a bar on a terminal, lines of epochs in Jupyter, and nothing in a log file."""

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Bar", "epochs_bar", "in_jupyter", "shows_line", "wanted"]

# Shorter trainings show no bar unless they are told to.
_SECONDS_BEFORE_IT_SHOWS = 1.0
# As often as the eye follows.
_SECONDS_BETWEEN = 0.1


# More lines below a cell are read by nobody, and slow the browser down.
_MOST_LINES = 100


def in_jupyter() -> bool:
    """Whether this is a kernel of Jupyter, whose output goes into a notebook."""
    shell = sys.modules.get("IPython.core.getipython")
    return shell is not None and hasattr(shell.get_ipython(), "kernel")


def wanted() -> bool:
    """Whether somebody looks on: standard error is a terminal, or this is Jupyter."""
    return in_jupyter() or sys.stderr.isatty()


def shows_line(epoch: int, epochs: int) -> bool:
    """Whether the epoch, counted from 1, has a line: all have, or some hundred of them and the last.

    >>> [epoch for epoch in range(1, 261) if shows_line(epoch, 260)][:4], shows_line(260, 260), shows_line(7, 100)
    ([3, 6, 9, 12], True, True)
    """
    return epoch >= epochs or epoch % -(-epochs // _MOST_LINES) == 0


class Bar:
    """A bar that appears when training has taken a second, or at once.

    Parameters
    ----------
    total : int or None
        What is all; None where it is not known.
    unit : str
    at_once : bool
    """

    def __init__(self, total: int | None, unit: str, *, at_once: bool) -> None:
        self._total, self._unit = total, unit
        self._begun = time.monotonic()
        self._due = 0.0 if at_once else time.monotonic() + _SECONDS_BEFORE_IT_SHOWS
        self._bar: Any = None
        self._last: tuple[int, str, Callable[[], dict[str, str]]] = (0, "", dict)

    def show(self, done: int, title: str, values: Callable[[], dict[str, str]]) -> None:
        """Move to ``done``; ``values`` is asked only where the bar is drawn."""
        self._last = (done, title, values)
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _SECONDS_BETWEEN
            self._draw()

    def _draw(self) -> None:
        done, title, values = self._last
        if self._bar is None:
            tqdm = _bars()
            # It draws whenever it is told to: when, is decided here, where it costs least. Its rate is that since the
            # beginning, which was before the bar.
            self._bar = tqdm(
                total=self._total, unit=self._unit, unit_scale=self._unit != "epoch", mininterval=0, smoothing=0
            )
            self._bar.start_t -= time.monotonic() - self._begun
        self._bar.set_description_str(title, refresh=False)
        self._bar.set_postfix(values(), refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it is, at its last place."""
        if self._bar is not None:
            self._draw()
            self._bar.close()


def _bars() -> Any:
    """The class of bars: the widget where Jupyter has it, which warns where it has not, else that of terminals."""
    if in_jupyter() and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm
    else:
        from tqdm import tqdm
    return tqdm


@contextmanager
def epochs_bar(epochs: int, verbose: bool | None) -> Iterator[Callable[[float], None]]:
    """A function that is told the error of each epoch.

    ``verbose`` None shows a bar on a terminal, and lines in Jupyter, where a bar would leave nothing to read.
    """
    if verbose is False or (verbose is None and not wanted()):
        yield lambda error: None
        return
    done = 0
    if verbose is None and in_jupyter():

        def print_line(error: float) -> None:
            nonlocal done
            done += 1
            if shows_line(done, epochs):
                print(f"epoch {done}/{epochs}   error={error:.6f}", flush=True)

        yield print_line
        return
    bar = Bar(epochs, "epoch", at_once=bool(verbose))

    def show(error: float) -> None:
        nonlocal done
        done += 1
        bar.show(done, "", lambda: {"error": f"{error:.6f}"})

    try:
        yield show
    finally:
        bar.close()
