"""The parameters of an estimator, checked when it is fitted, as scikit-learn's conventions have it."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastnn.activations.registry import ACTIVATIONS
from fastnn.checking.arrays import float_dtype
from fastnn.checking.names import nearest_name, unknown_name
from fastnn.checking.scalars import finite_number, non_negative_number, true_or_false, whole_number

__all__ = ["STOCHASTIC", "Parameters", "checked_parameters"]

STOCHASTIC = ("sgd", "adam")
_SOLVERS = ("lbfgs", *STOCHASTIC)
_SCHEDULES = ("constant", "invscaling", "adaptive")
# What scikit-learn calls some activations.
_ACTIVATIONS = {kind.sklearn: kind.name for kind in ACTIVATIONS if kind.sklearn is not None}


@dataclass(frozen=True)
class Parameters:
    """What an estimator's parameters say, in the package's terms; names are scikit-learn's.

    Attributes
    ----------
    hidden : tuple of int
        Units of the hidden layers.
    activations : tuple
        What `fastnn.layers.Dense` takes, one for each hidden layer.
    dropout : tuple of float
        One for each hidden layer.
    glorot : tuple of float
        For each layer, that of the outputs too, the factor under the root of the bound of its first weights.
    """

    hidden: tuple[int, ...]
    activations: tuple[Any, ...]
    dropout: tuple[float, ...]
    glorot: tuple[float, ...]
    solver: str
    alpha: float
    batch_size: int | None
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    loss: str
    shuffle: bool
    tol: float
    verbose: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    restore_best_weights: bool
    dtype: np.dtype[Any] | None
    callbacks: tuple[Any, ...]
    n_jobs: int | None
    n_members: int

    @property
    def changes_rate(self) -> bool:
        """Whether the learning rate changes from epoch to epoch."""
        return self.solver == "sgd" and self.learning_rate != "constant"


def checked_parameters(estimator: Any) -> Parameters:
    """The parameters of an estimator.

    Raises
    ------
    TypeError, ValueError
        For one that has no meaning; the message names it, and of unknown names the nearest.
    """
    hidden = _hidden_sizes(estimator.hidden_layer_sizes)
    solver = _one_of(estimator.solver, "solver", _SOLVERS)
    activations, glorot = _activations(estimator.activation, len(hidden))
    dropout = _dropout(estimator.dropout, len(hidden))
    if solver == "lbfgs" and any(dropout):
        raise ValueError("solver='lbfgs' needs a loss that is always the same, but dropout draws at random: drop it")
    callbacks = () if estimator.callbacks is None else tuple(estimator.callbacks)
    members = whole_number(estimator.n_members, "n_members", at_least=1)
    if callbacks and members > 1:
        raise ValueError(f"callbacks watch one model, but n_members is {members}: leave one of the two out")
    changes = estimator.n_iter_no_change
    if changes != math.inf:
        changes = whole_number(changes, "n_iter_no_change", at_least=1)
    return Parameters(
        hidden=hidden,
        activations=activations,
        dropout=dropout,
        glorot=glorot,
        solver=solver,
        alpha=non_negative_number(estimator.alpha, "alpha"),
        batch_size=_batch_size(estimator.batch_size),
        learning_rate=_one_of(estimator.learning_rate, "learning_rate", _SCHEDULES),
        learning_rate_init=_positive(estimator.learning_rate_init, "learning_rate_init"),
        power_t=non_negative_number(estimator.power_t, "power_t"),
        max_iter=whole_number(estimator.max_iter, "max_iter", at_least=1),
        loss=_one_of(estimator.loss, "loss", estimator._losses),
        shuffle=true_or_false(estimator.shuffle, "shuffle"),
        tol=non_negative_number(estimator.tol, "tol"),
        verbose=bool(estimator.verbose),
        momentum=_share(estimator.momentum, "momentum"),
        nesterovs_momentum=true_or_false(estimator.nesterovs_momentum, "nesterovs_momentum"),
        early_stopping=true_or_false(estimator.early_stopping, "early_stopping"),
        validation_fraction=_share(estimator.validation_fraction, "validation_fraction"),
        beta_1=_share(estimator.beta_1, "beta_1"),
        beta_2=_share(estimator.beta_2, "beta_2"),
        epsilon=_positive(estimator.epsilon, "epsilon"),
        n_iter_no_change=float(changes),
        max_fun=whole_number(estimator.max_fun, "max_fun", at_least=1),
        restore_best_weights=true_or_false(estimator.restore_best_weights, "restore_best_weights"),
        dtype=None if estimator.dtype is None else float_dtype(estimator.dtype),
        callbacks=callbacks,
        n_jobs=_jobs(estimator.n_jobs),
        n_members=members,
    )


def _one_of(value: Any, name: str, known: Iterable[str]) -> str:
    names = tuple(known)
    if not isinstance(value, str) or value not in names:
        nearest = nearest_name(str(value), names)
        hint = f"; did you mean {nearest!r}?" if nearest else "."
        raise ValueError(f"{name} {value!r} is unknown{hint} Expected one of {', '.join(names)}.")
    return value


def _positive(value: Any, name: str) -> float:
    number = finite_number(value, name)
    if number <= 0:
        raise ValueError(f"{name} must be above 0, but it is {number}")
    return number


def _share(value: Any, name: str) -> float:
    number = non_negative_number(value, name)
    if number >= 1:
        raise ValueError(f"{name} must be below 1, but it is {number}")
    return number


def _batch_size(value: Any) -> int | None:
    if isinstance(value, str):
        if value != "auto":
            raise ValueError(f"batch_size must be 'auto' or an integer, but it is {value!r}")
        return None
    return whole_number(value, "batch_size", at_least=1)


def _jobs(value: Any) -> int | None:
    """How many threads; -1 is as many as there are, as in joblib."""
    if value is None:
        return None
    if value == -1:
        from fastnn.threads import get_num_threads

        return get_num_threads()
    return whole_number(value, "n_jobs", at_least=1)


def _hidden_sizes(value: Any) -> tuple[int, ...]:
    sizes = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    return tuple(whole_number(size, "each of hidden_layer_sizes", at_least=1) for size in sizes)


def _each_layer(value: Any, name: str, layers: int) -> list[Any]:
    """One of something for each hidden layer."""
    if not isinstance(value, list | tuple | np.ndarray):
        return [value] * layers
    if len(value) != layers:
        raise ValueError(
            f"{name} must be one for all hidden layers or a list with one for each, {layers} as hidden_layer_sizes "
            f"has, but it has {len(value)}"
        )
    return list(value)


def _activations(value: Any, layers: int) -> tuple[tuple[Any, ...], tuple[float, ...]]:
    known = [*_ACTIVATIONS, *(kind.name for kind in ACTIVATIONS if kind.name not in _ACTIVATIONS)]
    found = []
    names = _each_layer(value, "activation", layers)
    # That of a network without hidden layers chooses its first weights.
    for name in names or [value]:
        if isinstance(name, str):
            if name not in _ACTIVATIONS and ACTIVATIONS.get(name) is None:
                raise unknown_name("activation", name, known, "a layer such as fastnn.layers.LeakyReLU(0.1)")
            found.append(_ACTIVATIONS.get(name, name))
        else:
            # A layer is in one model at most, and the parameter stays the user's.
            found.append(copy.deepcopy(name))
    # Glorot's bound, and for a sigmoid a narrower one, as in scikit-learn, where all layers have the same activation.
    factors = [2.0 if kind == "sigmoid" else 6.0 for kind in found]
    return tuple(found[:layers]), (*factors[:layers], factors[-1] if factors else 6.0)


def _dropout(value: Any, layers: int) -> tuple[float, ...]:
    return tuple(_share(rate, "dropout") for rate in _each_layer(value, "dropout", layers))
