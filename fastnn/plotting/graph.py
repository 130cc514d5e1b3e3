"""The picture of a graph of layers: a box for each call of a layer, in rows, with arrows between them."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastnn.layers.base import Layer
from fastnn.models.functional import Model
from fastnn.plotting.boxes import END_HEIGHT, HEIGHT, ROW, WIDTH, draw_box, draw_end, values_text
from fastnn.plotting.canvas import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_graph"]

# Sweeps down and up in which everything moves to the middle of what it is connected with.
_SWEEPS = 8


@dataclass(eq=False)
class _Spot:
    """What takes room in a row: a call, an input, an output, or an arrow on its way through the row."""

    row: int
    layer: Layer | None = None
    name: str = ""
    note: str = ""
    above: list[_Spot] = field(default_factory=list)
    below: list[_Spot] = field(default_factory=list)
    x: float = 0.0

    @property
    def width(self) -> float:
        return 1.04 if self.layer is not None else 0.5 if self.name else 0.14

    @property
    def half_height(self) -> float:
        return HEIGHT / 2 if self.layer is not None else END_HEIGHT / 2 if self.name else 0.0


def draw_graph(model: Model, ax: Axes | None) -> Axes:
    """Draw a built model. Rows are numbers of layers that the longest way from an input has passed."""
    spots, arrows = _spots_of(model)
    rows = _placed(spots)
    left = min(spot.x - spot.width / 2 for spot in spots)
    right = max(spot.x + spot.width / 2 for spot in spots)
    width, height = WIDTH * 0.75 * (right - left), ROW * (len(rows) + 0.4)
    scale = 0.85
    if ax is not None:
        room = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
        scale *= min(1.0, 1.3 * room.height / height, room.width / width)
    ax = axes(ax, (width + 0.4, height + 0.4))
    for way, text in arrows:
        _draw_arrow(ax, way, scale)
        if text:
            start = way[0]
            place = start.x + 0.03, -start.row - start.half_height - 0.06
            # Over arrows that cross it.
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
            ax.text(*place, text, va="top", fontsize=8 * scale, bbox=box, zorder=5)
    for spot in spots:
        if spot.layer is not None:
            draw_box(ax, spot.layer, (spot.x, -spot.row), scale, spot.note)
        elif spot.name:
            draw_end(ax, spot.name, (spot.x, -spot.row), scale)
    ax.set_xlim(left, right)
    ax.set_ylim(-len(rows) + 0.6, 0.35)
    return ax


def _spots_of(model: Model) -> tuple[list[_Spot], list[tuple[list[_Spot], str]]]:
    """All that takes room, and each arrow's way, with what it carries at the first from each value."""
    graph = model.graph
    calls = Counter(node.layer for node in graph.nodes if not node.output)
    number: Counter[int] = Counter()
    begins = [_Spot(0, name=name) for name in model.input_names]
    spots: list[_Spot] = [*begins]
    values: list[_Spot] = []
    arrows: list[tuple[list[_Spot], str]] = []
    told: set[int] = set()

    def connect(value: int, end: _Spot) -> None:
        start = values[value] if value >= 0 else begins[-1 - value]
        way = [start, *(_Spot(row) for row in range(start.row + 1, end.row)), end]
        spots.extend(way[1:-1])
        for one, other in itertools.pairwise(way):
            one.below.append(other)
            other.above.append(one)
        shape = graph.shape_at(value)
        arrows.append((way, "" if value in told else values_text(shape)))
        told.add(value)

    for node in graph.nodes:
        if node.output:
            values.append(values[node.sources[0]])
            continue
        number[node.layer] += 1
        note = f", call {number[node.layer]} of {calls[node.layer]}" if calls[node.layer] > 1 else ""
        sources = [values[source] if source >= 0 else begins[-1 - source] for source in node.sources]
        spot = _Spot(1 + max(source.row for source in sources), graph.layers[node.layer], note=note)
        for source in node.sources:
            connect(source, spot)
        values.append(spot)
        spots.append(spot)
    last = 1 + max(spot.row for spot in spots)
    for name, end in zip(model.output_names, graph.outputs, strict=True):
        spot = _Spot(last, name=name)
        connect(end, spot)
        spots.append(spot)
    return spots, arrows


def _placed(spots: list[_Spot]) -> list[list[_Spot]]:
    """Give every spot its place from left to right; return the rows."""
    rows: list[list[_Spot]] = [[] for _ in range(1 + max(spot.row for spot in spots))]
    for spot in spots:
        rows[spot.row].append(spot)
    for row in rows:
        _spread(row, {spot: float(place) for place, spot in enumerate(row)})
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            near = {spot: (spot.above if sweep % 2 == 0 else spot.below) or [spot] for spot in row}
            _spread(row, {spot: sum(one.x for one in near[spot]) / len(near[spot]) for spot in row})
    return rows


def _spread(row: list[_Spot], wanted: dict[_Spot, float]) -> None:
    """Put a row in the order of the wanted places, as near to them as widths allow."""
    row.sort(key=wanted.__getitem__)
    # Neighbours that would overlap stand side by side around the middle of their wishes.
    groups: list[list[_Spot]] = []
    for spot in row:
        groups.append([spot])
        _centre(groups[-1], wanted)
        while (
            len(groups) > 1 and groups[-2][-1].x + groups[-2][-1].width / 2 > groups[-1][0].x - groups[-1][0].width / 2
        ):
            groups[-2:] = [groups[-2] + groups[-1]]
            _centre(groups[-1], wanted)


def _centre(group: list[_Spot], wanted: dict[_Spot, float]) -> None:
    left = 0.0
    for spot in group:
        spot.x = left + spot.width / 2
        left += spot.width
    shift = sum(wanted[spot] - spot.x for spot in group) / len(group)
    for spot in group:
        spot.x += shift


def _draw_arrow(ax: Axes, way: list[_Spot], scale: float) -> None:
    """A curve through the places of a way, that leaves and enters boxes straight."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    vertices, codes = [(way[0].x, -way[0].row - way[0].half_height)], [Path.MOVETO]
    for spot in way[1:]:
        x, y = vertices[-1]
        top = -spot.row + (spot.half_height or HEIGHT / 2)
        vertices += [(x, (y + top) / 2), (spot.x, (y + top) / 2), (spot.x, top)]
        codes += [Path.CURVE4] * 3
        if spot is not way[-1]:
            # Straight past the boxes of its row.
            vertices.append((spot.x, -spot.row - HEIGHT / 2))
            codes.append(Path.LINETO)
    path = Path(vertices, codes)
    arrow: dict[str, Any] = {
        "arrowstyle": "-|>",
        "color": "black",
        "mutation_scale": 10 * scale,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    ax.add_patch(FancyArrowPatch(path=path, linewidth=0.9, **arrow))
