"""The command ``fastnn``: results on standard output, progress on standard error, exit codes for scripts."""

from fastnn.cli.main import main

__all__ = ["main"]
