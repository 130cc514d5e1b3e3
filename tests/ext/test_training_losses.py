"""The engine's losses: values and gradients from their formulas, fused with softmax or sigmoid, and weights."""

import itertools

import numpy as np
import pytest
from binding_table import numerical_gradient, sigmoid, softmax_rows
from making import training_of

from fastnn.losses import Huber, Quantile, SparseCategoricalCrossentropy
from fastnn.losses.names import LOSSES
from fastnn_ext.engine.plan import NonFiniteDataError, Plan
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss, UpdateRule

OUTPUTS, SAMPLES, PARAMETER = 5, 9, 0.3
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())


def eps_of(dtype):
    return float(np.finfo(dtype).eps)


# Of each engine's loss one object, of those that have a number with another than its default.
MADE = {kind.engine: kind(PARAMETER) if kind in (Huber, Quantile) else kind() for kind in LOSSES}
# Of each element: some are then summed over a row, the others averaged.
FORMULAS = {engine: loss.formula for engine, loss in MADE.items()}
# Outputs are divided by their sum only where the engine is told so.
FORMULAS[Loss.CROSS_ENTROPY] = lambda t, p: -t * np.log(p)
SUMMED = {kind.engine for kind in LOSSES if kind.summed}
every_loss = pytest.mark.parametrize("loss", FORMULAS, ids=lambda loss: loss.name)


def loss_of(loss, y_true, y_pred, weights=None):
    values = FORMULAS[loss](y_true, y_pred)
    rows = values.sum(axis=1) if loss in SUMMED else values.mean(axis=1)
    return np.mean(rows if weights is None else weights * rows)


ENDS = {"none": lambda x: x, "softmax": softmax_rows, "sigmoid": sigmoid}
KINDS = {kind.engine: kind for kind in LOSSES if kind is not SparseCategoricalCrossentropy}
# Losses of probabilities and of positive numbers need outputs that are some.
PAIRS = [
    (loss, end)
    for loss, kind in KINDS.items()
    for end in ENDS
    if end != "none" or kind.last_layer in ("linear", "tanh")
]


def targets(loss, rng):
    if loss == Loss.CROSS_ENTROPY:
        return softmax_rows(rng.normal(size=(SAMPLES, OUTPUTS)))
    return KINDS[loss].example(rng, SAMPLES, OUTPUTS)[0]


def gradient_by_engine(end, loss, x, y, dtype=np.float64, isa=None, batch_size=SAMPLES, rate=1.0, **how):
    """The mean loss, and what steps take from weights of the identity by their rate: of one step, the gradient."""
    weights = np.eye(OUTPUTS, dtype=dtype)
    plan = Plan(OUTPUTS, dtype, isa=isa)
    plan.add_dense(weights)
    if end == "softmax":
        plan.add_softmax()
    elif end == "sigmoid":
        plan.add_activation(Activation.SIGMOID)
    y = y if y.dtype == np.int32 else y.astype(dtype)
    numbers = MADE[loss].options().get("loss_numbers", (0.0,))
    training = training_of(
        plan, x.astype(dtype), y, batch_size, loss, UpdateRule.SGD, rate, loss_numbers=numbers, sparse=False, **how
    )
    return training.run_epoch(), (np.eye(OUTPUTS) - weights.astype(np.float64)) / (rate or 1)


@pytest.mark.parametrize(("loss", "end"), PAIRS, ids=lambda value: getattr(value, "name", value))
@both_dtypes
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_value_and_gradient(loss, end, dtype, weighted):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(SAMPLES, OUTPUTS)), targets(loss, rng)
    weights = rng.uniform(0, 2, SAMPLES) if weighted else None

    def value_at(matrix):
        return loss_of(loss, y, ENDS[end](x @ matrix), weights)

    eps, right, expected = eps_of(dtype), value_at(np.eye(OUTPUTS)), numerical_gradient(value_at, np.eye(OUTPUTS))
    for isa, threads in itertools.product(supported_isas(), (1, 2)):
        case = f"{isa}, {threads} threads"
        value, gradient = gradient_by_engine(end, loss, x, y, dtype, isa, threads=threads, sample_weight=weights)
        assert value == pytest.approx(right, rel=50 * eps, abs=10 * eps), case
        # Central differences of a number of size one are off by 1e-9; sums of some fifty terms of that size in the
        # dtype.
        atol = (1e-8 + 100 * eps) * max(1, abs(value))
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=atol, err_msg=case)


@both_dtypes
@every_isa
@pytest.mark.parametrize("end", ["none", "sigmoid"])
def test_cross_entropy_of_shares(dtype, isa, end):
    # Outputs of any sum are divided by it, and a row's targets need not sum to 1 either.
    rng = np.random.default_rng(10)
    x, y = rng.uniform(0.1, 2, (SAMPLES, OUTPUTS)), rng.uniform(0, 1, (SAMPLES, OUTPUTS))

    def value_at(matrix):
        outputs = ENDS[end](x @ matrix)
        return np.mean(np.sum(-y * np.log(outputs / outputs.sum(axis=1, keepdims=True)), axis=1))

    expected = numerical_gradient(value_at, np.eye(OUTPUTS))
    for threads in (1, 2):
        value, gradient = gradient_by_engine(end, Loss.CROSS_ENTROPY, x, y, dtype, isa, of_shares=True, threads=threads)
        assert value == pytest.approx(value_at(np.eye(OUTPUTS)), rel=50 * eps_of(dtype))
        # Central differences are off by 1e-9; sums of some fifty terms of size one in the dtype.
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-8 + 100 * eps_of(dtype))


@both_dtypes
@every_isa
def test_shares_of_nothing_are_finite(dtype, isa):
    x, y = np.zeros((2, OUTPUTS)), np.eye(OUTPUTS)[[1, 3]]
    x[1, 3] = 1
    value, _ = gradient_by_engine("none", Loss.CROSS_ENTROPY, x, y, dtype, isa, batch_size=2, of_shares=True, rate=0.0)
    # Half the machine epsilon stands for a share of nothing; a share of everything costs nothing.
    assert value == pytest.approx(-np.log(eps_of(dtype) / 2) / 2, rel=1e-6)


@every_isa
@both_dtypes
@pytest.mark.parametrize(("loss", "end"), [(Loss.CROSS_ENTROPY, "softmax"), (Loss.BINARY_CROSS_ENTROPY, "sigmoid")])
def test_logits_mean_what_the_probabilities_do(isa, dtype, loss, end):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(SAMPLES, OUTPUTS)), targets(loss, rng)
    value, gradient = gradient_by_engine("none", loss, x, y, dtype, isa, from_logits=True)
    right, expected = gradient_by_engine(end, loss, x, y, dtype, isa)
    assert value == pytest.approx(right, rel=8 * eps_of(dtype))
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=16 * eps_of(dtype))


@every_isa
@both_dtypes
@pytest.mark.parametrize("how", [{"end": "sigmoid"}, {"end": "none", "from_logits": True}], ids=["sigmoid", "logits"])
def test_binary_cross_entropy_is_exact_for_logits_of_any_size(isa, dtype, how):
    x = np.array([[1e4, -1e4, 1e4, -1e4, 0]])
    y = np.array([[1.0, 0, 0, 1, 1]])
    value, gradient = gradient_by_engine(
        loss=Loss.BINARY_CROSS_ENTROPY, x=x, y=y, dtype=dtype, isa=isa, batch_size=2, **how
    )
    assert value == pytest.approx((2e4 + np.log(2)) / 5, rel=4 * eps_of(dtype))
    np.testing.assert_allclose(gradient, x.T @ [[0, 0, 0.2, -0.2, -0.1]], rtol=8 * eps_of(dtype), atol=0)


@every_isa
@pytest.mark.parametrize("how", [{"end": "softmax"}, {"end": "none", "from_logits": True}], ids=["softmax", "logits"])
def test_cross_entropy_is_exact_for_logits_of_any_size(isa, how):
    x = np.array([[1e4, -1e4, 0, 0, 0]])
    value, gradient = gradient_by_engine(
        loss=Loss.CROSS_ENTROPY, x=x, y=np.eye(5)[[1]], isa=isa, dtype=np.float64, batch_size=2, **how
    )
    assert value == 2e4
    assert np.array_equal(gradient, x.T @ [[1, -1, 0, 0, 0]])


@both_dtypes
@pytest.mark.parametrize("batch_size", [1, 4])
def test_class_numbers_are_their_rows(dtype, batch_size):
    rng = np.random.default_rng(3)
    x, classes = rng.normal(size=(SAMPLES, OUTPUTS)), rng.integers(OUTPUTS, size=SAMPLES)
    numbers = classes.astype(np.int32).reshape(-1, 1)
    for smoothing in (0, 0.2):
        one_hot = np.eye(OUTPUTS)[classes] * (1 - smoothing) + smoothing / OUTPUTS
        value, gradient = gradient_by_engine(
            "softmax", Loss.CROSS_ENTROPY, x, numbers, dtype, batch_size=batch_size, label_smoothing=smoothing
        )
        right, expected = gradient_by_engine("softmax", Loss.CROSS_ENTROPY, x, one_hot, dtype, batch_size=batch_size)
        assert value == pytest.approx(right, rel=8 * eps_of(dtype))
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=16 * eps_of(dtype))


def test_label_smoothing_moves_targets_towards_the_middle():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(SAMPLES, OUTPUTS)), targets(Loss.BINARY_CROSS_ENTROPY, rng)
    value, _ = gradient_by_engine("sigmoid", Loss.BINARY_CROSS_ENTROPY, x, y, label_smoothing=0.1)
    assert value == pytest.approx(loss_of(Loss.BINARY_CROSS_ENTROPY, y * 0.9 + 0.05, sigmoid(x)), rel=1e-12)


@pytest.mark.parametrize("number", [-1, OUTPUTS, 2**31 - 1])
def test_a_number_of_no_class_is_bad_data(number):
    numbers = np.array([[0], [number]], np.int32)
    for batch_size in (1, 2):
        with pytest.raises(NonFiniteDataError) as caught:
            gradient_by_engine("softmax", Loss.CROSS_ENTROPY, np.ones((2, OUTPUTS)), numbers, batch_size=batch_size)
        assert caught.value.sample == 1


def test_whole_numbers_are_targets_of_one_output():
    plan, weights = Plan(1, np.float64), np.zeros((1, 1))
    plan.add_dense(weights)
    y = np.array([[3], [5]], np.int32)
    training = training_of(plan, np.ones((2, 1)), y, 2, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.5)
    assert training.run_epoch() == 17
    assert weights == 4


@pytest.mark.parametrize("shape", [(SAMPLES + 1,), (SAMPLES, 1), ()], ids=str)
def test_weights_of_another_shape_are_refused(shape):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, SAMPLES, OUTPUTS))
    with pytest.raises(ValueError, match=rf"sample_weight must have shape \({SAMPLES},\)"):
        gradient_by_engine("none", Loss.MEAN_SQUARED_ERROR, x, y, sample_weight=np.ones(shape))


def test_weights_follow_their_samples_through_a_shuffled_order():
    rng = np.random.default_rng(6)
    x, y, weights = rng.normal(size=(SAMPLES, 2)), rng.normal(size=(SAMPLES, 1)), rng.uniform(0, 2, SAMPLES)
    order = rng.permutation(SAMPLES)
    for batch_size in (1, 4):
        results = []
        for given, how in (((x, y, weights), order), ((x[order], y[order], weights[order]), None)):
            plan, learner = Plan(2, np.float64), np.ones((2, 1))
            plan.add_dense(learner)
            training = training_of(
                plan, *given[:2], batch_size, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.1, sample_weight=given[2]
            )
            results.append((training.run_epoch(how), learner.tolist()))
        assert results[0] == results[1]


# A loss of the user's own.


def squares(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 2, axis=1)


def squares_gradient(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_pred.size


@both_dtypes
@pytest.mark.parametrize("end", ["none", "softmax", "sigmoid"])
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_a_loss_of_ones_own(dtype, end, weighted):
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(2, SAMPLES, OUTPUTS))
    weights = rng.uniform(0, 2, SAMPLES) if weighted else None
    value, gradient = gradient_by_engine(
        end, Loss.MEAN_SQUARED_ERROR, x, y, dtype, sample_weight=weights, loss_function=(squares, squares_gradient)
    )
    right, expected = gradient_by_engine(end, Loss.MEAN_SQUARED_ERROR, x, y, dtype, sample_weight=weights)
    assert value == pytest.approx(right, rel=8 * eps_of(dtype))
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=16 * eps_of(dtype))


def test_a_loss_of_ones_own_may_be_one_number():
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(2, SAMPLES, OUTPUTS))
    own = (lambda t, p: float(np.mean((p - t) ** 2)), squares_gradient)
    value, _ = gradient_by_engine("none", Loss.MEAN_SQUARED_ERROR, x, y, batch_size=4, loss_function=own)
    assert value == pytest.approx(gradient_by_engine("none", Loss.MEAN_SQUARED_ERROR, x, y, batch_size=4)[0], rel=1e-14)
    with pytest.raises(ValueError, match="one number for each sample"):
        gradient_by_engine("none", Loss.MEAN_SQUARED_ERROR, x, y, loss_function=own, sample_weight=np.ones(SAMPLES))


@pytest.mark.parametrize(
    ("value", "gradient", "error"),
    [
        (lambda t, p: 1 / 0, squares_gradient, ZeroDivisionError),
        (squares, lambda t, p: [][1], IndexError),
        (lambda t, p: np.ones(3), squares_gradient, ValueError),
        (lambda t, p: "much", squares_gradient, ValueError),
        (squares, lambda t, p: np.ones((1, 2)), ValueError),
        (squares, lambda t, p: "steep", ValueError),
        (squares, lambda t, p: p * 1j, ValueError),
    ],
)
def test_what_a_loss_of_ones_own_raises_or_returns_wrongly(value, gradient, error):
    rng = np.random.default_rng(9)
    x, y = rng.normal(size=(2, SAMPLES, OUTPUTS))
    weights = np.eye(OUTPUTS)
    plan = Plan(OUTPUTS, np.float64)
    plan.add_dense(weights)
    training = training_of(plan, x, y, 4, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 1.0, loss_function=(value, gradient))
    with pytest.raises(error):
        training.run_epoch()
    assert np.array_equal(weights, np.eye(OUTPUTS))
