"""Files that are not as they should be, found before the first step or while a model trains on them."""

import itertools
import os
import threading

import numpy as np
import pytest
from row_files import KINDS, written
from test_fit_files import ROWS, SMALL, Seen, model, rows_of, same

import fastnn
from fastnn.callbacks import Callback, TerminateOnNaN
from fastnn.data import from_files
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def nobody_goes_on_reading():
    """Whatever happens, the thread that reads ahead has ended with the call."""
    yield
    assert not [thread.name for thread in threading.enumerate() if "read-ahead" in thread.name]


def bits(network):
    return network.parameters.tobytes(), repr(network.rng.bit_generator.state)


@every_kind
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("watched", [False, True])
def test_a_number_that_is_not_finite_is_told_with_its_file_and_row(kind, shuffle, watched, tmp_path):
    x, y, _ = rows_of()
    x[300, 2] = np.nan
    data = written(kind, tmp_path, x, y, counts=[120, 310], memory=SMALL)
    network = model()
    with pytest.raises(ValueError, match=r"^row 180 of '.*part1\.\w+' must hold finite numbers, but ") as told:
        network.fit(data, batch_size=16, shuffle=shuffle, callbacks=[Seen()] if watched else None)
    names = {"npy": "x[180, 2] is nan", "lists": "x[180, 2] is nan"}
    assert names.get(kind, names["lists"] if "lists" in kind else "its column 'x2' is nan") in str(told.value)
    with pytest.raises(ValueError, match=r"^row 180 of '.*part1\.\w+' must hold finite numbers"):
        network.predict(data)
    with pytest.raises(ValueError, match=r"^row 180 of '.*part1\.\w+' must hold finite numbers"):
        network.evaluate(data)


def test_windows_before_a_bad_number_are_learned_from_and_its_own_is_not(tmp_path):
    x, y, _ = rows_of()
    right = model()
    data = written("npy", tmp_path / "good", x, y, memory=SMALL)
    steps = []

    class Steps(Callback):
        def on_train_batch_end(self, batch, logs):
            steps.append(self.model.parameters.copy())

    right.fit(data, batch_size=16, shuffle=False, callbacks=[Steps()])
    x[300] = np.inf
    network = model()
    with pytest.raises(ValueError, match="row 300"):
        network.fit(written("npy", tmp_path / "bad", x, y, memory=SMALL), batch_size=16, shuffle=False)
    learned = [number for number, weights in enumerate(steps) if np.array_equal(weights, network.parameters)]
    # Of 26 batches the 19th has the bad row.
    assert len(learned) == 1
    assert 10 < learned[0] < 18


@every_kind
def test_a_bad_number_in_the_first_window_leaves_the_model_as_it_was(kind, tmp_path):
    x, y, _ = rows_of()
    network, right = model(), model()
    before = bits(network)
    bad = x.copy()
    bad[20] = np.nan
    with pytest.raises(ValueError, match="row 20 of"):
        network.fit(written(kind, tmp_path / "bad", bad, y, memory=SMALL), batch_size=16, shuffle=False)
    assert bits(network) == before
    assert network.feature_names is None
    assert network.optimizer_state.step == 0
    # Shuffled, it is any window that is the first, and what was drawn for it is drawn again.
    with pytest.raises(ValueError, match="must hold finite numbers"):
        network.fit(written(kind, tmp_path / "worse", x * np.inf, y, memory=SMALL), batch_size=16)
    assert bits(network) == before
    data = written(kind, tmp_path / "good", x, y, memory=SMALL)
    network.fit(data, batch_size=16)
    right.fit(data, batch_size=16)
    assert same(network, right)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.where(np.arange(ROWS) == 300, 3, 1), r"^row 300 of '.*part0\.npy': .*3"),
        (np.where(np.arange(ROWS) == 300, -1, 1), r"^row 300 of '.*part0\.npy': .*-1"),
        (np.where(np.arange(ROWS) == 300, 0.5, 1), r"^row 300 of '.*part0\.npy': .*0\.5"),
        (np.ones((ROWS, 4)), "^the loss sparse_categorical_crossentropy takes class numbers"),
    ],
)
def test_targets_that_do_not_fit_are_told_by_row_where_it_is_one(targets, message, tmp_path):
    x, _, _ = rows_of()
    data = written("npy", tmp_path, x, targets, memory=4 * SMALL)
    with pytest.raises(ValueError, match=message):
        model().fit(data, batch_size=16, shuffle=False)


def test_targets_out_of_the_bounds_of_a_loss_are_told(tmp_path):
    x, _, _ = rows_of()
    y = np.zeros(ROWS)
    y[333] = 1.5
    network = Sequential([Input((4,)), Dense(1, "sigmoid")], seed=0)
    network.compile("sgd", "binary_crossentropy")
    with pytest.raises(ValueError, match=r"row 333 of '.*part0\.npy': .*1\.5"):
        network.fit(written("npy", tmp_path, x, y, memory=SMALL), batch_size=16)


def test_weights_that_are_not_finite_are_told(tmp_path):
    x, y, weights = rows_of()
    weights[333] = np.nan
    with pytest.raises(ValueError, match=r"row 333 of '.*part0\.npy': the weights of the files must hold finite"):
        model().fit(written("npy", tmp_path, x, y, weights, memory=SMALL), batch_size=16)


def test_a_loss_that_is_not_finite_stops_at_its_batch(tmp_path):
    x, y, _ = rows_of()
    x[300:] *= 1e30
    network = Sequential([Input((4,)), Dense(3)], seed=0)
    network.compile("sgd", "mse")
    data = written("npy", tmp_path, x, np.eye(3, dtype="float32")[y], memory=SMALL)
    with pytest.raises(
        FloatingPointError, match=r"the loss is not finite in epoch 1, batch 19; .* from before batch 1\d"
    ):
        network.fit(data, batch_size=16, shuffle=False)
    assert np.isfinite(network.parameters).all()
    history = network.fit(data, batch_size=16, shuffle=False, callbacks=[TerminateOnNaN()])
    assert history.history == {}
    assert np.isnan(network.evaluate(data))


@pytest.mark.parametrize("kind", KINDS[1:])
def test_missing_values_of_tables_are_told(kind, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from row_files import table_of, write_table

    x, y, _ = rows_of()
    table = table_of(x, y, lists="lists" in kind)
    path = tmp_path / f"one.{kind.split()[0]}"
    write_table(table, path, 70)
    # The same rows, of which one lacks something.
    for place, name in enumerate(table.column_names):
        values = table.column(name).to_pylist()
        if isinstance(values[200], list):
            values[200][3] = None
        else:
            values[200] = None
        column = pyarrow.array(values, table.schema.field(name).type)
        write_table(table.set_column(place, name, column), path, 70)
        with pytest.raises(
            ValueError, match=rf"the column '{name}' of '.*one\.\w+' has a missing value in row 200: fill it or drop"
        ):
            model().fit(from_files(path, target="y"))


class Between(Callback):
    """Does something to a file after the first epoch."""

    def __init__(self, change):
        self.change = change

    def on_epoch_end(self, epoch, logs):
        if epoch == 0:
            self.change()


def shards_of(folder):
    return sorted(path for path in folder.rglob("part*") if path.is_file())


@every_kind
@pytest.mark.parametrize("change", ["shortened", "longer", "rewritten", "damaged"])
def test_files_that_change_between_epochs_are_told(kind, change, tmp_path):
    x, y, _ = rows_of()
    data = written(kind, tmp_path, x, y, counts=[215, 215], memory=SMALL)
    path = shards_of(tmp_path)[1]
    content = path.read_bytes()
    changed = {
        "shortened": content[: len(content) // 2],
        "longer": content + bytes(100),
        "rewritten": content,
        "damaged": content[:200] + bytes(len(content) - 200),
    }[change]

    def write():
        path.write_bytes(changed)
        # As if some time had passed, whatever the clock of the file system.
        os.utime(path, ns=(0, 10**18))

    network = model()
    with pytest.raises(ValueError, match=r"part1\.\w+' has changed since from_files read of it: call from_files again"):
        network.fit(data, batch_size=16, epochs=3, callbacks=[Between(write)])
    assert network.optimizer_state.step >= -(-ROWS // 16)


@every_kind
def test_files_that_go_between_epochs_are_told(kind, tmp_path):
    x, y, _ = rows_of()
    data = written(kind, tmp_path, x, y, counts=[215, 215], memory=SMALL)
    path = shards_of(tmp_path)[1]
    with pytest.raises(FileNotFoundError, match=r"part1\.\w+"):
        model().fit(data, batch_size=16, epochs=3, callbacks=[Between(path.unlink)])


@pytest.mark.parametrize("kind", ["npy", "parquet", "arrow"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_what_callbacks_raise_ends_the_reading(kind, error, tmp_path):
    class Raising(Callback):
        def on_train_batch_end(self, batch, logs):
            raise error("enough")

    x, y, _ = rows_of()
    with pytest.raises(error, match="enough"):
        model().fit(written(kind, tmp_path, x, y, memory=SMALL), batch_size=16, callbacks=[Raising()])


def test_a_callback_that_stops_within_an_epoch_ends_the_reading(tmp_path):
    class Stopping(Callback):
        def on_train_batch_end(self, batch, logs):
            self.model.stop_training = batch == 2

    x, y, _ = rows_of()
    network = model()
    network.fit(written("npy", tmp_path, x, y, memory=SMALL), batch_size=16, epochs=5, callbacks=[Stopping()])
    assert network.optimizer_state.step == 3


REFUSED = {
    "fit with y": (lambda m, f, x, y: m.fit(f, y), "y is for arrays or batches, but x is a FileData"),
    "fit with weights": (
        lambda m, f, x, y: m.fit(f, sample_weight=np.ones(ROWS)),
        "sample_weight is for arrays or batches",
    ),
    "fit with class_weight": (
        lambda m, f, x, y: m.fit(f, class_weight={0: 2.0}),
        "class_weight is for arrays or batches, but x is a FileData: write the weight of each row into the files",
    ),
    "fit with steps": (lambda m, f, x, y: m.fit(f, steps_per_epoch=3), "steps_per_epoch is for arrays or batches"),
    "validation with steps": (
        lambda m, f, x, y: m.fit(f, validation_data=f, validation_steps=2),
        "validation_steps is for validation_data that gives batches",
    ),
    "validation_data of files and targets": (
        lambda m, f, x, y: m.fit(x, y, validation_data=(f, y)),
        "the validation x must be an array, but it is a FileData",
    ),
    "fit of arrays with targets in files": (lambda m, f, x, y: m.fit(x, f), "y must be an array, but it is a FileData"),
    "fit of arrays with weights in files": (
        lambda m, f, x, y: m.fit(x, y, sample_weight=f),
        "sample_weight must be an array, but it is a FileData",
    ),
    "batches of files": (
        lambda m, f, x, y: m.fit(iter([(f, y)])),
        "x of a batch must be an array, but it is a FileData",
    ),
    "full batches": (
        lambda m, f, x, y: model(optimizer="lbfgs").fit(f),
        "LBFGS looks at all samples in every step",
    ),
    "evaluate with y": (lambda m, f, x, y: m.evaluate(f, y), "y is for arrays or batches"),
    "evaluate with steps": (lambda m, f, x, y: m.evaluate(f, steps=1), "steps is for arrays or batches"),
    "predict with steps": (lambda m, f, x, y: m.predict(f, steps=1), "steps is for arrays or batches"),
    "predict into another shape": (
        lambda m, f, x, y: m.predict(f, out=np.empty((3, 3), "float32")),
        r"out must be float32 of shape \(430, 3\), but it is float32 \(3, 3\)",
    ),
    "train_on_batch": (lambda m, f, x, y: m.train_on_batch(f, y), "x must be an array, but it is a FileData"),
    "test_on_batch": (lambda m, f, x, y: m.test_on_batch(f, y), "y is for arrays or batches"),
    "gradients": (lambda m, f, x, y: m.gradients(f, y), "x must be an array, but it is a FileData"),
    "the notebook's train": (
        lambda m, f, x, y: fastnn.train([fastnn.FCLayer(4, 3)], f, y, epochs=1),
        "x_train must be an array, but it is a FileData",
    ),
    "the notebook's predict": (
        lambda m, f, x, y: fastnn.predict([fastnn.FCLayer(4, 3)], f),
        "input must be an array, but it is a FileData",
    ),
    "too little memory": (
        lambda m, f, x, y: m.fit(f, batch_size=100),
        r"memory=7000 has no room for two windows of at least a batch each, batch_size=100 rows of 24 bytes: pass "
        r"from_files\(..., memory=\d+\) or more",
    ),
    "another shape": (
        lambda m, f, x, y: model((5,)).fit(f),
        r"x of the files must have rows of shape \(5,\), but they are of shape \(4,\)",
    ),
    "a share of all rows": (lambda m, f, x, y: m.fit(f, validation_split=0.9999), "leaves 0 to train on"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_files_are_not_for_is_refused_and_changes_nothing(name, tmp_path):
    x, y, _ = rows_of()
    data = written("npy", tmp_path, x, y, memory=SMALL)
    network = model()
    before = bits(network)
    call, message = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=message):
        call(network, data, x, y)
    assert bits(network) == before


def test_the_memory_that_is_asked_for_is_enough(tmp_path):
    x, y, _ = rows_of()
    folder = tmp_path / "data"
    written("npy", folder, x, y)
    with pytest.raises(ValueError, match="memory=1 has no room") as told:
        model().fit(from_files(folder / "x", folder / "y", memory=1), batch_size=100)
    least = int(str(told.value).split("memory=")[2].split(")")[0])
    with pytest.raises(ValueError, match="has no room"):
        model().fit(from_files(folder / "x", folder / "y", memory=least - 1), batch_size=100)
    model().fit(from_files(folder / "x", folder / "y", memory=least), batch_size=100)


def test_rows_without_targets_are_for_prediction_alone(tmp_path):
    x, y, _ = rows_of()
    bare, whole = written("npy", tmp_path / "bare", x), written("npy", tmp_path / "whole", x, y)
    network = model()
    for call in (
        lambda: network.fit(bare),
        lambda: network.evaluate(bare),
        lambda: network.fit(whole, validation_data=bare),
    ):
        with pytest.raises(ValueError, match="the files have no targets: name them"):
            call()
    assert network.predict(bare).shape == (ROWS, 3)


@pytest.mark.parametrize("inputs", [1, 2])
def test_models_of_several_inputs_or_outputs_are_refused(inputs, tmp_path):
    x, y, _ = rows_of()
    data = written("npy", tmp_path, x, y)
    ends = [Input((4,)) for _ in range(inputs)]
    joined = ends[0] if inputs == 1 else fastnn.layers.Add()(ends)
    network = fastnn.Model(ends, [Dense(1)(joined) for _ in range(3 - inputs)])
    network.compile("sgd", "mse")
    for call in (network.fit, network.evaluate, *([network.predict] if inputs == 2 else [])):
        with pytest.raises(ValueError, match="data in files are for models of one input and one output"):
            call(data)
    if inputs == 1:
        for found, expected in zip(network.predict(data), network.predict(x), strict=True):
            assert found.tobytes() == expected.tobytes()


def test_epochs_take_no_more_files_or_threads(tmp_path):
    x, y, _ = rows_of()
    data = written("parquet", tmp_path, x, y, counts=[43] * 10, memory=SMALL)
    network = model()
    network.fit(data, batch_size=16)
    opened = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in itertools.repeat(None, 3):
        network.fit(data, batch_size=16, epochs=2)
    if opened:
        # What earlier tests have left to the collector may be closed meanwhile.
        assert len(os.listdir("/proc/self/fd")) <= opened


def test_a_failure_that_somebody_keeps_keeps_no_thread(tmp_path):
    """What is raised holds the frames that it came through, and with them what these go through."""

    class Raising(Callback):
        def on_test_batch_end(self, batch, logs):
            raise RuntimeError("enough")

        def on_predict_batch_end(self, batch, logs):
            raise RuntimeError("enough")

    x, y, _ = rows_of()
    data = written("npy", tmp_path / "good", x, y, memory=SMALL)
    x[300] = np.nan
    bad = written("npy", tmp_path / "bad", x, y, memory=SMALL)
    network = model()
    for call in (
        lambda: network.fit(bad, batch_size=16),
        lambda: network.fit(bad, batch_size=16, callbacks=[Seen()]),
        lambda: network.evaluate(bad),
        lambda: network.evaluate(data, batch_size=16, callbacks=[Raising()]),
        lambda: network.predict(bad),
        lambda: network.predict(data, batch_size=16, callbacks=[Raising()]),
    ):
        with pytest.raises((ValueError, RuntimeError)) as kept:
            call()
        assert not [thread for thread in threading.enumerate() if "read-ahead" in thread.name]
        assert kept.value.__traceback__ is not None
