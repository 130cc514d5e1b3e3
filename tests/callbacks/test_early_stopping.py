"""Early stopping: it ends training where Keras' does, and puts the very weights of the best epoch back."""

import math

import numpy as np
import pytest

from fastnn.callbacks import Callback, EarlyStopping, LambdaCallback

FALLING = [8.0, 4.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.5]
RISING = [0.25, 0.5, 0.5, 0.75, 0.625, 0.625, 0.875, 0.5]

# As Keras 3.15 decides: epochs done, stopped_epoch, best, best_epoch, and the epoch whose weights are restored.
DECISIONS = [
    ({}, FALLING, (4, 3, 2.0, 2, 2)),
    ({"patience": 1}, FALLING, (4, 3, 2.0, 2, 2)),
    ({"patience": 2}, FALLING, (5, 4, 2.0, 2, 2)),
    ({"patience": 3}, FALLING, (9, 8, 1.0, 5, 5)),
    ({"patience": 4}, FALLING, (10, 0, 0.5, 9, 9)),
    ({"patience": 2, "min_delta": 1.0}, FALLING, (5, 4, 2.0, 2, 2)),
    ({"patience": 1, "min_delta": 2.0}, FALLING, (3, 2, 4.0, 1, 1)),
    ({"patience": 2, "min_delta": 0.5}, FALLING, (5, 4, 2.0, 2, 2)),
    ({"patience": 2, "baseline": 3.0}, FALLING, (5, 4, 2.0, 2, 2)),
    ({"patience": 3, "baseline": 3.0}, FALLING, (9, 8, 1.0, 5, 5)),
    ({"patience": 2, "baseline": 0.25}, FALLING, (4, 3, 2.0, 2, 2)),
    ({"patience": 1, "baseline": 8.0}, FALLING, (4, 3, 2.0, 2, 2)),
    ({"patience": 3, "baseline": 2.0}, [3.0, 2.0, 4.0, 5.0, 1.0], (3, 2, 2.0, 1, 1)),
    ({"patience": 1, "start_from_epoch": 4}, FALLING, (7, 6, 1.0, 5, 5)),
    ({"start_from_epoch": 3}, FALLING, (5, 4, 2.0, 3, 3)),
    ({"start_from_epoch": 20}, FALLING, (10, 0, None, 0, None)),
    ({"patience": 2, "start_from_epoch": 5}, FALLING, (8, 7, 1.0, 5, 5)),
    ({"patience": 1, "monitor": "val_accuracy"}, RISING, (3, 2, 0.5, 1, 1)),
    ({"patience": 2, "monitor": "val_accuracy"}, RISING, (6, 5, 0.75, 3, 3)),
    ({"patience": 2, "min_delta": 0.25, "monitor": "val_accuracy"}, RISING, (3, 2, 0.25, 0, 0)),
    ({"patience": 3, "baseline": 0.625, "monitor": "val_accuracy"}, RISING, (3, 2, 0.5, 1, 1)),
    ({"patience": 2, "mode": "min", "monitor": "val_accuracy"}, RISING, (3, 2, 0.25, 0, 0)),
    ({}, [1.0, 2.0, 3.0], (2, 1, 1.0, 0, 0)),
    ({}, [1.0], (1, 0, 1.0, 0, 0)),
    ({"patience": 2}, [1.0, math.inf, 0.5, 0.75], (4, 0, 0.5, 2, 2)),
    ({"patience": 2}, [2.0, math.nan, 1.0, math.nan, math.nan, 0.5], (5, 4, 1.0, 2, 2)),
]


def decision(stopping, feed, values):
    model, epochs = feed(stopping, stopping.monitor, values)
    # `feed` writes each epoch's number into all weights; without restoring, the last stays.
    [kept] = {float(value) for array in model.get_weights() for value in array.flat}
    restored = None if stopping.best_weights is None else int(kept)
    return epochs, stopping.stopped_epoch, stopping.best, stopping.best_epoch, restored


@pytest.mark.parametrize(("arguments", "values", "expected"), DECISIONS)
def test_decisions_are_those_of_keras(feed, arguments, values, expected):
    assert decision(EarlyStopping(restore_best_weights=True, **arguments), feed, values) == expected


@pytest.mark.parametrize(("arguments", "values", "expected"), DECISIONS)
def test_decisions_do_not_depend_on_restoring(feed, arguments, values, expected):
    assert decision(EarlyStopping(**arguments), feed, values) == (*expected[:4], None)


# Where the first value is NaN, Keras takes it as the best, and nothing is better than it ever after.
@pytest.mark.parametrize(
    ("arguments", "values", "expected"),
    [
        ({"patience": 2}, [math.nan, 2.0, 1.0, 1.0], (4, 0, 1.0, 2, 2)),
        ({"patience": 2}, [math.nan, math.nan, math.nan], (2, 1, None, 0, 0)),
        # The first epoch ends no training, whatever came.
        ({"patience": 0}, [math.nan, math.nan, 1.0], (2, 1, None, 0, 0)),
        ({"patience": 1, "start_from_epoch": 1}, [5.0, math.nan, 2.0, 3.0], (2, 1, None, 1, 1)),
        ({"patience": 2, "monitor": "val_accuracy"}, [math.nan, 0.5, 0.75, 0.5], (4, 0, 0.75, 2, 2)),
    ],
)
def test_nan_is_no_improvement_at_first_either(feed, arguments, values, expected):
    assert decision(EarlyStopping(restore_best_weights=True, **arguments), feed, values) == expected


def bits(model):
    return [array.tobytes() for array in model.get_weights()]


@pytest.mark.parametrize(("patience", "epochs", "stops"), [(5, 500, True), (500, 120, False)])
def test_restored_weights_are_the_bits_of_the_best_epoch(make_model, noise, patience, epochs, stops):
    training, validation = noise
    model, kept = make_model(), []
    keeper = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(bits(model)))
    stopping = EarlyStopping(patience=patience, restore_best_weights=True)
    history = model.fit(
        *training, epochs=epochs, batch_size=5, validation_data=validation, callbacks=[stopping, keeper]
    )
    best = int(np.argmin(history.history["val_loss"]))
    assert (len(history.epoch) < epochs) == stops == (stopping.stopped_epoch > 0)
    assert 0 < best == stopping.best_epoch < history.epoch[-1]
    assert stopping.best == history.history["val_loss"][best]
    assert bits(model) == kept[best] != kept[-1]
    # The loss of the restored model is that of the epoch.
    assert model.evaluate(*validation)[0] == stopping.best


def test_weights_stay_where_they_are_not_to_be_restored(make_model, noise):
    training, validation = noise
    model, kept = make_model(), []
    keeper = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(bits(model)))
    stopping = EarlyStopping(patience=5)
    model.fit(*training, epochs=500, batch_size=5, validation_data=validation, callbacks=[stopping, keeper])
    assert stopping.stopped_epoch - stopping.best_epoch == 5
    assert stopping.best_weights is None
    assert bits(model) == kept[-1] != kept[stopping.best_epoch]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_the_best_weights_come_back_where_training_is_interrupted(make_model, noise, failure):
    training, validation = noise
    model, kept = make_model(), []

    class Interrupting(Callback):
        def on_epoch_end(self, epoch, logs):
            kept.append(bits(model))
            if epoch == 99:
                raise failure

    stopping = EarlyStopping(patience=500, restore_best_weights=True)
    with pytest.raises(failure):
        model.fit(*training, epochs=500, batch_size=5, validation_data=validation, callbacks=[stopping, Interrupting()])
    assert 0 < stopping.best_epoch < 99
    assert bits(model) == kept[stopping.best_epoch] != kept[-1]


def test_one_object_serves_several_trainings(make_model, noise):
    training, validation = noise
    stopping = EarlyStopping(patience=5, restore_best_weights=True)
    outcomes = []
    for _ in range(2):
        model = make_model()
        model.fit(*training, epochs=500, batch_size=5, validation_data=validation, callbacks=[stopping])
        outcomes.append((stopping.stopped_epoch, stopping.best, bits(model)))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] > 0


def test_verbose_tells_what_was_done(feed, capsys):
    feed(EarlyStopping(patience=2, restore_best_weights=True, verbose=1), "val_loss", FALLING)
    assert capsys.readouterr().out == "epoch 5: early stopping\nrestoring the weights of the best epoch, 3\n"
    feed(EarlyStopping(patience=2, restore_best_weights=True), "val_loss", FALLING)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"patience": -1}, ValueError, "patience must be at least 0, but it is -1"),
        ({"patience": 2.5}, TypeError, "patience must be an integer, but it is 2.5"),
        ({"start_from_epoch": -1}, ValueError, "start_from_epoch must be at least 0, but it is -1"),
        ({"baseline": math.nan}, ValueError, "baseline must be finite, but it is nan"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        EarlyStopping(**arguments)
