"""The call overhead: what one call of fastnn's smallest functions costs, in nanoseconds, before any arithmetic counts.

It compares an ordinary build with a limited-API one: ``python -m benchmarks.call_overhead`` measures the source tree,
and ``python path/to/benchmarks/call_overhead.py`` the installed package, so this file imports nothing beside it.
"""

import argparse
import json
import pathlib
import statistics
import timeit
from collections.abc import Callable

import numpy as np

import fastnn

REPEATS = 15


def calls() -> dict[str, Callable[[], object]]:
    """The functions to time, by the name printed for them."""
    numbers = np.linspace(-1, 1, 10, dtype=np.float32)
    sample = numbers[None]
    layer = fastnn.FCLayer(10, 10, rng=np.random.default_rng(0))
    return {
        "fastnn.relu, 10 numbers": lambda: fastnn.relu(numbers),
        "FCLayer(10, 10).forward, 1 sample": lambda: layer.forward(sample),
        "an empty function, for comparison": lambda: None,
    }


def nanoseconds(function: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median nanoseconds of one call over ``repeats`` runs of many calls."""
    timer = timeit.Timer(function)
    # autorange finds the calls that take 0.2 s; a tenth of them keeps the whole short.
    number = max(1, timer.autorange()[0] // 10)
    return statistics.median(timer.repeat(repeats, number)) / number * 1e9


def measure(repeats: int = REPEATS) -> dict[str, object]:
    """The build's description, and nanoseconds by name."""
    config = fastnn.show_config()
    build = "limited API" if config["limited_api"] else "full API"
    return {"build": build, "config": config, "nanoseconds": {n: nanoseconds(f, repeats) for n, f in calls().items()}}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.call_overhead", description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE", help="write JSON here")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"runs of each (default: {REPEATS})")
    options = parser.parse_args(arguments)
    result = measure(options.repeats)
    print(f"build: {result['build']}, {fastnn.show_config()['compiler']}")
    times = result["nanoseconds"]
    assert isinstance(times, dict)
    width = max(map(len, times))
    for name, time in times.items():
        print(f"{name.ljust(width)}  {time:7.1f} ns")
    if options.output is not None:
        options.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
