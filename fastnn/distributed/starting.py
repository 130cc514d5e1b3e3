"""The way in: MPI is found, or the message says what to install."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from fastnn.checking.scalars import true_or_false, whole_number, whole_number_or_none
from fastnn.distributed.ranks import Ranks, kept_by
from fastnn.distributed.strategy import DataParallel
from fastnn.threads import get_num_threads, set_num_threads

__all__ = ["launched", "mpi"]

# Where launchers say how many processes there are: those of MPICH and Intel MPI, and of Open MPI.
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")

_DATA = ("shared", "own")


def launched() -> bool:
    """Whether this process is one of several that ``mpiexec`` or another launcher started together."""
    return any(os.environ.get(name, "1") not in ("", "1") for name in _SIZES)


def mpi(
    comm: Any = None,
    *,
    data: str = "shared",
    balanced: bool = False,
    local_statistics: bool = False,
    local_steps: int = 1,
    half_precision: bool = False,
    overlap: bool | None = None,
    threads: int | None = None,
) -> DataParallel:
    r"""The processes of an MPI run, for ``model.fit(..., distributed=fastnn.distributed.mpi())``.

    Each process, a rank, works out the gradients of a part of each batch. Their sum, weighed by samples,

    .. math:: g = \sum_r \frac{n_r}{n} g_r,

    is the gradient of the whole batch, and every rank takes the same step by it: ``batch_size`` is that of all ranks
    together. Random numbers are drawn by the batch's rows, not by ranks, so that the curve of the loss does not depend
    on the number of ranks, but for the rounding of sums.

    Parameters
    ----------
    comm : mpi4py.MPI.Comm, optional
        By default all processes of the run, ``MPI.COMM_WORLD``.
    data : {"shared", "own"}, default "shared"
        What each rank passes to ``fit``. "shared": the same data, such as a memory-mapped file, of which it reads its
        part of each batch. "own": its own rows alone; the data are then those of all ranks, one behind the other, and
        its part of a batch is the rows that it has.
    balanced : bool, default False
        With data="own": each rank gives its share of every batch, from its own shuffle. No rank waits for another that
        has more rows of a batch, and no order of all rows is kept; batches are other ones than those of one process.
    local_statistics : bool, default False
        Allow batch normalisation by the statistics of each rank's part of a batch: another model than that of one
        process, whose batches are larger. Without it such layers are refused. Moving statistics are averaged over
        ranks, by their samples, after each epoch.
    local_steps : int, default 1
        Fewer messages, another algorithm: each rank takes so many steps by its own parts of batches, with its own state
        of the optimiser, before the changes of weights are averaged by samples (McMahan et al. 2017); the states are
        averaged after each epoch. For arrays.
    half_precision : bool, default False
        Smaller messages: gradients, or with local steps changes of weights, are sent as bfloat16 numbers, which have 8
        bits and the range of float32, and are added up in float32.
    overlap : bool, optional
        Sum gradients bucket by bucket, from the last layer down, while those of the layers below are still worked out;
        the numbers are the same but for the order in which MPI adds them. By default where ranks are on several
        machines. True needs an MPI that lets threads take turns (``MPI_THREAD_SERIALIZED``), and neither
        ``half_precision`` nor ``local_steps``, whose messages are others.
    threads : int, optional
        Of each rank, as ``fastnn.set_num_threads`` sets them for the process. By default ``FASTNN_NUM_THREADS``, or
        else the cores that ranks of one machine may use, shared among them.

    Returns
    -------
    DataParallel
        With the attributes ``rank`` and ``size``.

    Raises
    ------
    ImportError
        Where mpi4py or an MPI library is missing; the message says what to install.
    TypeError, ValueError
        For arguments that are none of these.
    RuntimeError
        Where the launcher has started several processes of which MPI does not know: it is that of another MPI.

    Notes
    -----
    From the first call on, an exception that nobody catches ends the other ranks, too, once it is printed:
    ``sys.excepthook`` is replaced.

    Examples
    --------
    >>> import pytest
    >>> mpi4py = pytest.importorskip("mpi4py")
    >>> import numpy as np
    >>> import fastnn
    >>> model = fastnn.Sequential([fastnn.Dense(1)], seed=0)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> ranks = fastnn.distributed.mpi()
    >>> ranks.rank, ranks.size
    (0, 1)
    >>> history = model.fit(np.ones((8, 2)), np.ones(8), epochs=2, distributed=ranks)
    >>> len(history.history["loss"])
    2
    """
    if data not in _DATA:
        raise ValueError(f"data must be 'shared' or 'own', but it is {data!r}")
    balanced = true_or_false(balanced, "balanced")
    if balanced and data == "shared":
        raise ValueError("balanced=True is for data='own': the parts of shared data are even in any case")
    local_statistics = true_or_false(local_statistics, "local_statistics")
    local_steps = whole_number(local_steps, "local_steps", at_least=1)
    half_precision = true_or_false(half_precision, "half_precision")
    overlap = None if overlap is None else true_or_false(overlap, "overlap")
    if overlap and (half_precision or local_steps > 1):
        raise ValueError("overlap=True is for sums of whole gradients: leave half_precision and local_steps out")
    threads = whole_number_or_none(threads, "threads", at_least=1)
    library = _library()
    if launched() and library.COMM_WORLD.size == 1:
        name = library.Get_library_version().split("\n")[0].strip()
        raise RuntimeError(
            f"a launcher has started several processes, but the MPI library of mpi4py, {name}, knows of one alone: use "
            "the mpiexec of that library"
        )
    comm = library.COMM_WORLD if comm is None else comm
    if not isinstance(comm, library.Intracomm):
        raise TypeError(f"comm must be a communicator of mpi4py, but it is {comm!r}")
    if library.COMM_WORLD.size > 1:
        _end_all_on_errors()
    turns = library.Query_thread() >= library.THREAD_SERIALIZED
    if overlap and not turns:
        raise ValueError("overlap=True needs an MPI whose calls may come from several threads in turn: leave it out")
    several_machines = _share_cores(library, comm, threads)
    if overlap is None:
        overlap = several_machines and turns and not half_precision
    return DataParallel(
        Ranks(library, comm, half_precision, overlap, shared_memory=not several_machines),
        own=data == "own",
        balanced=balanced,
        local_statistics=local_statistics,
        local_steps=local_steps,
        half=half_precision,
    )


def _library() -> Any:
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        # Without a library of MPI, mpi4py raises RuntimeError.
        raise ImportError(
            "fastnn.distributed needs mpi4py and an MPI library, which is not here "
            f"({' '.join(str(error).split())}): pip install fastnn-ext[mpi]"
        ) from None
    return MPI


def _share_cores(library: Any, comm: Any, threads: int | None) -> bool:
    """Give this rank's pool its threads: those of its machine, divided among the ranks that may use the same cores.

    Returns whether there are ranks on other machines.
    """
    cores = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()
    kept = kept_by(library, comm)
    if "beside" not in kept:
        # All ranks take part, whatever each was told.
        neighbours = comm.Split_type(library.COMM_TYPE_SHARED)
        kept["beside"] = sum(cores == its or bool(cores & its) for its in neighbours.allgather(cores))
        kept["several machines"] = comm.allreduce(neighbours.size < comm.size, library.LOR)
        neighbours.Free()
    beside = kept["beside"]
    if threads is None and beside > 1 and not os.environ.get("FASTNN_NUM_THREADS"):
        threads = max(1, (len(cores) or get_num_threads()) // beside)
    if threads is not None:
        set_num_threads(threads)
    return bool(kept["several machines"])


def _end_all_on_errors() -> None:
    """Let an exception that nobody catches end all ranks, as ``python -m mpi4py`` does: others would wait forever."""
    if not isinstance(sys.excepthook, _EndingAll):
        sys.excepthook = _EndingAll(sys.excepthook)


class _EndingAll:
    """What is done with an exception that nobody caught: what was done before, and then all ranks end."""

    def __init__(self, before: Callable[[type[BaseException], BaseException, TracebackType | None], object]) -> None:
        self.before = before

    def __call__(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        from mpi4py.run import set_abort_status

        ranks, tells = getattr(error, "agreement", (None, True))
        # Who interrupts a run knows why it ends.
        if ranks is None or (tells and not isinstance(error, KeyboardInterrupt)):
            self.before(kind, error, traceback)
        else:
            print(f"fastnn: {ranks!r} ends with the others: {kind.__name__}", file=sys.stderr, flush=True)
        if ranks is not None:
            ranks.wait_a_moment()
        set_abort_status(error if isinstance(error, KeyboardInterrupt) else 1)
