"""What the study of estimators measures: one job of one peer in a process of its own.

``python -m benchmarks.studies.estimator_jobs JOB PEER full|quick`` answers with a line of JSON for each line that it is
sent: the seconds of a call, and what came of it, by which peers are compared.
"""

import importlib
import itertools
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.jobs import data

# Rounds of calls that take microseconds are so many of them. skorch keeps a history of each, and grows slower by it.
MANY, FEW = 200, 10

Run = Callable[[], float]


@dataclass(frozen=True)
class EstimatorJob:
    """A job, and how many times longer than fastnn the peers are to take.

    Attributes
    ----------
    title : str
    target : float
        scikit-learn's time by ours, at least.
    prepare : callable
        From the peer's name and whether it is to be quick to what is timed; that returns a number to compare.
    peers : tuple of str
    calls : bool
        Whether a round is many calls.
    tolerance : float
        How far scikit-learn's number may be from ours, relative to it.
    threads : bool
        Whether peers may choose their number of threads.
    """

    title: str
    target: float
    prepare: Callable[[str, bool], Run]
    peers: tuple[str, ...] = ("fastnn", "sklearn", "skorch")
    calls: bool = False
    # float32 sums in orders of their own, over some thousand steps.
    tolerance: float = 2e-2
    threads: bool = True


def _estimator(peer: str, kind: str, **parameters: Any) -> Any:
    """The same estimator of either library; it trains for all its epochs."""
    library = importlib.import_module("fastnn.sklearn" if peer == "fastnn" else "sklearn.neural_network")
    return getattr(library, kind)(random_state=0, tol=0, n_iter_no_change=10**6, **parameters)


def _skorch(kind: str, sizes: tuple[int, ...], batch_size: int, epochs: int) -> Any:
    """The same network and optimiser; skorch tells its losses in other ways."""
    import skorch
    import torch

    torch.manual_seed(0)
    layers: list[Any] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    classes = kind == "MLPClassifier"
    return getattr(skorch, "NeuralNetClassifier" if classes else "NeuralNetRegressor")(
        torch.nn.Sequential(*layers[:-1]),
        criterion=torch.nn.CrossEntropyLoss if classes else torch.nn.MSELoss,
        optimizer=torch.optim.Adam,
        lr=0.001,
        batch_size=batch_size,
        max_epochs=epochs,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


def _fits(peer: str, kind: str, x: Any, y: Any, hidden: tuple[int, ...], batch_size: int, epochs: int) -> Run:
    """A fit anew in each round."""
    if peer == "skorch":
        outputs = len(np.unique(y)) if kind == "MLPClassifier" else 1
        network = _skorch(kind, (x.shape[1], *hidden, outputs), batch_size, epochs)
        targets = y.astype(np.int64) if kind == "MLPClassifier" else y.astype(np.float32)[:, None]
        return lambda: float(network.fit(x, targets).history[-1, "train_loss"])
    estimator = _estimator(peer, kind, hidden_layer_sizes=hidden, batch_size=batch_size, max_iter=epochs)
    return lambda: float(estimator.fit(x, y).loss_)


def _digits(quick: bool) -> tuple[Any, Any]:
    load, samples = (data.mnist_sample, 1000) if quick or data.mnist_missing() else (data.mnist, 60_000)
    x, y = load(samples, (784, 10))
    return x.reshape(len(x), -1), y.argmax(axis=1)


def _small_digits(peer: str, quick: bool) -> Run:
    return _fits(peer, "MLPClassifier", *_digits(quick), (20, 20), 32, 1 if quick else 5)


def _default_digits(peer: str, quick: bool) -> Run:
    return _fits(peer, "MLPClassifier", *_digits(quick), (100,), 200, 1 if quick else 5)


def _regression(peer: str, quick: bool) -> Run:
    x, y = data.gaussian(1000 if quick else 10_000, (100, 1))
    return _fits(peer, "MLPRegressor", x, y[:, 0], (64, 64), 200, 2 if quick else 10)


def _cancer() -> tuple[Any, Any]:
    from sklearn.datasets import load_breast_cancer
    from sklearn.preprocessing import StandardScaler

    x, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(x).astype(np.float32), y


def _small_data(peer: str, quick: bool) -> Run:
    return _fits(peer, "MLPClassifier", *_cancer(), (100,), 200, 5 if quick else 60)


def _trained(peer: str) -> tuple[Any, Any, Any]:
    x, y = _cancer()
    estimator = _skorch("MLPClassifier", (30, 100, 2), 200, 5) if peer == "skorch" else None
    return (estimator or _estimator(peer, "MLPClassifier", max_iter=5)).fit(x, y), x, y


def _predict(peer: str, quick: bool) -> Run:
    estimator, x, _ = _trained(peer)
    row = x[:1]

    def run() -> float:
        for _ in range(FEW if quick else MANY):
            probabilities = estimator.predict_proba(row)
        return float(probabilities[0, 1])

    return run


def _learn(peer: str, quick: bool) -> Run:
    estimator, x, y = _trained(peer)
    row, label = x[:1], y[:1]

    def run() -> float:
        for _ in range(FEW if quick else MANY):
            estimator.partial_fit(row, label)
        return float(estimator.predict_proba(row)[0, label[0]])

    return run


def _search(peer: str, quick: bool) -> Run:
    from sklearn.model_selection import GridSearchCV

    x, y = _digits(True)
    grid = {"alpha": [1e-5, 1e-3, 1e-1], "hidden_layer_sizes": [(20,), (50,), (20, 20)]}
    estimator = _estimator(peer, "MLPClassifier", max_iter=2 if quick else 100)
    search = GridSearchCV(estimator, grid, cv=3, n_jobs=2)
    return lambda: float(search.fit(x, y).best_score_)


def _lbfgs(peer: str, quick: bool) -> Run:
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    x, y = (x - x.mean(axis=0)) / x.std(axis=0), (y - y.mean()) / y.std()
    estimator = _estimator(peer, "MLPRegressor", solver="lbfgs", max_iter=10 if quick else 200)
    return lambda: float(estimator.fit(x, y).loss_)


OURS_AND_THEIRS = ("fastnn", "sklearn")
JOBS = {
    "digits (20, 20)": EstimatorJob("`fit`, MNIST, (20, 20), batch 32, 5 epochs", 15, _small_digits),
    "digits (100,)": EstimatorJob("`fit`, MNIST, (100,), batch 200, 5 epochs", 6, _default_digits),
    "regression": EstimatorJob("`fit`, 10,000 x 100 Gaussian numbers, (64, 64), batch 200, 10 epochs", 10, _regression),
    "cancer": EstimatorJob("`fit`, breast cancer, (100,), batch 200, 60 epochs", 15, _small_data),
    "predict": EstimatorJob("`predict_proba` of one row, 30 features, (100,)", 20, _predict, calls=True),
    "learn": EstimatorJob("`partial_fit` of one row, 30 features, (100,)", 100, _learn, calls=True),
    # Each worker has one thread.
    "search": EstimatorJob(
        "3 x 3 grid search, 1,000 digits, 3 folds, 100 epochs, `n_jobs=2`", 10, _search, OURS_AND_THEIRS, threads=False
    ),
    # Line searches enlarge roundings from iteration to iteration.
    "lbfgs": EstimatorJob(
        "`fit` by lbfgs, diabetes, (100,), 200 iterations", 5, _lbfgs, OURS_AND_THEIRS, tolerance=0.5
    ),
}


def main(name: str, peer: str, kind: str) -> None:
    warnings.simplefilter("ignore")  # that training ends before it converges
    quick = kind == "quick"
    job = JOBS[name]
    run = job.prepare(peer, quick)
    calls = (FEW if quick else MANY) if job.calls else 1
    for _ in sys.stdin:
        begin = time.perf_counter()
        value = run()
        seconds = (time.perf_counter() - begin) / calls
        print(json.dumps({"seconds": seconds, "value": value}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
