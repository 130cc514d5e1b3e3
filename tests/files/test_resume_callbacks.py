"""Resuming with callbacks: a training that breaks anywhere and goes on comes to what the unbroken one does."""

import json
import pathlib
import subprocess
import sys
import warnings

import numpy as np
import pytest
import resuming_callbacks as resuming
from model_files import ROOT, bits
from resuming_callbacks import CASES, EPOCHS, Saving, outcome, stopping

import fastnn
from fastnn.callbacks import Callback, CSVLogger, EarlyStopping, ModelCheckpoint


class BreakingError(Exception):
    pass


class Breaking(Callback):
    """Ends the process, as it were, when it is told of this."""

    def __init__(self, when, epoch):
        self.when, self.at = when, epoch

    def on_epoch_end(self, epoch, logs):
        if self.when == "end" and epoch == self.at:
            raise BreakingError

    def on_epoch_begin(self, epoch, logs=None):
        if self.when == "begin" and epoch == self.at + 1:
            raise BreakingError


def whole(case, folder):
    folder.mkdir()
    trained, watchers = resuming.model(), CASES[case](folder)
    resuming.fit(case, trained, watchers)
    return outcome(trained, watchers, folder)


def broken(case, folder, place, when, epoch, saver):
    """The first process: which callbacks there are, where among them the model is saved, and where it breaks."""
    folder.mkdir()
    watchers = CASES[case](folder)
    saving = [ModelCheckpoint(folder / "checkpoint-{epoch}.safetensors"), Saving(folder)][saver]
    watchers.insert(place, saving)
    # Right behind the one that saves, or behind all, or when the next epoch begins.
    watchers.insert(
        place + 1 if when == "end" else len(watchers), Breaking("begin" if when == "begin" else "end", epoch)
    )
    trained = resuming.model()
    try:
        resuming.fit(case, trained, watchers)
    except BreakingError:
        return True
    return False


def resumed(case, folder, file, first):
    trained, watchers = fastnn.load_model(file), CASES[case](folder)
    with warnings.catch_warnings():
        # Where the training was over.
        warnings.simplefilter("ignore", UserWarning)
        resuming.fit(case, trained, watchers, first)
    return json.loads(json.dumps(outcome(trained, watchers, folder)))


@pytest.mark.parametrize("saver", [0, 1], ids=["ModelCheckpoint", "own saver"])
@pytest.mark.parametrize("when", ["end", "last", "begin"])
@pytest.mark.parametrize("case", CASES)
def test_a_training_that_breaks_after_any_epoch(tmp_path, case, when, saver):
    expected = json.loads(json.dumps(whole(case, tmp_path / "whole")))
    epochs = len(expected["history"][0])
    count = len(CASES[case](tmp_path))
    name = ("checkpoint", "own")[saver]
    for epoch in range(epochs):
        # Saved before all callbacks, behind all, and between them.
        place = (0, count, count // 2)[epoch % 3]
        folder = tmp_path / f"broken-{epoch}"
        fell = broken(case, folder, place, when, epoch, saver)
        assert fell or epoch == epochs - 1
        got = resumed(case, folder, folder / f"{name}-{epoch + 1}.safetensors", epoch + 1)
        for what in expected:
            assert got[what] == expected[what], (what, epoch, place)


@pytest.mark.parametrize("case", CASES)
def test_from_a_file_of_some_epochs_ago(tmp_path, case):
    # As where a file is written now and then: the log has lines that come again, and columns perhaps.
    expected = json.loads(json.dumps(whole(case, tmp_path / "whole")))
    if expected["files"][1]:
        # The file of the best weights is ahead, and not taken back.
        expected["files"][1] = None
    for epoch, later in ((0, 2), (1, 6), (3, 4)):
        for place in (0, len(CASES[case](tmp_path))):
            folder = tmp_path / f"broken-{epoch}-{place}"
            assert broken(case, folder, place, "last", later, 0)
            got = resumed(case, folder, folder / f"checkpoint-{epoch + 1}.safetensors", epoch + 1)
            got["files"][1] = expected["files"][1]
            assert got == expected


@pytest.mark.parametrize("case", ["all", "stopping, restoring"])
def test_in_another_process(tmp_path, case):
    expected = json.loads(json.dumps(whole(case, tmp_path / "whole")))
    folder = tmp_path / "broken"
    assert broken(case, folder, 1, "end", 3, 0)
    program = pathlib.Path(resuming.__file__)
    out = tmp_path / "out.json"
    subprocess.run(
        [sys.executable, program, case, folder, folder / "checkpoint-4.safetensors", "4", out],
        check=True,
        timeout=60,
        env={"PYTHONPATH": f"{ROOT}:{program.parent}", "PATH": ""},
    )
    assert json.loads(out.read_text(encoding="utf-8")) == expected


def test_the_cases_are_told_apart_by_what_they_keep(tmp_path):
    # Equalities above compare what moves: stopped before the end, reduced, with several lines.
    ended = whole("stopping", tmp_path / "stopping")
    assert ended["stopped"]
    assert len(ended["history"][0]) < EPOCHS
    assert len(set(whole("plateau", tmp_path / "plateau")["history"][1]["learning_rate"])) > 2
    assert whole("two stoppings", tmp_path / "two")["stopped"]


def test_several_trainings_one_after_the_other(tmp_path):
    expected = json.loads(json.dumps(whole("all", tmp_path / "whole")))
    folder = tmp_path / "parts"
    folder.mkdir()
    trained, done = resuming.model(), 0
    while not trained.stop_training and done < EPOCHS:
        watchers = CASES["all"](folder)
        saving = ModelCheckpoint(folder / "model.safetensors")
        resuming.fit("all", trained, [saving, *watchers], done, done + 2)
        stopped = trained.stop_training
        trained = fastnn.load_model(folder / "model.safetensors")
        done = trained.history.epoch[-1] + 1
        if stopped:
            break
    watchers = CASES["all"](folder)
    with pytest.warns(UserWarning, match="nothing is trained: the training that the model's file is of was over"):
        resuming.fit("all", trained, watchers, done)
    got = json.loads(json.dumps(outcome(trained, watchers, folder)))
    assert got == expected


def test_what_a_callback_adds_right_before_it_saves(tmp_path):
    class AddingSaver(Callback):
        def on_epoch_end(self, epoch, logs):
            logs["half"] = epoch / 2
            self.model.save(tmp_path / f"{epoch + 1}.safetensors")

    right = resuming.fit("own", resuming.model(), [AddingSaver(), Breaking("end", 99)], 0, 4)
    again = fastnn.load_model(tmp_path / "2.safetensors")
    assert again.history.history == right.before(2).history
    history = resuming.fit("own", again, [AddingSaver(), Breaking("end", 99)], 2, 4)
    assert history.history == right.history
    assert history is again.history
    assert history.epochs_of("half") == [0, 1, 2, 3]


def saved(tmp_path, watchers, epochs=6):
    trained = resuming.model()
    resuming.fit("saved", trained, watchers, 0, epochs)
    trained.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_after_a_fit_that_ended_by_itself(tmp_path):
    file = saved(tmp_path, [stopping(patience=50)])
    again, watcher = fastnn.load_model(file), stopping(patience=50)
    resuming.fit("saved", again, [watcher], 6, 9)
    right, expected = resuming.model(), stopping(patience=50)
    resuming.fit("saved", right, [expected], 0, 9)
    assert watcher.get_state() == expected.get_state()
    assert again.history.history == right.history.history


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: stopping(patience=49),
        lambda folder: stopping(patience=50, mode="max"),
        lambda folder: ModelCheckpoint(folder / "a.npz", save_weights_only=True),
    ],
)
def test_other_settings_begin_anew(tmp_path, make):
    again, other = fastnn.load_model(saved(tmp_path, [stopping(patience=50)])), make(tmp_path)
    taken = []
    other.set_state = taken.append
    resuming.fit("saved", again, [other], 6, 7)
    assert taken == []
    assert again.history.epoch == [*range(7)]


def test_without_initial_epoch_or_compiled_anew_a_new_training_begins(tmp_path):
    file = saved(tmp_path, [stopping(patience=50)])
    for change, first in ((lambda model: None, 0), (lambda model: model.compile("adam", "mse"), 6)):
        again, watcher = fastnn.load_model(file), stopping(patience=50)
        change(again)
        resuming.fit("saved", again, [watcher], first, first + 1)
        assert again.history.epoch == [first]
        assert watcher.best_epoch == first
    # And only once: the next fit of the same model is a new one, as in Keras.
    again = fastnn.load_model(file)
    resuming.fit("saved", again, [], 6, 7)
    assert resuming.fit("saved", again, [], 7, 8).epoch == [7]


def test_what_cannot_begin_does_not_use_up_what_the_file_says(tmp_path):
    file = saved(tmp_path, [stopping(patience=50)])
    again = fastnn.load_model(file)
    with pytest.raises(FileNotFoundError):
        resuming.fit("saved", again, [CSVLogger(tmp_path / "none" / "log.csv"), stopping(patience=50)], 6, 7)
    watcher = stopping(patience=50)
    history = resuming.fit("saved", again, [watcher], 6, 7)
    assert history.epoch == [*range(7)]
    assert watcher.wait > 1


def test_a_model_saved_again_keeps_what_it_was_loaded_with(tmp_path):
    file = saved(tmp_path, [stopping(patience=50, restore_best_weights=True)])
    fastnn.load_model(file).save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == file.read_bytes()


def test_weights_are_loaded_from_a_file_with_callbacks(tmp_path):
    file = saved(tmp_path, [stopping(patience=50, restore_best_weights=True)])
    other = resuming.model()
    other.load_weights(file)
    assert bits(other.get_weights()) == bits(fastnn.load_model(file).get_weights())


def test_a_model_that_is_saved_before_callbacks_have_taken_up_what_they_knew(tmp_path):
    class Early(Callback):
        def on_train_begin(self, logs=None):
            self.model.save(tmp_path / "early.safetensors")

    file = saved(tmp_path, [stopping(patience=50)])
    resuming.fit("saved", fastnn.load_model(file), [stopping(patience=50), Early()], 6, 8)
    first, second = stopping(patience=50), stopping(patience=50)
    resuming.fit("saved", fastnn.load_model(file), [first], 6, 8)
    resuming.fit("saved", fastnn.load_model(tmp_path / "early.safetensors"), [second], 6, 8)
    assert first.get_state() == second.get_state()
    assert first.wait > 3


def test_an_epoch_that_is_begun_anew_has_the_rate_that_it_had(tmp_path):
    class Early(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.save(tmp_path / f"begun-{epoch}.safetensors")

    def watchers():
        return [fastnn.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2), Early()]

    expected = resuming.fit("saved", resuming.model(), watchers(), 0, 5).history
    history = resuming.fit("saved", fastnn.load_model(tmp_path / "begun-3.safetensors"), watchers(), 3, 5).history
    assert history == expected
    assert len(set(expected["learning_rate"])) == 5


def test_epochs_that_are_trained_again_are_taken_out_of_the_history(tmp_path):
    again = fastnn.load_model(saved(tmp_path, []))
    before = again.history.history["loss"]
    history = resuming.fit("saved", again, [], 4, 7)
    assert history.epoch == history.epochs_of("val_loss") == [*range(7)]
    assert history.history["loss"][:4] == before[:4]
    assert history.history["loss"][4] != before[4]


def test_settings_are_those_before_training(tmp_path):
    class Counting(Callback):
        def __init__(self, count=0):
            self.count = count

        def on_epoch_end(self, epoch, logs):
            self.count += 1

        def get_state(self):
            return {"count": self.count}

        def set_state(self, state):
            self.count = state["count"]

    file = saved(tmp_path, [Counting(3)])
    watchers = [Counting(4), Counting(3)]
    resuming.fit("saved", fastnn.load_model(file), watchers, 6, 8)
    assert [watcher.count for watcher in watchers] == [6, 11]


def test_a_class_of_ones_own_with_the_name_of_one_of_ours(tmp_path):
    ours = EarlyStopping

    def own(**how):
        class EarlyStopping(ours):
            more = 0

            def on_epoch_end(self, epoch, logs):
                super().on_epoch_end(epoch, logs)
                self.more += 1

            def get_state(self):
                return {"ours": super().get_state(), "more": self.more}

            def set_state(self, state):
                super().set_state(state["ours"])
                self.more = state["more"]

        return EarlyStopping(**how)

    file = saved(tmp_path, [own(patience=50)])
    watchers = [stopping(patience=50), own(patience=50)]
    resuming.fit("saved", fastnn.load_model(file), watchers, 6, 8)
    assert watchers[1].more == 8
    assert watchers[0].wait < watchers[1].wait


def test_a_state_that_cannot_be_saved(tmp_path):
    class Bad(Callback):
        def __init__(self, state):
            self.given = state

        def get_state(self):
            return self.given

    for state, words in (
        ({"a": object()}, "must return numbers, strings, lists and dicts of them, or arrays of the model's float32"),
        ({"a": np.zeros(3)}, "but there is an array of float64"),
        ({1: 2}, "must return numbers"),
        ([1], "must return a dict"),
    ):
        trained = resuming.model()
        with pytest.raises(TypeError, match=words):
            resuming.fit("saved", trained, [Bad(state), ModelCheckpoint(tmp_path / "a.safetensors")], 0, 1)
    assert not (tmp_path / "a.safetensors").exists()


def test_a_log_that_is_not_there_any_more_begins_anew(tmp_path):
    log = tmp_path / "log.csv"
    file = saved(tmp_path, [CSVLogger(log)])
    for content in (None, b"", b"epoch,other\n0,1\n", b"epoch,loss\n0,1\n", b"\n", b"\xff\x00", b'"' + b"a" * 200_000):
        log.unlink()
        if content is not None:
            log.write_bytes(content)
        resuming.fit("saved", fastnn.load_model(file), [CSVLogger(log)], 6, 8)
        lines = log.read_text().splitlines()
        assert lines[0] == "epoch,loss,mae,val_loss,val_mae"
        assert [line.split(",")[0] for line in lines[1:]] == ["6", "7"]


def test_the_best_weights_of_a_stopping_from_a_file_are_restored(tmp_path):
    file = saved(tmp_path, [stopping(patience=50, restore_best_weights=True)])
    again, watcher = fastnn.load_model(file), EarlyStopping(patience=50, min_delta=0.001, restore_best_weights=True)
    resuming.fit("saved", again, [watcher], 6, 7)
    assert watcher.best_epoch < 6
    assert bits(again.get_weights()) == bits(watcher.best_weights)
