"""Every loss with its options, the same in PyTorch, and targets and outputs that it has a meaning for."""

import contextlib

import numpy as np

from fastnn import losses

# Only the functions of the table need it.
with contextlib.suppress(ImportError):
    import torch
    from torch.nn import functional

SAMPLES, OUTPUTS = 7, 4


def rows_of(values):
    return values.mean(dim=1)


def smoothed(t, smoothing):
    return t * (1 - smoothing) + smoothing / t.shape[1]


def binary(t, p, smoothing=0.0):
    return rows_of(functional.binary_cross_entropy(p, t * (1 - smoothing) + smoothing / 2, reduction="none"))


def binary_of_logits(t, p, smoothing=0.0):
    t = t * (1 - smoothing) + smoothing / 2
    return rows_of(functional.binary_cross_entropy_with_logits(p, t, reduction="none"))


def categorical(t, p, smoothing=0.0):
    return -(smoothed(t, smoothing) * (p / p.sum(dim=1, keepdim=True)).log()).sum(dim=1)


def categorical_of_logits(t, p, smoothing=0.0):
    return functional.cross_entropy(p, t, reduction="none", label_smoothing=smoothing)


def sparse(t, p):
    return functional.nll_loss((p / p.sum(dim=1, keepdim=True)).log(), t, reduction="none")


def sparse_of_logits(t, p):
    return functional.cross_entropy(p, t, reduction="none")


def divergence(t, p):
    return functional.kl_div(p.log(), t, reduction="none").sum(dim=1)


def hinge(t, p):
    return rows_of(torch.clamp(1 - torch.where(t > 0, 1.0, -1.0) * p, min=0))


def pinball(t, p):
    return rows_of(torch.maximum(0.8 * (t - p), -0.2 * (t - p)))


def poisson(t, p):
    # Keras' epsilon keeps the logarithm from zero.
    return rows_of(functional.poisson_nll_loss(p, t, log_input=False, eps=1e-7, reduction="none"))


def numbers(rng):
    return rng.normal(size=(SAMPLES, OUTPUTS))


def classes(rng):
    return rng.integers(OUTPUTS, size=SAMPLES)


def one_hot(rng):
    return np.eye(OUTPUTS)[classes(rng)]


def distributions(rng):
    return rng.dirichlet(np.ones(OUTPUTS), size=SAMPLES)


def decisions(rng):
    return rng.integers(2, size=(SAMPLES, OUTPUTS)).astype(float)


def shares(rng):
    return rng.uniform(0.05, 0.95, size=(SAMPLES, OUTPUTS))


def signs(rng):
    return rng.choice([-1.0, 1.0], size=(SAMPLES, OUTPUTS))


def counts(rng):
    return rng.poisson(2.0, size=(SAMPLES, OUTPUTS)).astype(float)


def positive(rng):
    return rng.uniform(0.2, 4, size=(SAMPLES, OUTPUTS))


def mse(t, p):
    return rows_of(functional.mse_loss(p, t, reduction="none"))


def mae(t, p):
    return rows_of(functional.l1_loss(p, t, reduction="none"))


def huber(delta):
    return lambda t, p: rows_of(functional.huber_loss(p, t, reduction="none", delta=delta))


def torch_sigmoid(p):
    return torch.sigmoid(p)


def binary_focal(gamma=2.0, weights=(1.0, 1.0), probabilities=None, smoothing=0.0):
    def rows(t, p):
        p, t = probabilities(p) if probabilities else p, t * (1 - smoothing) + smoothing / 2
        focus = (1 - t * p - (1 - t) * (1 - p)) ** gamma
        entropy = functional.binary_cross_entropy(p, t, reduction="none")
        return rows_of((t * weights[0] + (1 - t) * weights[1]) * focus * entropy)

    return rows


def categorical_focal(gamma=2.0, alpha=0.25, logits=False, smoothing=0.0):
    def rows(t, p):
        p = torch.softmax(p, dim=1) if logits else p / p.sum(dim=1, keepdim=True)
        return -(torch.tensor(alpha, dtype=p.dtype) * (1 - p) ** gamma * smoothed(t, smoothing) * p.log()).sum(dim=1)

    return rows


# The loss, PyTorch's on samples, the targets, and the outputs.
CASES = {
    "MSE": (losses.MeanSquaredError(), mse, numbers, numbers),
    "MAE": (losses.MeanAbsoluteError(), mae, numbers, numbers),
    "Huber": (losses.Huber(), huber(1.0), numbers, numbers),
    "Huber, delta 0.3": (losses.Huber(0.3), huber(0.3), numbers, numbers),
    "quantile": (losses.Quantile(0.8), pinball, numbers, numbers),
    "Poisson": (losses.Poisson(), poisson, counts, positive),
    "hinge": (losses.Hinge(), hinge, signs, numbers),
    "hinge of 0 and 1": (losses.Hinge(), hinge, decisions, numbers),
    "KL": (losses.KLDivergence(), divergence, distributions, distributions),
    "binary": (losses.BinaryCrossentropy(), binary, decisions, shares),
    "binary, shares": (losses.BinaryCrossentropy(), binary, shares, shares),
    "binary, logits": (losses.BinaryCrossentropy(True), binary_of_logits, decisions, numbers),
    "binary, smooth": (
        losses.BinaryCrossentropy(label_smoothing=0.2),
        lambda t, p: binary(t, p, 0.2),
        decisions,
        shares,
    ),
    "binary, logits, smooth": (
        losses.BinaryCrossentropy(True, 0.2),
        lambda t, p: binary_of_logits(t, p, 0.2),
        decisions,
        numbers,
    ),
    "categorical": (losses.CategoricalCrossentropy(), categorical, one_hot, distributions),
    "categorical, distributions": (losses.CategoricalCrossentropy(), categorical, distributions, distributions),
    "categorical, logits": (losses.CategoricalCrossentropy(True), categorical_of_logits, one_hot, numbers),
    "categorical, smooth": (
        losses.CategoricalCrossentropy(label_smoothing=0.1),
        lambda t, p: categorical(t, p, 0.1),
        one_hot,
        distributions,
    ),
    "categorical, logits, smooth": (
        losses.CategoricalCrossentropy(True, 0.1),
        lambda t, p: categorical_of_logits(t, p, 0.1),
        one_hot,
        numbers,
    ),
    "categorical, any shares": (losses.CategoricalCrossentropy(), categorical, one_hot, shares),
    "categorical, large outputs": (losses.CategoricalCrossentropy(), categorical, distributions, positive),
    "categorical, any shares, smooth": (
        losses.CategoricalCrossentropy(label_smoothing=0.1),
        lambda t, p: categorical(t, p, 0.1),
        one_hot,
        shares,
    ),
    "sparse": (losses.SparseCategoricalCrossentropy(), sparse, classes, distributions),
    "sparse, any shares": (losses.SparseCategoricalCrossentropy(), sparse, classes, shares),
    "sparse, logits": (losses.SparseCategoricalCrossentropy(True), sparse_of_logits, classes, numbers),
    "MAPE": (
        losses.MeanAbsolutePercentageError(),
        lambda t, p: rows_of(100 * (p - t).abs() / t.abs().clamp(min=1e-7)),
        numbers,
        numbers,
    ),
    "MSLE": (
        losses.MeanSquaredLogarithmicError(),
        lambda t, p: rows_of((p.clamp(min=1e-7).log1p() - t.clamp(min=1e-7).log1p()) ** 2),
        counts,
        positive,
    ),
    "log-cosh": (losses.LogCosh(), lambda t, p: rows_of((p - t).cosh().log()), numbers, numbers),
    "cosine": (
        losses.CosineSimilarity(),
        lambda t, p: -functional.cosine_similarity(t, p, dim=1, eps=1e-14),
        numbers,
        numbers,
    ),
    "squared hinge": (
        losses.SquaredHinge(),
        lambda t, p: rows_of(torch.clamp(1 - torch.where(t > 0, 1.0, -1.0) * p, min=0) ** 2),
        decisions,
        numbers,
    ),
    "categorical hinge": (
        losses.CategoricalHinge(),
        lambda t, p: torch.clamp(1 + ((1 - t) * p).max(dim=1).values - (t * p).sum(dim=1), min=0),
        one_hot,
        numbers,
    ),
    "binary focal": (losses.BinaryFocalCrossentropy(), binary_focal(), decisions, shares),
    "binary focal, shares": (losses.BinaryFocalCrossentropy(gamma=0.5), binary_focal(0.5), shares, shares),
    "binary focal, no focus": (losses.BinaryFocalCrossentropy(gamma=0.0), binary_focal(0.0), decisions, shares),
    "binary focal, balanced, smooth": (
        losses.BinaryFocalCrossentropy(True, 0.3, 1.5, label_smoothing=0.2),
        binary_focal(1.5, (0.3, 0.7), smoothing=0.2),
        decisions,
        shares,
    ),
    "binary focal, logits": (
        losses.BinaryFocalCrossentropy(True, 0.3, from_logits=True, label_smoothing=0.1),
        binary_focal(2.0, (0.3, 0.7), torch_sigmoid, 0.1),
        decisions,
        numbers,
    ),
    "categorical focal": (losses.CategoricalFocalCrossentropy(), categorical_focal(), one_hot, distributions),
    "categorical focal, any shares, smooth": (
        losses.CategoricalFocalCrossentropy([0.1, 0.2, 0.3, 0.4], 1.5, label_smoothing=0.1),
        categorical_focal(1.5, (0.1, 0.2, 0.3, 0.4), smoothing=0.1),
        one_hot,
        shares,
    ),
    "categorical focal, no focus": (
        losses.CategoricalFocalCrossentropy(1.0, 0.0),
        categorical_focal(0.0, 1.0),
        distributions,
        distributions,
    ),
    "categorical focal, logits, smooth": (
        losses.CategoricalFocalCrossentropy(0.5, 2.5, True, 0.1),
        categorical_focal(2.5, 0.5, True, 0.1),
        one_hot,
        numbers,
    ),
}
