"""How many threads fastnn uses, by its own functions and by threadpoolctl."""

import os
import subprocess
import sys

import pytest

from fastnn import threads
from fastnn_ext.runtime import pool


@pytest.fixture(autouse=True)
def restored():
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


def printed_by(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def of_fastnn(infos):
    return [info for info in infos if info["internal_api"] == "fastnn"]


def test_the_number_is_that_of_the_pool():
    threads.set_num_threads(3)
    assert threads.get_num_threads() == pool.get_num_threads() == 3


@pytest.mark.parametrize(
    ("number", "error"), [(0, ValueError), (1025, ValueError), (1.0, TypeError), (True, TypeError)]
)
def test_a_bad_number_is_refused(number, error):
    with pytest.raises(error, match=r"num_threads is .*; expected a whole number from 1 to 1024"):
        threads.set_num_threads(number)


def test_importing_needs_no_threadpoolctl_and_starts_no_thread():
    code = """
import sys
sys.modules["threadpoolctl"] = None
import fastnn.threads
from fastnn_ext.runtime import pool
print(pool.started_threads())
try:
    fastnn.threads.register_with_threadpoolctl()
except ImportError as error:
    print(error)
"""
    started, message = printed_by(code).splitlines()
    assert started == "0"
    assert "pip install threadpoolctl" in message
    assert "set_num_threads" in message


def test_threadpoolctl_does_not_know_before_it_is_told():
    pytest.importorskip("threadpoolctl")
    code = """
import fastnn.threads, threadpoolctl
def known():
    return [info["num_threads"] for info in threadpoolctl.threadpool_info() if info["internal_api"] == "fastnn"]
fastnn.threads.set_num_threads(7)
print(known())
fastnn.threads.register_with_threadpoolctl()
fastnn.threads.register_with_threadpoolctl()
print(known())
"""
    assert printed_by(code) == "[]\n[7]\n"


def test_threadpoolctl_lists_the_pool():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    import fastnn

    threads.register_with_threadpoolctl()
    threads.set_num_threads(5)
    [info] = of_fastnn(threadpoolctl.threadpool_info())
    assert info["user_api"] == "fastnn"
    assert info["num_threads"] == 5
    assert info["version"] == fastnn.__version__
    assert os.path.samefile(info["filepath"], pool.__file__)


@pytest.mark.parametrize("limits", [1, {"fastnn": 1}])
def test_threadpoolctl_limits_the_pool(limits):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    threads.register_with_threadpoolctl()
    threads.set_num_threads(4)
    with threadpoolctl.threadpool_limits(limits):
        assert threads.get_num_threads() == 1
        with threadpoolctl.threadpool_limits(2, user_api="fastnn"):
            assert threads.get_num_threads() == 2
    assert threads.get_num_threads() == 4


def test_limits_for_another_library_leave_the_pool_alone():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    threads.register_with_threadpoolctl()
    threads.set_num_threads(4)
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        assert threads.get_num_threads() == 4
