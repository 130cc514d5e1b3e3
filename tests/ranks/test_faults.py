"""A fault of one rank is told by all, and by its name; a rank that is gone ends the others; a training goes on."""

import contextlib
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "programs"))

import restarting

# Seconds, more than it takes: a hang becomes a failure.
PATIENCE = 60

# What all ranks raise.
RAISED = {
    "bad_number": ("ValueError", r"rank 1 of 3: x must hold finite numbers, but x\[20, 2\] is nan"),
    "bad_target": ("ValueError", r"rank 2 of 3: y must hold finite numbers, but y\[3, 0\] is inf"),
    "other_width": ("ValueError", r"rank 2 of 3: x must have shape \(samples, 4\), but its shape is \(30, 3\)"),
    "other_width_of_a_model_that_the_data_build": (
        "ValueError",
        r"the same shapes of inputs, but rank 2 of 3: \[\(3,\)\], where rank 0: \[\(4,\)\]",
    ),
    "other_number_of_samples": ("ValueError", "number of samples, but ranks 1, 2 of 3: 29, where rank 0: 30"),
    "no_samples": ("ValueError", "rank 1 of 3: x must hold at least one sample"),
    "other_epochs": ("ValueError", "the same epochs, but ranks 1, 2 of 3: 3, where rank 0: 2"),
    "other_layers": ("ValueError", "the same layer 0, but ranks 1, 2 of 3: .*tanh.*where rank 0: .*relu"),
    "other_optimizer": ("ValueError", "the same optimizer, but rank 1 of 3: .*0.5.*where rank 0: .*0.4"),
    "other_callbacks": ("ValueError", r"the same callbacks, but ranks 1, 2 of 3: \[\]"),
    "other_overlap": ("ValueError", "the same overlap, but rank 1 of 3: True, where rank 0: False"),
    "other_dtype": ("ValueError", "the same dtype, but rank 1 of 3: 'float32', where rank 0: 'float64'"),
    "bad_argument": ("ValueError", "rank 0 of 3: batch_size must be at least 1"),
    "callback_raises": ("KeyError", "rank 1 of 3: .*nothing like it"),
    "callback_raises_an_error_of_its_own": ("RuntimeError", "OwnError: rank 2 of 3: of my own"),
    "callback_raises_in_all": ("ValueError", "all 3 ranks: the same"),
    "callback_raises_at_the_end": ("OSError", "rank 2 of 3: disk full"),
    "callback_interrupts": ("KeyboardInterrupt", "rank 1 of 3"),
    "callback_raises_in_a_batch": ("ValueError", "rank 1 of 3: in a batch"),
    "callback_changes_weights_of_one_rank": ("RuntimeError", "rank 1 of 3 has another vector of weights than rank 0"),
    "callback_changes_rate_of_one_rank": ("RuntimeError", "rank 2 of 3 has another learning rate than rank 0"),
    "metric_raises": ("ZeroDivisionError", "rank 0 of 3: no such value"),
    "diverges": ("FloatingPointError", "all 3 ranks: training stopped: the loss is not finite in epoch 1, batch 2"),
    "overflows_on_one_rank": (
        "FloatingPointError",
        "rank.*training stopped: the loss is not finite in epoch 1, batch 1",
    ),
    "gradient_overflows_on_one_rank": (
        "FloatingPointError",
        r"rank 1 of 3: training stopped: the gradient with respect to the weights of dense \(Dense\) is not finite",
    ),
    "gradient_overflows_where_it_is_summed_early": (
        "FloatingPointError",
        r"^rank 2 of 3: training stopped: the gradient with respect to the weights of dense_5 .* those from before it$",
    ),
    "gradient_overflows_on_all_ranks": (
        "FloatingPointError",
        "all 3 ranks: training stopped: the gradient",
    ),
    "batch_normalisation": ("ValueError", "normalised normalises by the statistics of a batch"),
    "augmentation_in_python": ("ValueError", "pass an ImageAugmentation"),
    "batches_of_a_model_without_shape": ("ValueError", r"model\.build\(input_shape\)"),
    "one_rank_has_bad_batches": ("ValueError", r"rank 0 of 3: x of a batch must have shape \(samples, 4\)"),
}


@pytest.fixture(scope="module", params=["whole", "overlap"])
def found(request, run_ranks, tmp_path_factory):
    """What three ranks have come to, whose gradients are summed when they are whole, or before."""
    place = tmp_path_factory.mktemp("faults") / "found"
    run_ranks(3, "faults.py", place, request.param)
    return [json.loads(place.with_name(f"found.{rank}").read_text()) for rank in range(3)]


def test_all_ranks_raise_the_same_error(found):
    for one in found:
        assert one["raised"].keys() == RAISED.keys()
        for name, (kind, text) in RAISED.items():
            assert one["raised"][name] is not None, name
            assert one["raised"][name][0] == kind, name
            assert re.search(text, one["raised"][name][1]), (name, one["raised"][name][1])
        assert one == found[0]


def test_what_one_rank_wants_all_do(found):
    assert found[0]["stops_where_one_rank_wants_to"] == 2
    assert len(found[0]["stops_within_an_epoch"]) == 2
    ended, failure = found[0]["ends_on_nan"]
    assert ended
    assert "the loss is not finite" in failure


def test_bad_data_leave_weights_and_random_numbers_as_they_were(found):
    assert found[0]["after_bad_data"] == [True, True, 0]


def test_batches_of_each_rank_make_steps_together(found):
    together, alone = found[0]["batches_of_each_rank"]
    # A dozen steps, rounded in another order.
    np.testing.assert_allclose(together, alone, rtol=1e-10)


def test_batch_normalisation_by_each_ranks_statistics_ends_alike_everywhere(found):
    assert np.isfinite(found[0]["local_statistics"]).all()


def test_after_all_faults_ranks_still_agree(found):
    assert len(found[0]["last"]) == 3


# How one of three ranks ends, what mpiexec then returns, and what somebody reads.
ENDS = {
    "killed": r"signal 9",
    "raises": r"ValueError: rank 1 of 3: one rank has had enough",
    "leaves": r"RuntimeError: rank 1 of 3: it has left by sys\.exit\(3\)",
    "raises before": r"ValueError: one rank cannot begin",
}


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("sums", ["whole", "overlap"])
def test_a_rank_that_ends_ends_the_others(run_ranks, tmp_path, how, sums):
    done = run_ranks(3, "ending.py", how, tmp_path, sums, check=False)
    assert done.returncode != 0
    assert re.search(ENDS[how], done.stdout + done.stderr)
    assert_gone(tmp_path)


@pytest.mark.parametrize("sums", ["whole", "overlap"])
def test_an_interrupt_ends_all(mpiexec, surroundings, tmp_path, sums):
    command = mpiexec(3, "ending.py", "never", tmp_path, sums)
    with subprocess.Popen(
        command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "all train\n"
        running.send_signal(signal.SIGINT)
        try:
            _, said = running.communicate(timeout=PATIENCE)
        finally:
            # Where they have not ended, leaving this block would wait for them.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode != 0
    assert "Traceback" not in said
    assert_gone(tmp_path)


def test_an_interrupt_that_meets_no_rank_in_an_exchange_says_no_more(run_ranks, tmp_path):
    done = run_ranks(3, "ending.py", "interrupted", tmp_path, "whole", check=False)
    assert done.returncode != 0
    assert "rank 0 of 3 ends with the others: KeyboardInterrupt" in done.stderr
    assert "Traceback" not in done.stderr
    assert_gone(tmp_path)


def assert_gone(folder):
    """All ranks whose processes have left their numbers there end; Linux tells of others' processes."""
    if not hasattr(os, "pidfd_open"):
        return
    for path in folder.iterdir():
        try:
            process = os.pidfd_open(int(path.read_text()))
        except ProcessLookupError:
            continue
        ended, _, _ = select.select([process], [], [], PATIENCE)
        os.close(process)
        assert ended, f"rank {path.name} still runs"


def test_a_training_goes_on_with_another_number_of_ranks(run_ranks, tmp_path, capsys):
    broken = run_ranks(3, "restarting.py", tmp_path, "breaks", check=False)
    assert broken.returncode != 0
    assert "rank 1 of 3: as if its machine were gone" in broken.stderr
    assert (tmp_path / "backup" / "backup.safetensors").exists()
    done = run_ranks(2, "restarting.py", tmp_path, "goes on")

    alone = restarting.train(restarting.model_of(0), verbose=0).history
    for rank in range(2):
        history = json.loads((tmp_path / f"history.{rank}").read_text())
        assert history.keys() == alone.keys()
        for name, values in alone.items():
            np.testing.assert_allclose(history[name], values, rtol=1e-10)

    # Rank 0 alone writes and speaks.
    assert not (tmp_path / "nowhere").exists()
    assert {int(path.stem) for path in tmp_path.glob("*.safetensors")} == set(range(1, restarting.EPOCHS + 1))
    assert len((tmp_path / "log.csv").read_text().splitlines()) == restarting.EPOCHS + 1
    said = broken.stdout + done.stdout
    for epoch in range(1, restarting.EPOCHS + 1):
        assert said.count(f"epoch {epoch}/{restarting.EPOCHS} ") == 1
        # A callback behind the backup hears of the epoch of the last one when the training goes on.
        assert said.count(f"epoch {epoch}: saved model to") == 1 + (epoch == 4)
    assert said.count("learning rate reduced") == capsys.readouterr().out.count("learning rate reduced") > 0
