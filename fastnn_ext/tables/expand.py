"""Expands the tables of this folder to enumerations, for Cython and for type checkers. The build calls it."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
# The file of each table, its enumeration, and what else the header tells of a row.
TABLES = {
    "activations": (
        "Activation",
        "ACTIVATIONS",
        "enum: ACTIVATION_NUMBERS\n    bint fastnn_told_by_output(int activation) noexcept",
    ),
    "losses": ("Loss", "LOSSES", "bint fastnn_is_summed(int loss) noexcept"),
    "rules": (
        "UpdateRule",
        "RULES",
        "enum: STATES, MOMENTUM_STATE, SQUARES_STATE\n    int fastnn_states(int rule) noexcept\n"
        "    int fastnn_corrected(int rule) noexcept",
    ),
    "operations": (
        "OperationKind",
        "OPERATIONS",
        "ctypedef struct fastnn_operation_traits:\n        bint learns, of_batch, overwrites, single, several, draws\n"
        "    fastnn_operation_traits fastnn_traits(int operation) noexcept",
    ),
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
    """Write ``<name>.pxi`` of each table and ``enums.pyi`` of all where they are missing or not what the tables say."""
    types = "# Expanded from the tables of this folder by expand.py.\nfrom enum import IntEnum\n"
    for name, (enum, size, more) in TABLES.items():
        rows = "\n".join(f"    {member} = {number}" for number, member in enumerate(members(name)))
        types += f"\nclass {enum}(IntEnum):\n{rows}\n"
        write(FOLDER / f"{name}.pxi", HEADER.format(name=name, size=size, more=more, enum=enum, members=rows))
    write(FOLDER / "descriptors.pxi", descriptors())
    types += "\nTOLD_BY_OUTPUT: tuple[Activation, ...]\nSLOTS: tuple[tuple[int, ...], ...]\n"
    write(FOLDER / "enums.pyi", types)


def descriptors() -> str:
    """What each operation does, by its number: functions named after its row."""
    rows = re.findall(r"^OPERATION\(([\w, ]+)\)", (FOLDER / "operations.def").read_text(), re.MULTILINE)
    text = "# Expanded from operations.def by expand.py: change that table.\ncdef Descriptor[OPERATIONS] descriptors\n"
    for row in rows:
        member, name, learning, *_, training = row.split(", ")
        forward = f"{name}_infer" if training == "SAME" else f"{name}_forward"
        update = f"{name}_update" if learning == "LEARNS" else "NULL"
        functions = f"{forward}, {name}_infer, {name}_backward, {update}".replace(", ", ",\n    ")
        text += f"descriptors[<int> {member}] = Descriptor(\n    {functions},\n)\n"
    return text


def write(path: Path, text: str) -> None:
    """Leave a file that is as it should be with its time."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


if __name__ == "__main__":
    expand()
