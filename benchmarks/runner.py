"""The runner: does a job with all its peers, each in a process of its own, in interleaved rounds (A B C, A B C).

Interleaving spreads whatever else the machine does over all peers alike; nothing is timed before the results agree.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from benchmarks.jobs import Job
from benchmarks.peers import PEERS
from benchmarks.process import Worker, available_cores, started
from benchmarks.results import JobResult, PeerResult, describe_machine, today

CALIBRATION_ROUNDS = 3
# A round this long says enough about a number of threads by itself.
LONG_ROUND = 1.0

Progress = Callable[[str], None]


class MismatchError(Exception):
    """A peer that did other work than the reference: its time would mean nothing."""


def check_agreement(reference: Sequence[float], values: Mapping[str, Sequence[float]], tolerance: float) -> None:
    """Refuse peers whose final loss, or whose outputs, are not the reference's.

    Parameters
    ----------
    reference : sequence of float
    values : mapping of sequences of float
        The peers' by name.
    tolerance : float
        The largest difference allowed, relative to the reference's largest number.

    Raises
    ------
    MismatchError
        Naming every peer that is off. What is not a number is off.

    Examples
    --------
    >>> check_agreement([0.02], {"fastnn": [0.0200001]}, tolerance=1e-3)
    >>> check_agreement([0.02], {"fastnn": [0.021]}, tolerance=1e-3)
    Traceback (most recent call last):
    ...
    benchmarks.runner.MismatchError: fastnn ended at 0.021, but the reference at 0.02: ...
    """
    expected = np.asarray(reference)
    limit = tolerance * np.abs(expected).max()
    wrong = []
    for peer, numbers in values.items():
        if len(numbers) != len(expected):
            wrong.append(f"{peer} gave {len(numbers)} outputs, but the reference {len(expected)}")
            continue
        difference = np.abs(np.asarray(numbers) - expected).max()
        # "not <=" rather than ">": NaN compares false.
        if not difference <= limit:
            what = f"ended at {numbers[0]:g}, but the reference at {expected[0]:g}"
            many = f"has outputs up to {difference:g} off the reference's"
            wrong.append(f"{peer} {what if len(expected) == 1 else many}")
    if wrong:
        raise MismatchError(
            f"{'; '.join(wrong)}: they differ by more than {tolerance:g} relative, so the times are not comparable"
        )


def runnable(names: Iterable[str], progress: Progress) -> list[str]:
    """The peers whose libraries are installed; a word on every other."""
    peers = []
    for name in names:
        missing = PEERS[name].missing
        if missing is None:
            peers.append(name)
        else:
            progress(f"without {name}: {missing}")
    return peers


def run_job(
    job: Job,
    peers: Iterable[str],
    rounds: int,
    epochs: int,
    progress: Progress = lambda line: None,
    threads: Sequence[int] | None = None,
) -> JobResult:
    """Measure ``peers`` at ``job``.

    Parameters
    ----------
    job : Job
    peers : iterable of str
        Names from ``job.peers``; those whose library is missing are left out. The reference runs for its result even
        where it is not among them.
    rounds : int
        Counted rounds of each peer, at least 1; one more comes first to warm up.
    epochs : int
        Epochs in a round.
    progress : callable, optional
        Told in a line what happens now.
    threads : sequence of int, optional
        Numbers of threads to choose from; by default 1 and the available cores.

    Raises
    ------
    MismatchError
        When the peers' results disagree.
    RuntimeError
        When a peer's process ends early.
    """
    chosen = set(peers)
    timed = runnable((peer for peer in job.peers if peer in chosen), progress)
    settings = [(peer, number) for peer in timed for number in _thread_settings(peer, threads)]
    judge = Worker(job, job.reference, epochs, threads=1)
    candidates = [Worker(job, peer, job.epochs_of(peer, epochs), number) for peer, number in settings]
    with started([judge, *candidates]):
        reference = judge.round()
        progress("warm-up round; comparing results")
        for worker in candidates:
            warm_up = worker.round()
            if worker.differs:
                progress(f"{worker.peer} ended at {warm_up.loss:g}, not compared: {worker.differs}")
            else:
                check_agreement(reference.values, {worker.peer: warm_up.values}, job.tolerance)
        workers = _fastest_settings(candidates, progress)
        seconds: dict[str, list[float]] = {peer: [] for peer in timed}
        losses: dict[str, float] = {}
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            for worker in workers:
                done = worker.round()
                seconds[worker.peer].append(done.seconds)
                losses[worker.peer] = done.loss
                if not worker.differs:
                    check_agreement(reference.values, {worker.peer: done.values}, job.tolerance)
    return JobResult(
        name=job.name,
        title=job.title,
        samples=job.samples,
        epochs=epochs,
        date=today(),
        machine=describe_machine(),
        reference_loss=reference.loss,
        unit=job.unit,
        peers=[
            PeerResult(
                name=worker.peer,
                title=PEERS[worker.peer].title,
                version=worker.version,
                threads=worker.threads,
                loss=losses[worker.peer],
                rounds=[job.in_unit(s, job.epochs_of(worker.peer, epochs)) for s in seconds[worker.peer]],
                differs=worker.differs,
            )
            for worker in workers
        ],
    )


def _thread_settings(peer: str, threads: Sequence[int] | None) -> Sequence[int]:
    cores = available_cores()
    choice = threads if threads is not None else (1, cores) if cores > 1 else (1,)
    return choice if PEERS[peer].threaded else choice[:1]


def _fastest_settings(candidates: list[Worker], progress: Progress) -> list[Worker]:
    """For every peer, in order, the worker with the lowest median; only peers with a choice are measured."""
    groups: dict[str, list[Worker]] = {}
    for worker in candidates:
        groups.setdefault(worker.peer, []).append(worker)
    seconds: dict[int, list[float]] = {id(worker): [] for worker in candidates}
    if any(len(group) > 1 for group in groups.values()):
        progress("choosing each peer's best number of threads")
        for _ in range(CALIBRATION_ROUNDS):
            for worker in candidates:
                measured = seconds[id(worker)]
                if len(groups[worker.peer]) > 1 and not (measured and measured[0] > LONG_ROUND):
                    measured.append(worker.round().seconds)
    return [
        min(group, key=lambda worker: statistics.median(seconds[id(worker)])) if len(group) > 1 else group[0]
        for group in groups.values()
    ]
