"""The command: which function each subcommand calls, and how its failures are told."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from fastnn.cli.arguments import parser

__all__ = ["main"]


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
    except (OSError, ValueError, TypeError, ImportError, FloatingPointError, MemoryError) as error:
        text = " ".join(str(error).split()) or "there is not enough memory"
        print(f"fastnn: error: {text}", file=sys.stderr)
        return 1


def _run(argv: Sequence[str] | None) -> int:
    chosen = parser()
    arguments, rest = chosen.parse_known_args(argv)
    if rest and arguments.command != "bench":
        chosen.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    return int(importlib.import_module(f"fastnn.cli.{arguments.command}").run(arguments) or 0)
