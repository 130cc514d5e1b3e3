"""What reaches the engine in a fit: schedules, penalties and limits, dropout, augmentation, threads."""

import itertools

import numpy as np
import pytest
from small_models import data, model

import fastnn
from fastnn import optimizers
from fastnn.augmentation import ImageAugmentation
from fastnn.layers import BatchNormalization, Dense, Dropout, Flatten, GaussianNoise, Input
from fastnn.models import Sequential

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
            fitted.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
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


@pytest.mark.parametrize(
    ("way", "augmentation"), [("all", "of the engine"), ("batches", "of the engine"), ("batches", "a function")]
)
def test_sparse_images_are_augmented_as_arrays(way, augmentation):
    sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(0)
    x = (rng.uniform(size=(20, 36)) * (rng.random((20, 36)) < 0.2)).astype(np.float32)
    y = np.eye(2, dtype=np.float32)[rng.integers(2, size=20)]

    def mirrored(batch, rng):
        assert batch.shape[1:] == (6, 6)
        return batch[:, :, ::-1] * (1 + 0.1 * rng.random())

    how = {
        "augmentation": mirrored if augmentation == "a function" else ImageAugmentation(rotation_range=20),
        "epochs": 2,
        "shuffle": False,
    }
    results = []
    for data_of in (np.asarray, sparse.csr_array):
        made = Sequential([Input((6, 6)), Flatten(), Dense(2, "softmax")], seed=0)
        made.compile("adam", "categorical_crossentropy")
        if way == "batches":
            pairs = [(data_of(x[rows]), y[rows]) for rows in (slice(0, 8), slice(8, 20))]
            history = made.fit(itertools.cycle(pairs), steps_per_epoch=2, **how)
        else:
            history = made.fit(data_of(x), y, batch_size=8, **how)
        results.append((history.history["loss"], made.parameters.tobytes()))
    assert results[0] == results[1]


def test_a_sparse_matrix_is_not_augmented_by_a_function_unless_in_batches():
    sparse = pytest.importorskip("scipy.sparse")
    made = model()
    before = made.parameters.copy()
    with pytest.raises(ValueError, match="batches of a sparse matrix cannot be watched or augmented one by one"):
        made.fit(sparse.csr_array(data()[0]), data()[1], augmentation=lambda batch, rng: batch)
    assert np.array_equal(made.parameters, before)


def test_augmentation_by_the_engine_and_by_a_function():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=(20, 6, 6)).astype(np.float32), np.eye(2)[rng.integers(2, size=20)]

    def fitted(augmentation):
        made = Sequential([Input((6, 6)), Flatten(), Dense(2, "softmax")], seed=0)
        made.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
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
