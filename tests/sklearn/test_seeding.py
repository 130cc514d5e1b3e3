"""Generators from seeds: the same numbers as those of scikit-learn's own."""

import pickle

import numpy as np
import pytest
from sklearn.utils import check_random_state

from fastnn.sklearn.seeding import random_state_of, seeded


@pytest.mark.parametrize("seed", [0, 1, True, 2**32 - 1, np.int64(7), np.uint32(2**31)])
def test_a_seed_gives_the_numbers_of_scikit_learn(seed):
    first, second = random_state_of(seed), check_random_state(seed)
    for _ in range(2):
        assert np.array_equal(first.uniform(size=700), second.uniform(size=700))
        assert np.array_equal(first.permutation(50), second.permutation(50))
        assert np.array_equal(first.normal(size=3), second.normal(size=3))
        first, second = pickle.loads(pickle.dumps(first)), pickle.loads(pickle.dumps(second))


def test_seeds_do_not_meet():
    draws = [seeded(seed) for seed in (1, 2, 1)]
    numbers = [one.randint(1000, size=5).tolist() for one in draws]
    assert numbers[0] == numbers[2] != numbers[1]


def test_other_arguments_are_those_of_scikit_learn():
    own = np.random.RandomState(0)
    assert random_state_of(own) is own
    assert random_state_of(None) is check_random_state(None)


@pytest.mark.parametrize("wrong", [-1, 2**32, "zero", 1.5])
def test_bad_seeds_are_refused_in_the_words_of_scikit_learn(wrong):
    messages = []
    for check in (check_random_state, random_state_of):
        with pytest.raises(ValueError, match=r"Seed must be between|cannot be used to seed") as refusal:
            check(wrong)
        messages.append(str(refusal.value))
    assert messages[0] == messages[1]
