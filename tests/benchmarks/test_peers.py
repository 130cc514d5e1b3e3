"""The peers do the same work, from the same weights every time."""

import numpy as np

from benchmarks.jobs import JOBS
from benchmarks.peers import PEERS, notebook
from benchmarks.peers import numpy as expert


def test_both_numpy_peers_train_alike():
    task = JOBS["notebook"].make(3)
    # float32 against float64: rounding drifts by about 1e-6 over 3,000 steps; the suite allows 1e-3.
    np.testing.assert_allclose(expert.setup(task)(), notebook.setup(task)(), rtol=1e-3)


def test_every_setup_starts_from_the_same_weights():
    task = JOBS["notebook"].make(1)
    for peer in (notebook, expert):
        assert peer.setup(task)() == peer.setup(task)()


def test_every_job_names_known_peers():
    for job in JOBS.values():
        assert {*job.peers, job.reference} <= set(PEERS)
