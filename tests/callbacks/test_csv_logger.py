"""The CSV logger: the file holds the very numbers of the history, line by line, and goes on where it should."""

import csv
import math
import os

import numpy as np
import pytest

from fastnn.callbacks import Callback, CSVLogger, LambdaCallback
from fastnn.layers import Dense, Input
from fastnn.models import Sequential


def rows(path, separator=","):
    with open(path, newline="") as file:
        return list(csv.reader(file, delimiter=separator))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_file_holds_the_floats_of_the_history(make_model, data, tmp_path, separator):
    path = tmp_path / "log.csv"
    logger = CSVLogger(path, separator)
    history = make_model().fit(*data, epochs=4, validation_split=0.25, callbacks=[logger])
    header, *lines = rows(path, separator)
    assert header == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    assert [int(line[0]) for line in lines] == history.epoch
    for column, name in enumerate(header[1:], 1):
        assert [float(line[column]) for line in lines] == history.history[name]
    assert path.read_bytes().count(b"\n") == 5
    assert b"\r" not in path.read_bytes()


def test_nan_and_infinity_come_back(make_model, data, tmp_path):
    path = tmp_path / "log.csv"

    class Strange(Callback):
        def on_epoch_end(self, epoch, logs):
            logs.update(nan=math.nan, infinity=-math.inf, tiny=5e-324)

    make_model().fit(*data, callbacks=[Strange(), CSVLogger(path)])
    nan, infinity, tiny = (float(text) for text in rows(path)[1][3:])
    assert math.isnan(nan)
    assert infinity == -math.inf
    assert tiny == 5e-324


def test_each_line_is_there_when_its_epoch_has_ended(make_model, data, tmp_path):
    path, seen = tmp_path / "log.csv", []
    looker = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(len(rows(path))))
    make_model().fit(*data, epochs=3, callbacks=[CSVLogger(path), looker])
    assert seen == [2, 3, 4]


def test_lines_stay_where_training_fails(make_model, data, tmp_path):
    path = tmp_path / "log.csv"

    class Failing(Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch == 1:
                raise RuntimeError("a user's own mistake")

    with pytest.raises(RuntimeError):
        make_model().fit(*data, epochs=5, callbacks=[CSVLogger(path), Failing()])
    assert [line[0] for line in rows(path)] == ["epoch", "0", "1"]


def test_values_that_come_later_get_a_column(make_model, data, tmp_path):
    x, y = data
    path = tmp_path / "log.csv"
    history = make_model(metrics=()).fit(
        x, y, epochs=4, validation_data=(x, y), validation_freq=2, callbacks=[CSVLogger(path)]
    )
    loss, validation = history.history["loss"], history.history["val_loss"]
    assert rows(path) == [
        ["epoch", "loss", "val_loss"],
        ["0", repr(loss[0]), ""],
        ["1", repr(loss[1]), repr(validation[0])],
        ["2", repr(loss[2]), ""],
        ["3", repr(loss[3]), repr(validation[1])],
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["log.csv"]


def test_a_second_training_replaces_the_file(make_model, data, tmp_path):
    path = tmp_path / "log.csv"
    logger = CSVLogger(path)
    make_model().fit(*data, epochs=3, callbacks=[logger])
    make_model(metrics=()).fit(*data, epochs=1, callbacks=[logger])
    assert [len(line) for line in rows(path)] == [2, 2]


@pytest.mark.parametrize("last", ["\n", ""])
def test_append_goes_on_after_the_last_line(make_model, data, tmp_path, last):
    path = tmp_path / "log.csv"
    model = make_model()
    first = model.fit(*data, epochs=2, callbacks=[CSVLogger(path, append=True)])
    path.write_text(path.read_text().rstrip("\n") + last)
    second = model.fit(*data, epochs=4, initial_epoch=2, callbacks=[CSVLogger(path, append=True)])
    header, *lines = rows(path)
    assert header == ["epoch", "loss", "mae"]
    assert [line[0] for line in lines] == ["0", "1", "2", "3"]
    assert [float(line[1]) for line in lines] == first.history["loss"] + second.history["loss"]


def test_append_to_columns_that_do_not_fit(make_model, data, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss\n0,0.5\n")
    logger = CSVLogger(path, append=True)
    seen = []
    looker = LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(epoch))
    with pytest.raises(ValueError, match=r"log.csv' has no column for mae, but only for loss: log to another file"):
        make_model().fit(*data, callbacks=[logger, looker])
    assert seen == []
    # What validation brings is known after the first epoch.
    with pytest.raises(ValueError, match=r"log.csv' has no column for val_loss, but only for loss"):
        make_model(metrics=()).fit(*data, validation_split=0.25, callbacks=[logger, looker])
    assert path.read_text() == "epoch,loss\n0,0.5\n"


def test_append_to_what_is_no_such_file(make_model, data, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch;loss\n0;0.5\n")
    with pytest.raises(
        ValueError, match="first line must name the columns, epoch first, with ',' between them, but it is"
    ):
        make_model().fit(*data, callbacks=[CSVLogger(path, append=True)])
    assert path.read_text() == "epoch;loss\n0;0.5\n"


def test_a_missing_folder_is_told_before_training(make_model, data, tmp_path):
    seen = []
    looker = LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(epoch))
    with pytest.raises(FileNotFoundError, match=r"the folder .*nowhere of the CSVLogger's .* is not there: create it"):
        make_model().fit(*data, callbacks=[CSVLogger(tmp_path / "nowhere" / "log.csv"), looker])
    assert seen == []


def test_the_working_directory_may_change(make_model, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    leaving = LambdaCallback(on_epoch_begin=lambda epoch, logs: monkeypatch.chdir(tmp_path / "elsewhere"))
    make_model().fit(*data, epochs=2, callbacks=[CSVLogger("log.csv"), leaving])
    assert len(rows(tmp_path / "log.csv")) == 3


@pytest.mark.parametrize(
    ("separator", "error", "message"),
    [
        ("", ValueError, "separator must be one character that is no quote or line end, but it is ''"),
        (", ", ValueError, "separator must be one character"),
        ("\n", ValueError, "separator must be one character"),
        (None, TypeError, "separator must be a string of one character, but it is None"),
    ],
)
def test_refusals(separator, error, message):
    with pytest.raises(error, match=message):
        CSVLogger("log.csv", separator)


NO_LOGS = {
    "a folder": (lambda path: path.mkdir(), OSError, "Is a directory|is a folder"),
    "a pipe": (os.mkfifo, OSError, "is a device or a pipe, not a file"),
    "bytes": (lambda path: path.write_bytes(bytes(range(256))), ValueError, "log.csv' is no CSV file in UTF-8"),
    "a huge field": (lambda path: path.write_text("epoch," + "a" * 200_000), ValueError, "log.csv' is no CSV file"),
}


@pytest.mark.parametrize("name", NO_LOGS)
def test_what_is_no_log_is_not_appended_to(tmp_path, name):
    make, kind, message = NO_LOGS[name]
    make(tmp_path / "log.csv")
    with pytest.raises(kind, match=message):
        fitted(tmp_path / "log.csv")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")
def test_a_full_disk_names_the_log(tmp_path):
    # The log's first line goes to a disk that has no room for it.
    logger = CSVLogger("/dev/full")
    logger._path = "/dev/full"
    with pytest.raises(OSError, match=r"No space left on device: free some space, .*: '/dev/full'"):
        logger._write("a", [["epoch", "loss"]])


def fitted(path, append=True):
    model = Sequential([Input((2,)), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), callbacks=[CSVLogger(path, append=append)], verbose=0)
