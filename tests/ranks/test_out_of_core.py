"""Rows in files that ranks share, or each has of its own: the curves of one process, and faults by file and rank."""

import json
import pickle
import re

import file_jobs as jobs
import numpy as np
import pytest

# As in test_curves.py.
RTOL = 1e-10


@pytest.fixture(scope="module")
def trained(run_ranks, tmp_path_factory):
    """What each of so many ranks comes to, and the folder with their files."""
    pytest.importorskip("pyarrow")
    known = {}

    def find(ranks, again=False):
        if (ranks, again) not in known:
            folder = tmp_path_factory.mktemp("files")
            jobs.write(folder, ranks)
            run_ranks(ranks, "out_of_core.py", folder, "curves")
            known[ranks, again] = (
                [pickle.loads((folder / f"found.{rank}").read_bytes()) for rank in range(ranks)],
                folder,
            )
        return known[ranks, again]

    return find


def assert_alike(found, expected, name, rtol=RTOL):
    (history, weights), (right, right_weights) = found, expected
    assert history.keys() == right.keys(), name
    for key, values in right.items():
        np.testing.assert_allclose(history[key], values, rtol, err_msg=f"{name}: {key}")
    for mine, other in zip(weights, right_weights, strict=True):
        np.testing.assert_allclose(mine, other, rtol, atol=rtol, err_msg=name)


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_the_same_curves_and_weights_as_one_process(trained, ranks):
    parts, folder = trained(ranks)
    found, arrays = parts[0]
    for kind in jobs.KINDS.values():
        joined = jobs.opened([folder / kind / f"own{rank}" for rank in range(ranks)], kind)
        data = jobs.opened(folder / kind, kind)
        assert_alike(found[f"{kind}, shuffled"], jobs.trained(data), f"{kind}, shuffled")
        assert_alike(found[f"{kind}, in order"], jobs.trained(data, shuffle=False), f"{kind}, in order")
        assert_alike(found[f"{kind}, own, shuffled"], jobs.trained(joined), f"{kind}, own, shuffled")
    data, held_out = (jobs.opened(folder / "npy", "npy", jobs.MEMORY - less) for less in (0, 1024))
    alone = {
        "one window": jobs.trained(jobs.opened(folder / "npy", "npy", 1 << 20)),
        "validated": jobs.trained(data, validation_data=held_out),
        "split": jobs.trained(data, validation_split=0.3),
        "own, in order": arrays,
    }
    for name, expected in alone.items():
        assert_alike(found[name], expected, name)


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_other_ways_through_the_same_rows(trained, ranks):
    parts, folder = trained(ranks)
    found, arrays = parts[0]
    for name in ("watched", "overlap"):
        assert_alike(found[name], found["npy, shuffled"], name)
    assert_alike(found["judged batch by batch"], found["validated"], "judged batch by batch")
    for name in ("batch by batch", "losses of batches"):
        assert len(found[name][0]["loss"]) == 3 * -(-jobs.ROWS // 16)
    values = found["validated by own"][0]
    # Of the same rows, after the last epoch's steps.
    x, y, weights = jobs.rows_of()
    model = jobs.network()
    model.build((jobs.COLUMNS,))
    model.set_weights(arrays[1])
    judged = model.evaluate(x, y, sample_weight=weights, return_dict=True)
    for name, value in judged.items():
        np.testing.assert_allclose(values[f"val_{name}"][-1], value, RTOL, err_msg=name)
    for name in ("balanced", "local steps"):
        assert found[name][0]["loss"][-1] < found[name][0]["loss"][0]
    # Rows of a few batches, or of a window, and never all.
    assert 16 < found["counted together"][0]["most"][0] <= 80
    # Each row once an epoch: a mean of all of them.
    first, second = found["seen once"][0]["loss"]
    still = jobs.trained(jobs.opened(folder / "npy", "npy"), jobs.still(), epochs=1)[0]["loss"][0]
    np.testing.assert_allclose([first, second], still, 1e-12)


@pytest.mark.parametrize("ranks", [2, 3])
def test_all_ranks_know_the_same_and_again_the_same_bits(trained, ranks):
    (first, *others), _ = trained(ranks)
    again = trained(ranks, again=True)[0]
    for other in (*others, *again):
        for name, (history, weights) in first[0].items():
            assert history == other[0][name][0], name
            for mine, theirs in zip(weights, other[0][name][1], strict=True):
                assert mine.tobytes() == theirs.tobytes(), name


# What all of three ranks raise.
RAISED = {
    "bad_row": (
        "ValueError",
        r"^rank 1 of 3: row 17 of 'damaged1/x/part0.npy' must hold finite numbers, but x\[17, 3\] is nan",
    ),
    "bad_row_in_order": ("ValueError", r"^rank 1 of 3: row 17 of 'damaged1/x/part0.npy' .* x\[17, 3\] is nan"),
    "bad_row_of_balanced": ("ValueError", r"^rank 1 of 3: row 17 of 'damaged1/x/part0.npy' .* x\[17, 3\] is nan"),
    "bad_target": ("ValueError", r"^rank 1 of 3: row 5 of 'damaged1/y/part0.npy' .* y\[5, 1\] is inf"),
    "bad_validation_row": ("ValueError", r"^rank 1 of 3: row 2 of 'damaged1/x/part0.npy' .* x\[2, 0\] is -inf"),
    "bad_shared_row": ("ValueError", r"^rank \d of 3: row 9 of 'bad/x/part1.npy' .* x\[9, 4\] is nan"),
    "changed_file": ("ValueError", r"^rank 1 of 3: 'damaged1/x/part0.npy' has changed since from_files read of it"),
    "gone_file": ("FileNotFoundError", r"rank 1 of 3: .*No such file or directory: 'damaged1/y/part0.npy'"),
    "other_memory": ("ValueError", "the same memory of from_files, but ranks 1, 2 of 3: 8193, where rank 0: 8192"),
    "other_files": ("ValueError", "the same .*, but rank 1 of 3: .*300"),
    "other_kind": ("ValueError", "the same kind of files, but rank 1 of 3: '.arrow', where rank 0: '.npy'"),
    "files_and_arrays": (
        "ValueError",
        "the same kind of data, but rank 1 of 3: 'arrays', where rank 0: 'rows in files'",
    ),
    "no_room": ("ValueError", "^all 3 ranks: memory=1000 has no room for two windows of at least a batch each"),
    "watched_validation_of_own": ("ValueError", "callbacks with hooks for batches of an evaluation need data='shared'"),
}


def test_faults_are_told_by_file_and_rank(run_ranks, tmp_path):
    jobs.write(tmp_path, 3)
    run_ranks(3, "out_of_core.py", tmp_path, "faults")
    found = [json.loads((tmp_path / f"found.{rank}").read_text()) for rank in range(3)]
    for raised, after in found:
        assert raised.keys() == RAISED.keys()
        for name, (kind, text) in RAISED.items():
            assert raised[name] is not None, name
            assert re.search(text, raised[name][1]), (name, raised[name])
            assert raised[name][0] == kind, (name, raised[name])
        assert after == [True, True, 0]
        assert raised == found[0][0]
