"""``fastnn evaluate``: how good a model's answers are where the truth is known."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from fastnn.cli import arrays
from fastnn.cli.opening import open_model
from fastnn.cli.results import print_json, print_values
from fastnn.cli.samples import samples_for
from fastnn.cli.scores import class_scores, scores

__all__ = ["run"]

# With more, the table would hide the rest.
_MOST_CLASSES_SHOWN = 20


def run(arguments: argparse.Namespace) -> None:
    """Print loss and scores; for a classification those of each class, too."""
    model, preparation = open_model(arguments.model)
    classes: dict[str, dict[str, float]] = {}
    values: dict[str, Any]
    if preparation is None:
        if model.optimizer is None or not arrays.is_array_file(arguments.data):
            raise ValueError(
                f"{arguments.model!r} was not made by fastnn train: it can be evaluated where it was compiled before "
                "it was saved, with an .npz file that has arrays x and y"
            )
        x, y = arrays.read_samples(arguments.data)
        values = {"rows": len(x), **model.evaluate(x, y, return_dict=True)}
    else:
        samples = samples_for(
            preparation, arguments.data, arguments.drop_missing, lambda text: print(text, file=sys.stderr)
        )
        output = model.predict(samples.x)
        values = dict(scores(model, samples, output))
        if preparation.classes is not None:
            classes = class_scores(samples.y, output, preparation.classes)
    if arguments.json:
        print_json({**values, "classes": classes} if classes else values)
        return
    print_values(values)
    if 0 < len(classes) <= _MOST_CLASSES_SHOWN:
        _print_classes(classes)


def _print_classes(classes: dict[str, dict[str, float]]) -> None:
    width = max(len("class"), *map(len, classes))
    print(f"\n{'class':<{width}}  {'rows':>8}  {'precision':>9}  {'recall':>9}  {'f1':>9}")
    for name, score in classes.items():
        numbers = "  ".join(f"{score[key]:>9.4f}" for key in ("precision", "recall", "f1"))
        print(f"{name:<{width}}  {score['rows']:>8}  {numbers}")
