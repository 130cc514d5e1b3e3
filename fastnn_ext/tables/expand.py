"""Expands the tables of this folder for Cython: an enumeration of each, with its size. The build calls it."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
# The file of each table, its enumeration, and what else the header tells of a row.
TABLES = {
    "activations": ("Activation", "ACTIVATIONS", "bint fastnn_told_by_output(int activation) noexcept"),
    "losses": ("Loss", "LOSSES", "bint fastnn_is_summed(int loss) noexcept"),
    "rules": ("Optimizer", "RULES", "int fastnn_states(int rule) noexcept"),
}
HEADER = """# Expanded from {name}.def by expand.py: change that table.
cdef extern from "tables/tables.h" nogil:
    enum: {size}
    {more}


cpdef enum {enum}:
{members}
"""


def members(name: str) -> list[str]:
    """The members of a table, in the order of its rows."""
    return re.findall(r"^[A-Z_]+\((\w+),", (FOLDER / f"{name}.def").read_text(), re.MULTILINE)


def expand() -> None:
    """Write ``<name>.pxi`` where it is missing or not what the table says."""
    for name, (enum, size, more) in TABLES.items():
        rows = "\n".join(f"    {member} = {number}" for number, member in enumerate(members(name)))
        text = HEADER.format(name=name, size=size, more=more, enum=enum, members=rows)
        path = FOLDER / f"{name}.pxi"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    expand()
