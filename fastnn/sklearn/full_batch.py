"""Training by lbfgs: SciPy's minimiser over all data at once, with scikit-learn's limits."""

from __future__ import annotations

from typing import Any

from scipy import optimize

from fastnn.callbacks.history import History
from fastnn.models.inputs import Samples
from fastnn.models.objective import Objective
from fastnn.models.training import raise_or_stop
from fastnn.sklearn.losses import constant_of, told_loss, weighting_of
from fastnn.sklearn.member import Job
from fastnn.sklearn.watching import validation_score, watchers_of
from fastnn_ext.engine.training import NonFiniteError

__all__ = ["minimize"]


def minimize(job: Job) -> None:
    """Train a member until a gradient or a change is small enough, or for the most iterations or calls.

    Raises
    ------
    FloatingPointError
        When the first loss is not finite.
    """
    model, parameters, data, progress = job.member.model, job.parameters, job.data, job.member.progress
    watchers = watchers_of(parameters, model)
    weighting = weighting_of(job, data.count)
    scales = weighting.prepare(None, 1.0)
    history = History()
    history.params = {"epochs": parameters.max_iter, "steps": 1, "verbose": 0, "validation_freq": 1}
    progress.loss_curve, progress.validation_scores, progress.epochs = [], [], 0
    progress.converged, progress.message = True, ""
    with model.exclusively():
        model.stop_training, model.history = False, history
        samples = Samples(data.inputs, data.targets, weighting.array)
        objective = Objective(model, samples, 1.0 if scales is None else float(scales[0]), job.threads)
        constant = constant_of(job, weighting, 1.0)

        def told(found: Any) -> float:
            # The last point of a line search is the one that is taken, but for rare failures.
            if objective.value != found.fun:
                objective(found.x)
            objective.move_to(found.x)
            return told_loss(job, objective.value, objective.training.losses_of_outputs[0], constant=constant)

        def after_iteration(intermediate_result: Any) -> None:
            loss, number = told(intermediate_result), len(progress.loss_curve)
            progress.loss_curve.append(loss)
            if parameters.verbose:
                print(f"Iteration {number + 1}, loss = {loss:.8f}")
            logs = {"loss": loss}
            if (score := validation_score(job, watchers)) is not None:
                logs["val_score"] = score
                progress.validation_scores.append(score)
            history.add(number, logs)
            watchers.on_epoch_end(number, logs)
            if model.stop_training or job.stop.is_set():
                raise StopIteration
            watchers.on_epoch_begin(number + 1)

        try:
            watchers.on_train_begin()
            try:
                start = objective.start()
                watchers.on_epoch_begin(0)
                result = optimize.minimize(
                    objective,
                    start,
                    jac=True,
                    method="L-BFGS-B",
                    callback=after_iteration,
                    options={"maxiter": parameters.max_iter, "maxfun": parameters.max_fun, "gtol": parameters.tol},
                )
                progress.loss = told(result)
            except NonFiniteError as failure:
                raise_or_stop(model, failure, "the first look at the data", None, watchers, anew=False)
                return
            finally:
                watchers.on_train_end()
        finally:
            model.optimizer_state.take_back()
    progress.epochs = min(int(result.nit), parameters.max_iter)
    progress.converged = int(result.status) == 0 or model.stop_training
    progress.message = str(result.message)
