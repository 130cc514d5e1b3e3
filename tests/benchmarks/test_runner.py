"""The refusal of peers that did other work, and of peers that do not run."""

import math

import pytest

from benchmarks import runner
from benchmarks.jobs import JOBS
from benchmarks.peers import Peer
from benchmarks.process import Worker
from benchmarks.runner import MismatchError, check_agreement, run_job, runnable


@pytest.mark.parametrize("wrong", [0.02003, 0.01997, math.nan, math.inf])
def test_losses_that_disagree_are_refused_by_name(wrong):
    check_agreement([0.02], {"notebook": [0.02], "numpy": [0.020001]}, tolerance=1e-3)
    with pytest.raises(MismatchError, match=r"^numpy ended at"):
        check_agreement([0.02], {"notebook": [0.02], "numpy": [wrong]}, tolerance=1e-3)


def test_outputs_that_disagree_anywhere_are_refused_by_name():
    expected = [0.9, 0.1, 0.0]
    # An output near zero need not have the digits that a large one has.
    check_agreement(expected, {"torch": [0.9, 0.1, 1e-5]}, tolerance=1e-3)
    with pytest.raises(MismatchError, match=r"^torch has outputs up to 0\.01 off"):
        check_agreement(expected, {"torch": [0.9, 0.11, 0.0]}, tolerance=1e-3)
    with pytest.raises(MismatchError, match="gave 2 outputs"):
        check_agreement(expected, {"torch": [0.9, 0.1]}, tolerance=1e-3)


def test_a_worker_that_ends_early_is_an_error():
    worker = Worker(JOBS["notebook"], "no_such_peer", epochs=1, threads=1)
    with pytest.raises(RuntimeError, match="no_such_peer ended early"):
        worker.wait_until_ready()
    worker.close()


def test_peers_without_their_library_are_left_out_with_a_word(monkeypatch):
    monkeypatch.setitem(runner.PEERS, "torch", Peer("PyTorch", threaded=True, libraries=("no_such_library",)))
    lines = []
    assert runnable(["numpy", "torch"], lines.append) == ["numpy"]
    assert lines[0].startswith("without torch: no_such_library cannot be imported")


def test_every_thread_setting_is_tried_and_one_is_reported(small_job):
    lines = []
    job = small_job("keras")
    result = run_job(job, ["numpy"], rounds=2, epochs=1, progress=lines.append, threads=(1, 2))
    assert "choosing each peer's best number of threads" in lines
    (numpy,) = result.peers
    assert numpy.threads in {1, 2}
    assert len(numpy.rounds) == 2
    assert numpy.loss == pytest.approx(result.reference_loss, rel=1e-4)
    assert result.unit == job.unit
