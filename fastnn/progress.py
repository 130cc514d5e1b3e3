"""A progress bar for long training: on a terminal or in Jupyter, and nothing in a log file."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Bar", "wanted"]

# Shorter trainings show no bar unless they are told to.
_SECONDS_BEFORE_IT_SHOWS = 1.0
# As often as the eye follows.
_SECONDS_BETWEEN = 0.1


def wanted() -> bool:
    """Whether somebody looks on: standard error is a terminal, or this is Jupyter."""
    return "ipykernel" in sys.modules or sys.stderr.isatty()


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
            from tqdm.auto import tqdm

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


@contextmanager
def epochs_bar(epochs: int, verbose: bool | None) -> Iterator[Callable[[float], None]]:
    """A function that is told the error of each epoch; ``verbose`` None shows it where somebody looks on."""
    if verbose is False or (verbose is None and not wanted()):
        yield lambda error: None
        return
    bar, done = Bar(epochs, "epoch", at_once=bool(verbose)), 0

    def show(error: float) -> None:
        nonlocal done
        done += 1
        bar.show(done, "", lambda: {"error": f"{error:.6f}"})

    try:
        yield show
    finally:
        bar.close()
