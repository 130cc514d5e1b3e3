"""Reducing the learning rate on a plateau: when Keras' callback does it, and so that training feels it."""

import math

import numpy as np
import pytest

from fastnn import optimizers
from fastnn.callbacks import LearningRateScheduler, ReduceLROnPlateau
from fastnn.optimizers.schedules import ExponentialDecay

STAIRS = [4.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0]
HALF = {"factor": 0.5}

# As Keras 3.15 decides: the learning rate of each epoch, from 1 on, and that which is left in the end.
DECISIONS = [
    ({"patience": 2}, STAIRS, [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 1e-3, 1e-3, 1e-4]),
    ({"patience": 2} | HALF, STAIRS, [1, 1, 1, 1, 1 / 2, 1 / 2, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 16]),
    (
        {"patience": 1} | HALF,
        STAIRS,
        [1, 1, 1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 32, 1 / 64, 1 / 128, 1 / 256, 1 / 512],
    ),
    (
        {"patience": 0} | HALF,
        STAIRS,
        [1, 1, 1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 32, 1 / 64, 1 / 128, 1 / 256, 1 / 512],
    ),
    (
        {"patience": 2, "cooldown": 2} | HALF,
        STAIRS,
        [1, 1, 1, 1, 1 / 2, 1 / 2, 1 / 2, 1 / 4, 1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 8],
    ),
    (
        {"patience": 1, "cooldown": 1} | HALF,
        STAIRS,
        [1, 1, 1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 32, 1 / 64, 1 / 128, 1 / 256, 1 / 512],
    ),
    (
        {"patience": 1, "cooldown": 3} | HALF,
        STAIRS,
        [1, 1, 1, 1 / 2, 1 / 2, 1 / 2, 1 / 4, 1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 8, 1 / 16],
    ),
    ({"patience": 1, "factor": 0.25, "min_lr": 0.125}, STAIRS, [1, 1, 1, 1 / 4] + [1 / 8] * 9),
    (
        {"patience": 2, "min_delta": 1.0} | HALF,
        STAIRS,
        [1, 1, 1, 1, 1 / 2, 1 / 2, 1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 16, 1 / 16, 1 / 32],
    ),
    (
        {"patience": 2, "min_delta": 0.5} | HALF,
        STAIRS,
        [1, 1, 1, 1, 1 / 2, 1 / 2, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 16],
    ),
    ({"patience": 3, "factor": 0.0}, STAIRS, [1] * 5 + [0] * 8),
    ({"patience": 1, "min_lr": 1.0} | HALF, [1.0, 1.0, 1.0], [1, 1, 1, 1]),
    (
        {"patience": 2, "monitor": "val_accuracy"} | HALF,
        [0.25, 0.5, 0.5, 0.5, 0.75, 0.75, 0.5, 0.5],
        [1, 1, 1, 1, 1 / 2, 1 / 2, 1 / 2, 1 / 4, 1 / 4],
    ),
    # The default min_delta of 1e-4: values that fall by half of it stand still.
    (
        {"patience": 2} | HALF,
        [2.0, 1.99995, 1.9999, 1.99985, 1.9998, 1.5],
        [1, 1, 1, 1 / 2, 1 / 2, 1 / 2, 1 / 2],
    ),
    (
        {"patience": 2} | HALF,
        [2.0, math.nan, math.nan, 1.0, math.nan, 0.5],
        [1, 1, 1, 1 / 2, 1 / 2, 1 / 2, 1 / 2],
    ),
]


class RatesKept(ReduceLROnPlateau):
    """Keeps what it adds to the logs."""

    def on_train_begin(self, logs=None):
        super().on_train_begin()
        self.rates = []

    def on_epoch_end(self, epoch, logs):
        super().on_epoch_end(epoch, logs)
        self.rates.append(logs["learning_rate"])


@pytest.mark.parametrize(("arguments", "values", "expected"), DECISIONS)
def test_decisions_are_those_of_keras(make_model, feed, arguments, values, expected):
    plateau = RatesKept(**arguments)
    model, _ = feed(
        plateau, plateau.monitor, values, make_model(optimizer=optimizers.SGD(1.0), metrics=("mae", "accuracy"))
    )
    # Powers of 0.1 are rounded; the others are exact.
    assert [*plateau.rates, model.optimizer.learning_rate] == pytest.approx(expected, rel=1e-15)


# Keras takes a first NaN as the best value, and nothing is better than it ever after.
def test_nan_is_no_improvement_at_first_either(make_model, feed):
    plateau = RatesKept(patience=2, factor=0.5)
    values = [math.nan, 2.0, 1.0, 1.0, 1.0, 1.0]
    model, _ = feed(plateau, "val_loss", values, make_model(optimizer=optimizers.SGD(1.0)))
    assert plateau.rates == [1, 1, 1, 1, 1, 0.5]
    assert plateau.best == 1.0
    assert model.optimizer.learning_rate == 0.5


def test_training_goes_on_with_the_reduced_rate(make_model, data):
    x, y = data
    reduced = make_model(optimizer=optimizers.SGD(0.1))
    # min_delta is so large that each epoch after the first is a plateau.
    plateau = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=100.0, min_lr=0.02)
    history = reduced.fit(x, y, epochs=5, batch_size=8, callbacks=[plateau])
    rates = [0.1, 0.1, 0.05, 0.025, 0.02]
    assert history.history["learning_rate"] == rates
    by_hand = make_model(optimizer=optimizers.SGD(0.1))
    for rate in rates:
        by_hand.optimizer.learning_rate = rate
        by_hand.fit(x, y, batch_size=8)
    assert np.array_equal(reduced.parameters, by_hand.parameters)


def test_a_rate_below_the_least_stays(make_model, data):
    plateau = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=100.0, min_lr=0.1)
    model = make_model(optimizer=optimizers.SGD(0.05))
    model.fit(*data, epochs=3, callbacks=[plateau])
    assert model.optimizer.learning_rate == 0.05


def test_the_rate_in_the_history_is_that_of_the_epoch_beside_other_callbacks(make_model, data):
    plateau = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=100.0)
    waiting = ReduceLROnPlateau("loss", patience=10)
    keeping = LearningRateScheduler(lambda epoch, lr: lr)
    for callbacks in ([plateau, keeping], [keeping, plateau], [plateau, waiting]):
        history = make_model(optimizer=optimizers.SGD(0.1)).fit(*data, epochs=3, callbacks=callbacks)
        assert history.history["learning_rate"] == [0.1, 0.1, 0.05]


@pytest.mark.parametrize("callback", [ReduceLROnPlateau("loss"), LearningRateScheduler(lambda epoch, lr: lr)])
@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (
            optimizers.SGD(ExponentialDecay(0.1, 10, 0.5)),
            "but the optimizer's is a schedule, ExponentialDecay.*: give the",
        ),
        (optimizers.LBFGS(), "but LBFGS has none: leave .* out"),
    ],
)
def test_a_rate_that_is_no_number_is_refused_before_training(make_model, data, callback, optimizer, message):
    model = make_model(optimizer=optimizer)
    model.build()
    before = model.parameters.copy()
    with pytest.raises(ValueError, match=f"{type(callback).__name__} changes the learning rate, {message}"):
        model.fit(*data, callbacks=[callback])
    assert np.array_equal(model.parameters, before)


def test_verbose_tells_what_was_done(make_model, feed, capsys):
    values = [1.0, 1.0, 1.0]
    feed(ReduceLROnPlateau(patience=2, verbose=1), "val_loss", values, make_model(optimizer=optimizers.SGD(0.5)))
    assert capsys.readouterr().out == "epoch 3: learning rate reduced from 0.5 to 0.05\n"
    feed(ReduceLROnPlateau(patience=2), "val_loss", values)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factor": 1.0}, "factor must be below 1, but it is 1.0"),
        ({"factor": -0.5}, "factor must be finite and not negative"),
        ({"patience": -1}, "patience must be at least 0, but it is -1"),
        ({"cooldown": -1}, "cooldown must be at least 0, but it is -1"),
        ({"min_lr": math.inf}, "min_lr must be finite and not negative, but it is inf"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        ReduceLROnPlateau(**arguments)
