"""Hosts as network namespaces: as many as asked for, each time anew, and nothing of them stays."""

import os
import subprocess
import sys

import pytest

from benchmarks import links

PROGRAM = """import sys
from benchmarks import links
with links.hosts(1, None):
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def hosts_are_possible():
    lacking = links.missing()
    if lacking is not None:
        pytest.skip(lacking)


def own_names():
    """Of links and namespaces that this process has made: other tests may run beside it."""
    lines = "".join(
        subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout
        for words in (["-brief", "link"], ["netns"])
    )
    return {line.split()[0] for line in lines.splitlines() if line.startswith(f"fastnn{os.getpid()}")}


def test_hosts_come_and_go_as_often_as_asked_for():
    for _ in range(10):
        with links.hosts(3, None) as options:
            assert len(own_names()) == 1 + 3 + 3
            assert options[options.index("-hosts") + 1].count(",") == 2
        assert not own_names()


def test_hosts_of_another_run_are_in_nobodys_way():
    # As where a killed run has left some.
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with links.hosts(2, "1gbit"):
            assert len(own_names()) == 1 + 2 + 2
        other.stdin.close()
    assert other.returncode == 0
