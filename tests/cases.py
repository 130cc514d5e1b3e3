"""Tables that one test walks through: thousands of tests of a microsecond each take minutes to collect and report.

Where a product of tables shows nothing that parts of it do not, a test takes some of it, other parts in other rows;
``FASTNN_EXHAUSTIVE=1`` has it take all.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import TypeVar

EXHAUSTIVE = os.environ.get("FASTNN_EXHAUSTIVE") == "1"
T = TypeVar("T")


@contextlib.contextmanager
def case(*names: object) -> Iterator[None]:
    """Add the row's name to whatever fails in it."""
    try:
        yield
    except Exception as error:
        error.add_note("in the case " + ", ".join(str(getattr(name, "__name__", name)) for name in names))
        raise


def some(rows: Iterable[T], of: int, turn: int) -> list[T]:
    """One of so many rows, each in its turn, and never none; all rows in an exhaustive run."""
    listed = list(rows)
    of = min(of, len(listed))
    return [row for place, row in enumerate(listed) if EXHAUSTIVE or (place + turn) % of == 0]
