"""Data beyond arrays: rows in files, and the names of columns.

>>> from fastnn.data import from_files
>>> from_files("x.csv")
Traceback (most recent call last):
...
FileNotFoundError: [Errno 2] No such file or directory: 'x.csv'
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastnn.data.out_of_core.file_data import FileData
    from fastnn.data.out_of_core.opening import from_files

__all__ = ["FileData", "from_files"]


def __getattr__(name: str) -> Any:
    # What needs arrays alone does without.
    if name not in __all__:
        raise AttributeError(f"module 'fastnn.data' has no attribute {name!r}")
    from fastnn.data.out_of_core import file_data, opening

    return getattr(opening if name == "from_files" else file_data, name)
