"""Fitting: history, validation, weights, schedules, augmentation, and what is refused or goes wrong on the way."""

import io
import sys
import threading

import numpy as np
import pytest

import fastnn
from fastnn import callbacks, losses, optimizers
from fastnn.augmentation import ImageAugmentation
from fastnn.layers import BatchNormalization, Dense, Dropout, Flatten, GaussianNoise, Input, Softmax
from fastnn.models import Sequential


def data(samples=50, classes=3, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, 4)).astype(dtype)
    labels = (x @ rng.normal(size=(4, classes))).argmax(axis=1)
    return x, np.eye(classes, dtype=dtype)[labels]


def model(seed=0, dtype="float32", optimizer="adam", loss="categorical_crossentropy", metrics=("accuracy",), classes=3):
    made = Sequential([Input((4,)), Dense(8, "tanh"), Dense(classes, "softmax")], seed=seed, dtype=dtype)
    made.compile(optimizer, loss, metrics)
    return made


def test_history_tells_loss_and_metrics_of_every_epoch():
    x, y = data()
    fitted = model()
    history = fitted.fit(x, y, epochs=4, batch_size=10, validation_data=(x[:7], y[:7]))
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 4 for values in history.history.values())
    assert history.epoch == [0, 1, 2, 3]
    assert history.params == {"epochs": 4, "steps": 5, "verbose": 0, "validation_freq": 1}
    assert fitted.history is history
    assert fitted.evaluate(x[:7], y[:7]) == [history.history["val_loss"][-1], history.history["val_accuracy"][-1]]
    assert "4 epochs" in repr(history)


def test_the_loss_of_an_epoch_is_that_of_its_batches():
    x, y = data(20)
    whole, steps = model(), model()
    history = whole.fit(x, y, batch_size=8, shuffle=False)
    values = [steps.train_on_batch(x[i : i + 8], y[i : i + 8])[0] * len(x[i : i + 8]) for i in range(0, 20, 8)]
    assert history.history["loss"][0] == pytest.approx(sum(values) / 20, rel=1e-12)
    assert whole.parameters.tobytes() == steps.parameters.tobytes()


def test_metrics_are_of_what_training_saw():
    x, y = data(30)
    fitted = model(optimizer=optimizers.SGD(0.0))
    history = fitted.fit(x, y, batch_size=7)
    # Nothing was learnt: what training saw is what the model says.
    assert history.history["accuracy"] == [fastnn.accuracy(y, fitted.predict(x))]
    assert history.history["loss"][0] == pytest.approx(fitted.evaluate(x, y)[0], rel=1e-6)


def test_training_goes_on_where_it_stopped():
    x, y = data()
    whole, parts = model(), model()
    expected = whole.fit(x, y, epochs=4).history["loss"]
    got = [loss for _ in range(4) for loss in parts.fit(x, y).history["loss"]]
    assert got == expected
    assert whole.parameters.tobytes() == parts.parameters.tobytes()


def test_initial_epoch():
    x, y = data()
    told = []

    class Teller(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            told.append(epoch)

    history = model().fit(x, y, epochs=5, initial_epoch=3, callbacks=[Teller()])
    assert told == history.epoch == [3, 4]
    assert model().fit(x, y, epochs=3, initial_epoch=3).epoch == []
    assert model().fit(x, y, epochs=0).history == {}


@pytest.mark.parametrize("split", [0.2, 0.5, 0.9, 0.001])
def test_a_split_keeps_the_last_samples(split):
    x, y = data(50)
    fitted, expected = model(), model()
    kept = 50 - int(50 * (1 - split))
    history = fitted.fit(x, y, validation_split=split, epochs=2)
    right = expected.fit(x[: 50 - kept], y[: 50 - kept], validation_data=(x[50 - kept :], y[50 - kept :]), epochs=2)
    assert history.history == right.history


@pytest.mark.parametrize(
    ("split", "error", "message"),
    [
        (1, ValueError, "validation_split must be at least 0 and below 1, but it is 1"),
        (1.5, ValueError, "validation_split must be at least 0"),
        (-0.1, ValueError, "validation_split must be at least 0"),
        (float("nan"), ValueError, "validation_split must be at least 0"),
        ("half", TypeError, "validation_split must be a number"),
    ],
)
def test_bad_splits(split, error, message):
    with pytest.raises(error, match=message):
        model().fit(*data(), validation_split=split)


def test_a_split_of_one_sample_leaves_nothing():
    with pytest.raises(ValueError, match="leaves 0 to train on and 1 to validate with"):
        model().fit(*data(1), validation_split=0.5)


def test_validation_now_and_then():
    x, y = data()
    history = model().fit(x, y, epochs=5, validation_data=(x, y), validation_freq=2).history
    assert [np.isnan(value) for value in history["val_loss"]] == [True, False, True, False, True]


def test_shuffling_visits_all_samples_in_another_order():
    x, y = data()
    orders = []
    for shuffle in (True, True, False, False):
        fitted = model(seed=1)
        fitted.fit(x, y, epochs=2, batch_size=5, shuffle=shuffle)
        orders.append(fitted.parameters.tobytes())
    assert orders[0] == orders[1], "one seed is one order"
    assert orders[2] == orders[3]
    assert orders[0] != orders[2]


# Weights of samples and classes.


def test_weights_of_samples_are_how_often_they_count():
    x, y = data(12)
    weights = np.array([0, 1, 2, 3] * 3)
    weighted, repeated = (model(optimizer=optimizers.SGD(0.1), dtype="float64") for _ in range(2))
    weighted.fit(x, y, batch_size=12, shuffle=False, sample_weight=weights)
    # The mean is over samples: 12 here, 18 there.
    repeated.compile(optimizers.SGD(0.15), "categorical_crossentropy")
    repeated.fit(np.repeat(x, weights, axis=0), np.repeat(y, weights, axis=0), batch_size=18, shuffle=False)
    np.testing.assert_allclose(weighted.parameters, repeated.parameters, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("form", ["one-hot", "numbers"])
def test_weights_of_classes_are_those_of_their_samples(form):
    x, y = data(20)
    loss = "categorical_crossentropy" if form == "one-hot" else "sparse_categorical_crossentropy"
    targets = y if form == "one-hot" else y.argmax(axis=1)
    by_class, by_sample = (model(loss=loss) for _ in range(2))
    by_class.fit(x, targets, class_weight={0: 2.0, 2: 0.5})
    by_sample.fit(x, targets, sample_weight=np.array([2.0, 1.0, 0.5])[y.argmax(axis=1)])
    assert by_class.parameters.tobytes() == by_sample.parameters.tobytes()
    both = model(loss=loss)
    both.fit(x, targets, class_weight={0: 2.0}, sample_weight=np.full(20, 3.0))
    assert both.parameters.tobytes() != by_class.parameters.tobytes()


def test_weights_of_two_classes_with_one_output():
    x, y = data(20, classes=2)
    one = y[:, 1:]
    results = []
    for how in ({"class_weight": {1: 3.0}}, {"sample_weight": np.where(one[:, 0] == 1, 3.0, 1.0)}):
        fitted = Sequential([Input((4,)), Dense(1, "sigmoid")], seed=0)
        fitted.compile("adam", "binary_crossentropy")
        fitted.fit(x, one, **how)
        results.append(fitted.parameters.tobytes())
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"sample_weight": np.ones(49)},
            ValueError,
            r"sample_weight must have shape \(50,\), .* but its shape is \(49,\)",
        ),
        ({"sample_weight": np.full(50, -1.0)}, ValueError, "sample_weight must not be negative, but one is -1"),
        ({"sample_weight": np.full(50, np.nan)}, ValueError, r"sample_weight\[0\] is nan"),
        ({"sample_weight": ["a"] * 50}, TypeError, "sample_weight must hold real numbers"),
        ({"class_weight": [1, 2]}, TypeError, "class_weight must be a dict"),
        ({"class_weight": {"a": 1}}, TypeError, "class_weight must have class numbers as keys, but one is 'a'"),
        (
            {"class_weight": {0: -1}},
            ValueError,
            r"class_weight\[0\] must be a finite number of at least 0, but it is -1",
        ),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, but it is 0"),
        ({"batch_size": 2.5}, TypeError, "batch_size must be an integer, but it is 2.5"),
        ({"epochs": -1}, ValueError, "epochs must be at least 0"),
        ({"epochs": True}, TypeError, "epochs must be an integer"),
        ({"verbose": "loud"}, ValueError, "verbose must be 'auto', 0, 1 or 2, but it is 'loud'"),
        ({"validation_freq": 0}, ValueError, "validation_freq must be at least 1"),
        ({"validation_data": np.zeros((3, 4))}, TypeError, r"validation_data must be \(x, y\) or"),
        (
            {"validation_data": (np.zeros((0, 4)), np.zeros((0, 3)))},
            ValueError,
            "validation_data must hold at least one",
        ),
        ({"validation_data": (np.zeros((2, 5)), np.zeros((2, 3)))}, ValueError, "the validation x must have shape"),
        ({"callbacks": ["stop"]}, TypeError, "a callback must be an object of fastnn.callbacks, but it is 'stop'"),
        ({"steps_per_epoch": 3}, ValueError, "steps_per_epoch is for batches from an iterable"),
        ({"augmentation": 3}, TypeError, "augmentation must be an ImageAugmentation or a function"),
        (
            {"augmentation": ImageAugmentation(10)},
            ValueError,
            r"augmentation is for images.* samples have shape \(4,\)",
        ),
    ],
    ids=str,
)
def test_bad_arguments_leave_the_model_as_it_was(arguments, error, message):
    x, y = data()
    fitted = model()
    before = fitted.parameters.copy()
    with pytest.raises(error, match=message):
        fitted.fit(x, y, **arguments)
    assert np.array_equal(fitted.parameters, before)
    fitted.fit(x, y)


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        ("categorical_crossentropy", np.arange(50) % 3, "for class numbers take sparse_categorical_crossentropy"),
        ("categorical_crossentropy", np.eye(4)[np.arange(50) % 4], r"takes targets of shape \(samples, 3\).*\(50, 4\)"),
        (
            "categorical_crossentropy",
            np.full((50, 3), 2.0),
            "takes one-hot rows or probabilities, from 0 to 1.*holds 2",
        ),
        ("sparse_categorical_crossentropy", np.eye(3)[np.arange(50) % 3], "for one-hot rows take categorical_cross"),
        ("sparse_categorical_crossentropy", np.arange(50) % 4, "takes class numbers from 0 to 2 .* but y holds 3"),
        ("sparse_categorical_crossentropy", np.arange(50) % 3 - 1, "takes class numbers from 0 to 2.* but y holds -1"),
        ("sparse_categorical_crossentropy", np.arange(50) % 3 + 0.5, "takes class numbers, but y holds 0.5"),
        ("binary_crossentropy", np.full((50, 3), -1.0), "takes targets from 0 to 1, but y holds -1"),
        ("poisson", np.full((50, 3), -1.0), "takes counts, which are not negative, but y holds -1"),
        ("hinge", np.full((50, 3), 3.0), "takes classes -1 and 1, or 0 and 1, but y holds 3"),
        ("kl_divergence", np.full((50, 3), 1.5), "takes probabilities, from 0 to 1, but y holds 1.5"),
        ("mse", np.full((50, 3), np.nan), r"y\[0, 0\] is nan"),
        ("mse", np.zeros((49, 3)), r"y must have as many samples as x, 50, but its shape is \(49, 3\)"),
        ("mse", None, "y is missing: pass the targets of 50 samples"),
        ("mse", np.zeros((50, 3, 1)), r"takes targets of shape \(samples, 3\)"),
    ],
)
def test_targets_of_the_wrong_form(loss, y, message):
    x, _ = data()
    fitted = model(loss=loss, metrics=())
    before = fitted.parameters.copy()
    for call in (
        lambda: fitted.fit(x, y),
        lambda: fitted.evaluate(x, y),
        lambda: fitted.train_on_batch(x, y),
        lambda: (
            fitted.fit(x, fitted.predict(x) if loss != "sparse_categorical_crossentropy" else np.zeros(50), 32, 1, 0)
            and fitted.train_on_batch(x, y)
        ),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            call()
        if call is not None:
            fitted.parameters[...] = before
    assert np.array_equal(fitted.parameters, before)


def test_a_loss_for_classes_needs_an_output_for_each():
    one = Sequential([Input((4,)), Dense(1)])
    one.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="needs an output for each class, but the model has 1"):
        one.fit(np.zeros((3, 4)), np.zeros(3))


def test_one_output_takes_a_flat_y():
    x, _ = data()
    y = x[:, 0] * 2
    losses_seen = []
    for targets in (y, y.reshape(-1, 1), y.tolist(), y.astype(np.float64)):
        one = Sequential([Input((4,)), Dense(1)], seed=0)
        one.compile("sgd", "mse")
        losses_seen.append(one.fit(x, targets).history["loss"])
    assert all(values == losses_seen[0] for values in losses_seen)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((50, 5)), r"x must have shape \(samples, 4\), but its shape is \(50, 5\)"),
        (np.zeros(4), r"x must have shape \(samples, 4\), but its shape is \(4,\): a batch of one sample is x\[None\]"),
        (np.zeros((0, 4)), "x must hold at least one sample"),
        (np.full((50, 4), np.inf), r"x must hold finite numbers, but x\[0, 0\] is inf"),
        (np.full((50, 4), 1e300), "x reaches 1e\\+300, too large for float32"),
        (np.full((50, 4), "a"), "x must hold real numbers"),
        (np.full((50, 4), 1j), "x must hold real numbers"),
        ([[1.0], [1.0, 2.0]], "x must be an array of numbers, but its rows differ in length"),
    ],
)
def test_inputs_that_do_not_fit(x, message):
    _, y = data()
    fitted = model()
    before = fitted.parameters.copy()
    with pytest.raises((TypeError, ValueError), match=message):
        fitted.fit(x, y[: len(x)] if len(x) in (0, 50) else y)
    assert np.array_equal(fitted.parameters, before)


# Small and strange data.


def test_one_sample_one_class_and_constant_features():
    x, y = data()
    assert np.isfinite(model().fit(x[:1], y[:1], epochs=3).history["loss"]).all()
    only = np.eye(3)[np.zeros(50, int)]
    assert model(optimizer=optimizers.Adam(0.1)).fit(x, only, epochs=50).history["accuracy"][-1] == 1
    flat = x.copy()
    flat[:, 1] = 7
    normalised = Sequential([Input((4,)), BatchNormalization(), Dense(3), Softmax()], seed=0)
    normalised.compile("adam", "categorical_crossentropy")
    assert np.isfinite(normalised.fit(flat, y, epochs=3).history["loss"]).all()


def test_a_batch_larger_than_the_data_is_the_data():
    x, y = data()
    results = [model().fit(x, y, batch_size=size, shuffle=False).history for size in (50, 51, 10**9)]
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.uint8, np.int64, bool])
def test_inputs_of_any_real_dtype(dtype):
    rng = np.random.default_rng(0)
    x, (_, y) = rng.integers(0, 2, size=(50, 4)), data()
    results = [model().fit(given, y).history for given in (x.astype(dtype), x.astype(np.float32), x.tolist())]
    assert results[0] == results[1] == results[2]


def test_inputs_of_any_layout(tmp_path):
    x, y = data()
    expected = model().fit(x, y).history
    np.save(tmp_path / "x.npy", x)
    read_only = x.copy()
    read_only.flags.writeable = False
    wide = np.zeros((50, 9), np.float32)
    wide[:, 2:6] = x
    for same in (
        np.asfortranarray(x),
        x[::-1][::-1],
        wide[:, 2:6],
        read_only,
        np.load(tmp_path / "x.npy", mmap_mode="r"),
        x.astype(">f4"),
    ):
        assert model().fit(same, y).history == expected


def test_pictures_come_in_their_shape_or_as_rows():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=(20, 3, 2)).astype(np.float32), np.eye(2)[rng.integers(2, size=20)]
    results = []
    for given in (x, x.reshape(20, 6)):
        fitted = Sequential([Input((3, 2)), Flatten(), Dense(2, "softmax")], seed=0)
        fitted.compile("adam", "categorical_crossentropy")
        results.append((fitted.fit(given, y).history, fitted.predict(given[0]).tobytes()))
    assert results[0] == results[1]


# Schedules, clipping and penalties reach the engine.


def test_a_schedule_sets_the_rate_of_every_step():
    x, y = data(24)
    schedule = optimizers.schedules.ExponentialDecay(0.5, decay_steps=2, decay_rate=0.5)
    scheduled, by_hand = model(optimizer=optimizers.SGD(schedule)), model(optimizer=optimizers.SGD(0.5))
    scheduled.fit(x, y, batch_size=8, epochs=2, shuffle=False)
    for step in range(6):
        by_hand.optimizer.learning_rate = float(schedule(step))
        rows = slice(step % 3 * 8, step % 3 * 8 + 8)
        by_hand.train_on_batch(x[rows], y[rows])
    np.testing.assert_allclose(scheduled.parameters, by_hand.parameters, rtol=1e-6)
    steps = model(optimizer=optimizers.SGD(schedule))
    for step in range(6):
        rows = slice(step % 3 * 8, step % 3 * 8 + 8)
        steps.train_on_batch(x[rows], y[rows])
    assert steps.parameters.tobytes() == by_hand.parameters.tobytes()


def test_a_schedule_that_gives_no_rates():
    x, y = data()
    for schedule in (lambda step: np.nan * np.asarray(step), lambda step: -1.0 - np.asarray(step), lambda step: 0.1):
        fitted = model(optimizer=optimizers.SGD(schedule))
        with pytest.raises(ValueError, match="schedule must give a finite rate of at least 0"):
            fitted.fit(x, y)


def test_penalties_are_part_of_the_loss():
    x, y = data()
    plain, penalised = (
        Sequential([Input((4,)), Dense(3, "softmax", kernel_regularizer=regularizer)], seed=0)
        for regularizer in (None, "l2")
    )
    for each in (plain, penalised):
        each.compile(optimizers.SGD(0.0), "categorical_crossentropy")
    penalty = 0.01 * float((plain.get_weights()[0].astype(float) ** 2).sum())
    for call in (lambda m: m.fit(x, y).history["loss"][0], lambda m: m.evaluate(x, y)):
        assert call(penalised) == pytest.approx(call(plain) + penalty, rel=1e-6)


def test_max_norm_holds_after_training():
    from fastnn.constraints import MaxNorm

    x, y = data()
    fitted = Sequential([Input((4,)), Dense(8, "relu", kernel_constraint=MaxNorm(0.5)), Dense(3, "softmax")], seed=0)
    fitted.compile(optimizers.Adam(0.1), "categorical_crossentropy")
    fitted.fit(x, y, epochs=5)
    assert np.linalg.norm(fitted.get_weights()[0], axis=0).max() <= 0.5 * (1 + 1e-6)


# Randomness.


def test_the_number_of_threads_changes_nothing():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 64)).astype(np.float32), np.eye(4)[rng.integers(4, size=300)]
    before, results = fastnn.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            fastnn.set_num_threads(threads)
            layers = [Input((64,)), Dense(300, "relu"), Dropout(0.5), BatchNormalization(), GaussianNoise(0.1)]
            fitted = Sequential([*layers, Dense(200, "gelu"), Dense(4, "softmax")], seed=0)
            fitted.compile("adam", "categorical_crossentropy", ["accuracy"])
            results.append((fitted.fit(x, y, epochs=2, batch_size=100).history, fitted.parameters.tobytes()))
    finally:
        fastnn.set_num_threads(before)
    assert results[0] == results[1] == results[2]


def test_dropout_is_drawn_anew_in_every_epoch_and_not_in_evaluation():
    x, y = data()
    fitted = Sequential([Input((4,)), Dense(20, "relu"), Dropout(0.5), Dense(3, "softmax")], seed=0)
    fitted.compile(optimizers.SGD(0.0), "categorical_crossentropy")
    losses_seen = fitted.fit(x, y, epochs=3).history["loss"]
    assert len(set(losses_seen)) == 3
    assert fitted.evaluate(x, y) == fitted.evaluate(x, y)


def test_augmentation_by_the_engine_and_by_a_function():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=(20, 6, 6)).astype(np.float32), np.eye(2)[rng.integers(2, size=20)]

    def fitted(augmentation):
        made = Sequential([Input((6, 6)), Flatten(), Dense(2, "softmax")], seed=0)
        made.compile("adam", "categorical_crossentropy", ["accuracy"])
        return made.fit(x, y, epochs=3, augmentation=augmentation).history["loss"]

    plain = fitted(None)
    assert fitted(ImageAugmentation(width_shift_range=0.3)) != plain
    assert fitted(ImageAugmentation(width_shift_range=0.3)) == fitted(ImageAugmentation(width_shift_range=0.3))
    assert fitted(ImageAugmentation()) == plain
    shapes = []

    def unchanged(batch, rng):
        shapes.append(batch.shape)
        assert isinstance(rng, np.random.Generator)
        return batch

    assert fitted(unchanged) == pytest.approx(plain, rel=1e-12)
    assert shapes[0] == (20, 6, 6)
    with pytest.raises(ValueError, match="the augmentation must return 20 samples, but returned 19"):
        fitted(lambda batch, rng: batch[1:])
    with pytest.raises(ValueError, match="what the augmentation returned must have shape"):
        fitted(lambda batch, rng: batch[:, :5])


# What goes wrong on the way.


def test_a_loss_that_is_not_finite_puts_the_weights_back():
    x, y = data()
    regression = Sequential([Input((4,)), Dense(8, name="first"), Dense(3)], seed=0)
    regression.compile(optimizers.SGD(1e6), "mse")
    before = regression.parameters.copy()
    message = (
        r"training stopped: the loss is not finite in epoch 1, batch \d+; the first output that is "
        r"not finite is that of .*Dense.*Try a smaller learning_rate than 1e\+06"
    )
    with pytest.raises(FloatingPointError, match=message):
        regression.fit(x, y, epochs=50, batch_size=5)
    assert np.array_equal(regression.parameters, before)
    regression.optimizer.learning_rate = 0.01
    assert np.isfinite(regression.fit(x, y).history["loss"]).all()


def test_a_callback_may_end_a_failing_training_quietly():
    x, y = data()

    class Quiet(callbacks.Callback):
        def on_failure(self, failure):
            self.failure = failure
            return True

    quiet = Quiet()
    regression = Sequential([Input((4,)), Dense(3)], seed=0)
    regression.compile(optimizers.SGD(1e6), "mse")
    history = regression.fit(x, y, epochs=50, batch_size=5, callbacks=[quiet])
    assert history.epoch == []
    assert isinstance(quiet.failure, FloatingPointError)
    assert np.isfinite(regression.parameters).all()


def test_callbacks_are_told_in_order():
    x, y = data(10)
    told = []

    class Teller(callbacks.Callback):
        def on_train_begin(self, logs=None):
            told.append("train begin")

        def on_train_end(self, logs=None):
            told.append("train end")

        def on_epoch_begin(self, epoch, logs=None):
            told.append(f"epoch {epoch} begin")

        def on_epoch_end(self, epoch, logs):
            told.append(f"epoch {epoch} end {sorted(logs)}")
            logs["added"] = 1.0

    class Batches(Teller):
        def on_train_batch_begin(self, batch, logs=None):
            told.append(f"batch {batch} begin")

        def on_train_batch_end(self, batch, logs):
            told.append(f"batch {batch} end {sorted(logs)}")

    history = model().fit(x, y, epochs=2, callbacks=[Teller()])
    keys = "['accuracy', 'loss']"
    assert told == [
        "train begin", "epoch 0 begin", f"epoch 0 end {keys}", "epoch 1 begin", f"epoch 1 end {keys}", "train end",
    ]  # fmt: skip
    assert history.history["added"] == [1.0, 1.0]
    told.clear()
    model().fit(x, y, batch_size=5, callbacks=Batches())
    assert told == [
        "train begin", "epoch 0 begin",
        "batch 0 begin", "batch 0 end ['loss']", "batch 1 begin", "batch 1 end ['loss']",
        f"epoch 0 end {keys}", "train end",
    ]  # fmt: skip


def test_watching_batches_changes_no_bit():
    x, y = data()

    class Batches(callbacks.Callback):
        def on_train_batch_end(self, batch, logs):
            pass

    plain, watched = model(), model()
    first = plain.fit(x, y, epochs=2, validation_split=0.2)
    second = watched.fit(x, y, epochs=2, validation_split=0.2, callbacks=[Batches()])
    assert second.history["loss"] == pytest.approx(first.history["loss"], rel=1e-12)
    assert second.history["accuracy"] == first.history["accuracy"]
    assert plain.parameters.tobytes() == watched.parameters.tobytes()


def test_stop_training_ends_after_the_epoch_or_the_batch():
    x, y = data()

    class Stop(callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            self.model.stop_training = epoch == 1

    class StopBatch(callbacks.Callback):
        def on_train_batch_end(self, batch, logs):
            self.model.stop_training = batch == 1

    assert model().fit(x, y, epochs=9, callbacks=[Stop()]).epoch == [0, 1]
    fitted = model()
    assert fitted.fit(x, y, epochs=9, batch_size=10, callbacks=[StopBatch()]).epoch == [0]
    assert fitted.steps.step == 2


def test_an_exception_in_a_callback_leaves_a_usable_model():
    x, y = data()
    ended = []

    class Failing(callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            raise RuntimeError("no more")

        def on_train_end(self, logs=None):
            ended.append(True)

    fitted = model()
    with pytest.raises(RuntimeError, match="no more"):
        fitted.fit(x, y, epochs=3, callbacks=[Failing()])
    assert ended == [True]
    assert fitted.steps.step == 2
    fitted.fit(x, y)


def test_two_threads_cannot_train_one_model():
    x, y = data()
    fitted = model()
    inside, leave = threading.Event(), threading.Event()

    class Wait(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=lambda: fitted.fit(x, y, callbacks=[Wait()]))
    thread.start()
    assert inside.wait(10)
    try:
        for call in (lambda: fitted.fit(x, y), lambda: fitted.train_on_batch(x, y)):
            with pytest.raises(RuntimeError, match="the model is being trained by another thread"):
                call()
        assert fitted.predict(x).shape == (50, 3)
    finally:
        leave.set()
        thread.join()
    fitted.fit(x, y)


# What is shown.


def test_lines_for_each_epoch(capsys):
    x, y = data()
    model().fit(x, y, epochs=2, verbose=2, validation_data=(x, y))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2 - loss: ")
    assert "val_accuracy: " in lines[1]


def test_a_bar_is_on_standard_error_and_silence_in_a_log_file(capsys):
    x, y = data()
    model().fit(x, y, epochs=2, verbose=1)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "epoch 2/2" in captured.err
    assert "accuracy=" in captured.err
    for verbose in ("auto", 0, False):
        model().fit(x, y, epochs=2, verbose=verbose)
        assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_a_bar_only_for_long_trainings(monkeypatch):
    x, y = data()

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    model().fit(x, y, epochs=2)
    assert terminal.getvalue() == ""


def test_a_loss_of_ones_own_and_an_activation_of_ones_own():
    x, y = data(dtype=np.float64)
    own = losses.CustomLoss(lambda t, p: ((p - t) ** 2).mean(axis=1), lambda t, p: 2 * (p - t) / p.size)
    results = []
    for activation, loss in (("tanh", "mse"), ((np.tanh, lambda z: 1 - np.tanh(z) ** 2), own)):
        made = Sequential([Input((4,)), Dense(8, activation), Dense(3)], seed=0, dtype="float64")
        made.compile("adam", loss)
        results.append(made.fit(x, y, epochs=3, sample_weight=np.arange(50)).history["loss"])
    assert results[0] == pytest.approx(results[1], rel=1e-10)


def test_moving_statistics_that_overflow_end_training():
    # A batch's variance beyond float32 makes outputs of zero: the loss alone would not show it.
    model = Sequential([Input((2,)), BatchNormalization(), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    before = model.get_weights()
    x = np.array([[1e25, 1.0], [-1e25, 2.0]], dtype=np.float32)
    with pytest.raises(FloatingPointError, match="batch_normalization"):
        model.fit(x, np.zeros((2, 1)))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("way", ["data", "split"])
def test_bad_validation_data_are_found_before_the_first_step(way):
    model = Sequential([Input((2,)), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    before = model.get_weights()
    x, y = np.ones((8, 2)), np.ones((8, 1))
    x[7, 1] = np.nan
    data = {"validation_data": (x, y)} if way == "data" else {"validation_split": 0.25}
    with pytest.raises(ValueError, match="the validation x must hold finite numbers"):
        model.fit(x[:7] if way == "data" else x, y[:7] if way == "data" else y, **data)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
