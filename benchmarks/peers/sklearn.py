"""The sklearn peer: scikit-learn's multilayer perceptron, its first weights put in by way of ``warm_start``."""

import importlib
import importlib.metadata
import warnings
from typing import Any

import numpy as np

from benchmarks.jobs import Task
from benchmarks.jobs.base import BETA_1, BETA_2, EPSILON
from benchmarks.peers import Run


def version() -> str:
    return f"scikit-learn {importlib.metadata.version('scikit-learn')}"


def setup(task: Task) -> Run:
    neural_network: Any = importlib.import_module("sklearn.neural_network")
    classifies = task.output == "softmax"
    # Its squared loss is halved and so are the gradients; with half of epsilon, Adam's steps are those of the job.
    factor = 1.0 if task.loss == "cross_entropy" else 2.0
    model = (neural_network.MLPClassifier if classifies else neural_network.MLPRegressor)(
        hidden_layer_sizes=[weights.shape[1] for weights, _ in task.parameters[:-1]],
        solver="adam",
        alpha=0,
        batch_size=min(task.batch_size, len(task.x)),
        learning_rate_init=task.learning_rate,
        max_iter=task.epochs,
        shuffle=False,
        # No epoch is left out for having improved little.
        tol=0,
        n_iter_no_change=task.epochs + 1,
        beta_1=BETA_1,
        beta_2=BETA_2,
        epsilon=EPSILON / factor,
    )
    x, y = task.rows, task.labels if classifies else task.y.ravel()
    # One step makes the arrays. With warm_start, fit then starts from what they hold, with a fresh optimizer.
    with warnings.catch_warnings():
        # It warns that one sample is less than a batch.
        warnings.simplefilter("ignore")
        model.partial_fit(x[:1], y[:1], **({"classes": np.arange(task.y.shape[1])} if classifies else {}))
    # With partial_fit, that is so anyway.
    model.warm_start = task.goal == "train"

    def reset() -> None:
        model.coefs_ = [weights.copy() for weights, _ in task.parameters]
        model.intercepts_ = [bias[0].copy() for _, bias in task.parameters]
        model.loss_curve_ = []
        # Made anew where it is missing.
        vars(model).pop("_optimizer", None)
        model.n_iter_ = model.t_ = model._no_improvement_count = 0
        model.best_loss_ = np.inf

    def fit() -> Any:
        with warnings.catch_warnings():
            # It warns that the last epoch was not a convergence.
            warnings.simplefilter("ignore")
            return model.fit(x, y).loss_curve_

    def predict() -> Any:
        outputs = None
        for _ in range(task.epochs):
            outputs = model.predict_proba(x)
        return outputs

    if task.goal == "predict":
        reset()
        return Run(predict)

    def steps() -> Any:
        rows = [(x[batch], y[batch]) for batch in task.batches]
        losses = []
        for _ in range(task.epochs):
            total = 0.0
            for row in rows:
                total += model.partial_fit(*row).loss_
            losses.append(total / len(rows))
        return losses

    if task.goal == "step":
        return Run(steps, reset)
    return Run(fit, reset, values=lambda losses: factor * np.asarray(losses))
