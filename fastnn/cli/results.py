"""Results on standard output: a name and a value on each line, or one JSON object for scripts."""

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["print_json", "print_values", "value_text"]


def print_values(values: Mapping[str, Any]) -> None:
    """Print a line for each value.

    >>> print_values({"rows": 3, "accuracy": 0.123456789})
    rows 3
    accuracy 0.123457
    """
    for name, value in values.items():
        print(f"{name} {value_text(value)}")


def value_text(value: Any) -> str:
    """A value as a line shows it: floats to six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def print_json(value: Any) -> None:
    """Print one JSON object; what is not finite, for which JSON has no word, is null."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
