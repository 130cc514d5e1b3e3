"""What a user sees while a model is trained."""

from __future__ import annotations

from typing import Any

from fastnn.progress import Bar, in_jupyter, shows_line, wanted

__all__ = ["Reporting", "verbosity_of"]

# verbose="auto" where somebody looks on: a bar, once training has taken a second; lines in Jupyter, which stay there.
_AUTOMATIC = 3


def verbosity_of(verbose: object) -> int:
    """``verbose`` as a number."""
    if verbose == "auto":
        return _AUTOMATIC if wanted() else 0
    if verbose in (0, 1, 2):
        return int(verbose)
    raise ValueError(f"verbose must be 'auto', 0, 1 or 2, but it is {verbose!r}")


class Reporting:
    """A progress bar over all samples of a training, a line for each epoch, or nothing."""

    def __init__(self, verbosity: int, samples: int | None, first: int, epochs: int) -> None:
        automatic_lines = verbosity == _AUTOMATIC and in_jupyter()
        self.lines, self.all_lines = verbosity == 2 or automatic_lines, verbosity == 2
        self.samples, self.first, self.epochs = samples or 0, first, epochs
        total = None if samples is None else samples * (epochs - first)
        # The line of the last epoch, where it was left out.
        self.held_back: str | None = None
        wants_bar = verbosity == 1 or (verbosity == _AUTOMATIC and not automatic_lines)
        self.bar = Bar(total, "sample", at_once=verbosity == 1) if wants_bar else None

    def progress(self, epoch: int) -> Any:
        """A function to be told the progress of an epoch; None where nothing is shown."""
        bar, before = self.bar, (epoch - self.first) * self.samples
        if bar is None:
            return None
        title = f"epoch {epoch + 1}/{self.epochs}"

        def show(done: int, total_loss: float) -> None:
            bar.show(before + done, title, lambda: {"loss": f"{total_loss / max(1, done):.4f}"})

        return show

    def epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """An epoch has ended."""
        title = f"epoch {epoch + 1}/{self.epochs}"
        if self.bar is not None:
            self.bar.show((epoch + 1 - self.first) * self.samples, title, lambda: _short(logs))
        if self.lines:
            line = " - ".join([title, *(f"{name}: {value}" for name, value in _short(logs).items())])
            self.held_back = None if self.all_lines or shows_line(epoch + 1, self.epochs) else line
            if self.held_back is None:
                print(line, flush=True)

    def close(self) -> None:
        """Training has ended, maybe earlier than it was meant to."""
        if self.held_back is not None:
            print(self.held_back, flush=True)
        if self.bar is not None:
            self.bar.close()


def _short(logs: dict[str, float]) -> dict[str, str]:
    # A small learning rate would be 0.0000 with four places.
    return {name: f"{x:.4f}" if x == 0 or abs(x) >= 1e-3 else f"{x:.3e}" for name, x in logs.items()}
