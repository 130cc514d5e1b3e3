"""How large what a file describes may be."""

from __future__ import annotations

from typing import Any

from fastnn.checking.shapes import checked_shape

__all__ = ["LARGEST_SAMPLE", "check_input"]

# Numbers in a sample: gigabytes each, and far from where a product of sizes overflows.
LARGEST_SAMPLE = 1 << 31


def check_input(given: Any) -> None:
    """Raise ValueError where a sample of this shape is too large for any file."""
    # Step by step: the product of a million sizes takes longer than a minute.
    numbers = 1
    for size in checked_shape(given, "input_shape"):
        numbers *= size
        if numbers >= LARGEST_SAMPLE:
            raise ValueError(f"its input_shape is that of {LARGEST_SAMPLE} numbers or more, which no sample has")
