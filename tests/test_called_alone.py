"""Losses, metrics, layers and the like called by themselves: what is called down, kinds of data across.

Each cell gives what the contiguous array gives; a sparse matrix is refused.
"""

import functools

import numpy as np
import pytest
from cases import case
from data_kinds import KINDS, SPARSE

import fastnn
from fastnn import losses, metrics
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

RNG = np.random.default_rng(0)
SAMPLES, COLUMNS = 12, 6
# Truths and outputs to every loss and metric, in whole numbers that every dtype holds.
X, OTHER = (np.eye(COLUMNS, dtype=np.float32)[RNG.integers(0, COLUMNS, SAMPLES)] for _ in range(2))
LABELS = RNG.integers(0, COLUMNS, (SAMPLES, 1)).astype(np.float32)

NOT_CALLED = (losses.Loss, losses.CustomLoss, losses.LossFunction, metrics.Metric, metrics.FunctionMetric, metrics.Mean)


def classes_of(module):
    found = [getattr(module, name) for name in module.__all__]
    return [kind for kind in found if isinstance(kind, type) and kind not in NOT_CALLED]


def of_both(call):
    """Targets and outputs of the kind, each in its turn."""
    return lambda x: (call(x, OTHER), call(OTHER, x))


def loss_alone(kind):
    if kind is losses.SparseCategoricalCrossentropy:
        return lambda x: kind()(LABELS, x)
    return of_both(lambda y, p: kind()(y, p))


def counts(kind):
    return of_both(lambda y, p: kind()(y, p))


def judges(kind):
    return of_both(lambda y, p: kind().compute(y, p))


def two_passes(make):
    def call(x):
        layer = make()
        return [float(np.abs(array).sum(dtype=float)) for array in (layer.forward(x), layer.backward(x, 0.5))]

    return call


def fc_layer(fan_in=COLUMNS):
    return fastnn.FCLayer(fan_in, COLUMNS, rng=np.random.default_rng(0))


def assigned(x):
    layer = fc_layer(SAMPLES)
    layer.weights = x
    return layer.weights.tobytes()


def set_weights(x):
    model = Sequential([Input((SAMPLES,)), Dense(COLUMNS)], seed=0)
    model.set_weights([x, np.zeros(COLUMNS)])
    return model.layers[0].kernel.tobytes()


def weighted(x):
    """A loss of outputs in three axes, of which rows have weights."""
    return losses.MeanSquaredError()(np.ones((*X.shape, 2)), np.zeros((*X.shape, 2)), sample_weight=x)


CALLS = {
    **{f"the loss {kind.__name__}": loss_alone(kind) for kind in classes_of(losses)},
    **{f"{kind.__name__} counts": counts(kind) for kind in classes_of(metrics)},
    **{f"{kind.__name__} judges": judges(kind) for kind in classes_of(metrics)},
    "Mean": lambda x: metrics.Mean()(x),
    "weights of a loss": weighted,
    "FCLayer": two_passes(fc_layer),
    "ActivationLayer": two_passes(lambda: fastnn.ActivationLayer(fastnn.relu)),
    "ActivationLayer of a function": two_passes(lambda: fastnn.ActivationLayer(np.abs, np.sign)),
    "SoftmaxLayer": two_passes(lambda: fastnn.SoftmaxLayer(COLUMNS)),
    "FlattenLayer": two_passes(lambda: fastnn.FlattenLayer((COLUMNS,))),
    "weights of FCLayer": assigned,
    "set_weights": set_weights,
    "L1L2": fastnn.regularizers.L1L2(0.25, 0.5),
    "MaxNorm": lambda x: fastnn.constraints.MaxNorm(0.5)(x).sum(axis=1).tolist(),
    "NonNeg": lambda x: fastnn.constraints.NonNeg()(x).tolist(),
}
# What takes class numbers.
CALLS_OF_LABELS = {
    "to_categorical": lambda y: fastnn.to_categorical(y).tobytes(),
    "the loss SparseCategoricalCrossentropy": lambda y: losses.SparseCategoricalCrossentropy()(y, X + 0.25),
    "Accuracy counts": lambda y: metrics.Accuracy()(y, X),
    "TopKCategoricalAccuracy counts": lambda y: metrics.TopKCategoricalAccuracy(k=2)(y, X),
    "confusion_matrix": lambda y: metrics.confusion_matrix(y, y).tolist(),
}
ALL = {name: (call, X) for name, call in CALLS.items()}
ALL |= {f"{name}, labels": (call, LABELS) for name, call in CALLS_OF_LABELS.items()}


@functools.cache
def of_contiguous(name):
    call, numbers = ALL[name]
    return call(numbers)


def assert_same(found, expected):
    if isinstance(expected, bytes):
        assert found == expected
    else:
        # Numbers of other types than float32 are judged in float64, and the last digits of float32 are then others.
        np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(np.float32).eps, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind, tmp_path):
    for name, (call, numbers) in ALL.items():
        made = KINDS[kind](numbers, tmp_path)
        with case(name):
            if kind not in SPARSE:
                assert_same(call(made), of_contiguous(name))
                continue
            with pytest.raises(TypeError, match=r"must be an array, but it is a sparse matrix: pass .*\.toarray\(\)"):
                call(made)
