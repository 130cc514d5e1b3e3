from typing import Any

from numpy.typing import NDArray

class NonFiniteDataError(ValueError):
    sample: int
    def __init__(self, sample: int) -> None: ...

def interleave(columns: list[NDArray[Any]], rows: NDArray[Any]) -> None: ...
