"""Streams: river's estimators learn from its own data sets one dict at a time, beside those of river and deep-river.

Each sample is predicted before it is learnt from (progressive validation). The data are those that river brings along,
with numbers for features and one class or number as target; it downloads others. Networks begin from several seeds.

deep-river asks for an older PyTorch, which it does not need, and an older river, which it does: to have it take part,
``pip install --no-deps --target FOLDER deep-river river==0.25.0`` beside PyTorch, and put FOLDER on PYTHONPATH.
"""

import importlib
import importlib.metadata
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.results import JobResult, describe_machine, today
from benchmarks.studies import Content
from benchmarks.studies.alternating import median_seconds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLASSES = ("Phishing", "Bananas", "ImageSegments")
NUMBERS = ("TrumpApproval", "ChickWeights")
MODELS = ("linear", "Hoeffding tree", "network")
SEEDS = 5
QUICK_SAMPLES = 100
# Of single steps: what `learn_one` and `predict_one` cost.
FEATURES, UNITS = 20, 64
CALLS = 1000


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    streams = []
    for name in (*CLASSES, *NUMBERS):
        progress(name)
        streams.append(_validate(name, quick))
    progress(f"single steps{'' if _has_deep_river() else ', without deep-river'}")
    libraries = ["river", "fastnn-ext", *(["deep-river", "torch"] if _has_deep_river() else [])]
    return {
        "date": today(),
        "machine": describe_machine(),
        "versions": {name: importlib.metadata.version(name) for name in libraries},
        "seeds": 1 if quick else SEEDS,
        "streams": streams,
        "steps": _steps(rounds=1 if quick else 7),
    }


def _model(name: str, kind: str, seed: int) -> Any:
    """One of `MODELS` for a data set, in the pipeline that it needs."""
    from river import linear_model, preprocessing, tree

    from fastnn.river import MLPClassifier, MLPRegressor

    if kind == "Hoeffding tree":
        learner = tree.HoeffdingTreeClassifier() if name in CLASSES else tree.HoeffdingTreeRegressor()
    elif kind == "network":
        learner = MLPClassifier(seed=seed) if name in CLASSES else MLPRegressor(seed=seed)
    elif name in NUMBERS:
        learner = linear_model.LinearRegression()
    else:
        many = name == "ImageSegments"
        learner = linear_model.SoftmaxRegression() if many else linear_model.LogisticRegression()
    if name in NUMBERS:
        learner = preprocessing.TargetStandardScaler(regressor=learner)
    return preprocessing.StandardScaler() | learner


def _validate(name: str, quick: bool) -> dict[str, Any]:
    """The score of each model on a data set, and microseconds of a sample with its prediction and the scaling."""
    from river import datasets, evaluate, metrics

    # All of them, as river closes some files at the end alone.
    samples = list(getattr(datasets, name)())
    if quick:
        del samples[QUICK_SAMPLES:]
    scores, times = {}, {}
    for kind in MODELS:
        values, seconds = [], []
        for seed in range(1 if quick or kind != "network" else SEEDS):
            metric = metrics.Accuracy() if name in CLASSES else metrics.MAE()
            begin = time.perf_counter()
            evaluate.progressive_val_score(samples, _model(name, kind, seed), metric)
            seconds.append(time.perf_counter() - begin)
            values.append(float(metric.get()))
        scores[kind] = statistics.mean(values)
        times[kind] = 1e6 * statistics.median(seconds) / len(samples)
    return {
        "name": name,
        "samples": len(samples),
        "metric": "accuracy" if name in CLASSES else "mean absolute error",
        "scores": scores,
        "microseconds": times,
    }


def _has_deep_river() -> bool:
    """Whether it is there, with a river that it works with."""
    try:
        importlib.import_module("deep_river.regression")
    except ImportError:
        return False
    return True


def _steps(rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds of `learn_one` and `predict_one` of a regression, rounds of all alternate."""
    from river import linear_model

    from fastnn.river import MLPRegressor

    rng = np.random.default_rng(0)
    names = [f"feature {number}" for number in range(FEATURES)]
    rows = [dict(zip(names, values, strict=True)) for values in rng.normal(size=(CALLS, FEATURES)).tolist()]
    models = {"fastnn": MLPRegressor((UNITS,), optimizer="adam", seed=0)}
    if _has_deep_river():
        models["deep-river"] = _deep_river()
    models["river's linear regression"] = linear_model.LinearRegression()

    def learn(model: Any) -> None:
        for x in rows:
            model.learn_one(x, 1.0)

    def predict(model: Any) -> None:
        for x in rows:
            model.predict_one(x)

    runs: dict[str, Callable[[], None]] = {}
    for name, model in models.items():
        runs[f"{name} learn_one"] = partial(learn, model)
        runs[f"{name} predict_one"] = partial(predict, model)
    seconds = median_seconds(runs, rounds)
    return {
        name: {call: 1e6 * seconds[f"{name} {call}"] / CALLS for call in ("learn_one", "predict_one")}
        for name in models
    }


def _deep_river() -> Any:
    """The same network of PyTorch, on one thread, which is its fastest."""
    import torch
    from deep_river.regression import Regressor

    torch.set_num_threads(1)
    network = torch.nn.Sequential(torch.nn.Linear(FEATURES, UNITS), torch.nn.ReLU(), torch.nn.Linear(UNITS, 1))
    return Regressor(module=network, loss_fn="mse", optimizer_fn="adam", lr=1e-3)


def _score(stream: dict[str, Any], kind: str) -> str:
    value = stream["scores"][kind]
    return f"{value:.1%}" if stream["metric"] == "accuracy" else f"{value:.3g}"


def describe(content: Content) -> str:
    lines = []
    for stream in content["streams"]:
        told = (f"{kind} {_score(stream, kind)} ({stream['microseconds'][kind]:.0f} µs)" for kind in MODELS)
        lines.append(f"{stream['name']}, {stream['samples']} samples, {stream['metric']}: {', '.join(told)}")
    for name, times in content["steps"].items():
        lines.append(f"{name}: {', '.join(f'{call} {time:.1f} µs' for call, time in times.items())}")
    return "\n".join(lines)


def markdown(content: Content) -> str:
    """Two tables for the documentation: scores, and times of single steps."""
    lines = [
        "| data set | samples | score | linear | Hoeffding tree | network |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    for stream in content["streams"]:
        scores = " | ".join(_score(stream, kind) for kind in MODELS)
        lines.append(f"| {stream['name']} | {stream['samples']:,} | {stream['metric']} | {scores} |")
    lines += ["", "| microseconds of a call | learn_one | predict_one |", "| --- | ---: | ---: |"]
    for name, times in content["steps"].items():
        lines.append(f"| {name} | {times['learn_one']:.1f} | {times['predict_one']:.1f} |")
    machine = content["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in content["versions"].items())
    lines += [
        "",
        f"Progressive validation behind a `StandardScaler`, targets scaled too; of the network the mean of "
        f"{content['seeds']} seeds. Single steps: {FEATURES} features, {UNITS} hidden units, Adam. {machine['cpu']}, "
        f"{machine['cores']} cores, Python {machine['python']}; {versions}; {content['date']}.",
    ]
    return "\n".join(lines)


def draw(content: Content, figure: "Figure") -> None:
    scores, errors, steps = figure.subplots(1, 3)
    colours = dict(zip(MODELS, ("0.6", "tab:blue", "tab:orange"), strict=True))
    for ax, metric in ((scores, "accuracy"), (errors, "mean absolute error")):
        streams = [stream for stream in content["streams"] if stream["metric"] == metric]
        for number, kind in enumerate(MODELS):
            places = [place + 0.27 * (number - 1) for place in range(len(streams))]
            wholes = [1 if ax is scores else stream["scores"]["linear"] for stream in streams]
            heights = [stream["scores"][kind] / whole for stream, whole in zip(streams, wholes, strict=True)]
            bars = ax.bar(places, heights, 0.27, color=colours[kind], label=kind)
            ax.bar_label(bars, fmt="%.2g", fontsize="x-small")
        ax.set_xticks(range(len(streams)), [stream["name"] for stream in streams], fontsize="x-small")
        ax.set_title(metric if ax is scores else f"{metric}, of the linear model's", fontsize="medium")
    # Room for the legend above the longest bar.
    scores.set_ylim(top=1.25)
    scores.legend(frameon=False, fontsize="x-small", loc="upper left")
    times = {name: values["learn_one"] for name, values in content["steps"].items()}
    bars = steps.bar(range(len(times)), list(times.values()), color="tab:orange")
    steps.bar_label(bars, fmt="%.3g", fontsize="small")
    steps.set_xticks(range(len(times)), [name.replace(" ", "\n") for name in times], fontsize="x-small")
    steps.set(ylabel="microseconds of learn_one", yscale="log")
    for ax in (scores, errors, steps):
        ax.spines[["top", "right"]].set_visible(False)
