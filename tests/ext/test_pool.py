"""The thread pool: every thread once, all at the same time, from any thread, after a fork, and at exit."""

import contextlib
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from fastnn_ext.runtime import pool

# A process that does not end is a dead lock: far longer than any of these programs takes.
LIMIT = 60
MOST = pool.MAX_THREADS

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads what only Linux tells")


def printed_by(code, *arguments, **environment):
    """What a Python of its own prints: for what a process can do once only, or might not survive."""
    clean = {name: value for name, value in os.environ.items() if name != "FASTNN_NUM_THREADS"}
    # Python 3.12 and later warn of any fork beside threads, which is what is tested here.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", *(arguments or ("-c", code))]
    done = subprocess.run(command, env=clean | environment, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


@contextlib.contextmanager
def python_threads(functions):
    """Runs the functions in threads of their own; at the end no error of theirs is lost."""
    errors = []

    def call(function):
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=call, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()
    assert not errors, errors


# One run.


@pytest.mark.parametrize("barriers", [0, 1, 5])
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_each_thread_comes_once_in_every_run(threads, barriers):
    # More threads than cores too: one that waits at a barrier must let the others have its core.
    counted = pool.run_counting(threads, rounds=100, barriers=barriers)
    assert counted == {"sizes": {threads: 100}, "turns": [100] * threads, "wrong": 0}


def test_a_thousand_threads_are_the_most():
    assert pool.run_counting(200, rounds=2, barriers=1) == {"sizes": {200: 2}, "turns": [2] * 200, "wrong": 0}
    with pytest.raises(ValueError, match=rf"1 to {MOST}.*they are {MOST + 1}, 1 and 0"):
        pool.run_counting(MOST + 1)


def test_tasks_run_at_the_same_time_in_threads_of_their_own():
    all_there = threading.Barrier(4, timeout=LIMIT)
    seen = {}

    def task(thread, threads):
        all_there.wait()
        seen[thread, threads] = threading.get_ident()

    assert pool.run_calling(task, 4) == 4
    assert sorted(seen) == [(thread, 4) for thread in range(4)]
    assert len(set(seen.values())) == 4
    assert seen[0, 4] == threading.get_ident()


def test_a_run_inside_a_task_is_alone():
    inner = []
    pool.run_calling(lambda thread, threads: inner.append(pool.run_counting(2, rounds=3, barriers=2)), 3)
    assert inner == [{"sizes": {1: 3}, "turns": [3, 0], "wrong": 0}] * 3
    pool.run_calling(lambda thread, threads: inner.append(pool.run_counting(2)["sizes"]), 1)
    assert inner[-1] == {1: 1}
    assert pool.run_counting(3)["sizes"] == {3: 1}


def test_a_caller_who_finds_the_pool_busy_runs_alone_at_once():
    counted = []

    def task(thread, threads):
        if thread == 0:
            # The run cannot end before the other caller has: waiting for the pool would be a dead lock.
            with python_threads([lambda: counted.append(pool.run_counting(2, rounds=5, barriers=1))]):
                pass

    assert pool.run_calling(task, 2) == 2
    assert counted == [{"sizes": {1: 5}, "turns": [5, 0], "wrong": 0}]
    assert pool.run_counting(2)["sizes"] == {2: 1}


def test_many_callers_at_once():
    counted = {}

    def caller(number):
        counted[number] = pool.run_counting(1 + number % 4, rounds=1000, barriers=number % 3)

    with python_threads([lambda number=number: caller(number) for number in range(8)]):
        pass
    for number in range(8):
        assert counted[number]["wrong"] == 0
        assert sum(counted[number]["sizes"].values()) == counted[number]["turns"][0] == 1000
        assert set(counted[number]["sizes"]) <= {1, 1 + number % 4}


def test_an_error_in_a_task_comes_to_the_caller_and_the_pool_goes_on():
    def task(thread, threads):
        if thread == 1:
            raise KeyError("from the second thread")

    with pytest.raises(KeyError, match="from the second thread"):
        pool.run_calling(task, 2)
    assert pool.run_counting(2, barriers=1)["wrong"] == 0


# How many threads.


@pytest.fixture
def restored():
    before = pool.get_num_threads()
    yield
    pool.set_num_threads(before)


@pytest.mark.parametrize("number", [1, 3, MOST, np.int64(5)])
def test_the_number_of_threads_is_kept(restored, number):
    pool.set_num_threads(number)
    assert pool.get_num_threads() == number


@pytest.mark.parametrize(
    ("number", "error", "message"),
    [
        (0, ValueError, f"num_threads is 0; expected a whole number from 1 to {MOST}"),
        (-1, ValueError, "num_threads is -1"),
        (MOST + 1, ValueError, f"num_threads is {MOST + 1}"),
        (2**80, ValueError, "num_threads is 1208925819614629174706176"),
        (True, TypeError, "num_threads is True"),
        (2.0, TypeError, f"num_threads is a float; expected a whole number from 1 to {MOST}"),
        ("2", TypeError, "num_threads is a str"),
        (None, TypeError, "num_threads is a NoneType"),
    ],
)
def test_a_bad_number_is_refused_and_changes_nothing(number, error, message):
    before = pool.get_num_threads()
    with pytest.raises(error, match=message):
        pool.set_num_threads(number)
    assert pool.get_num_threads() == before


def test_the_number_may_change_while_a_run_lasts(restored):
    def task(thread, threads):
        pool.set_num_threads(5 + thread)
        assert threads == 2

    assert pool.run_calling(task, 2) == 2
    assert pool.get_num_threads() in (5, 6)


def test_threads_start_when_needed_and_stay():
    code = """
from fastnn_ext.runtime import pool
alive = [pool.started_threads()]
for threads in (1, 2, 4, 2, 1, 4):
    assert pool.run_counting(threads, 20, 2)["wrong"] == 0
    alive.append(pool.started_threads())
print(alive)
"""
    assert printed_by(code) == "[0, 0, 1, 3, 3, 3, 3]\n"


@pytest.mark.parametrize(
    ("text", "threads"), [("1", 1), ("3", 3), (" 7 ", 7), (str(MOST), MOST), ("", None), (None, None)]
)
def test_the_environment_variable_is_read(text, threads):
    assert pool.threads_from_text(text) == threads


@pytest.mark.parametrize(
    "text", ["0", "-1", str(MOST + 1), "99999999999", "two", "1.5", "1_0", "+2", "2 3", " ", "\N{SUPERSCRIPT TWO}"]
)
def test_a_bad_environment_variable_is_refused(text):
    with pytest.raises(ValueError, match=rf"^FASTNN_NUM_THREADS is .*; expected a whole number from 1 to {MOST}\."):
        pool.threads_from_text(text)


def test_the_environment_variable_counts_at_import():
    code = "from fastnn_ext.runtime import pool; print(pool.get_num_threads(), pool.started_threads())"
    assert printed_by(code, FASTNN_NUM_THREADS="5") == "5 0\n"
    code = """
try:
    from fastnn_ext.runtime import pool
except ValueError as error:
    print(error)
"""
    assert "FASTNN_NUM_THREADS is 'many'; expected" in printed_by(code, FASTNN_NUM_THREADS="many")


@linux
def test_the_process_affinity_limits_the_number():
    code = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from fastnn_ext.runtime import pool
print(pool.available_threads(), pool.get_num_threads(), pool.run_counting(3, 50, 3)["wrong"])
"""
    assert printed_by(code) == "1 1 0\n"


@pytest.mark.parametrize(
    ("membership", "files", "quota"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 1.5),
        ("0::/\n", {"cpu.max": "max 100000\n"}, None),
        ("0::/\n", {}, None),
        ("0::/a/b\n", {"a/b/cpu.max": "400000 100000\n", "a/cpu.max": "50000 100000\n"}, 0.5),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "300000 100000\n"}, 3.0),
        # The group's path as the host sees it, and files as the container does.
        ("0::/../../host/name\n", {"cpu.max": "200000 100000\n"}, 2.0),
        (
            "2:cpu,cpuacct:/a\n",
            {"cpu,cpuacct/a/cpu.cfs_quota_us": "25000", "cpu,cpuacct/a/cpu.cfs_period_us": "10000"},
            2.5,
        ),
        ("1:cpu:/host\n0::/\n", {"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1.0),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "100000\n"}, None),
        ("3:cpuset:/\n2:cpuacct:/\n", {"cpuset/cpu.max": "1 100000\n", "cpuacct/cpu.max": "1 100000\n"}, None),
        ("4:name=a:b:/\n1:cpu:/odd:name\n0::/\n", {"cpu/odd:name/cpu.max": "70000 100000"}, 0.7),
    ],
)
def test_the_quota_of_control_groups(tmp_path, membership, files, quota):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert pool.cpu_quota(membership, tmp_path) == quota


@linux
def test_fewer_threads_where_the_system_refuses_more():
    # Thread stacks take address space: 48 MB beyond what is in use are too few for a thousand of them.
    code = """
import resource
from fastnn_ext.runtime import pool
size = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize"))
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
resource.setrlimit(resource.RLIMIT_AS, (size * 1024 + 48 * 2**20, hard))
counted = pool.run_counting(1024, 5, 2)
[(threads, rounds)] = counted["sizes"].items()
assert threads == pool.started_threads() + 1 < 1024 and rounds == 5 and counted["wrong"] == 0, counted
resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
assert pool.run_counting(threads + 2)["sizes"] == {threads: 1}
pool.set_num_threads(2)
assert pool.run_counting(threads + 2)["sizes"] == {threads + 2: 1}
"""
    assert printed_by(code) == ""


# Forks. Each child has an alarm: where it locks up, the signal ends it and its exit status tells.

FORKED = """
import os, signal, sys, threading
from fastnn_ext.runtime import pool

def check():
    assert pool.started_threads() == 0
    assert pool.run_counting(3, 20, 3) == {"sizes": {3: 20}, "turns": [20] * 3, "wrong": 0}
    assert pool.started_threads() == 2

def forked(work):
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1]
"""


@forks
def test_a_child_has_a_pool_of_its_own():
    code = """
def check_and_fork():
    check()
    assert forked(check) == 0

statuses = [forked(check)]
assert pool.run_counting(4, 10, 2)["wrong"] == 0
statuses += [forked(check), forked(check_and_fork)]
assert pool.run_counting(4, 10, 2) == {"sizes": {4: 10}, "turns": [10] * 4, "wrong": 0}
print(statuses, pool.started_threads())
"""
    assert printed_by(FORKED + code) == "[0, 0, 0] 3\n"


@forks
def test_a_fork_while_another_thread_has_the_pool():
    code = """
statuses = []

def task(thread, threads):
    if thread == 0:
        forker = threading.Thread(target=lambda: statuses.append(forked(check)))
        forker.start()
        forker.join()

assert pool.run_calling(task, 3) == 3
print(statuses, pool.run_counting(3, 5, 5)["wrong"])
"""
    assert printed_by(FORKED + code) == "[0] 0\n"


@forks
def test_forks_at_any_moment_of_another_threads_runs():
    code = """
stop = []

def run():
    while not stop:
        assert pool.run_counting(3, 50, 1)["wrong"] == 0

runner = threading.Thread(target=run)
runner.start()
statuses = [forked(check) for _ in range(20)]
stop.append(True)
runner.join()
print(set(statuses))
"""
    assert printed_by(FORKED + code) == "{0}\n"


@pytest.mark.parametrize("method", ["spawn", pytest.param("fork", marks=forks)])
def test_multiprocessing(tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(f"""
import multiprocessing
from fastnn_ext.runtime import pool

def work():
    pool.run_counting(2, 20, 2) == {{"sizes": {{2: 20}}, "turns": [20, 20], "wrong": 0}} or exit(3)

if __name__ == "__main__":
    work()
    context = multiprocessing.get_context("{method}")
    children = [context.Process(target=work) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join({LIMIT // 3})
    codes = [child.exitcode for child in children]
    for child in children:
        child.kill()
    print(codes)
""")
    root = os.path.dirname(os.path.dirname(pool.__file__))
    assert printed_by(None, str(script), PYTHONPATH=root) == "[0, 0]\n"


# The end of a process, and signals.


@pytest.mark.parametrize("rounds", [1, 10**9], ids=["parked", "running"])
@pytest.mark.parametrize("barriers", [0, 3])
def test_a_process_ends_while_its_pool_is(rounds, barriers):
    code = f"""
import threading
from fastnn_ext.runtime import pool
threading.Thread(target=pool.run_counting, args=(3, {rounds}, {barriers}), daemon=True).start()
while pool.started_threads() < 2:
    pass
print("ends")
"""
    assert printed_by(code) == "ends\n"


@linux
def test_signals_go_to_the_threads_of_python():
    # A worker that took Ctrl-C would leave the main thread asleep in a system call.
    code = """
import os, signal
from fastnn_ext.runtime import pool
pool.run_counting(4)
blocking = 0
for task in os.listdir("/proc/self/task"):
    fields = dict(line.split(":", 1) for line in open(f"/proc/self/task/{task}/status"))
    blocking += int(fields["SigBlk"], 16) >> (signal.SIGINT - 1) & 1
print(blocking, pool.started_threads(), signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""
    assert printed_by(code) == "3 3 set()\n"
