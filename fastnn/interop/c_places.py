"""Where the values of a computation lie in C: in the outputs, or in arrays on the stack that values use in turn."""

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fastnn.interop.c_source import KEYWORDS
from fastnn.interop.computation import Computation, Step
from fastnn.interop.operations import Arrange, Encode, InnerProduct, Join, Lookup, Operation, Product, Rescale

__all__ = ["Call", "fused", "identifiers", "offsets", "places_of"]


# What cannot be written over what it reads.
_ELSEWHERE = (Product, Lookup, Join, InnerProduct, Arrange, Encode)


@dataclass(frozen=True)
class Call:
    """One step; ``sources`` are numbers of calls, -1 - k is input k.

    Attributes
    ----------
    rescale : Rescale or None
        What a product does to its input first.
    value : int
        The step's number in the computation.
    """

    operation: Operation
    sources: tuple[int, ...]
    rescale: Rescale | None
    value: int


def fused(computation: Computation) -> list[Call]:
    """The steps, but a rescaling that a product alone takes is part of that."""
    uses = _uses([step.sources for step in computation.steps], [value for _, value in computation.outputs])
    calls: list[Call] = []
    numbers: dict[int, int] = {}
    waiting: dict[int, tuple[Rescale, int]] = {}
    for value, step in enumerate(computation.steps):
        operation, (source, *_) = step.operation, step.sources
        following = computation.steps[value + 1] if value + 1 < len(computation.steps) else None
        if isinstance(operation, Rescale) and source < 0 and uses[value] == 1 and _takes_rescaled(following, value):
            waiting[value] = operation, source
            continue
        rescale, first = waiting.get(source, (None, source))
        sources = [first if rescale is not None else source, *step.sources[1:]]
        calls.append(Call(operation, tuple(numbers.get(one, one) for one in sources), rescale, value))
        numbers[value] = len(calls) - 1
    return calls


def _takes_rescaled(step: Step | None, value: int) -> bool:
    """Whether a step is the product of a value, which its function in C can rescale."""
    return (
        step is not None
        and isinstance(step.operation, Product)
        and step.operation.vectors == 1
        and step.sources == (value,)
    )


def places_of(
    computation: Computation, calls: Sequence[Call], outputs: Sequence[str]
) -> tuple[list[str], dict[str, int]]:
    """The place of each call's value, and the sizes of the arrays on the stack.

    Products, tables and rows side by side cannot be written over what they read; all other operations work in place
    where nobody else takes their input.
    """
    numbers = {call.value: number for number, call in enumerate(calls)}
    ends = [numbers.get(value, value) for _, value in computation.outputs]
    uses = _uses([call.sources for call in calls], ends)
    group: list[int] = []
    for number, call in enumerate(calls):
        source = call.sources[0]
        over = source >= 0 and uses[source] == 1 and not isinstance(call.operation, _ELSEWHERE)
        group.append(group[source] if over else number)
    places: dict[int, str] = {}
    for name, end in zip(outputs, ends, strict=True):
        if end >= 0:
            places.setdefault(group[end], name)
    last = {group[source]: number for number, call in enumerate(calls) for source in call.sources if source >= 0}
    sizes: dict[str, int] = {}
    for number, call in enumerate(calls):
        mine = group[number]
        if mine == number and mine not in places:
            taken = {place for other, place in places.items() if other < number and last.get(other, -1) >= number}
            places[mine] = next(name for name in _letters() if name not in taken)
        if places[mine] not in outputs:
            sizes[places[mine]] = max(sizes.get(places[mine], 0), call.operation.outputs)
    return [places[mine] for mine in group], sizes


def _uses(sources: Sequence[tuple[int, ...]], ends: Sequence[int]) -> Counter[int]:
    return Counter([*itertools.chain.from_iterable(sources), *ends])


def _letters() -> itertools.chain[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return itertools.chain(letters, (f"{letter}{n}" for n in itertools.count(1) for letter in letters))


def identifiers(names: Sequence[str], file: str, taken: Sequence[str] = ()) -> list[str]:
    """Names of arguments in C that differ from each other, from those that are taken, and from the file's own.

    >>> identifiers(["price", "2nd", "int", "a b", "a-b", "x", "net_dense", "NAN"], "net")
    ['price', '_2nd', 'int_', 'a_b', 'a_b_2', 'x_', 'of_net_dense', 'NAN_']
    """
    found: list[str] = []
    for name in names:
        plain = re.sub("[^A-Za-z0-9_]", "_", name)
        if plain[:1].isdigit():
            plain = f"_{plain}"
        elif plain.lower().startswith(f"{file.lower()}_"):
            # Tables, functions and macros begin so.
            plain = f"of_{plain}" if file.lower() != "of" else f"at_{plain}"
        elif plain in KEYWORDS or plain.isupper() or re.fullmatch("[a-z][0-9]*|", plain):
            # A macro of math.h, or an array on the stack.
            plain = f"{plain}_"
        unique = plain
        for number in itertools.count(2):
            if unique not in found and unique not in taken:
                break
            unique = f"{plain}_{number}"
        found.append(unique)
    return found


def offsets(name: str, sizes: Sequence[int]) -> list[str]:
    """Where parts of an array begin.

    >>> offsets("input", [3, 2])
    ['input', 'input + 3']
    """
    begins = itertools.accumulate(sizes[:-1], initial=0)
    return [f"{name} + {begin}" if begin else name for begin in begins]
