"""What Keras has of dense networks, and what `fastnn.keras` has, lacks or does otherwise: the tables of a page.

``python scripts/keras_coverage.py`` writes them into docs/coming_from_keras.md, between its markers. Names and
arguments are those of the Keras that is installed; what is said of each comes from the tables of `fastnn.keras`.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
from pathlib import Path
from typing import Any

import fastnn.keras as ours
from fastnn.keras.lacking import LACKING, lacking
from fastnn.keras.spellings import ALONE, ASSIGNED, CONVERTED, MODULES, MOVED, RENAMED, TAKEN

PAGE = Path(__file__).resolve().parents[1] / "docs" / "coming_from_keras.md"
# The version that the page is about.
VERSION = "3.15.1"
BEGIN, END = "<!-- coverage -->", "<!-- /coverage -->"

MODULE_NAMES = (
    *("layers", "activations", "initializers", "regularizers", "constraints", "optimizers", "optimizers.schedules"),
    *("losses", "metrics", "callbacks", "models", "utils", "datasets", "backend"),
)
METHODS = ("compile", "fit", "evaluate", "predict", "summary", "save", "save_weights", "load_weights")
# What nobody calls by name in a script of a dense network: texts, pictures, sound, and what serves Keras itself.
_ELSEWHERE = re.compile(
    r"serialize|Config|Scope|custom|registered|register_|^is_|^get_uid|result_type|standardize|logging"
    r"|_from_directory|_img|^img_|_to_img|bounding|FeatureSpace|Progbar|pack_x|legacy|source_inputs|timeseries|pad_seq"
    r"|Hashing|Hashed|Text|Spectrogram|Discret|Pipeline|^Rand|^Mix|Cut|^Aug|^Auto|Equaliz|Contrast|Crop$"
    r"|Grayscale|Solar|Boxes|TFSM|Flax|Jax|Torch|Wrapper|InputSpec|Einsum|Reversible|Spatial|Group|Spectral"
    r"|^STFT|^stft|Initializer$|split_dataset|PyDataset|Orbax|CallbackList|IoU|Correlation|AtRecall|AtPrecision|Sensitivity"
    r"|Specificity|MeanMetric|LossScale|MultiOpt|OptimizerMap|ScheduleFree|Generalized|generalized|circle|Circle|ctc|concordance"
    r"|pearson|^Regularizer|^Constraint|^Metric|^Loss$|^Layer$|^Optimizer$|^LearningRateSchedule$|^Callback$"
    r"|^Initializer|^src$|set_image|set_epsilon|get_custom"
)
_OTHER_NETWORKS = "fastnn has dense networks alone"

DIFFERENCES = (
    ("`decay` of optimisers", "honoured as Keras 2 did, `rate / (1 + decay * step)`; Keras 3 ignores it"),
    ("seeds", "decide as firmly as in Keras, and draw other numbers"),
    ("`Dropout(seed=...)`, `GaussianNoise(seed=...)`", "the seeds of a model's layers decide what all of them draw"),
    (
        "metrics",
        "by name or class of a whole epoch at once, with the outputs of training; `AUC` is exact, without thresholds",
    ),
    (
        "metrics that are functions of your own",
        "once a batch, and averaged, as in Keras; targets of shape (n,) beside outputs of (n, 1) come as (n, 1), as in "
        "Keras 2, where Keras 3 leaves them to broadcasting; class numbers come as (n,)",
    ),
    ("`model.input_shape`, `output_shape`", "of a sample, without the batch"),
    ("`call` of a class", "is run once, on symbolic tensors; `save` keeps the graph, which comes back as a `Model`"),
    ("a layer of a class with a `call`, and `Lambda`", "are models within the model"),
    ("a model within a model", "is a `ModelLayer` in `model.layers`, whose `model` it is; it has one output"),
    ("`model(x)` of several outputs, `model.layers[i].output`", "symbolic tensors of `fastnn`, without operators"),
    ("`model.metrics_names`", "the names of what `evaluate` returns, as in Keras 2"),
    ("`utils.to_categorical`", "float32, for labels of shape (n,) or (n, 1)"),
    ("`utils.normalize(x, axis=0)`", "divides by the norms of columns; Keras fails"),
    ("`utils.plot_model`", "has shapes, activations and numbers of parameters always"),
    ("`metrics.Accuracy`", "is not there: Keras' compares labels that are equal, and `metrics=['accuracy']` decisions"),
    ("`predict` of lists of numbers", "taken, as Keras 2 did; Keras 3 refuses them"),
    ("NaN and infinity", "in data are refused, and a loss that is no longer finite ends `fit` with an error"),
)


def arguments_of(thing: Any) -> list[tuple[str, Any]]:
    """The arguments of a class' constructor or a function, with those of base classes that ``**kwargs`` passes on."""
    kinds = [kind.__init__ for kind in thing.__mro__ if "__init__" in vars(kind)] if inspect.isclass(thing) else [thing]
    found: dict[str, Any] = {}
    for function in kinds:
        parameters = inspect.signature(function).parameters.values()
        for one in parameters:
            if one.name not in ("self", "args") and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL):
                found.setdefault(one.name, one.default)
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            break
    return list(found.items())


def answer_to(places: tuple[str, ...], mine: Any, argument: str) -> str | None:
    """What becomes of an argument of Keras: "" where it is taken, the values it may have, or None where nobody says."""
    if any(argument in TAKEN.get(place, ()) for place in places):
        return ""
    alone = next((ALONE[place][argument] for place in places if argument in ALONE.get(place, {})), None)
    if alone is not None:
        return " or ".join(repr(value) for value in alone.values)
    if any(argument in CONVERTED.get(place, {}) or argument in RENAMED.get(place, {}) for place in places):
        return ""
    return "" if argument in mine or any(argument in ASSIGNED.get(place, ()) for place in places) else None


def public(keras: Any, module: str) -> tuple[Any, Any, list[str]]:
    """A module of both packages, and the names of Keras' that concern dense networks."""
    theirs = keras
    for part in module.split("."):
        theirs = getattr(theirs, part)
    found = importlib.import_module(f"fastnn.keras.{module}")
    names = [
        name
        for name in dir(theirs)
        if not name.startswith("_") and (name in found.__all__ or not _ELSEWHERE.search(name))
    ]
    return theirs, found, names


def coverage(keras: Any) -> str:
    """The tables of the page, for a Keras."""
    return "\n".join([*_there(keras), "", *_lacks(keras), "", *_differs(), "", *_old()])


def _there(keras: Any) -> list[str]:
    lines = ["### What there is", "", "| module | names |", "| --- | --- |"]
    restricted = []
    for module in MODULE_NAMES:
        theirs, found, names = public(keras, module)
        both = [name for name in names if name in found.__all__]
        lines.append(f"| `{module}` | {', '.join(f'`{name}`' for name in both)} |")
        for name in both:
            thing = getattr(theirs, name)
            if inspect.isclass(thing):
                known = dict(arguments_of(thing))
                restricted += [(f"`{name}`", *row) for row in ALONE.get(name, {}).items() if row[0] in known]
    groups = {"layers": "layers", "optimizers": "optimisers", "schedules": "schedules", "losses": "losses"}
    for place, what in (groups | {"metrics": "metrics"}).items():
        restricted += [(f"all {what}", *row) for row in ALONE[place].items()]
    for method in METHODS:
        known = dict(arguments_of(getattr(keras.Model, method)))
        restricted += [(f"`model.{method}`", *row) for row in ALONE[method_place(method)].items() if row[0] in known]
    lines.append("| `wrappers` | `KerasClassifier`, `KerasRegressor`, which Keras had until 2.6 and scikeras has |")
    lines += ["", "Arguments that may have these values alone, Keras' default among them:", ""]
    lines += ["| of | argument | values | in place of others |", "| --- | --- | --- | --- |"]
    merged: dict[tuple[str, str, str], list[str]] = {}
    for what, argument, row in restricted:
        values = ", ".join(f"`{value!r}`" for value in row.values)
        merged.setdefault((what, values, row.instead), []).append(f"`{argument}`")
    return lines + [
        f"| {what} | {', '.join(dict.fromkeys(names))} | {values} | {instead} |"
        for (what, values, instead), names in merged.items()
    ]


def method_place(method: str) -> str:
    """Where the table of values speaks of a method of a model."""
    return "Sequential.save" if method == "save_weights" else f"Sequential.{method}"


def _lacks(keras: Any) -> list[str]:
    lines = ["### What lacks", "", "| module | name | in its place |", "| --- | --- | --- |"]
    others, without = 0, []
    for module in MODULE_NAMES:
        _, found, names = public(keras, module)
        for name in names:
            if name in found.__all__:
                continue
            reason = lacking(module.rpartition(".")[2], name)
            if reason == _OTHER_NETWORKS:
                others += 1
            elif reason is None:
                without.append(f"`{module}.{name}`")
            else:
                lines.append(f"| `{module}` | `{name}` | {reason} |")
    # Attributes and methods, by the beginnings of names.
    lines += [f"| `Model`, `Sequential` | `{name}` | {reason} |" for name, reason in LACKING["Model"].items()]
    return [
        *lines,
        "",
        f"Without anything in their place: {', '.join(without)}.",
        "",
        f"Beside these, {others} layers and losses of other networks: convolutions, recurrence, attention, graphs.",
    ]


def _differs() -> list[str]:
    lines = ["### What is done otherwise", "", "| what | how |", "| --- | --- |"]
    return lines + [f"| {what} | {how} |" for what, how in DIFFERENCES]


def _old() -> list[str]:
    lines = ["### Old spellings that are honoured", "", "| where | old | today |", "| --- | --- | --- |"]
    lines += [f"| `{where}` | `{old}=` | `{new}=` |" for where, rows in RENAMED.items() for old, new in rows.items()]
    lines += [f"| `{where}` | `{old}` | `{new}` |" for where, rows in MOVED.items() for old, new in rows.items()]
    lines += [f"| modules | `keras.{old}` | `keras.{new}` |" for old, new in MODULES.items()]
    return [
        *lines,
        "| `optimizers` | `decay=` | `learning_rate=schedules.InverseTimeDecay(rate, 1, decay)` |",
        "| `Sequential` | `predict_classes(x)` | `predict(x).argmax(axis=-1)` |",
        "| histories, `monitor`, names of files | `acc`, `val_acc` | `accuracy`, `val_accuracy` |",
        "| `wrappers.scikit_learn` | `build_fn=` | `model=` |",
    ]


def replaced(text: str, tables: str) -> str:
    """The page with these tables between its markers."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{tables}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Write the tables into the page."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras = importlib.import_module("keras")
    if keras.__version__ != VERSION:
        raise SystemExit(f"the page is about Keras {VERSION}, but {keras.__version__} is installed")
    PAGE.write_text(replaced(PAGE.read_text("utf-8"), coverage(keras)), "utf-8")


if __name__ == "__main__":
    assert ours.__all__
    main()
