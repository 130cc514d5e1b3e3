"""Fits of rows in files: the bits of the same rows in memory, every row once an epoch, repeatable for a seed."""

import pickle

import numpy as np
import pytest
from row_files import KINDS, written

import fastnn
from fastnn.augmentation import ImageAugmentation
from fastnn.callbacks import Callback, EarlyStopping
from fastnn.callbacks.base import CallbackList
from fastnn.layers import BatchNormalization, Dense, Dropout, Flatten, Input, Rescaling
from fastnn.models import Sequential
from fastnn.models.file_source import FileSource
from fastnn.models.sources import ArrayOptions
from fastnn.optimizers import Adam
from fastnn.optimizers.schedules import CosineDecay

every_kind = pytest.mark.parametrize("kind", KINDS)
ROWS = 430
# Uneven, one of them without rows.
COUNTS = [101, 0, 7, 322]
# Of windows of some 60 rows of four float32, with a batch of 16 and the rows between.
SMALL = 7_000


def rows_of(dtype="float32", shape=(4,), seed=0):
    """Rows, class numbers and weights."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, size=(ROWS, *shape)) if dtype == "uint8" else rng.normal(size=(ROWS, *shape))
    x = x.astype(dtype)
    flat = x.reshape(ROWS, -1).astype(float)
    return x, (flat @ rng.normal(size=(flat.shape[1], 3))).argmax(axis=1), rng.uniform(0.5, 2, ROWS)


def model(shape=(4,), *, scale=1.0, seed=3, dtype="float32", optimizer="adam", metrics=("accuracy",), **options):
    made = Sequential(
        [Input(shape), Rescaling(scale), Flatten(), Dense(8, "tanh"), Dropout(0.2), Dense(3, "softmax")],
        seed=seed,
        dtype=dtype,
    )
    made.compile(optimizer, "sparse_categorical_crossentropy", metrics=list(metrics), **options)
    return made


def same(one, other):
    return all(a.tobytes() == b.tobytes() for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@every_kind
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
@pytest.mark.parametrize("batch_size", [1, 16, 500])
def test_unshuffled_rows_give_the_bits_of_the_same_rows_in_memory(kind, dtype, batch_size, tmp_path):
    x, y, weights = rows_of(dtype)
    scale = 1 / 255 if dtype == "uint8" else 1.0
    how = {"batch_size": batch_size, "epochs": 3, "shuffle": False}
    right, found = model(scale=scale), model(scale=scale)
    expected = right.fit(x, y, sample_weight=weights, **how)
    memory = SMALL * (x.itemsize // 2 + 1) if batch_size < 500 else 1 << 20
    data = written(kind, tmp_path, x, y, weights, counts=COUNTS, memory=memory)
    history = found.fit(data, **how)
    assert same(found, right)
    # Sums of sums round in another order.
    assert history.history["loss"] == pytest.approx(expected.history["loss"], rel=1e-12)
    assert history.history["accuracy"] == pytest.approx(expected.history["accuracy"], rel=1e-12)
    assert history.params["steps"] == expected.params["steps"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind == "npy" or "lists" in kind])
@pytest.mark.parametrize("threads", [1, 2])
def test_pictures_on_one_thread_and_two(kind, threads, tmp_path):
    x, y, _ = rows_of("uint8", (12, 10))
    before = fastnn.get_num_threads()
    fastnn.set_num_threads(threads)
    try:
        right, found = model((12, 10), scale=1 / 255), model((12, 10), scale=1 / 255)
        right.fit(x, y, batch_size=32, epochs=2, shuffle=False)
        found.fit(written(kind, tmp_path, x, y, counts=COUNTS, memory=60_000), batch_size=32, epochs=2, shuffle=False)
    finally:
        fastnn.set_num_threads(before)
    assert same(found, right)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_wide_network_on_one_thread_and_two(threads, tmp_path):
    """So much work in a batch that the engine takes both threads."""
    x, y, _ = rows_of(shape=(300,))
    x[x < 1] = 0
    before = fastnn.get_num_threads()
    fastnn.set_num_threads(threads)
    try:
        networks = []
        for data in ((x, y), (written("npy", tmp_path, x, y, memory=600_000),)):
            network = Sequential([Input((300,)), Dense(320, "relu"), BatchNormalization(), Dense(3, "softmax")], seed=0)
            network.compile("adam", "sparse_categorical_crossentropy")
            network.fit(*data, batch_size=64, epochs=2, shuffle=False)
            networks.append(network)
    finally:
        fastnn.set_num_threads(before)
    assert same(*networks)


def test_rows_of_many_zeros_are_learned_and_judged_as_those_in_memory(mnist, tmp_path):
    """The engine lists the numbers of such rows that are none."""
    (x, y), _ = mnist
    data = written("npy", tmp_path, x, y, memory=600_000)
    networks = []
    for given in ((x, y), (data,)):
        network = Sequential([Input((28, 28)), Flatten(), Dense(20, "relu"), Dense(10, "softmax")], seed=0)
        network.compile("adam", "categorical_crossentropy")
        network.fit(*given, batch_size=16, epochs=2, shuffle=False)
        networks.append(network)
    assert same(*networks)
    assert networks[1].evaluate(data) == pytest.approx(networks[0].evaluate(x, y), rel=1e-6)


@every_kind
def test_a_seed_repeats_a_shuffled_fit_and_another_does_not(kind, tmp_path):
    x, y, _ = rows_of()
    data = written(kind, tmp_path, x, y, counts=COUNTS, memory=SMALL, block_size=160)
    found = [model(seed=seed) for seed in (3, 3, 4)]
    losses = [one.fit(data, batch_size=16, epochs=4).history["loss"] for one in found]
    assert same(found[0], found[1])
    assert losses[0] == losses[1] != losses[2]
    assert losses[0][-1] < losses[0][0]


class Seen(Callback):
    """Remembers nothing, but is told of batches, so that they go through Python."""

    def __init__(self):
        self.batches = 0

    def on_train_batch_end(self, batch, logs):
        self.batches += 1


@every_kind
@pytest.mark.parametrize("watched", [False, True])
def test_every_row_is_visited_once_an_epoch(kind, watched, tmp_path):
    """By the step of plain descent in one batch each: the sum of all rows, each with a number of its own."""
    x = np.zeros((ROWS, 9), "float32")
    # Row i adds to the weights of the bits of i, so that no row can stand for another.
    x[:, :9] = (np.arange(ROWS)[:, None] >> np.arange(9)) & 1
    seen = []

    def note(batch, rng):
        seen.append(batch.copy())
        return batch

    y = np.zeros(ROWS, "float32")
    data = written(kind, tmp_path, x, y, counts=COUNTS, memory=8_000, block_size=360)
    network = Sequential([Input((9,)), Dense(1)], seed=0)
    network.compile("sgd", "mse")
    watcher = Seen()
    network.fit(data, batch_size=16, epochs=2, augmentation=note, callbacks=[watcher] if watched else None)
    steps = -(-ROWS // 16)
    assert len(seen) == 2 * steps
    assert watcher.batches == (2 * steps if watched else 0)
    assert {len(batch) for batch in seen[: steps - 1]} == {16}
    orders = []
    for epoch in (seen[:steps], seen[steps:]):
        numbers = np.concatenate(epoch) @ (1 << np.arange(9))
        assert sorted(numbers) == list(range(ROWS))
        orders.append(numbers.tolist())
    assert orders[0] != orders[1] != list(range(ROWS))
    # Rows of one batch come from several places of the files.
    assert np.ptp(orders[0][:16]) > 32


@pytest.mark.parametrize("shuffle", [False, True])
def test_watched_batches_learn_what_windows_do(shuffle, tmp_path):
    x, y, weights = rows_of()
    data = written("npy", tmp_path, x, y, weights, counts=COUNTS, memory=SMALL)
    networks = model(), model()
    histories = [
        network.fit(data, batch_size=16, epochs=2, shuffle=shuffle, callbacks=callbacks).history
        for network, callbacks in zip(networks, (None, [Seen()]), strict=True)
    ]
    assert same(*networks)
    for name, values in histories[0].items():
        assert histories[1][name] == pytest.approx(values, rel=1e-12)


def test_metrics_of_all_rows_together_whatever_their_kind(tmp_path):
    """A mean, one that is none, one of counts, and one of the user's own."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 4)).astype("float32")
    y = (x[:, :1] > 0.3).astype("float32")
    weights = rng.uniform(0, 2, ROWS)

    def largest(y_true, y_pred):
        return np.abs(y_true - y_pred).max()

    def made():
        network = Sequential([Input((4,)), Dense(1, "sigmoid")], seed=1)
        kinds = ["accuracy", fastnn.metrics.AUC(), fastnn.metrics.F1Score(threshold=0.5), "rmse", largest]
        network.compile("sgd", "binary_crossentropy", metrics=kinds, weighted_metrics=["accuracy", "rmse"])
        return network

    right, found = made(), made()
    data = written("npy", tmp_path, x, y, weights, memory=SMALL)
    how = {"batch_size": 16, "epochs": 2, "shuffle": False}
    expected = right.fit(x, y, sample_weight=weights, validation_split=0.2, **how).history
    history = found.fit(data, validation_split=0.2, **how).history
    assert history.keys() == expected.keys()
    assert len(history) == 2 * 8
    for name, values in expected.items():
        assert history[name] == pytest.approx(values, rel=1e-6), name
    assert found.evaluate(data, return_dict=True) == pytest.approx(
        right.evaluate(x, y, sample_weight=weights, return_dict=True), rel=1e-6
    )


@every_kind
def test_evaluate_and_predict_give_what_arrays_do(kind, tmp_path):
    x, y, weights = rows_of()
    network = model()
    data = written(kind, tmp_path, x, y, weights, counts=COUNTS, memory=SMALL)
    assert network.evaluate(data, batch_size=16) == pytest.approx(
        network.evaluate(x, y, batch_size=16, sample_weight=weights), rel=1e-12
    )
    assert network.evaluate(data) == pytest.approx(network.evaluate(x, y, sample_weight=weights), rel=1e-6)
    assert network.predict(data).tobytes() == network.predict(x).tobytes()
    out = np.empty((ROWS, 3), "float32")
    assert network.predict(data, out=out) is out
    assert out.tobytes() == network.predict(x).tobytes()
    bare = written(kind, tmp_path / "bare", x, memory=2 * SMALL)
    assert network.predict(bare, callbacks=[Predicting()], batch_size=50).tobytes() == out.tobytes()


class Predicting(Callback):
    def on_predict_batch_end(self, batch, logs):
        assert len(logs["outputs"]) <= 50


def test_validation_split_is_the_last_rows(tmp_path):
    x, y, weights = rows_of()
    data = written("parquet", tmp_path, x, y, weights, counts=COUNTS, memory=SMALL)
    right, found = model(), model()
    how = {"batch_size": 16, "epochs": 3, "shuffle": False, "validation_split": 0.25}
    expected = right.fit(x, y, sample_weight=weights, **how).history
    history = found.fit(data, **how).history
    assert same(found, right)
    for name, values in expected.items():
        assert history[name] == pytest.approx(values, rel=1e-12)


def test_data_of_files_validate_a_fit_of_arrays_and_arrays_one_of_files(tmp_path):
    x, y, _ = rows_of()
    data = written("npy", tmp_path, x, y, memory=SMALL)
    expected = model().fit(x, y, validation_data=(x, y), epochs=2, shuffle=False).history["val_loss"]
    of_files = model().fit(x, y, validation_data=data, epochs=2, shuffle=False).history["val_loss"]
    of_arrays = model().fit(data, validation_data=(x, y), epochs=2, shuffle=False).history["val_loss"]
    assert of_files == pytest.approx(expected, rel=1e-12)
    assert of_arrays == expected


def test_callbacks_stop_and_a_saved_model_goes_on(tmp_path):
    x, y, _ = rows_of()
    data = written("npy", tmp_path, x, y, memory=SMALL)
    stopped = model().fit(data, epochs=50, validation_data=data, callbacks=[EarlyStopping("loss", min_delta=10)])
    assert len(stopped.history["loss"]) == 2
    whole, first = model(), model()
    whole.fit(data, batch_size=16, epochs=4)
    first.fit(data, batch_size=16, epochs=2)
    first.save(tmp_path / "model.safetensors")
    again = fastnn.load_model(tmp_path / "model.safetensors")
    again.fit(data, batch_size=16, epochs=4, initial_epoch=2)
    assert same(again, whole)


def test_columns_go_by_name(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    from fastnn.data import from_files

    x, y, _ = rows_of()
    columns = {name: x[:, i] for i, name in enumerate("abcd")}
    parquet.write_table(pyarrow.table({**columns, "label": y, "note": ["-"] * ROWS}), tmp_path / "one.parquet")
    turned = {name: columns[name] for name in "dbca"}
    parquet.write_table(pyarrow.table({"label": y, **turned}), tmp_path / "two.parquet")
    one = from_files(tmp_path / "one.parquet", target="label", columns=["a", "b", "c", "d"])
    network, right = model(), model()
    network.fit(one, epochs=1, shuffle=False)
    right.fit(x, y, epochs=1, shuffle=False)
    assert network.feature_names == ("a", "b", "c", "d")
    two = from_files(tmp_path / "two.parquet", target="label")
    assert network.predict(two).tobytes() == network.predict(x).tobytes()
    assert network.evaluate(two) == pytest.approx(network.evaluate(x, y), rel=1e-12)
    network.fit(two, epochs=1, shuffle=False)
    right.fit(x, y, epochs=1, shuffle=False)
    assert same(network, right)
    lacking = from_files(tmp_path / "two.parquet", target="label", columns=["a", "b"])
    with pytest.raises(ValueError, match="x of the files lacks the columns 'c', 'd' that the model was trained on"):
        network.predict(lacking)


def test_batches_of_frames_go_by_the_names_of_validation_data_in_files(tmp_path):
    pandas = pytest.importorskip("pandas")
    x, y, _ = rows_of()
    data = written("parquet", tmp_path, x, y)
    turned = pandas.DataFrame(x, columns=["x0", "x1", "x2", "x3"])[["x2", "x0", "x3", "x1"]]
    network, right = model(), model()
    history = network.fit(iter([(turned, y)]), validation_data=data)
    expected = right.fit(iter([(x, y)]), validation_data=(x, y))
    assert network.feature_names == ("x0", "x1", "x2", "x3")
    assert same(network, right)
    assert history.history["val_loss"] == pytest.approx(expected.history["val_loss"], rel=1e-12)


def test_a_model_without_a_shape_gets_that_of_the_files(tmp_path):
    x, y, _ = rows_of()
    network = Sequential([Dense(3, "softmax")], seed=0)
    network.compile("sgd", "sparse_categorical_crossentropy")
    network.fit(written("npy", tmp_path, x, y, memory=SMALL))
    assert network.input_shape == (4,)


@pytest.mark.parametrize("by_batch", [False, True])
def test_progress_counts_the_rows_and_losses_of_all_windows(by_batch, tmp_path):
    x, y, _ = rows_of()
    network, seen = model(metrics=()), []
    options = ArrayOptions(batch_size=16, shuffle=True, several_epochs=False, by_batch=by_batch, augmentation=None)
    source = FileSource(network, written("npy", tmp_path, x, y, memory=SMALL), options)
    logs = source.run_epoch(0, lambda *told: seen.append(told), CallbackList([], network))
    rows, losses = zip(*seen, strict=True)
    assert list(rows) == sorted(set(rows))
    assert rows[-1] == ROWS
    assert len(rows) >= 3
    assert list(losses) == sorted(losses)
    assert losses[-1] / ROWS == pytest.approx(logs["loss"], rel=1e-12)


def test_integers_are_converted_as_those_in_memory(tmp_path):
    x, y, _ = rows_of()
    whole = (100 * x).astype("int16")
    right, found = model(scale=0.01), model(scale=0.01)
    right.fit(whole, y, shuffle=False)
    found.fit(written("npy", tmp_path, whole, y, memory=SMALL), shuffle=False)
    assert same(found, right)


def test_data_of_files_can_be_pickled_and_tell_what_they_are(tmp_path):
    x, y, _ = rows_of()
    data = pickle.loads(pickle.dumps(written("npy", tmp_path, x, y, counts=COUNTS, memory=SMALL)))
    assert repr(data) == "FileData(430 rows of shape (4,) and float32 in 4 .npy files)"
    assert len(data) == ROWS
    model().fit(data)


def test_rows_sorted_by_class_are_learned_as_those_in_memory(mnist, tmp_path):
    """The worst case for shuffling by blocks: real digits, a tenth of them in a window."""
    (x, y), test = mnist
    order = np.argsort(y.argmax(axis=1), kind="stable")
    x, y = x[order], y[order]
    data = written("npy", tmp_path, x, y, memory=len(x) // 5 * (784 + 10) * 4)
    losses = []
    for given in ((x, y), (data,)):
        network = Sequential([Input((28, 28)), Flatten(), Dense(32, "relu"), Dense(10, "softmax")], seed=0)
        network.compile("adam", "categorical_crossentropy")
        losses.append(network.fit(*given, epochs=6, validation_data=test).history["val_loss"])
    # Orders differ, each with noise of its own; in windows of 16 blocks it is 1.1 times as much, in those of 4 1.3.
    assert losses[1][-1] < 1.05 * losses[0][-1], losses


def test_rates_by_step_and_the_packages_augmentation_go_on_from_window_to_window(tmp_path):
    x, y, _ = rows_of("uint8", (8, 6))
    networks = []
    for given in ((x, y), (written("npy", tmp_path, x, y, counts=COUNTS, memory=20_000),)):
        schedule = CosineDecay(0.01, decay_steps=40)
        network = model((8, 6), scale=1 / 255, optimizer=Adam(learning_rate=schedule, weight_decay=0.01, clipnorm=1.0))
        pictures = ImageAugmentation(rotation_range=10, height_shift_range=0.2)
        network.fit(*given, batch_size=16, epochs=2, shuffle=False, augmentation=pictures)
        networks.append(network)
    assert same(*networks)
    constant = model((8, 6), scale=1 / 255, optimizer=Adam(learning_rate=0.01, weight_decay=0.01, clipnorm=1.0))
    constant.fit(x, y, batch_size=16, epochs=2, shuffle=False)
    assert not same(constant, networks[0])
