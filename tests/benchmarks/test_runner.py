"""The refusal of peers that did other work, and of peers that do not run."""

import math

import pytest

from benchmarks.jobs import JOBS
from benchmarks.runner import LossMismatchError, Worker, check_losses


@pytest.mark.parametrize("wrong", [0.02003, 0.01997, math.nan, math.inf])
def test_losses_that_disagree_are_refused_by_name(wrong):
    check_losses(0.02, {"notebook": 0.02, "numpy": 0.020001}, tolerance=1e-3)
    with pytest.raises(LossMismatchError, match=r"^numpy ended at loss"):
        check_losses(0.02, {"notebook": 0.02, "numpy": wrong}, tolerance=1e-3)


def test_a_worker_that_ends_early_is_an_error():
    worker = Worker(JOBS["notebook"], "no_such_peer", epochs=1, threads=1)
    with pytest.raises(RuntimeError, match="no_such_peer ended early"):
        worker.wait_until_ready()
    worker.close()
