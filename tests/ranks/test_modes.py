"""Fewer and smaller messages: what they are by definition, how far from the exact curve, and alike in all ranks."""

import json

import numpy as np
import pytest


@pytest.fixture(scope="module", params=[1, 3])
def found(request, run_ranks, tmp_path_factory):
    """What one and three ranks have come to."""
    place = tmp_path_factory.mktemp("modes") / "found"
    run_ranks(request.param, "modes.py", place)
    return [json.loads(place.with_name(f"found.{rank}").read_text()) for rank in range(request.param)]


def test_all_ranks_know_the_same(found):
    for other in found:
        assert other == found[0]


def test_local_steps_are_those_of_numpy(found):
    # Sixteen steps of sums in float64.
    assert max(found[0]["plainly"]) < 1e-13


def test_one_rank_takes_the_steps_of_no_ranks(found):
    curves = found[0]["curves"]
    if len(found) == 1:
        for mode in ("local", "rarely"):
            np.testing.assert_allclose(curves[mode][0]["loss"], curves["exact"][0]["loss"], rtol=1e-10)


def test_half_precision_stays_by_the_exact_curve(found):
    curves = found[0]["curves"]
    # Eight bits of each gradient, over 32 steps of Adam; the loss falls by a fifth meanwhile.
    np.testing.assert_allclose(curves["half"][0]["loss"], curves["exact"][0]["loss"], rtol=5e-3)
    np.testing.assert_allclose(found[0]["float32"][0]["loss"], curves["exact"][0]["loss"], rtol=5e-3)
    assert curves["half"][0]["loss"] != curves["exact"][0]["loss"]


def test_all_modes_learn(found):
    for history, _ in [*found[0]["curves"].values(), found[0]["dropout"]]:
        assert history["loss"][-1] < history["loss"][0]
    assert found[0]["frozen"]


def test_sums_in_half_precision(found):
    error, same, finite = found[0]["halves"]
    # Rounded once by each rank and once by the one that adds: by 2^-8 of a number at most each time.
    assert error < 2**-7
    assert same
    # What is not finite stays so, and is told of after the step.
    assert finite == [True, False, False]


def test_a_failure_takes_back_the_steps_since_the_last_average(found):
    different, finite, failure = found[0]["diverging"]
    assert different == 1
    assert finite
    assert "with the steps since the ranks' last average" in failure


def test_what_does_not_go_together_is_refused(found):
    for text, message in found[0]["refused"].items():
        assert message is not None, text
        assert text in message
