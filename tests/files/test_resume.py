"""Resuming: six epochs are three, a file, and three more, to the last bit, also in another process."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import resuming
from model_files import ROOT, bits, everything

import fastnn
from fastnn.callbacks import Callback


def state(model):
    """All but the history, which has what the last fit was asked for."""
    return everything(model) | {"history": None}


@pytest.mark.parametrize("case", resuming.CASES)
def test_in_another_process_and_with_other_threads(tmp_path, case):
    whole, path = resuming.model(case), tmp_path / "half.safetensors"
    expected = resuming.fit(whole, 0, 6)
    before = fastnn.get_num_threads()
    try:
        fastnn.set_num_threads(1)
        half = resuming.model(case)
        resuming.fit(half, 0, 3)
    finally:
        fastnn.set_num_threads(before)
    half.save(path)
    for threads in (2, 3) if case == "adam" else (2,):
        out = tmp_path / "out.json"
        program = pathlib.Path(resuming.__file__)
        steps = [f"threads:{threads}", f"load:{path}", "fit:3-6"]
        subprocess.run(
            [sys.executable, program, out, *steps],
            check=True,
            timeout=60,
            env={"PYTHONPATH": f"{ROOT}:{program.parent}", "PATH": ""},
        )
        described, second = json.loads(out.read_text(encoding="utf-8"))
        assert described == repr({**everything(whole), "history": None})
        assert second == expected
    assert path.exists()


def test_the_whole_runs_differ_where_a_seed_or_an_epoch_does():
    # The equalities above compare something that moves.
    one, two = resuming.model("adam"), resuming.model("adam")
    resuming.fit(one, 0, 3)
    resuming.fit(two, 0, 2)
    assert bits(one.get_weights()) != bits(two.get_weights())


@pytest.mark.parametrize("case", ["momentum", "adam"])
def test_from_the_file_of_a_checkpoint(tmp_path, case):
    whole, stopped = resuming.model(case), resuming.model(case)
    expected = resuming.fit(whole, 0, 6)

    class Fail(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 3:
                raise KeyboardInterrupt

    x, y = resuming.pictures()
    checkpoint = fastnn.callbacks.ModelCheckpoint(tmp_path / "{epoch}.safetensors")
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(
            x[:48],
            y[:48],
            batch_size=resuming.BATCH,
            epochs=6,
            validation_data=(x[48:], y[48:]),
            augmentation=resuming.ImageAugmentation(rotation_range=10, width_shift_range=0.1, noise_stddev=0.05),
            callbacks=[checkpoint, Fail()],
        )
    again = fastnn.load_model(tmp_path / "3.safetensors")
    assert again.history.epoch == [0, 1, 2]
    assert resuming.fit(again, 3, 6) == expected
    assert state(again) == state(whole)


def test_from_the_file_of_a_batch_that_ends_an_epoch(tmp_path):
    # Batch by batch, an epoch's loss is added up in Python: its last digit may be another.
    whole = resuming.model("adam")
    expected = resuming.fit(whole, 0, 6, tmp_path / "whole-{epoch}-{batch}.safetensors", save_freq=3)
    again = fastnn.load_model(tmp_path / "whole-3-3.safetensors")
    assert again.history.epoch == [0, 1], "an epoch is in the history once it is over"
    second = resuming.fit(again, 3, 6, tmp_path / "again-{epoch}-{batch}.safetensors", save_freq=3)
    assert second == {name: values[:2] + values[3:] for name, values in expected.items()}
    assert state(again) == state(whole)


def test_from_the_file_of_a_batch_within_an_epoch(tmp_path):
    # The samples in their order: what is left of the epoch is trained on by hand, then fit goes on.
    x, y = resuming.pictures()
    x, y = x[:48], y[:48]
    whole = resuming.model("nadam")
    path = tmp_path / "{epoch}-{batch}.safetensors"
    for first, end, callbacks in ((0, 2, [fastnn.callbacks.ModelCheckpoint(path, save_freq=2)]), (2, 4, None)):
        whole.fit(x, y, batch_size=16, initial_epoch=first, epochs=end, shuffle=False, callbacks=callbacks)
    again = fastnn.load_model(tmp_path / "1-2.safetensors")
    again.train_on_batch(x[32:], y[32:])
    again.fit(x, y, batch_size=16, initial_epoch=1, epochs=4, shuffle=False)
    assert state(again) == state(whole)


def test_with_an_augmentation_of_ones_own(tmp_path):
    whole, half = resuming.model("rmsprop"), resuming.model("rmsprop")
    expected = resuming.fit(whole, 0, 4, augmentation=resuming.mirrored)
    resuming.fit(half, 0, 2, augmentation=resuming.mirrored)
    half.save(tmp_path / "half.safetensors")
    again = fastnn.load_model(tmp_path / "half.safetensors")
    assert resuming.fit(again, 2, 4, augmentation=resuming.mirrored) == expected
    assert state(again) == state(whole)


def test_single_steps(tmp_path):
    x, y = resuming.pictures()
    model = resuming.model("adamw")
    for row in range(5):
        model.train_on_batch(x[row : row + 8], y[row : row + 8])
    model.save(tmp_path / "steps.safetensors")
    again = fastnn.load_model(tmp_path / "steps.safetensors")
    for each in (model, again):
        for row in range(5, 9):
            each.train_on_batch(x[row : row + 8], y[row : row + 8])
    assert state(again) == state(model)


def test_saving_changes_nothing(tmp_path):
    plain, saved = resuming.model("adam"), resuming.model("adam")
    resuming.fit(plain, 0, 2)
    resuming.fit(saved, 0, 2, tmp_path / "model.safetensors")
    assert everything(saved) == everything(plain)
    content = (tmp_path / "model.safetensors").read_bytes()
    saved.save(tmp_path / "model.safetensors")
    assert (tmp_path / "model.safetensors").read_bytes() == content, "a model's file is a function of the model"
    x = np.ones((1, 6, 6), np.float32)
    assert fastnn.load_model(tmp_path / "model.safetensors").predict(x).tobytes() == plain.predict(x).tobytes()
