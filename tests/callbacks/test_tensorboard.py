"""TensorBoard: the event files hold the history's values and the weights, under the names that Keras uses."""

import struct
import sys

import numpy as np
import pytest

from fastnn import optimizers
from fastnn.callbacks import Callback, TensorBoard
from fastnn.optimizers.schedules import ExponentialDecay

Event = pytest.importorskip("tensorboardX.proto.event_pb2").Event


def events(folder):
    """The events of the one file in a folder: each record is its length, a checksum, the event and a checksum."""
    [path] = folder.iterdir()
    content, place, found = path.read_bytes(), 0, []
    while place < len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        found.append(Event.FromString(content[place + 12 : place + 12 + length]))
        place += length + 16
    return found


def scalars(folder):
    """Values by their names: a list of (step, value)."""
    found = {}
    for event in events(folder):
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def histograms(folder):
    """Histograms by their names and steps."""
    return {
        (value.tag, event.step): value.histo
        for event in events(folder)
        for value in event.summary.value
        if value.HasField("histo")
    }


def single(values):
    """Steps with values as event files hold them, in float32."""
    return list(enumerate(float(np.float32(value)) for value in values))


def test_scalars_are_those_of_the_history(make_model, data, tmp_path):
    board = TensorBoard(tmp_path / "logs")
    history = make_model(optimizer=optimizers.SGD(0.125)).fit(*data, epochs=3, validation_split=0.25, callbacks=[board])
    values = history.history
    assert list(values) == ["loss", "mae", "val_loss", "val_mae"]
    assert scalars(tmp_path / "logs" / "train") == {
        "epoch_loss": single(values["loss"]),
        "epoch_mae": single(values["mae"]),
        "epoch_learning_rate": single([0.125] * 3),
    }
    assert scalars(tmp_path / "logs" / "validation") == {
        "epoch_loss": single(values["val_loss"]),
        "epoch_mae": single(values["val_mae"]),
    }
    assert histograms(tmp_path / "logs" / "train") == {}


def test_the_first_event_names_the_format(make_model, data, tmp_path):
    make_model().fit(*data, callbacks=[TensorBoard(tmp_path)])
    assert events(tmp_path / "train")[0].file_version == "brain.Event:2"


def test_without_validation_there_is_no_folder_of_it(make_model, data, tmp_path):
    make_model().fit(*data, callbacks=[TensorBoard(tmp_path)])
    assert [folder.name for folder in tmp_path.iterdir()] == ["train"]


def test_the_rate_of_a_schedule_is_that_of_the_next_step(make_model, data, tmp_path):
    # 40 samples are two batches of 32 an epoch; the schedule halves the rate with every two steps.
    optimizer = optimizers.SGD(ExponentialDecay(0.5, 2, 0.5))
    make_model(optimizer=optimizer).fit(*data, epochs=2, callbacks=[TensorBoard(tmp_path)])
    assert scalars(tmp_path / "train")["epoch_learning_rate"] == [(0, 0.25), (1, 0.125)]


def test_an_optimizer_without_a_rate_has_none(make_model, data, tmp_path):
    make_model(optimizer="lbfgs").fit(*data, epochs=2, callbacks=[TensorBoard(tmp_path)])
    assert set(scalars(tmp_path / "train")) == {"epoch_loss", "epoch_mae"}


def test_histograms_hold_all_weights(make_model, data, tmp_path):
    model = make_model()
    model.fit(*data, epochs=5, callbacks=[TensorBoard(tmp_path, histogram_freq=2)])
    found = histograms(tmp_path / "train")
    names = [f"{layer}/{array}/histogram" for layer in ("dense", "dense_1") for array in ("kernel", "bias")]
    assert set(found) == {(name, step) for name in names for step in (0, 2, 4)}
    for name, array in zip(names, model.get_weights(), strict=True):
        # The last epoch's: the weights are still the same.
        last = found[name, 4]
        assert (last.num, last.min, last.max) == (array.size, array.min(), array.max())
        assert sum(last.bucket) == array.size


@pytest.mark.parametrize(("update_freq", "steps"), [("batch", [1, 2, 3, 4, 5, 6]), (2, [2, 4, 6]), ("epoch", [])])
def test_values_of_batches(make_model, data, tmp_path, update_freq, steps):
    losses = []

    class Keeper(Callback):
        def on_train_batch_end(self, batch, logs):
            losses.append(logs["loss"])

    board = TensorBoard(tmp_path, update_freq=update_freq)
    assert board.watches_batches == bool(steps)
    make_model().fit(*data, epochs=2, batch_size=16, callbacks=[board, Keeper()])
    expected = [(step, float(np.float32(losses[step - 1]))) for step in steps]
    assert scalars(tmp_path / "train").get("batch_loss", []) == expected


def test_files_are_whole_where_training_fails(make_model, data, tmp_path):
    class Failing(Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch == 2:
                raise RuntimeError("a user's own mistake")

    with pytest.raises(RuntimeError):
        make_model().fit(*data, epochs=5, callbacks=[TensorBoard(tmp_path), Failing()])
    assert [step for step, _ in scalars(tmp_path / "train")["epoch_loss"]] == [0, 1, 2]


def test_without_the_library_it_says_what_to_install(make_model, data, tmp_path, monkeypatch):
    # None in the table of modules is how Python marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    board = TensorBoard(tmp_path)
    with pytest.raises(ImportError, match=r"TensorBoard needs tensorboardX: pip install fastnn-ext\[tensorboard\]"):
        make_model().fit(*data, callbacks=[board])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"histogram_freq": -1}, "histogram_freq must be at least 0, but it is -1"),
        ({"update_freq": "step"}, "update_freq must be 'epoch', 'batch' or a number of batches, but it is 'step'"),
        ({"update_freq": 0}, "update_freq must be at least 1, but it is 0"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        TensorBoard(**arguments)
