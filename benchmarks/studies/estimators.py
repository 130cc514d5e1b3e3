"""Estimators: `fastnn.sklearn` against scikit-learn's own and skorch, and what they cost over the model behind them.

Each peer has a process of its own with the number of threads that is its fastest; rounds of all alternate, and ratios
are medians of those of a round. scikit-learn's number at the end, a loss or a probability, must be ours.
"""

import importlib.metadata
import importlib.util
import statistics
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.jobs import data
from benchmarks.process import available_cores
from benchmarks.results import JobResult, describe_machine, today
from benchmarks.runner import check_agreement
from benchmarks.studies import Content
from benchmarks.studies.alternating import median_seconds
from benchmarks.studies.answering import Peer, started
from benchmarks.studies.estimator_jobs import JOBS, EstimatorJob

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {"fastnn": "fastnn", "sklearn": "scikit-learn", "skorch": "skorch"}
DISTRIBUTIONS = {"fastnn": "fastnn-ext", "sklearn": "scikit-learn", "skorch": "skorch"}
# Microseconds that an estimator may cost over its model.
OVERHEAD_OF_FIT, OVERHEAD_OF_PREDICT = 150, 5


def measure(quick: bool, progress: Callable[[str], None], results: Sequence[JobResult]) -> Content:
    there = [name for name in TITLES if importlib.util.find_spec(name) is not None]
    for name in TITLES:
        if name not in there:
            progress(f"without {TITLES[name]}: it is not installed")
    jobs = {}
    for name, job in JOBS.items():
        progress(name)
        jobs[name] = _measure(name, job, [peer for peer in job.peers if peer in there], quick)
    progress("what estimators cost over their models")
    return {
        "date": today(),
        "machine": describe_machine(),
        "versions": {TITLES[name]: importlib.metadata.version(DISTRIBUTIONS[name]) for name in there},
        "images": 1000 if quick or data.mnist_missing() else 60_000,
        "jobs": jobs,
        "overhead": _overhead(3 if quick else 201),
    }


def _measure(name: str, job: EstimatorJob, peers: Sequence[str], quick: bool) -> dict[str, Any]:
    choice = (1, available_cores()) if job.threads and not quick and available_cores() > 1 else (1,)
    module, kind = "benchmarks.studies.estimator_jobs", "quick" if quick else "full"
    with started(Peer(peer, n, module, [name, peer, kind]) for peer in peers for n in choice) as candidates:
        # The first round of each warms up, and tells whether they do the same.
        values = {}
        for peer in candidates:
            values[f"{peer.name} on {peer.threads}"] = [peer.round()[1]]
        comparable = {key: value for key, value in values.items() if not key.startswith("skorch")}
        check_agreement(values["fastnn on 1"], comparable, job.tolerance)
        first = {peer: peer.round()[0] for peer in candidates} if len(choice) > 1 else dict.fromkeys(candidates, 0.0)
        chosen = [min((peer for peer in candidates if peer.name == name), key=first.__getitem__) for name in peers]
        seconds: dict[str, list[float]] = {peer.name: [] for peer in chosen}
        for _ in range(1 if quick else 7):
            for peer in chosen:
                seconds[peer.name].append(peer.round()[0])
    return {
        "title": job.title,
        "target": job.target,
        "threads": {peer.name: peer.threads for peer in chosen},
        "seconds": {peer: statistics.median(rounds) for peer, rounds in seconds.items()},
        "rounds": seconds,
        "ratios": {
            peer: statistics.median(theirs / ours for theirs, ours in zip(rounds, seconds["fastnn"], strict=True))
            for peer, rounds in seconds.items()
            if peer != "fastnn"
        },
    }


def _overhead(rounds: int) -> dict[str, float]:
    """Microseconds of a short fit and of one row's prediction, of an estimator and of a model that does the same."""
    import fastnn
    from fastnn.sklearn import MLPClassifier

    rng = np.random.default_rng(0)
    x = rng.standard_normal((100, 10), dtype=np.float32)
    y = (x.sum(axis=1) > 0).astype(np.int64)
    estimator = MLPClassifier((20,), alpha=0, batch_size=20, max_iter=5, tol=0, random_state=0)

    def fit_model() -> None:
        layers = [fastnn.Input((10,)), fastnn.Dense(20, "relu"), fastnn.Dense(1, "sigmoid")]
        model = fastnn.Sequential(layers, seed=0)
        model.compile("adam", "binary_crossentropy")
        model.fit(x, y, batch_size=20, epochs=5, verbose=0)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that training ends before it converges
        fits = median_seconds({"model": fit_model, "estimator": lambda: estimator.fit(x, y)}, rounds)
    row, model = x[:1], estimator.model_
    calls = 100

    def repeat(predict: Callable[[Any], Any]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(calls):
                predict(row)

        return run

    predictions = median_seconds({"model": repeat(model.predict), "estimator": repeat(estimator.predict_proba)}, rounds)
    return {
        **{f"fit of the {name}": 1e6 * seconds for name, seconds in fits.items()},
        **{f"prediction of the {name}": 1e6 * seconds / calls for name, seconds in predictions.items()},
    }


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def _extra(content: Content, what: str) -> float:
    overhead = content["overhead"]
    return float(overhead[f"{what} of the estimator"] - overhead[f"{what} of the model"])


def describe(content: Content) -> str:
    lines = []
    for name, job in content["jobs"].items():
        ratios = ", ".join(f"{TITLES[peer]} {ratio:.1f} times" for peer, ratio in job["ratios"].items())
        missed = "" if job["ratios"].get("sklearn", 0) >= job["target"] else ", MISSED"
        lines.append(f"{name}: fastnn {_time(job['seconds']['fastnn'])}, {ratios} (target {job['target']}{missed})")
    for what, limit in (("fit", OVERHEAD_OF_FIT), ("prediction", OVERHEAD_OF_PREDICT)):
        extra = _extra(content, what)
        lines.append(f"over the model: {extra:.1f} µs a {what} (at most {limit}{', MISSED' * (extra > limit)})")
    return "\n".join(lines)


def markdown(content: Content) -> str:
    """A table for the documentation: our times, and how many times longer the others take."""
    peers = [
        peer for peer in TITLES if peer != "fastnn" and any(peer in job["ratios"] for job in content["jobs"].values())
    ]
    lines = [
        f"| what | fastnn | {' | '.join(f'{TITLES[peer]}, times' for peer in peers)} |",
        "| --- | ---: |" + " ---: |" * len(peers),
    ]
    for job in content["jobs"].values():
        cells = (f"{job['ratios'][peer]:.1f}" if peer in job["ratios"] else "" for peer in peers)
        lines.append(f"| {job['title']} | {_time(job['seconds']['fastnn'])} | {' | '.join(cells)} |")
    rounds = min(len(job["rounds"]["fastnn"]) for job in content["jobs"].values())
    machine = content["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in content["versions"].items())
    lines += [
        "",
        f"An estimator costs {_extra(content, 'fit'):.0f} µs a fit and {_extra(content, 'prediction'):.1f} µs a "
        f"prediction over the `Sequential` that does the same. MNIST: {content['images']:,} images; float32. Medians "
        f"of {rounds} interleaved rounds, each peer with its fastest number of threads; "
        f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}; {versions}; {content['date']}.",
    ]
    return "\n".join(lines)


def draw(content: Content, figure: "Figure") -> None:
    ax = figure.subplots()
    names = list(content["jobs"])
    for number, (peer, colour) in enumerate((("sklearn", "tab:blue"), ("skorch", "tab:red"))):
        found = [(place, content["jobs"][name]["ratios"].get(peer)) for place, name in enumerate(names)]
        places = [place + 0.4 * (number - 0.5) for place, ratio in found if ratio is not None]
        bars = ax.bar(places, [ratio for _, ratio in found if ratio is not None], 0.4, color=colour, label=TITLES[peer])
        ax.bar_label(bars, fmt="%.3g", fontsize="small")
    for place, name in enumerate(names):
        ax.plot([place - 0.45, place + 0.45], [content["jobs"][name]["target"]] * 2, color="black", linewidth=1)
    ax.axhline(1, color="tab:orange")
    ax.set_xticks(range(len(names)), names, fontsize="small")
    ax.set(ylabel="times as long as fastnn", yscale="log")
    ax.legend(frameon=False, fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
