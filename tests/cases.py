"""Tables that one test walks through: thousands of tests of a microsecond each take minutes to collect and report."""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def case(*names: object) -> Iterator[None]:
    """Add the row's name to whatever fails in it."""
    try:
        yield
    except Exception as error:
        error.add_note("in the case " + ", ".join(str(getattr(name, "__name__", name)) for name in names))
        raise
