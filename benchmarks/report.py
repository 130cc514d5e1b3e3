"""The report: a result as an aligned table for the terminal, or as the Markdown that README shows.

README's figures come from the results files: a job's between ``<!-- benchmark:NAME -->`` and ``<!-- /benchmark -->``,
and a line of every job after ``<!-- benchmark:summary -->``.
"""

import re
from collections.abc import Callable, Sequence

from benchmarks.results import JobResult

SUMMARY = "summary"
Row = tuple[str, ...]


def rounded(number: float) -> str:
    """Two decimals, or none from a thousand on.

    >>> rounded(2.0149), rounded(1234.5)
    ('2.01', '1,234')
    """
    return f"{number:,.2f}" if number < 1000 else f"{number:,.0f}"


def factor(ratio: float) -> str:
    """One decimal, or none from a thousand on.

    >>> factor(9.96), factor(30821.3)
    ('10.0', '30,821')
    """
    return f"{ratio:.1f}" if ratio < 1000 else f"{ratio:,.0f}"


def _rows(result: JobResult) -> list[Row]:
    ratios = result.ratios()
    header = ("contender", result.unit, "min", "max", "times fastnn's", "threads")
    return [
        header,
        *(
            (
                peer.title + ("*" if peer.differs else ""),
                rounded(peer.median),
                rounded(peer.minimum),
                rounded(peer.maximum),
                factor(ratios[peer.name]) if ratios else "-",
                str(peer.threads),
            )
            for peer in result.peers
        ),
    ]


def _conditions(result: JobResult) -> str:
    machine = result.machine
    rounds = len(result.peers[0].rounds) if result.peers else 0
    word = "epochs" if result.unit.endswith("sample") else "passes over the data"
    epochs = f" of {result.epochs} {word}" if result.epochs > 1 else ""
    medians = f"Medians of {rounds} interleaved rounds" if rounds > 1 else "One round"
    differing = "".join(f" *{peer.title}: {peer.differs}." for peer in result.peers if peer.differs)
    threaded = any(peer.threads > 1 for peer in result.peers)
    barrier = f", a meeting of two threads {result.barrier[0]:.0f} ns" if result.barrier and threaded else ""
    return (
        f"{result.title}.{differing} {medians}{epochs}; {machine['cpu']}, {machine['cores']} cores{barrier}, "
        f"{machine['system']}; Python {machine['python']}, NumPy {machine['numpy']}, {machine['compiler']}; "
        f"{result.date}."
    )


def summary_rows(results: Sequence[JobResult]) -> list[Row]:
    """A line a job: fastnn's time, and how many times longer every peer takes."""
    names = dict.fromkeys(peer.name for result in results for peer in result.peers if peer is not result.baseline)
    rows: list[Row] = [("job", "fastnn", *names)]
    for result in results:
        if result.baseline is None:
            continue
        ratios = {name: ratio for name, ratio in result.ratios().items() if name != result.baseline.name}
        cells = (factor(ratios[name]) if name in ratios else "" for name in names)
        rows.append((result.name, f"{rounded(result.baseline.median)} {result.unit}", *cells))
    return rows


def _aligned(rows: list[Row]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines


def _markdown(rows: list[Row]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "| --- |" + " ---: |" * (len(rows[0]) - 1))
    return lines


def text_table(result: JobResult) -> str:
    """The aligned table, with the conditions below it."""
    return "\n".join([*_aligned(_rows(result)), "", _conditions(result)])


def markdown_table(result: JobResult) -> str:
    """The same as a Markdown table."""
    return "\n".join([*_markdown(_rows(result)), "", _conditions(result)])


def text_summary(results: Sequence[JobResult]) -> str:
    """The summary's aligned table."""
    return "\n".join(_aligned(summary_rows(results)))


def markdown_summary(results: Sequence[JobResult]) -> str:
    """The summary as a Markdown table."""
    return "\n".join(_markdown(summary_rows(results)))


def with_tables(text: str, table_of: Callable[[str], str]) -> str:
    """``text`` with a table between every pair of markers.

    Parameters
    ----------
    text : str
    table_of : callable
        Takes the name in a marker and returns its table.

    Raises
    ------
    ValueError
        When ``text`` has no markers, or the same twice.
    """
    pattern = re.compile(r"<!-- benchmark:([\w-]+) -->.*?<!-- /benchmark -->", re.DOTALL)
    names = pattern.findall(text)
    if not names or len(set(names)) != len(names):
        raise ValueError(
            "the text must have <!-- benchmark:NAME --> and <!-- /benchmark --> once for every table that it shows, "
            f"but it has them for {', '.join(names) or 'none'}"
        )
    return pattern.sub(lambda found: f"<!-- benchmark:{found[1]} -->\n{table_of(found[1])}\n<!-- /benchmark -->", text)
