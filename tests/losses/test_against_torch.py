"""Every loss of a model, its value and its gradient, against PyTorch's of the same meaning and autograd.

The inputs are the rows of the identity, so that a dense layer's kernel holds its outputs, and what a step of rate 1
takes from the kernel is the gradient with respect to them.
"""

import numpy as np
import pytest
from loss_table import CASES, OUTPUTS, SAMPLES, binary_of_logits, categorical_of_logits, numbers, sparse_of_logits

from fastnn import losses, optimizers
from fastnn.activations.registry import ACTIVATIONS
from fastnn.layers import Activation, BatchNormalization, Dense, Dropout, Input
from fastnn.models import Sequential

torch = pytest.importorskip("torch")
functional = torch.nn.functional

# Sums of some thirty numbers of size one in another order.
TOLERANCE = {"rtol": 1e-12, "atol": 1e-14}


def step(loss, outputs, y, activation=None, dtype="float64", **weights):
    """The loss of these outputs, or of ``activation`` of them, its gradient, and the loss that ``evaluate`` gives."""
    # Probabilities that a function of the user's might have made: of linear outputs, some losses are refused.
    made = Activation(activation or (np.array, np.ones_like))
    model = Sequential([Input((len(outputs),)), Dense(outputs.shape[1], use_bias=False), made], dtype=dtype)
    model.set_weights([outputs])
    model.compile(optimizers.SGD(1.0), loss)
    x = np.eye(len(outputs), dtype=dtype)
    evaluated = model.evaluate(x, y, **weights)
    value = model.train_on_batch(x, y, **weights)
    return value, outputs.astype(dtype) - model.get_weights()[0], evaluated


def by_torch(function, outputs, y, weights=None):
    """``function(t, p)`` is the loss of each sample."""
    p = torch.tensor(outputs, requires_grad=True)
    rows = function(torch.tensor(y), p)
    value = (rows if weights is None else rows * torch.tensor(weights)).mean()
    value.backward()
    return value.item(), p.grad.numpy()


def test_the_table_has_all_losses():
    built_in = {getattr(losses, name) for name in losses.__all__ if isinstance(getattr(losses, name), type)}
    assert {type(case[0]) for case in CASES.values()} == built_in - {losses.Loss, losses.CustomLoss}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_value_and_gradient(name, weighted):
    loss, function, make_targets, make_outputs = CASES[name]
    rng = np.random.default_rng(0)
    y, outputs, weights = make_targets(rng), make_outputs(rng), rng.uniform(0, 3, SAMPLES) if weighted else None
    value, gradient, evaluated = step(loss, outputs, y, sample_weight=weights)
    right, expected = by_torch(function, outputs, y, weights)
    assert value == pytest.approx(right, rel=1e-12)
    assert evaluated == pytest.approx(right, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, **TOLERANCE)


BEHIND = {
    "softmax": ["MSE", "KL", "categorical", "categorical, smooth", "categorical, distributions", "sparse"],
    "sigmoid": ["MSE", "binary", "binary, shares", "binary, smooth", "categorical", "sparse"],
    "softplus": ["Poisson", "categorical, distributions"],
    "tanh": ["hinge", "MAE"],
}


@pytest.mark.parametrize(("activation", "name"), [(a, name) for a, names in BEHIND.items() for name in names])
def test_value_and_gradient_behind_an_activation(activation, name):
    loss, function, make_targets, _ = CASES[name]
    rng = np.random.default_rng(1)
    y, outputs = make_targets(rng), numbers(rng)
    applied = {"softmax": lambda p: torch.softmax(p, dim=1), "softplus": functional.softplus}.get(activation)
    applied = applied or getattr(torch, activation)
    value, gradient, _ = step(loss, outputs, y, activation)
    right, expected = by_torch(lambda t, p: function(t, applied(p)), outputs, y)
    assert value == pytest.approx(right, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, **TOLERANCE)


HUGE = {
    "binary, logits": (None, binary_of_logits),
    "binary, logits, smooth": (None, lambda t, p: binary_of_logits(t, p, 0.2)),
    "binary": ("sigmoid", binary_of_logits),
    "categorical, logits": (None, categorical_of_logits),
    "categorical, logits, smooth": (None, lambda t, p: categorical_of_logits(t, p, 0.1)),
    "categorical": ("softmax", categorical_of_logits),
    "sparse, logits": (None, sparse_of_logits),
    "sparse": ("softmax", sparse_of_logits),
}


@pytest.mark.parametrize("name", HUGE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_of_ten_thousand_are_exact(name, dtype):
    loss, _, make_targets, _ = CASES[name]
    activation, function = HUGE[name]
    rng = np.random.default_rng(2)
    y, outputs = make_targets(rng), rng.choice([-1e4, 0.0, 1e4], size=(SAMPLES, OUTPUTS))
    value, gradient, evaluated = step(loss, outputs, y, activation, dtype)
    right, expected = by_torch(function, outputs, y)
    assert right > 100, "some are wrong by ten thousand"
    eps = float(np.finfo(dtype).eps)
    assert value == pytest.approx(right, rel=8 * eps)
    assert evaluated == pytest.approx(right, rel=8 * eps)
    # The kernel is of size 1e4, so what a step takes from it is rounded to that.
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e4 * eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "activation"), [("KL", "softmax"), ("MSE", "softmax"), ("Poisson", "softplus")])
def test_other_losses_of_huge_logits_are_finite(name, activation, dtype):
    loss, _, make_targets, _ = CASES[name]
    rng = np.random.default_rng(3)
    y, outputs = make_targets(rng), rng.choice([-1e4, 0.0, 1e4], size=(SAMPLES, OUTPUTS))
    value, gradient, _ = step(loss, outputs, y, activation, dtype)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_the_divergence_of_zeros_is_kerass():
    t, p = np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    value, _, _ = step(losses.KLDivergence(), p, t)
    kept = np.clip(t, 1e-7, 1), np.clip(p, 1e-7, 1)
    assert value == pytest.approx(np.sum(kept[0] * np.log(kept[0] / kept[1]), axis=1).mean(), rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["categorical", "sparse"])
def test_shares_of_nothing_are_finite(name, dtype):
    loss, _, make_targets, _ = CASES[name]
    y = make_targets(np.random.default_rng(0))
    outputs = np.zeros((SAMPLES, OUTPUTS))
    # Ends with one large output, whose share is all there is.
    outputs[-1, 0] = 100
    value, gradient, evaluated = step(loss, outputs, y, dtype=dtype)
    assert 10 < value == evaluated < 40
    assert np.isfinite(gradient).all()


# What stands behind the last activation: made anew for each model.
BEHIND_IT = {
    "nothing": list,
    "dropout": lambda: [Dropout(0.5)],
    "linear": lambda: [Activation("linear")],
    "normalization": lambda: [BatchNormalization()],
}


@pytest.mark.parametrize("loss", [losses.CategoricalCrossentropy, losses.SparseCategoricalCrossentropy])
@pytest.mark.parametrize("activation", [None, *(kind.name for kind in ACTIVATIONS if kind.negative)])
@pytest.mark.parametrize("behind", BEHIND_IT)
def test_classes_of_outputs_that_are_no_shares_are_refused(loss, activation, behind):
    model = Sequential([Dense(3, activation), *BEHIND_IT[behind]()])
    said = "linear" if behind == "normalization" else activation or "linear"
    with pytest.raises(ValueError, match=f"probabilities of classes, .* the activation {said}, which may be negative"):
        model.compile("sgd", loss())
    assert model.loss is None
    model.compile("sgd", loss(from_logits=True))
    # Layers that come after it was compiled are looked at when it is used.
    later = Sequential([Dense(3, "softmax")])
    later.compile("sgd", loss())
    later.add(Dense(3, activation))
    x, y = np.ones((2, 4)), np.array([0, 1]) if loss is losses.SparseCategoricalCrossentropy else np.eye(3)[:2]
    for call in (later.fit, later.train_on_batch, later.evaluate):
        with pytest.raises(ValueError, match="probabilities of classes"):
            call(x, y)


@pytest.mark.parametrize("activation", [*(kind.name for kind in ACTIVATIONS if not kind.negative), (np.exp, np.exp)])
@pytest.mark.parametrize("behind", ["nothing", "dropout", "linear"])
def test_classes_of_shares_are_taken(activation, behind):
    Sequential([Dense(3, activation), *BEHIND_IT[behind]()]).compile("sgd", "categorical_crossentropy")
