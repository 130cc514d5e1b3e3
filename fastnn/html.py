"""Tables for notebooks: what Jupyter shows of a model, a layer or a history."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

__all__ = ["table"]

_CELL = "text-align: {}; padding: 2px 10px"


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]], below: str = "") -> str:
    """A table as HTML, with its first column at the left and the others at the right; all text is escaped.

    Parameters
    ----------
    title, below : str
        What stands above and below the table; an empty text is left out.
    header : sequence of str
        The names of the columns; of none, there is no such row.
    rows : iterable of sequences
        Of what is shown as ``str`` has it.

    Examples
    --------
    >>> table("a < b", (), [("loss", 0.5)])
    '<div><b>a &lt; b</b><table><tr><td style="text-align: left; ...">loss</td><td ...>0.5</td></tr></table></div>'
    """
    lines = [f"<tr>{_cells(header, 'th')}</tr>"] if header else []
    lines += [f"<tr>{_cells(row, 'td')}</tr>" for row in rows]
    above = f"<b>{html.escape(title)}</b>" if title else ""
    after = f"<div>{html.escape(below)}</div>" if below else ""
    return f"<div>{above}<table>{''.join(lines)}</table>{after}</div>"


def _cells(row: Sequence[object], tag: str) -> str:
    return "".join(
        f'<{tag} style="{_CELL.format("right" if place else "left")}">{html.escape(str(cell))}</{tag}>'
        for place, cell in enumerate(row)
    )
