"""One process and several ranks are trained to the same numbers, and twice the same ranks to the same bits."""

import pickle

import distributed_jobs as jobs
import numpy as np
import pytest

# Sums over ranks are rounded in another order than those of one process: in float64 to 1e-16 each, which a few dozen
# steps do not amplify to this; a float32 has seven digits, and keeps four of them.
CLOSE = {"single_precision": 1e-4}
RTOL = 1e-10


@pytest.fixture(scope="module")
def alone():
    """What one process comes to, without ranks."""
    return {name: jobs.run(name) for name in jobs.JOBS} | {
        f"own {name}": jobs.run(name, validate=False) for name in jobs.OWN
    }


@pytest.fixture(scope="module")
def trained(run_ranks, tmp_path_factory):
    """What each of so many ranks comes to in all jobs, or in some, which are then run anew."""
    known = {}

    def find(ranks, *names):
        if names or ranks not in known:
            place = tmp_path_factory.mktemp("curves") / "found"
            run_ranks(ranks, "curves.py", place, *names)
            found = [pickle.loads(place.with_name(f"found.{rank}").read_bytes()) for rank in range(ranks)]
            if names:
                return found
            known[ranks] = found
        return known[ranks]

    return find


@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_the_same_curves_and_weights_as_one_process(alone, trained, ranks):
    found = trained(ranks)[0]
    for name, (history, weights) in alone.items():
        rtol = CLOSE.get(name, RTOL)
        theirs, their_weights = found[name]
        assert theirs.keys() == history.keys(), name
        for key, values in history.items():
            np.testing.assert_allclose(theirs[key], values, rtol, err_msg=f"{name}: {key}")
        for mine, other in zip(weights, their_weights, strict=True):
            np.testing.assert_allclose(other, mine, rtol, atol=rtol, err_msg=name)


@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_all_ranks_know_the_same(trained, ranks):
    first, *others = trained(ranks)
    for other in others:
        assert_same_bits(other, first)


def test_the_same_bits_again(trained):
    again = trained(3, "drawing", "few_rows", "graph", "penalties", "adam", "lbfgs")[0]
    assert len(again) > 6
    assert_same_bits(again, {name: trained(3)[0][name] for name in again})


def assert_same_bits(first, second):
    assert first.keys() == second.keys()
    for name, (history, weights) in first.items():
        assert history == second[name][0], name
        for mine, other in zip(weights, second[name][1], strict=True):
            assert mine.tobytes() == other.tobytes(), name
