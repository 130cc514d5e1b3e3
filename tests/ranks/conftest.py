"""Ranks as real processes, started by MPI's own launcher."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from installed import is_installed

HERE = pathlib.Path(__file__).parent
# Tables that programs and tests share.
sys.path.insert(0, str(HERE))
# What ranks run.
collect_ignore = ["programs"]
# More than any of these takes: a hang becomes a failure.
PATIENCE = 120


def launcher():
    """``mpiexec``: that of this environment's packages, or the system's."""
    beside = pathlib.Path(sys.executable).with_name("mpiexec")
    return str(beside) if beside.exists() else shutil.which("mpiexec")


@pytest.fixture(scope="session")
def mpiexec():
    """The command that starts so many ranks of a program of this folder, and the environment for it."""
    if not is_installed("mpi4py"):
        pytest.skip("mpi4py is not installed: pip install fastnn-ext[mpi]")
    command = launcher()
    if command is None:
        pytest.skip("there is no mpiexec: pip install fastnn-ext[mpi]")

    def arguments(ranks, program, *more):
        return [command, "-n", str(ranks), sys.executable, str(HERE / "programs" / program), *map(str, more)]

    return arguments


@pytest.fixture(scope="session")
def surroundings():
    """The environment of ranks: this package, tables that tests share, and one thread each."""
    import fastnn

    path = os.pathsep.join([str(pathlib.Path(fastnn.__file__).parents[1]), str(HERE), str(HERE.parent)])
    return {**os.environ, "PYTHONPATH": path, "FASTNN_NUM_THREADS": "1"}


@pytest.fixture(scope="session")
def run_ranks(mpiexec, surroundings):
    """Run a program of this folder as so many ranks to its end."""

    def run(ranks, program, *more, check=True):
        done = subprocess.run(
            mpiexec(ranks, program, *more), env=surroundings, capture_output=True, text=True, timeout=PATIENCE
        )
        if check:
            assert done.returncode == 0, done.stderr[-4000:]
        return done

    return run
