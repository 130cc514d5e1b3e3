"""The peers do the same work, from the same weights every time."""

import importlib

import numpy as np
import pytest

from benchmarks.jobs import JOBS
from benchmarks.peers import PEERS, notebook, reference
from benchmarks.peers import fastnn as ours
from benchmarks.peers import fastnn_model as model
from benchmarks.peers import numpy as expert

# Every way through the files of the libraries that start in a moment; torch.compile and TensorFlow take many seconds.
LIBRARIES = {
    "torch": ("notebook", "keras", "dense", "one-step", "predict-one-small", "predict-10k-bytes"),
    "jax": ("notebook", "keras", "dense", "predict-one-wide", "predict-10k-bytes"),
    "onnxruntime": ("predict-one-small", "predict-10k-small", "predict-10k-bytes"),
    "sklearn": ("mid", "dense", "one-step", "predict-10k-small"),
    "kann": ("keras60k", "predict-one-small"),
    "fann": ("notebook", "predict-one-small"),
    "genann": ("notebook", "predict-one-small"),
    "tinn": ("notebook",),
}


def test_both_float64_peers_train_alike():
    task = JOBS["notebook"].make(3)
    # Both float64, with sums in another order: some 1e-16 a step, over 3,000 steps.
    np.testing.assert_allclose(reference.setup(task)(), notebook.setup(task)(), rtol=1e-10)


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("peer", [expert, ours, model], ids=["numpy", "fastnn", "fastnn-model"])
def test_a_job_has_the_references_results(small_job, name, peer):
    task = small_job(name).make(3)
    expected = reference.setup(task)()
    # float32 against float64: rounding gives 1e-6 after these few steps, and a wrong constant 1e-2.
    np.testing.assert_allclose(peer.setup(task)(), expected, rtol=2e-5, atol=2e-5 * np.abs(expected).max())


@pytest.mark.parametrize(("peer", "name"), [(peer, name) for peer, names in LIBRARIES.items() for name in names])
def test_a_library_has_the_references_results(small_job, peer, name):
    if PEERS[peer].missing:
        pytest.skip(PEERS[peer].missing)
    # With one thread, JAX' peer would bind this process to one core.
    task = small_job(name).make(2, threads=2)
    run = importlib.import_module(f"benchmarks.peers.{peer}").setup(task)
    values = run()
    assert np.isfinite(values).all()
    if not run.differs:
        # As above, and scikit-learn adds Adam's epsilon in another place.
        np.testing.assert_allclose(values, reference.setup(task)(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["notebook", "keras", "mid"])
def test_every_round_starts_from_the_same_weights(small_job, name):
    task = small_job(name).make(2)
    for peer in (expert, ours, model, reference):
        run = peer.setup(task)
        np.testing.assert_array_equal(run(), run())


def test_a_gradient_step_is_that_of_finite_differences():
    # The reference's reference: one step of plain descent against differences of its own loss.
    job = JOBS["notebook"]
    task = job.make(1)
    x, y = task.rows[:4].astype(float), task.y[:4].astype(float)
    parameters = reference._float64(task)

    def loss(changed):
        output = reference._forward(task, changed, x)[-1]
        return reference._loss(task, y, output)[0]

    outputs = reference._forward(task, parameters, x)
    error = reference._loss(task, y, outputs[-1])[1]
    gradient = outputs[1].T @ error
    step = 1e-6
    for place in [(0, 0), (7, 3), (19, 9)]:
        up, down = ([array.copy() for array in parameters] for _ in range(2))
        up[2][place] += step
        down[2][place] -= step
        # Central differences err by the square of the step, and by rounding over it.
        assert gradient[place] == pytest.approx((loss(up) - loss(down)) / (2 * step), rel=1e-4, abs=1e-9)


def test_every_job_names_known_peers():
    for job in JOBS.values():
        assert {*job.peers, job.reference} <= set(PEERS)


def test_a_peer_without_its_library_says_so():
    peer = PEERS["torch"].__class__("A peer", threaded=False, libraries=("json", "no_such_library"))
    assert peer.missing.startswith("no_such_library cannot be imported")
    assert PEERS["numpy"].missing is None
