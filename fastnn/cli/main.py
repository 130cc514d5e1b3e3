"""The command: which function each subcommand calls, and how its failures are told."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence

from fastnn.cli.arguments import parser

__all__ = ["main"]

# Letters of a message: a field of a table may have a million.
_LONGEST = 1000


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with ``argv`` (default: the process' own arguments) and return its exit code.

    0 is success, 1 wrong input or data (a line on standard error says what), 2 wrong usage, 130 an interruption.

    >>> main(["--version"])
    Traceback (most recent call last):
    ...
    SystemExit: 0
    """
    try:
        try:
            return _run(argv)
        finally:
            # Here, and not when the interpreter ends: a reader that has gone is no failure.
            sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer has nobody to go to; without this the interpreter would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("fastnn: interrupted", file=sys.stderr)
        return 130
    except UnicodeEncodeError as error:
        letter = error.object[error.start : error.start + 1]
        return _failed(f"{error.encoding} has no letter {letter!a}: set PYTHONIOENCODING=utf-8, or write to a file")
    except MemoryError as error:
        return _failed(str(error) or "there is not enough memory")
    except (OSError, ValueError, TypeError, ImportError, RuntimeError, ArithmeticError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
            return _failed("standard output is on a full disk: what was printed is not all there")
        return _failed(str(error))
    except Exception as error:
        if os.environ.get("FASTNN_TRACEBACK"):
            raise
        return _failed(
            f"unexpected {type(error).__name__}: {error}: a fault of fastnn, please report it with what "
            "FASTNN_TRACEBACK=1 prints"
        )


def _failed(text: str) -> int:
    """Tell a failure in one line, and drop what standard output could not take: Python would complain at its end."""
    line = " ".join(text.split())
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST // 2]} ... {line[-_LONGEST // 2 :]}"
    print(f"fastnn: error: {line}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _run(argv: Sequence[str] | None) -> int:
    chosen = parser()
    if any("\0" in argument for argument in (sys.argv[1:] if argv is None else argv)):
        chosen.error("an argument has a null byte, which no name of a file or column has")
    arguments, rest = chosen.parse_known_args(argv)
    if rest and arguments.command != "bench":
        chosen.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    return int(importlib.import_module(f"fastnn.cli.{arguments.command}").run(arguments) or 0)
