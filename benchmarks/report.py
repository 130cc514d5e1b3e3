"""The report: a result as an aligned table for the terminal, or as the Markdown that README shows.

README's figures come from the results file, between ``<!-- benchmark:NAME -->`` and ``<!-- /benchmark -->``.
"""

import re

from benchmarks.results import JobResult

HEADER = ("contender", "µs a sample", "min", "max", "times fastnn's", "threads")


def _rows(result: JobResult) -> list[tuple[str, ...]]:
    ratios = result.ratios()
    return [
        (
            peer.title,
            f"{peer.median:.2f}",
            f"{peer.minimum:.2f}",
            f"{peer.maximum:.2f}",
            f"{ratios[peer.name]:.1f}" if ratios else "-",
            str(peer.threads),
        )
        for peer in result.peers
    ]


def _conditions(result: JobResult) -> str:
    machine = result.machine
    rounds = len(result.peers[0].rounds) if result.peers else 0
    return (
        f"{result.title}. Medians of {rounds} interleaved rounds of {result.epochs} epochs; {machine['cpu']}, "
        f"{machine['cores']} cores, {machine['system']}; Python {machine['python']}, NumPy {machine['numpy']}, "
        f"{machine['compiler']}; {result.date}."
    )


def text_table(result: JobResult) -> str:
    """The aligned table, with the conditions below it."""
    rows = [HEADER, *_rows(result)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, "", _conditions(result)])


def markdown_table(result: JobResult) -> str:
    """The same as a Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in [HEADER, *_rows(result)]]
    lines.insert(1, "| --- |" + " ---: |" * (len(HEADER) - 1))
    return "\n".join([*lines, "", _conditions(result)])


def with_table(text: str, result: JobResult) -> str:
    """``text`` with the result's table between its markers.

    Raises
    ------
    ValueError
        When the markers do not stand in ``text`` exactly once.
    """
    begin, end = f"<!-- benchmark:{result.name} -->", "<!-- /benchmark -->"
    updated, count = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}",
        lambda _: f"{begin}\n{markdown_table(result)}\n{end}",
        text,
        flags=re.DOTALL,
    )
    if count != 1:
        raise ValueError(f"the text must have {begin} and {end} exactly once, but they stand there {count} times")
    return updated
