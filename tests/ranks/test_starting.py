"""The way in, in one process: what is missing, what is refused, and what the pieces do without ranks."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse
from installed import is_installed

import fastnn
from fastnn.arrays.convert import to_array
from fastnn.distributed import launched, mpi
from fastnn.distributed.shards import BalancedShards, OwnShards, SharedRows
from fastnn.models.several import take_rows

needs_mpi = pytest.mark.skipif(
    not is_installed("mpi4py"), reason="mpi4py is not installed: pip install fastnn-ext[mpi]"
)


def test_without_mpi_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(ImportError, match=r"pip install fastnn-ext\[mpi\]"):
        mpi()


@needs_mpi
def test_without_a_library_the_message_says_what_to_install(surroundings):
    code = "from fastnn.distributed import mpi; mpi()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**surroundings, "MPI4PY_LIBMPI": "/nowhere/libmpi.so"},
        capture_output=True,
        text=True,
    )
    assert "ImportError: fastnn.distributed needs mpi4py and an MPI library" in done.stderr
    assert "pip install fastnn-ext[mpi]" in done.stderr


def test_nothing_of_it_is_imported_before_it_is_asked_for():
    code = (
        "import fastnn, sys; fastnn.Sequential; print([m for m in sys.modules if 'distributed' in m or 'mpi4py' in m])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"data": "mine"}, ValueError, "data must be 'shared' or 'own', but it is 'mine'"),
        ({"balanced": True}, ValueError, "balanced=True is for data='own'"),
        ({"balanced": "yes", "data": "own"}, TypeError, "balanced must be"),
        ({"local_statistics": 2}, TypeError, "local_statistics must be"),
        ({"overlap": 1}, TypeError, "overlap must be"),
        ({"overlap": True, "half_precision": True}, ValueError, "overlap=True is for sums of whole gradients"),
        ({"overlap": True, "local_steps": 2}, ValueError, "overlap=True is for sums of whole gradients"),
        ({"threads": 0}, ValueError, "threads must be at least 1"),
        pytest.param({"comm": "world"}, TypeError, "comm must be a communicator of mpi4py", marks=needs_mpi),
    ],
)
def test_bad_arguments_are_refused(arguments, error, text):
    with pytest.raises(error, match=text):
        mpi(**arguments)


@pytest.mark.parametrize("given", [mpi, "mpi", True])
def test_fit_takes_nothing_else(given):
    model = fastnn.Sequential([fastnn.Dense(1)], seed=0)
    model.compile(optimizer="sgd", loss="mse")
    with pytest.raises(TypeError, match=r"distributed must be what fastnn\.distributed\.mpi\(\) returns"):
        model.fit(np.ones((4, 2)), np.ones(4), distributed=given)


@pytest.mark.parametrize(("name", "value"), [("PMI_SIZE", "4"), ("OMPI_COMM_WORLD_SIZE", "2")])
def test_a_launcher_tells_how_many_there_are(monkeypatch, name, value):
    monkeypatch.delenv(name, raising=False)
    assert not launched()
    monkeypatch.setenv(name, value)
    assert launched()
    monkeypatch.setenv(name, "1")
    assert not launched()


COUNTS = {"even": [8, 8], "uneven": [3, 1, 20], "one": [5], "small": [1, 1, 1, 1]}


@pytest.mark.parametrize("batch_size", [1, 4, 7, 100])
@pytest.mark.parametrize("counts", COUNTS.values(), ids=COUNTS)
@pytest.mark.parametrize("kind", [SharedRows, OwnShards, BalancedShards])
@pytest.mark.parametrize("shuffled", [False, True])
def test_parts_make_batches(kind, counts, batch_size, shuffled):
    counts = [max(counts)] * len(counts) if kind is SharedRows else counts
    shards = [kind(counts, rank, batch_size) for rank in range(len(counts))]
    parts = [list(one.parts(np.random.default_rng(1) if shuffled else None)) for one in shards]
    assert {len(one) for one in parts} == {shards[0].steps}
    seen = [[] for _ in counts]
    for step in zip(*parts, strict=True):
        places = np.concatenate([part.places for part in step])
        # Each place once: rows draw at random by them.
        assert sorted(places) == list(range(len(places)))
        for rank, part in enumerate(step):
            assert len(part.rows) == len(part.places) <= shards[rank].most_rows
            seen[rank] += part.rows.tolist()
    if kind is SharedRows:
        assert sorted(itertools.chain(*seen)) == list(range(counts[0]))
    else:
        assert [sorted(rows) for rows in seen] == [list(range(count)) for count in counts]
    if kind is not BalancedShards:
        assert all(
            len(np.concatenate([p.places for p in step])) == shards[0].batch_size
            for step in list(zip(*parts, strict=True))[:-1]
        )


@pytest.mark.parametrize("rows", [slice(2, 5), np.array([4, 0, 4]), np.array([], int), slice(0)], ids=str)
def test_rows_of_sparse_matrices_are_taken(rows):
    dense = np.random.default_rng(0).normal(size=(6, 5))
    dense[np.abs(dense) < 1] = 0
    assert np.array_equal(take_rows(to_array(scipy.sparse.csr_matrix(dense), "x"), rows).dense(), dense[rows])
