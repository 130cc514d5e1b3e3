"""Ranks of one machine sum in memory that all of them see, and by messages where there is none."""

import json
import os

import distributed_jobs as jobs
import numpy as np
import pytest

NAMES = ("plain", "adam", "few_rows", "graph", "sparse", "penalties", "drawing")
KINDS = {"nothing": "SharedSum", "room": "WholeSum", "the same process": "WholeSum", "sight": "WholeSum"}
# Roundings of two to three terms, each multiplied by a factor, and of a division.
CLOSE = {"float32": 1e-6, "float64": 1e-15}

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no such memory")


@pytest.fixture(scope="module", params=[2, 3])
def found(request, run_ranks, tmp_path_factory):
    place = tmp_path_factory.mktemp("sharing") / "found"
    run_ranks(request.param, "sharing.py", place, *NAMES)
    return [json.loads(place.with_name(f"found.{rank}").read_text()) for rank in range(request.param)]


@pytest.mark.parametrize("failure", KINDS)
def test_means_in_all_ranks(found, failure):
    for rank in found:
        for dtype, kind, error, same in rank[failure]:
            assert kind == KINDS[failure]
            assert error < CLOSE[dtype]
            assert same


def test_the_memory_is_given_back(found):
    for rank in found:
        assert rank["left"] == []


def test_no_other_file_is_written_to(found):
    assert not any(rank["decoy"] for rank in found)


def test_a_fit_within_a_fit_leaves_that_as_it_is(found):
    for rank in found:
        alone, around = rank["within"]
        assert around == alone


def test_curves_by_messages(found):
    for name in NAMES:
        history, _ = jobs.run(name)
        for rank in found:
            for key, values in rank["curves by messages"][name].items():
                # As in test_curves.py.
                np.testing.assert_allclose(values, history[key], 1e-10, err_msg=f"{name}: {key}")
