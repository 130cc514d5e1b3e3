"""Ctrl-C: training stops soon, between two batches, and the weights are those of the batches that were finished."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import fastnn

posix = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a process of its own")

# A process that does not end hangs: far longer than any of these programs takes.
LIMIT = 120

# Trains until it is interrupted, tells when that was, and trains a twin batch by batch until its weights are the same.
PROGRAM = """
import json, signal, sys, threading, time
import numpy as np
import fastnn
from fastnn import ActivationLayer, FCLayer, SoftmaxLayer

# Also where whoever started this ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)
batch_size, how, own = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3] == "own"
SAMPLES = 2048

class Passing:
    def forward(self, input):
        return input

    def backward(self, output_error, learning_rate):
        return output_error

def network():
    rng = np.random.default_rng(0)
    layers = [FCLayer(784, 512, rng=rng), ActivationLayer(fastnn.relu), FCLayer(512, 512, rng=rng),
              ActivationLayer(fastnn.relu), FCLayer(512, 10, rng=rng), SoftmaxLayer(10)]
    return layers + [Passing()] * own

def parameters(net):
    return [array for layer in net if not isinstance(layer, Passing) for array in layer.parameters().values()]

rng = np.random.default_rng(1)
x, y = rng.normal(size=(SAMPLES, 784)).astype(np.float32), np.eye(10)[rng.integers(10, size=SAMPLES)]
how = how | {"loss": fastnn.cross_entropy, "batch_size": batch_size}
net = network()
first = net[0].weights.copy()

def tell_when_it_learns():
    while np.array_equal(net[0].weights, first):
        pass
    print("learning", flush=True)

threading.Thread(target=tell_when_it_learns, daemon=True).start()
try:
    fastnn.train(net, x, y, epochs=10**6, **how)
except KeyboardInterrupt:
    caught = time.monotonic()
signal.signal(signal.SIGINT, signal.SIG_IGN)

twin, batches = network(), 0
while net[0].weights.tobytes() != twin[0].weights.tobytes() and batches < 20 * SAMPLES // batch_size:
    rows = slice(batches * batch_size % SAMPLES, batches * batch_size % SAMPLES + batch_size)
    fastnn.train(twin, x[rows], y[rows], epochs=1, **how)
    batches += 1
print(json.dumps({
    "caught": caught,
    "batches": batches,
    "finite": all(bool(np.isfinite(array).all()) for array in parameters(net)),
    "same": all(a.tobytes() == b.tobytes() for a, b in zip(parameters(net), parameters(twin))),
    "goes_on": len(fastnn.train(net, x[:10], y[:10], epochs=1, **how)[1]) == 1,
}))
"""


class Interrupting:
    """A layer in whose backward pass Ctrl-C comes."""

    def forward(self, input):
        return input

    def backward(self, output_error, learning_rate):
        signal.raise_signal(signal.SIGINT)
        return output_error


@pytest.mark.parametrize("optimizer", [None, fastnn.optimizers.Adam(0.1)], ids=["plain", "adam"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_all_layers_have_moved_or_none(place, optimizer):
    handler = signal.getsignal(signal.SIGINT)
    x, y = np.ones((4, 3)), np.zeros((4, 1))

    def network(between):
        rng = np.random.default_rng(0)
        layers = [fastnn.FCLayer(3, 2, rng=rng), fastnn.FCLayer(2, 1, rng=rng)]
        layers.insert(place, between)
        return layers

    def parameters(layers):
        return [array for layer in layers if isinstance(layer, fastnn.FCLayer) for array in layer.parameters().values()]

    quiet = Interrupting()
    quiet.backward = lambda output_error, learning_rate: output_error
    expected, interrupted = network(quiet), network(Interrupting())
    fastnn.train(expected, x, y, epochs=1, batch_size=4, optimizer=optimizer)
    with pytest.raises(KeyboardInterrupt):
        fastnn.train(interrupted, x, y, epochs=5, batch_size=4, optimizer=optimizer)
    for one, other in zip(parameters(expected), parameters(interrupted), strict=True):
        np.testing.assert_array_equal(one, other)
    assert signal.getsignal(signal.SIGINT) is handler


@posix
@pytest.mark.parametrize(
    ("batch_size", "how", "own"),
    [(1, {}, ""), (64, {}, ""), (1024, {}, ""), (64, {}, "own")],
    ids=["one by one", "batches", "large batches", "layers"],
)
def test_training_stops_soon_and_between_two_batches(batch_size, how, own):
    command = [sys.executable, "-c", PROGRAM, str(batch_size), json.dumps(how), own]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "learning\n"
            sent = time.monotonic()
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, "")
    told = json.loads(output)
    # Some hundredths of a second where the machine is idle. time.monotonic is one clock for all processes.
    assert told["caught"] - sent < 1
    assert told["finite"]
    assert told["same"], "the weights are not those after any whole number of batches"
    assert told["batches"] > 0
    assert told["goes_on"]


@posix
def test_a_prediction_is_interrupted_after_it_ends():
    program = """
import signal
import numpy as np, fastnn
signal.signal(signal.SIGINT, signal.default_int_handler)
rng = np.random.default_rng(0)
layer = fastnn.FCLayer(300, 200, rng=rng)
x, out = rng.normal(size=(200, 300)), np.zeros((200, 200), np.float32)
expected = fastnn.predict([layer], x).tobytes()
try:
    print("ready", flush=True)
    while True:
        fastnn.predict([layer], x, out)
except KeyboardInterrupt:
    print(fastnn.predict([layer], x).tobytes() == expected)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert (process.returncode, output) == (0, "True\n")
