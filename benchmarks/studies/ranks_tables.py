"""What the study of ranks has found, as tables: measured, and by its cost model for larger clusters."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from benchmarks.cost_model import Model, Point, errors, fitted
from benchmarks.studies import Content

__all__ = ["FITTED", "LINKS", "TRIED", "markdown", "model_of", "speedups"]

Configuration = tuple[int, int, int, int]

# Ranks, threads of each, samples of a step, hidden units: those that the cost model is fitted to, and others.
FITTED: list[Configuration] = [(ranks, 1, batch, 512) for batch in (128, 512, 2048) for ranks in (1, 2)]
FITTED += [(ranks, 1, 512, width) for width in (128, 1024) for ranks in (1, 2)]
TRIED: list[Configuration] = [(2, 1, 1024, 512), (1, 1, 256, 256), (2, 1, 256, 256)]
CLUSTERS = (8, 64, 512, 4096)


class Link(NamedTuple):
    """A network: bits a second, seconds of a message, and what ``tc`` calls its speed where that is measured."""

    bits: float
    latency: float
    shaped: str | None = None


# Ethernet with TCP.
LINKS = {
    "1 Gbit/s": Link(1e9, 50e-6, "1gbit"),
    "10 Gbit/s": Link(1e10, 30e-6, "10gbit"),
    "100 Gbit/s": Link(1e11, 20e-6),
}


def speedups(content: Content) -> list[tuple[dict[str, Any], float]]:
    """Each run of several ranks or threads, and how many times as fast it is as one thread of one process."""
    alone = {(row["batch"], row["width"]): row for row in content["runs"] if row["ranks"] == row["threads"] == 1}
    return [
        (row, alone[row["batch"], row["width"]]["seconds"] / row["seconds"])
        for row in content["runs"]
        if row["ranks"] * row["threads"] > 1 and (row["batch"], row["width"]) in alone
    ]


def model_of(content: Content) -> Model | None:
    """Fitted to what is meant for it; None where not all of it was measured."""
    points = _points(content, FITTED)
    return fitted(points) if len(points) == len(FITTED) else None


def _points(content: Content, which: Sequence[Configuration]) -> list[Point]:
    return [
        Point(row["parameters"], row["batch"], row["ranks"], row["seconds"])
        for row in content["runs"]
        if (row["ranks"], row["threads"], row["batch"], row["width"]) in which
    ]


def markdown(content: Content) -> str:
    """All tables."""
    parts = [_runs(content), _modes(content)]
    model = model_of(content)
    if content["links"]:
        parts.append(_links(content, model))
    if model is not None:
        parts += [_model(model, content), _projection(model, content)]
    machine, images = content["machine"], {row["source"] for row in content["runs"]}
    parts.append(
        f"784-width-width-10 with Adam, 10,000 rows ({', '.join(sorted(images))}), float32. Medians of alternating "
        f"runs; {machine['cpu']}, {machine['cores']} cores, Python {machine['python']}; {content['date']}."
    )
    return "\n\n".join(parts)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]], texts: int = 1) -> str:
    """The first columns are texts, the others numbers."""
    lines = [header, ["---"] * texts + ["---:"] * (len(header) - texts), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.2f}"


def _runs(content: Content) -> str:
    times = {id(row): f"{value:.2f}" for row, value in speedups(content)}
    return _table(
        ["ranks", "threads of each", "samples a step", "hidden units", "ms a step", "of it in sums", "times as fast"],
        [
            [
                *(row[name] for name in ("ranks", "threads", "batch", "width")),
                *(_ms(row[name]) for name in ("seconds", "sums")),
                times.get(id(row), ""),
            ]
            for row in content["runs"]
        ],
        texts=0,
    )


def _modes(content: Content) -> str:
    def judged(found: dict[str, Any]) -> list[str]:
        if found["val_loss"] is None:
            return ["", ""]
        return [f"{found['val_loss']:.4f}", f"{found['val_accuracy']:.2%}"]

    return _table(
        ["two ranks, 512 samples a step, ten epochs", "ms a step", "loss", "loss of other images", "their accuracy"],
        [
            [name, _ms(found["seconds"]), f"{found['loss']:.4f}", *judged(found)]
            for name, found in content["modes"].items()
        ],
    )


def _links(content: Content, model: Model | None) -> str:
    rows = []
    for name, modes in content["links"].items():
        for mode, found in modes.items():
            predicted = ""
            if model is not None and mode.endswith("no overlap"):
                link = LINKS[name]
                point = Point(found["parameters"], found["batch"], 2, found["seconds"])
                predicted = f"{errors(model.over(bits=link.bits, latency=link.latency), [point])[0]:+.0%}"
            rows.append([name, mode, _ms(found["seconds"]), _ms(found["sums"]), predicted])
    header = ["two hosts, 512 samples a step", "how", "ms a step", "waiting for sums", "error of the cost model"]
    return _table(header, rows, texts=2)


def _model(model: Model, content: Content) -> str:
    tried = ", ".join(f"{error:+.1%}" for error in errors(model, _points(content, TRIED)))
    inside = max(map(abs, errors(model, _points(content, FITTED))))
    return (
        f"Cost model: a step is {1e3 * model.fixed:.3g} ms, and {1e12 * model.work:.3g} ps a parameter and sample of a "
        f"rank, {1e9 * model.update:.3g} ns a parameter, {1e6 * model.latency:.3g} µs a message, "
        f"{1e9 * model.byte:.3g} ns a byte. Largest error where it was fitted {inside:.1%}; elsewhere {tried}."
    )


def _projection(model: Model, content: Content) -> str:
    """The least batch at which hosts work at half of their speed, and steps a second there."""
    parameters = next(row["parameters"] for row in content["runs"] if row["width"] == 512)
    gains = {1: 1.0} | {row["threads"]: gain for row, gain in speedups(content) if row["ranks"] == 1}
    rows = []
    for name, link in LINKS.items():
        for threads, gain in sorted(gains.items()):
            linked = dataclasses.replace(
                model.over(bits=link.bits, latency=link.latency),
                fixed=model.fixed / gain,
                work=model.work / gain,
                update=model.update / gain,
            )
            cells = []
            for count in CLUSTERS:
                batch = linked.least_batch(parameters, count)
                steps = 1 / linked.seconds(Point(parameters, batch, count))
                cells.append(f"{batch:,} ({steps:.1f})" if batch else "none")
            rows.append([name, threads, *cells])
    return _table(["hosts with", "threads of each", *(f"{count:,} hosts" for count in CLUSTERS)], rows)
