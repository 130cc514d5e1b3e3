"""Learning-rate schedules: values by hand and against PyTorch's, and what training does with them step by step."""

import numpy as np
import pytest

from fastnn import callbacks, optimizers
from fastnn.layers import Dense, Input
from fastnn.models import Sequential
from fastnn.optimizers.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
)

ALL = [
    StepDecay(0.3, decay_steps=7, decay_rate=0.5),
    PiecewiseConstantDecay([4, 11], [0.3, 0.15, 0.075]),
    ExponentialDecay(0.3, decay_steps=5, decay_rate=0.4),
    ExponentialDecay(0.3, decay_steps=5, decay_rate=0.4, staircase=True),
    CosineDecay(0.3, decay_steps=20, alpha=0.1),
    CosineDecay(0.05, decay_steps=12, alpha=0.2, warmup_target=0.3, warmup_steps=6),
    CosineDecayRestarts(0.3, first_decay_steps=6, t_mul=1.5, m_mul=0.8, alpha=0.1),
    CosineDecayRestarts(0.3, first_decay_steps=6, t_mul=1.0),
    InverseTimeDecay(0.3, decay_steps=5, decay_rate=0.5),
    PolynomialDecay(0.3, decay_steps=20, end_learning_rate=0.1, power=2.0),
    OneCycle(0.3, total_steps=24),
    OneCycle(0.3, total_steps=24, pct_start=0.5, div_factor=10.0, final_div_factor=100.0),
]
every_schedule = pytest.mark.parametrize("schedule", ALL, ids=str)


@pytest.mark.parametrize(
    ("schedule", "steps", "rates"),
    [
        (StepDecay(1.0, 3), [0, 2, 3, 5, 6, 9], [1, 1, 0.1, 0.1, 0.01, 0.001]),
        (StepDecay(1.0, 1, 0.5), [0, 1, 2], [1, 0.5, 0.25]),
        (PiecewiseConstantDecay([2, 5], [3.0, 2.0, 1.0]), [0, 2, 3, 5, 6, 99], [3, 3, 2, 2, 1, 1]),
        (PiecewiseConstantDecay([0], [3.0, 2.0]), [0, 1], [3, 2]),
        (PiecewiseConstantDecay([], [3.0]), [0, 9], [3, 3]),
        (ExponentialDecay(8.0, 2, 0.25), [0, 1, 2, 4], [8, 4, 2, 0.5]),
        (ExponentialDecay(8.0, 2, 0.25, staircase=True), [0, 1, 2, 3, 4], [8, 8, 2, 2, 0.5]),
        (InverseTimeDecay(6.0, 2, 0.5), [0, 1, 2, 4], [6, 4.8, 4, 3]),
        (InverseTimeDecay(6.0, 2, 0.5, staircase=True), [0, 1, 2, 3, 4], [6, 6, 4, 4, 3]),
        (PolynomialDecay(3.0, 4, 1.0), [0, 1, 2, 4, 9], [3, 2.5, 2, 1, 1]),
        (PolynomialDecay(3.0, 4, 1.0, 2.0), [0, 2, 4, 9], [3, 1.5, 1, 1]),
        (PolynomialDecay(3.0, 4, 1.0, cycle=True), [0, 2, 4, 5, 8, 9], [3, 2, 1, 1.75, 1, 1.5]),
        (CosineDecay(2.0, 6), [0, 2, 3, 4, 6, 7, 99], [2, 1.5, 1, 0.5, 0, 0, 0]),
        (CosineDecay(2.0, 6, alpha=0.5), [0, 2, 3, 4, 6, 7], [2, 1.75, 1.5, 1.25, 1, 1]),
        (CosineDecayRestarts(2.0, 2), [0, 1, 2, 4, 6, 10, 14], [2, 1, 2, 1, 2, 1, 2]),
        (CosineDecayRestarts(2.0, 2, m_mul=0.5, alpha=0.5), [0, 1, 2, 4, 6], [2, 1.5, 1.5, 1.25, 1.25]),
        (CosineDecayRestarts(2.0, 2, t_mul=1.0, m_mul=0.5), [0, 1, 2, 3, 4], [2, 1, 1, 0.5, 0.5]),
        # Up in a straight line for four steps, then the cosine for six.
        (
            CosineDecay(0.0, 6, warmup_target=2.0, warmup_steps=4),
            [0, 1, 2, 3, 4, 6, 7, 8, 10, 11],
            [0, 0.5, 1, 1.5, 2, 1.5, 1, 0.5, 0, 0],
        ),
        (CosineDecay(1.0, 6, 0.5, warmup_target=2.0, warmup_steps=2), [0, 1, 2, 5, 8, 9], [1, 1.5, 2, 1.5, 1, 1]),
        (CosineDecay(1.0, 6, warmup_target=2.0), [0, 3, 6], [2, 1, 0]),
        # Three steps up to the second step, three down to the last.
        (OneCycle(4.0, 6, 0.5, 4.0, 2.0), [0, 1, 2, 3.5, 5, 6, 99], [1, 2.5, 4, 2.25, 0.5, 0.5, 0.5]),
        # A rise of no length begins at the top; one of less has a step of the way down behind it.
        (OneCycle(4.0, 5, 0.2, 4.0, 2.0), [0, 2, 4, 5], [4, 2.25, 0.5, 0.5]),
        (OneCycle(4.0, 3, 0.0, 4.0, 2.0), [-1, 0.5, 2, 3], [4, 2.25, 0.5, 0.5]),
    ],
    ids=str,
)
def test_values_by_hand(schedule, steps, rates):
    np.testing.assert_allclose(schedule(steps), rates, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose([float(schedule(step)) for step in steps], rates, rtol=1e-14, atol=1e-15)


@every_schedule
def test_a_schedule_is_a_plain_value(schedule):
    again = type(schedule)(**schedule.configuration())
    assert again == schedule
    assert repr(again) == repr(schedule)
    assert all(again != other for other in ALL if other is not schedule)
    rates = schedule(np.arange(60))
    assert rates.shape == (60,)
    assert (rates >= 0).all()
    assert rates.max() <= 0.3


# Against Keras.


@pytest.mark.parametrize("schedule", [one for one in ALL if not isinstance(one, OneCycle | StepDecay)], ids=str)
def test_rates_are_those_of_keras(keras_over_any, schedule):
    kind = getattr(keras_over_any.optimizers.schedules, type(schedule).__name__)
    theirs = kind(**schedule.configuration())
    ops = keras_over_any.ops
    rates = ops.convert_to_numpy(ops.vectorized_map(theirs, ops.arange(50)))
    # A dozen roundings in float32 there.
    np.testing.assert_allclose(schedule(np.arange(50)), rates, rtol=1e-5, atol=1e-7)


# Against PyTorch.


def in_torch(lr_scheduler, optimizer, schedule):
    """PyTorch's scheduler of the same rates, where it has one."""
    values = schedule.configuration()
    if isinstance(schedule, StepDecay):
        return lr_scheduler.StepLR(optimizer, schedule.decay_steps, schedule.decay_rate)
    if isinstance(schedule, PiecewiseConstantDecay):
        # A boundary is the last step of its rate here and the first of the next there.
        return lr_scheduler.MultiStepLR(optimizer, [boundary + 1 for boundary in schedule.boundaries], gamma=0.5)
    if isinstance(schedule, ExponentialDecay):
        if schedule.staircase:
            return lr_scheduler.StepLR(optimizer, schedule.decay_steps, schedule.decay_rate)
        return lr_scheduler.ExponentialLR(optimizer, schedule.decay_rate ** (1 / schedule.decay_steps))
    if isinstance(schedule, CosineDecay):
        return lr_scheduler.CosineAnnealingLR(optimizer, schedule.decay_steps, schedule.alpha * 0.3)
    renamed = {"max_lr": values.pop("max_learning_rate")}
    return lr_scheduler.OneCycleLR(optimizer, **values, **renamed, cycle_momentum=False)


SAME = [
    schedule
    for schedule in ALL
    if getattr(schedule, "warmup_target", None) is None
    and not isinstance(schedule, InverseTimeDecay | PolynomialDecay | CosineDecayRestarts)
]


def rates_of_torch(torch, schedule, steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.3)
    scheduler = in_torch(torch.optim.lr_scheduler, optimizer, schedule)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("schedule", SAME, ids=str)
def test_rates_are_those_of_torch(schedule):
    torch = pytest.importorskip("torch")
    # PyTorch's cosine goes up again behind its end, and its cycle ends there.
    steps = schedule.decay_steps if isinstance(schedule, CosineDecay) else 23
    # PyTorch multiplies from step to step, and its roundings with it.
    np.testing.assert_allclose(schedule(np.arange(steps)), rates_of_torch(torch, schedule, steps), rtol=1e-12)


@pytest.mark.parametrize("total", [2, 3, 10, 100])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.99])
def test_short_and_lopsided_cycles_are_those_of_torch(total, share):
    torch = pytest.importorskip("torch")
    schedule = OneCycle(0.3, total, share)
    # Its first phase of no length at all divides by zero there.
    if share * total == 1:
        pytest.skip("PyTorch divides by the length of the rise, which is 0")
    rates = rates_of_torch(torch, schedule, total - 1)
    np.testing.assert_allclose(schedule(np.arange(total - 1)), rates, rtol=1e-9)


X = np.random.default_rng(0).normal(size=(40, 5))
Y = np.tanh(X[:, :2])


def model(optimizer):
    made = Sequential([Input((5,)), Dense(6, "tanh"), Dense(2)], dtype="float64", seed=0)
    made.compile(optimizer, "mse")
    return made


@pytest.mark.parametrize("schedule", SAME, ids=str)
@pytest.mark.parametrize("kind", ["momentum", "Adam"])
def test_training_on_a_schedule_is_that_of_torch(schedule, kind):
    torch = pytest.importorskip("torch")
    schedule = OneCycle(0.3, total_steps=20) if isinstance(schedule, OneCycle) else schedule
    # Where the rate changes, PyTorch's momentum and Keras' differ: ours is PyTorch's.
    ours = optimizers.SGD(schedule, momentum=0.9) if kind == "momentum" else optimizers.Adam(schedule, epsilon=1e-3)
    trained = model(ours)
    weights = [torch.tensor(array, requires_grad=True) for array in trained.get_weights()]
    theirs = (
        torch.optim.SGD(weights, 0.3, momentum=0.9) if kind == "momentum" else torch.optim.Adam(weights, 0.3, eps=1e-3)
    )
    scheduler = in_torch(torch.optim.lr_scheduler, theirs, schedule)
    # Two calls: the second goes on where the first has stopped.
    trained.fit(X, Y, batch_size=10, epochs=2, shuffle=False)
    trained.fit(X, Y, batch_size=10, epochs=2, shuffle=False)
    for step in range(16):
        rows = slice(step % 4 * 10, step % 4 * 10 + 10)
        theirs.zero_grad()
        hidden = torch.tanh(torch.tensor(X[rows]) @ weights[0] + weights[1])
        torch.nn.functional.mse_loss(hidden @ weights[2] + weights[3], torch.tensor(Y[rows])).backward()
        theirs.step()
        scheduler.step()
    for got, want in zip(trained.get_weights(), weights, strict=True):
        # Rates of 0.3 are large: they multiply the roundings of sixteen steps.
        np.testing.assert_allclose(got, want.detach().numpy(), rtol=0, atol=1e-9)


# What training asks for.


class Recorded(LearningRateSchedule):
    def __init__(self):
        self.steps = []

    def __call__(self, step):
        self.steps.append(step)
        return 0.01 + 0 * np.asarray(step, dtype=float)


class Watching(callbacks.Callback):
    def on_train_batch_end(self, batch, logs):
        pass


def asked(train):
    """The steps whose rates a training used, each once."""
    schedule = Recorded()
    trained = model(optimizers.SGD(schedule))
    schedule.steps.clear()
    train(trained)
    return [int(step) for steps in schedule.steps if np.ndim(steps) for step in steps] or sorted(
        {int(step) for step in schedule.steps}
    )


def test_an_epoch_asks_once_for_all_its_steps():
    assert asked(lambda m: m.fit(X, Y, batch_size=10, epochs=3)) == list(range(12))
    assert asked(lambda m: [m.fit(X, Y, batch_size=15), m.fit(X, Y, batch_size=40)]) == [0, 1, 2, 3]


def test_single_steps_ask_for_their_own():
    assert asked(lambda m: m.fit(X, Y, batch_size=10, epochs=2, callbacks=[Watching()])) == list(range(8))
    assert asked(lambda m: m.fit(iter([(X, Y)] * 3))) == [0, 1, 2]
    assert asked(lambda m: [m.train_on_batch(X, Y) for _ in range(4)]) == [0, 1, 2, 3]


WAYS = [
    pytest.param(lambda m: m.fit(X, Y), id="fit"),
    pytest.param(lambda m: m.fit(X, Y, callbacks=[Watching()]), id="watched"),
    pytest.param(lambda m: m.fit(iter([(X, Y)])), id="batches"),
    pytest.param(lambda m: m.train_on_batch(X, Y), id="train_on_batch"),
]


@pytest.mark.parametrize("train", WAYS)
@pytest.mark.parametrize("rate", [-0.1, np.nan, np.inf])
def test_rates_that_are_none(train, rate):
    trained = model(optimizers.SGD(lambda step: rate + 0 * np.asarray(step, dtype=float)))
    before = trained.parameters.copy()
    with pytest.raises(ValueError, match="schedule must give a finite rate of at least 0"):
        train(trained)
    assert np.array_equal(trained.parameters, before)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: StepDecay(-1, 10), ValueError, "initial_learning_rate must be finite and not negative"),
        (lambda: StepDecay(0.1, 0), ValueError, "decay_steps must be at least 1, but it is 0"),
        (lambda: StepDecay(0.1, 2.5), TypeError, "decay_steps must be an integer.*, but it is 2.5"),
        (lambda: PiecewiseConstantDecay([1, 2], [0.1]), ValueError, "one value more than boundaries.* 1 and 2"),
        (lambda: PiecewiseConstantDecay([2, 1], [1, 2, 3]), ValueError, r"boundaries must ascend.*\[2, 1\]"),
        (lambda: PiecewiseConstantDecay([1, 1], [1, 2, 3]), ValueError, "boundaries must ascend"),
        (lambda: PiecewiseConstantDecay([1], [1, np.nan]), ValueError, "a value must be finite"),
        (lambda: ExponentialDecay(0.1, 10, np.inf), ValueError, "decay_rate must be finite"),
        (lambda: CosineDecay(0.1, 10, warmup_steps=-1), ValueError, "warmup_steps must be at least 0"),
        (lambda: CosineDecay(0.1, 10, alpha="half"), TypeError, "alpha must be a number"),
        (lambda: OneCycle(0.1, 0), ValueError, "total_steps must be at least 1"),
        (lambda: OneCycle(0.1, 10, pct_start=1.0), ValueError, "pct_start must be a share below 1, but it is 1.0"),
        (lambda: OneCycle(0.1, 10, div_factor=0), ValueError, "div_factor and final_div_factor must be above 0"),
    ],
)
def test_bad_numbers(make, error, message):
    with pytest.raises(error, match=message):
        make()
