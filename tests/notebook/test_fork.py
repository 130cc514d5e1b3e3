"""Processes: a child made by fork or spawn trains and predicts as its parent does, and ends."""

import multiprocessing
import os
import subprocess
import sys

import pytest

# A process that does not end is a dead lock: far longer than any of these programs takes.
LIMIT = 60

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# work() is the same in every process: it trains with two threads, and predicts with them.
WORK = """
import os, signal, sys, threading
import numpy as np
import fastnn
from fastnn import ActivationLayer, FCLayer, SoftmaxLayer
from fastnn_ext.runtime import pool

def network():
    rng = np.random.default_rng(0)
    return [FCLayer(200, 150, rng=rng), ActivationLayer(fastnn.tanh), FCLayer(150, 10, rng=rng), SoftmaxLayer(10)]

def data():
    rng = np.random.default_rng(1)
    return rng.normal(size=(256, 200)).astype(np.float32), np.eye(10)[rng.integers(10, size=256)]

def work(net=None, optimizer=None):
    fastnn.set_num_threads(2)
    net, (x, y) = net or network(), data()
    _, errors = fastnn.train(net, x, y, epochs=2, batch_size=128, optimizer=optimizer)
    assert pool.started_threads() == 1, "two threads were meant to work"
    return np.array(errors).tobytes() + fastnn.predict(net, x).tobytes() + net[0].weights.tobytes()

def status_of_child(function, seconds=30):
    child = os.fork()
    if child == 0:
        # Ends a child that hangs, even inside compiled code.
        signal.alarm(seconds)
        code = 1
        try:
            code = 0 if function() else 2
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]
"""


def printed_by(code):
    # Python 3.12 and later warn of any fork beside threads, which is what is tested here.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", WORK + code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@forks
def test_a_child_does_what_its_parent_did():
    code = """
expected = work()
print([status_of_child(lambda: work() == expected) for _ in range(5)], work() == expected)
"""
    assert printed_by(code) == "[0, 0, 0, 0, 0] True\n"


@forks
def test_a_child_ends_within_seconds_where_pytorchs_hangs():
    pytest.importorskip("torch")
    code = """
import torch

x, y = data()
torch.set_num_threads(2)
inputs, classes = torch.from_numpy(x), torch.from_numpy(y.argmax(axis=1))
model = torch.nn.Sequential(torch.nn.Linear(200, 150), torch.nn.Tanh(), torch.nn.Linear(150, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

def work_in_torch():
    for _ in range(2):
        for rows in (slice(0, 128), slice(128, 256)):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(inputs[rows]), classes[rows]).backward()
            optimizer.step()
    return model(inputs) is not None

work(), work_in_torch()
print(status_of_child(work, 5), status_of_child(work_in_torch, 5) == signal.SIGALRM)
"""
    ours, theirs_hangs = printed_by(code).split()
    assert ours == "0"
    if theirs_hangs != "True":
        pytest.skip("this PyTorch trains in a child, too")


@forks
def test_a_child_goes_on_with_the_network_that_it_got():
    code = """
net, twin = network(), network()
optimizer = fastnn.optimizers.Adam()
work(net, optimizer), work(twin, optimizer)
expected = work(twin, optimizer)
print(status_of_child(lambda: work(net, optimizer) == expected))
print(work(net, optimizer) == expected, "the child's training was its own")
"""
    assert printed_by(code) == "0\nTrue the child's training was its own\n"


@forks
def test_a_grandchild_and_a_child_of_a_parent_that_never_trained():
    code = """
print(status_of_child(lambda: status_of_child(lambda: work()[:8]) == 0 and work()[:8]))
print(work() == work())
"""
    assert printed_by(code) == "0\nTrue\n"


@forks
def test_children_of_a_parent_whose_other_thread_is_at_work():
    code = """
expected, other, over = work(), network(), threading.Event()
x, y = data()

def train_on():
    while not over.is_set():
        fastnn.train(other, x, y, epochs=1, batch_size=128)
        fastnn.predict(other, x)

thread = threading.Thread(target=train_on)
thread.start()
print([status_of_child(lambda: work() == expected) for _ in range(10)])
over.set()
thread.join()
print(work() == expected)
"""
    assert printed_by(code) == f"{[0] * 10}\nTrue\n"


@forks
def test_a_network_that_another_thread_was_training_at_the_fork_can_be_trained_by_the_child():
    code = """
net, inside, go_on = network(), threading.Event(), threading.Event()
x, y = data()

class Waiting:
    def forward(self, input):
        inside.set()
        go_on.wait()
        return input

    def backward(self, output_error, learning_rate):
        return output_error

thread = threading.Thread(target=fastnn.train, args=([*net, Waiting()], x, y, 1), kwargs={"batch_size": 256})
thread.start()
inside.wait()
expected = work()
# The child has no such thread: nobody is training the network there.
print(status_of_child(lambda: work(net) == expected))
go_on.set()
thread.join()
"""
    assert printed_by(code) == "0\n"


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_multiprocessing(tmp_path, method):
    code = f"""
def same(expected):
    return work() == expected

if __name__ == "__main__":
    import multiprocessing
    expected = work()
    with multiprocessing.get_context({method!r}).Pool(2) as processes:
        print(processes.map_async(same, [expected] * 3).get({LIMIT}), work() == expected)
"""
    path = tmp_path / "program.py"
    path.write_text(WORK + code, encoding="utf-8")
    command = [sys.executable, "-W", "ignore::DeprecationWarning", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * LIMIT, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("[True, True, True] True\n", "", 0)
