"""Kills: a process that saves over and over is killed at random moments, and the file is always one whole model."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from model_files import ROOT, data, everything, trained

import fastnn
from fastnn.files.writing import atomic_write

# Two models take turns, so that every save changes all of the file. A line is printed before each and after it.
PROGRAM = """
import sys
import numpy as np
from fastnn.layers import Dense, Input
from fastnn.models import Sequential
models = []
for value in (1.0, 2.0):
    model = Sequential([Input((300,)), *[Dense(300) for _ in range(6)]], seed=0)
    model.set_weights([np.full(array.shape, value) for array in model.get_weights()])
    model.metadata = {"value": value}
    models.append(model)
print("ready", flush=True)
while True:
    for model in models:
        print(flush=True)
        model.save(sys.argv[1])
"""


def test_the_file_is_always_a_whole_model(tmp_path):
    rng = np.random.default_rng(0)
    path, seen = tmp_path / "model.safetensors", []
    for _ in range(30):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, path], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        try:
            assert process.stdout.readline() == b"ready\n"
            for _ in range(int(rng.integers(2, 6))):
                begun = time.perf_counter()
                process.stdout.readline()
            # Somewhere within a save, which takes about as long as the one before: some milliseconds. A loop in place
            # of the sleep would keep the other process from its core.
            time.sleep(float(rng.random()) * (time.perf_counter() - begun))
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
        model = fastnn.load_model(path)
        value = model.metadata["value"]
        assert all((array == value).all() for array in model.get_weights())
        seen.append(value)
    assert set(seen) == {1.0, 2.0}, "kills came at one moment alone"
    left = [file.name for file in tmp_path.iterdir() if file != path]
    assert left, "no kill came within the writing"
    assert all(name.startswith(".model.safetensors.") for name in left)
    # What a kill has left behind disturbs nobody.
    trained().save(path)
    assert everything(fastnn.load_model(path)) == everything(trained())


def test_who_reads_while_another_saves_gets_a_whole_model(tmp_path):
    path = tmp_path / "model.safetensors"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, path], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        for _ in range(3):
            process.stdout.readline()
        seen = set()
        for _ in range(300):
            model = fastnn.load_model(path)
            value = model.metadata["value"]
            assert all((array == value).all() for array in model.get_weights())
            seen.add(value)
            # It stops where nobody reads what it prints.
            process.stdout.readline()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert seen == {1.0, 2.0}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, MemoryError, OSError])
def test_an_exception_within_leaves_the_old_file(good, error):
    before = good.read_bytes()

    def fail(file):
        file.write(b"half")
        raise error("no more")

    with pytest.raises(error, match="no more"), atomic_write(good) as file:
        fail(file)
    assert good.read_bytes() == before
    assert list(good.parent.iterdir()) == [good]


# A file whose opening Ctrl-C has cut off is closed by Python when it is forgotten, with a warning.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_within_a_save_leaves_the_old_file(tmp_path):
    # Python's own Ctrl-C, at the moments that a timer gives: the old model or the new one, and nothing beside it.
    path, model = tmp_path / "model.safetensors", trained()
    model.save(path)
    rng = np.random.default_rng(1)

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    interrupted = 0
    try:
        for turn in range(60):
            model.metadata = {"turn": turn}
            with contextlib.suppress(KeyboardInterrupt):
                try:
                    signal.setitimer(signal.ITIMER_REAL, float(rng.uniform(5e-5, 1.5e-3)))
                    model.save(path)
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except KeyboardInterrupt:
                    interrupted += 1
            again = fastnn.load_model(path)
            assert again.metadata.get("turn", 0) <= turn
            assert again.predict(data()[0]).tobytes() == model.predict(data()[0]).tobytes()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert interrupted, "the timer was never first"
    assert list(tmp_path.iterdir()) == [path]
