"""``fastnn bench``: the benchmark suite, which lives in a source checkout."""

import argparse
import subprocess
import sys
from pathlib import Path


def run(arguments: argparse.Namespace) -> int:
    """Run ``python -m benchmarks`` in the current folder."""
    if not (Path.cwd() / "benchmarks" / "__main__.py").is_file():
        raise FileNotFoundError("the benchmarks are in fastnn's source, not in the wheel: run this in a checkout")
    return subprocess.run([sys.executable, "-m", "benchmarks", *arguments.rest], check=False).returncode
