"""Fitting from batches: generators, loaders, other iterables, those that end, and those that give what does not fit."""

import numpy as np
import pytest

from fastnn import callbacks, optimizers
from fastnn.layers import BatchNormalization, Dense, Dropout, Flatten, Input
from fastnn.models import Sequential

SAMPLES, BATCH = 20, 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(SAMPLES, 4)).astype(np.float32)
Y = np.eye(3, dtype=np.float32)[RNG.integers(3, size=SAMPLES)]
WEIGHTS = np.linspace(0, 2, SAMPLES)


def model(optimizer="adam", metrics=("accuracy",), between=()):
    made = Sequential([Input((4,)), Dense(8, "tanh"), *between, Dense(3, "softmax")], seed=0)
    made.compile(optimizer, "categorical_crossentropy", metrics=metrics)
    return made


def batches(x=X, y=Y, weights=None, size=BATCH):
    for start in range(0, len(x), size):
        rows = slice(start, start + size)
        yield (x[rows], y[rows]) if weights is None else (x[rows], y[rows], weights[rows])


def endless(**how):
    while True:
        yield from batches(**how)


class Loader:
    """Begins anew with each epoch, as PyTorch's loaders do."""

    def __init__(self, **how):
        self.how = how

    def __iter__(self):
        return batches(**self.how)


class LoaderWithLength(Loader):
    def __len__(self):
        return SAMPLES // BATCH


def bits(fitted):
    return b"".join(array.tobytes() for array in fitted.get_weights())


def fitted_on_arrays(epochs=2, weights=None, size=BATCH, **how):
    expected = model(**how)
    history = expected.fit(X, Y, batch_size=size, epochs=epochs, shuffle=False, sample_weight=weights)
    return expected, history


def assert_same(fitted, history, expected, right):
    assert history.history["loss"] == pytest.approx(right.history["loss"], rel=1e-12)
    assert history.history["accuracy"] == right.history["accuracy"]
    assert bits(fitted) == bits(expected)


# Each with the steps of an epoch that are known before.
SOURCES = {
    "a generator without end": (endless, {"steps_per_epoch": 5}, 5),
    "a loader": (Loader, {}, None),
    "a loader with a length": (LoaderWithLength, {}, 5),
    "a tuple": (lambda **how: tuple(batches(**how)), {}, 5),
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_batches_are_those_of_arrays(kind, weighted):
    make, how, steps = SOURCES[kind]
    weights = WEIGHTS if weighted else None
    between = (Dropout(0.3), BatchNormalization())
    expected, right = fitted_on_arrays(weights=weights, between=(Dropout(0.3), BatchNormalization()))
    fitted = model(between=between)
    history = fitted.fit(make(weights=weights), epochs=2, validation_data=(X[:6], Y[:6]), **how)
    assert_same(fitted, history, expected, right)
    assert history.epoch == [0, 1]
    assert history.params["steps"] == steps
    assert history.history["val_loss"][-1] == fitted.evaluate(X[:6], Y[:6])[0]


def test_the_first_batch_builds_the_model():
    expected, right = fitted_on_arrays()
    fitted = Sequential([Dense(8, "tanh"), Dense(3, "softmax")], seed=0)
    fitted.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    assert_same(fitted, fitted.fit(Loader(), epochs=2), expected, right)


def test_a_generator_goes_on_where_the_epoch_before_stopped():
    fitted, expected = model(), model()
    history = fitted.fit(endless(), epochs=5, steps_per_epoch=2)
    for batch in [*batches(), *batches()]:
        expected.train_on_batch(*batch)
    assert bits(fitted) == bits(expected)
    assert history.epoch == [0, 1, 2, 3, 4]


def test_no_batch_is_drawn_too_many():
    drawn = []

    def counted():
        for number, batch in enumerate(endless()):
            drawn.append(number)
            yield batch

    model().fit(counted(), epochs=2, steps_per_epoch=3)
    assert drawn == list(range(6))


@pytest.mark.parametrize("kind", [Loader, LoaderWithLength])
def test_fewer_steps_than_a_loader_has_go_on_with_the_next_epoch(kind):
    fitted, expected = model(), model()
    # Five batches: two epochs of two, one of one that ends the pass, and two from the beginning.
    history = fitted.fit(kind(), epochs=4, steps_per_epoch=2)
    for batch in [*batches(), *list(batches())[:2]]:
        expected.train_on_batch(*batch)
    assert bits(fitted) == bits(expected)
    assert history.epoch == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", [Loader, LoaderWithLength])
def test_as_many_steps_as_a_loader_has_begin_anew(kind):
    expected, right = fitted_on_arrays()
    fitted = model()
    assert_same(fitted, fitted.fit(kind(), epochs=2, steps_per_epoch=SAMPLES // BATCH), expected, right)


def test_batches_of_different_sizes():
    fitted, expected = model("nadam"), model("nadam")
    pieces = [(X[first:last], Y[first:last]) for first, last in ((0, 3), (3, 4), (4, 13), (13, 20))]
    history = fitted.fit(iter(pieces))
    values = [expected.train_on_batch(*piece)[0] * len(piece[0]) for piece in pieces]
    assert history.history["loss"] == pytest.approx([sum(values) / SAMPLES], rel=1e-12)
    assert bits(fitted) == bits(expected)


def test_batches_of_lists_bytes_and_class_numbers():
    pictures = RNG.integers(0, 256, size=(SAMPLES, 2, 2)).astype(np.uint8)
    results = []
    for loss, y, convert in (
        ("categorical_crossentropy", Y, lambda x: x),
        ("sparse_categorical_crossentropy", Y.argmax(axis=1), lambda x: x.astype(np.float32)),
        ("sparse_categorical_crossentropy", Y.argmax(axis=1), lambda x: x.reshape(-1, 4).tolist()),
    ):
        fitted = Sequential([Input((2, 2)), Flatten(), Dense(3, "softmax")], seed=0)
        fitted.compile("adam", loss)
        fitted.fit((convert(x), y) for x, y in batches(pictures, y))
        results.append(bits(fitted))
    assert results[0] == results[1] == results[2]


def test_a_schedule_and_clipping_follow_the_steps():
    schedule = optimizers.schedules.StepDecay(0.5, decay_steps=3, decay_rate=0.1)
    how = {"optimizer": optimizers.SGD(schedule, momentum=0.9, global_clipnorm=0.3), "metrics": ()}
    fitted, expected = model(**how), model(**how)
    fitted.fit(Loader(), epochs=2)
    expected.fit(X, Y, batch_size=BATCH, epochs=2, shuffle=False)
    # Each rate is one number here, and one of an array there.
    np.testing.assert_allclose(fitted.parameters, expected.parameters, rtol=1e-6)


# Batches that end early.


def test_a_generator_that_ends_early_ends_the_training():
    expected, right = fitted_on_arrays(epochs=1)
    fitted = model()
    history = fitted.fit(batches(), epochs=3)
    assert history.epoch == [0]
    assert_same(fitted, history, expected, right)


def test_an_epoch_that_is_cut_short_counts_what_there_was():
    fitted = model()
    history = fitted.fit(batches(), epochs=4, steps_per_epoch=3)
    # Three batches, then two, then none.
    assert history.epoch == [0, 1]
    assert fitted.optimizer_state.step == 5
    expected = model()
    values = [expected.train_on_batch(*batch)[0] for batch in batches()]
    assert history.history["loss"] == pytest.approx([np.mean(values[:3]), np.mean(values[3:])], rel=1e-12)


def test_no_batches_at_all_change_nothing():
    fitted = model()
    before = bits(fitted)
    with pytest.raises(ValueError, match="x gave no batches"):
        fitted.fit(iter(()), epochs=3)
    assert bits(fitted) == before


# Batches that do not fit.

GOOD = (X[:BATCH], Y[:BATCH])
BAD = {
    "columns": ((X[:4, :3], Y[:4]), ValueError, r"x of a batch must have shape \(samples, 4\), .* is \(4, 3\)"),
    "rows": ((X[:4], Y[:3]), ValueError, "y of a batch must have as many samples as x, 4"),
    "classes": ((X[:4], Y[:4, :2]), ValueError, r"takes targets of shape \(samples, 3\)"),
    "one sample": ((X[0], Y[:1]), ValueError, r"a batch of one sample is x of a batch\[None\]"),
    "weights": ((X[:4], Y[:4], np.ones(3)), ValueError, r"the weights of a batch must have shape \(4,\)"),
    "x alone": (X[:4], TypeError, r"a batch must be \(x, y\) or \(x, y, sample_weight\), but it is a ndarray"),
    "four": ((X, Y, WEIGHTS, None), TypeError, "a batch must be"),
    "None": (None, TypeError, "a batch must be .* but it is a NoneType"),
    "text": ((X[:4].astype(str), Y[:4]), TypeError, "x of a batch must hold real numbers"),
    "NaN": ((X[:4] * np.nan, Y[:4]), ValueError, r"x\[0, 0\] is nan"),
    "no y": ((X[:4], None), ValueError, "y of a batch is missing"),
    "no rows": ((X[:0], Y[:0]), ValueError, r"\(0, 4\)"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("good_before", [0, 2])
def test_batches_that_do_not_fit(case, good_before):
    bad, error, message = BAD[case]
    fitted, expected = model(), model()
    for _ in range(good_before):
        expected.train_on_batch(*GOOD)
    with pytest.raises(error, match=message):
        fitted.fit(iter([GOOD] * good_before + [bad]), epochs=2)
    # What the batches before it taught stays.
    assert bits(fitted) == bits(expected)
    fitted.fit(X, Y)


def test_a_generator_that_raises():
    ended = []

    class Ending(callbacks.Callback):
        def on_train_end(self, logs=None):
            ended.append(True)

    def failing():
        yield GOOD
        yield GOOD
        raise OSError("the disk is gone")

    fitted, expected = model(), model()
    with pytest.raises(OSError, match="the disk is gone"):
        fitted.fit(failing(), callbacks=[Ending()])
    for _ in range(2):
        expected.train_on_batch(*GOOD)
    assert bits(fitted) == bits(expected)
    assert ended == [True]
    # The optimiser, too, goes on from there.
    assert fitted.train_on_batch(*GOOD) == expected.train_on_batch(*GOOD)
    assert bits(fitted) == bits(expected)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"validation_split": 0.2}, ValueError, "validation_split is for arrays: pass validation_data"),
        ({"class_weight": {0: 2.0}}, ValueError, r"weights come with each batch: \(x, y, sample_weight\)"),
        ({"sample_weight": WEIGHTS}, ValueError, "weights come with each batch"),
        ({"steps_per_epoch": 0}, ValueError, "steps_per_epoch must be at least 1, but it is 0"),
        ({"steps_per_epoch": 2.5}, TypeError, "steps_per_epoch must be an integer, but it is 2.5"),
        ({"validation_data": batches()}, ValueError, "validation_data is a generator, .*: pass validation_steps"),
        ({"validation_data": 3}, TypeError, r"validation_data must be \(x, y\) or .* but it is a int"),
        ({"validation_data": {"x": X}}, TypeError, r"validation_data must be \(x, y\) or .* but it is a dict"),
        ({"validation_steps": 2}, ValueError, "validation_steps is for validation_data: pass it"),
        ({"validation_steps": 0}, ValueError, "validation_steps must be at least 1"),
        ({"batch_size": 4}, ValueError, "batch_size is for arrays and samples, but x, a generator, gives batches"),
    ],
)
def test_what_batches_do_not_take(arguments, error, message):
    drawn = []
    with pytest.raises(error, match=message):
        model().fit((drawn.append(batch) or batch for batch in batches()), **arguments)
    assert drawn == []


def test_full_batch_training_takes_no_batches():
    with pytest.raises(ValueError, match="LBFGS looks at all samples in every step: pass arrays"):
        model("lbfgs").fit(batches())


# Losses that are not finite.


class Watching(callbacks.Callback):
    def on_train_batch_end(self, batch, logs):
        pass


@pytest.mark.parametrize(
    ("data", "watchers", "batches_kept"),
    [
        (lambda x: (x, Y), [], 0),
        (lambda x: (x, Y), [Watching()], 3),
        (lambda x: (batches(x),), [], 3),
    ],
    ids=["arrays", "watched", "generator"],
)
def test_a_loss_that_is_not_finite_takes_the_epoch_back_or_the_batch_where_they_come_one_by_one(
    data, watchers, batches_kept
):
    fitted, expected = (Sequential([Input((4,)), Dense(8), Dense(3)], seed=0) for _ in range(2))
    for each in (fitted, expected):
        each.compile("sgd", "mse")
    x = X.copy()
    x[3 * BATCH :] = 3e38
    for start in range(0, batches_kept * BATCH, BATCH):
        expected.train_on_batch(X[start : start + BATCH], Y[start : start + BATCH])
    before = bits(expected)
    given = data(x)
    how = {"batch_size": BATCH} if len(given) == 2 else {}
    with pytest.raises(FloatingPointError, match="the loss is not finite in epoch 1, batch 4"):
        fitted.fit(*given, **how, shuffle=False, callbacks=watchers)
    assert bits(fitted) == before


@pytest.mark.parametrize(("options", "rows"), [({"batch_size": 4}, 8), ({"validation_batch_size": 5}, 10)])
def test_validation_by_steps_is_that_of_the_first_batches_of_arrays(options, rows):
    net = model(metrics=())
    fitted = net.fit(X, Y, validation_data=(X, Y, WEIGHTS), validation_steps=2, verbose=0, **options)
    first = net.evaluate(X[:rows], Y[:rows], sample_weight=WEIGHTS[:rows], batch_size=rows // 2)
    assert fitted.history["val_loss"] == [first]
    # More than there are.
    fitted = net.fit(X, Y, validation_data=(X, Y), validation_steps=100, verbose=0)
    assert fitted.history["val_loss"] == [net.evaluate(X, Y)]
