"""Sums that begin while gradients of lower layers are worked out: the same curves, whatever the layers are."""

import itertools
import json
import pickle

import distributed_jobs as jobs
import numpy as np
import pytest

from fastnn.distributed.buckets import Bucket, buckets_of, rest_of

# Chains and graphs; penalties, shared layers and tables, whose gradients are not early; parts without rows.
NAMES = ("deep", "plain", "penalties", "drawing", "graph", "weighed", "sparse", "few_rows", "frozen", "called", "adam")
# As in test_curves.py.
RTOL = 1e-10


@pytest.fixture(scope="module")
def trained(run_ranks, tmp_path_factory):
    def train(ranks):
        place = tmp_path_factory.mktemp("overlap") / "found"
        run_ranks(ranks, "overlap.py", place, *NAMES)
        return [pickle.loads(place.with_name(f"found.{rank}").read_bytes()) for rank in range(ranks)]

    return train


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_the_same_curves_and_weights_as_one_process(trained, ranks):
    parts = trained(ranks)
    found, _ = parts[0]
    for name in NAMES:
        history, weights = jobs.run(name)
        theirs, their_weights = found[name]
        assert theirs.keys() == history.keys(), name
        for key, values in history.items():
            np.testing.assert_allclose(theirs[key], values, RTOL, err_msg=f"{name}: {key}")
        for mine, other in zip(weights, their_weights, strict=True):
            np.testing.assert_allclose(other, mine, RTOL, atol=RTOL, err_msg=name)
    # Some began early: of a thousand buckets, at least.
    assert sum(count for _, count in parts) > 0
    for other, _ in parts[1:]:
        assert_same_bits(other, found)


def test_the_same_bits_again(trained):
    (first, _), *_ = trained(3)
    (second, _), *_ = trained(3)
    assert_same_bits(first, second)


def test_an_interrupt_at_any_moment_ends_the_thread(run_ranks, tmp_path):
    run_ranks(1, "interrupting.py", tmp_path / "ended", check=False)
    ended = json.loads((tmp_path / "ended").read_text())
    # Some twenty calls and returns.
    assert len(ended) > 10
    assert all(ended), f"sums stand still after an interrupt at moment {len(ended) - 1}"


def assert_same_bits(first, second):
    for name, (history, weights) in first.items():
        assert history == second[name][0], name
        for mine, other in zip(weights, second[name][1], strict=True):
            assert mine.tobytes() == other.tobytes(), name


# Kernels and biases of four layers, one behind the other, with room for whole cache lines.
EARLY = [(6, 950, 990), (6, 992, 996), (4, 550, 940), (4, 944, 948), (2, 110, 540), (0, 0, 100), (0, 100, 108)]
ENDS = [100, 110, 550, 944, 950, 992, 1000]


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (1, [Bucket(6, 950, 1000), Bucket(4, 550, 950), Bucket(2, 110, 550)]),
        (51, [Bucket(4, 550, 1000), Bucket(2, 110, 550)]),
        (451, [Bucket(2, 110, 1000)]),
        (891, []),
    ],
)
def test_neighbours_are_joined_until_they_are_large(least, expected):
    assert buckets_of(EARLY, ENDS, least) == expected
    covered = sorted([*((one.begin, one.end) for one in expected), *rest_of(expected, 1000)])
    assert covered[0][0] == 0
    assert covered[-1][1] == 1000
    assert all(end == begin for (_, end), (begin, _) in itertools.pairwise(covered))


def test_what_lies_apart_is_not_joined():
    assert buckets_of([(4, 50, 60), (2, 20, 30), (0, 0, 5)], [5, 20, 30, 50, 60], 15) == []
    assert buckets_of([], [10], 1) == []
