"""The package's thread pool: how many threads it has, and two ways to watch it work."""

import math
import operator
import os
from libc.stdlib cimport calloc, free

from fastnn_ext.runtime.barrier cimport Barrier, barrier_init, barrier_wait


cdef extern from "runtime/pool.h" nogil:
    enum:
        FASTNN_MAX_THREADS
    ctypedef int fastnn_atomic
    int fastnn_add(fastnn_atomic* at, int value) noexcept
    int fastnn_pool_run(pool_task task, void* context, int threads) noexcept
    int fastnn_pool_get_num_threads() noexcept
    void fastnn_pool_set_num_threads(int threads) noexcept
    int fastnn_pool_started() noexcept
    void fastnn_pool_register() noexcept


MAX_THREADS = FASTNN_MAX_THREADS


cdef int pool_run(pool_task task, void* context, int threads) noexcept nogil:
    return fastnn_pool_run(task, context, threads)


cdef int pool_size() noexcept nogil:
    return fastnn_pool_get_num_threads()


def set_num_threads(num_threads):
    """Let runs from now on use so many threads, from 1 to ``MAX_THREADS``, the caller's own among them.

    A run that is under way keeps what it has. Threads that are no longer needed sleep. Where the system refused to
    start a thread, it is asked again from now on.

    >>> before = get_num_threads()
    >>> set_num_threads(2)
    >>> get_num_threads()
    2
    >>> set_num_threads(before)
    """
    expected = f"expected a whole number from 1 to {MAX_THREADS}"
    if isinstance(num_threads, bool):
        raise TypeError(f"num_threads is {num_threads}; {expected}")
    try:
        number = operator.index(num_threads)
    except TypeError:
        raise TypeError(f"num_threads is a {type(num_threads).__name__}; {expected}") from None
    if not 1 <= number <= MAX_THREADS:
        raise ValueError(f"num_threads is {number}; {expected}")
    fastnn_pool_set_num_threads(number)


def get_num_threads():
    """The number of threads that a run may use, the caller's own among them."""
    return fastnn_pool_get_num_threads()


def started_threads():
    """The number of the pool's threads that are alive: none before the first run that uses two."""
    return fastnn_pool_started()


def available_threads():
    """The cores that this process may use now: by its affinity, and by its container's quota, rounded up.

    >>> 1 <= available_threads()
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        membership = text_of("/proc/self/cgroup")
    except OSError:
        return cores
    quota = cpu_quota(membership, "/sys/fs/cgroup")
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def cpu_quota(membership, root):
    """Cores' worth of time that control groups grant a process; None where they grant all.

    ``membership`` is the text of ``/proc/<pid>/cgroup``, ``root`` the folder where the control groups are mounted. A
    process has the least of what its group and the groups around it have.
    """
    quotas = []
    for line in membership.splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        # A container may see its own group as the root of a mount: the path is followed as far as it is there.
        names = [name for name in group.split("/") if name not in ("", "..")]
        for depth in range(len(names) + 1):
            quota = quota_of_group(os.path.join(root, controllers, *names[:depth]))
            if quota is not None:
                quotas.append(quota)
    return min(quotas, default=None)


def text_of(path):
    # Not by pathlib, whose import would take a quarter of the package's.
    with open(path, encoding="utf-8") as file:
        return file.read()


def quota_of_group(folder):
    """Cores' worth of time that one control group grants; None where it sets no limit or is not there."""
    try:
        if os.path.exists(os.path.join(folder, "cpu.max")):
            quota, period = text_of(os.path.join(folder, "cpu.max")).split()
        else:
            quota = text_of(os.path.join(folder, "cpu.cfs_quota_us"))
            period = text_of(os.path.join(folder, "cpu.cfs_period_us"))
    except OSError:
        return None
    # "max" in version 2 and -1 in version 1 mean no limit.
    if quota == "max" or int(quota) < 1 or int(period) < 1:
        return None
    return int(quota) / int(period)


def threads_from_text(text):
    """The number of threads that ``FASTNN_NUM_THREADS`` asks for; None where it is empty or not set."""
    if not text:
        return None
    digits = text.strip()
    # Five digits are too many already; int() would also take "1_0" and the digits of other scripts.
    if not (digits.isascii() and digits.isdigit() and len(digits) < 5 and 1 <= int(digits) <= MAX_THREADS):
        raise ValueError(f"FASTNN_NUM_THREADS is {text!r}; expected a whole number from 1 to {MAX_THREADS}. "
                         "Change it, or unset it to use every core that is available")
    return int(digits)


fastnn_pool_register()
# Never 0, and never above MAX_THREADS: the C function sees to that.
fastnn_pool_set_num_threads(threads_from_text(os.environ.get("FASTNN_NUM_THREADS")) or available_threads())


# Counters of different threads are a cache line apart.
cdef enum:
    STRIDE = 16


cdef struct Counting:
    fastnn_atomic* turns    # how often each thread number came
    int* written            # two rows: while one is read, the other may be written
    fastnn_atomic* wrong
    int threads
    int first_step
    int barriers
    Barrier barrier


cdef void count_turns(void* context, int thread, int threads) noexcept nogil:
    cdef Counting* counting = <Counting*> context
    cdef int step, other
    cdef int* row
    fastnn_add(&counting.turns[thread * STRIDE], 1)
    for step in range(counting.barriers):
        row = counting.written + (step & 1) * counting.threads * STRIDE
        row[thread * STRIDE] = counting.first_step + step
        barrier_wait(&counting.barrier, threads)
        for other in range(threads):
            if row[other * STRIDE] != counting.first_step + step:
                fastnn_add(counting.wrong, 1)


def run_counting(int threads, int rounds=1, int barriers=0):
    """Run a small task ``rounds`` times and tell what happened: for tests, and to time an empty run.

    In each round every thread counts its turn, then ``barriers`` times writes a number, waits for all, and reads what
    the others wrote. A pool that ran its threads one after another would never return from a barrier.

    Returns a dictionary: ``sizes``, how many rounds had how many threads; ``turns``, how often each thread number
    came; ``wrong``, how many turns came twice, not at all or read another number than was written.

    >>> run_counting(1, rounds=3, barriers=2)
    {'sizes': {1: 3}, 'turns': [3], 'wrong': 0}
    """
    if not 1 <= threads <= MAX_THREADS or rounds < 0 or barriers < 0:
        raise ValueError(f"threads must be 1 to {MAX_THREADS}, rounds and barriers 0 or more, "
                         f"but they are {threads}, {rounds} and {barriers}")
    cdef int* cells = <int*> calloc((3 * threads + 1) * STRIDE + 2 * threads + 1, sizeof(int))
    if cells == NULL:
        raise MemoryError("no memory for the counters")
    cdef int* sizes = cells + (3 * threads + 1) * STRIDE
    cdef int* expected = sizes + threads + 1
    cdef Counting counting
    counting.turns = <fastnn_atomic*> cells
    counting.written = cells + threads * STRIDE
    counting.wrong = <fastnn_atomic*> (cells + 3 * threads * STRIDE)
    counting.threads = threads
    counting.barriers = barriers
    counting.first_step = 1
    cdef int i, _turn, size
    with nogil:
        barrier_init(&counting.barrier)
        for _turn in range(rounds):
            size = pool_run(count_turns, &counting, threads)
            sizes[size] += 1
            for i in range(threads):
                expected[i] += i < size
                if counting.turns[i * STRIDE] != expected[i]:
                    fastnn_add(counting.wrong, 1)
            counting.first_step += barriers
    result = {
        "sizes": {i: sizes[i] for i in range(1, threads + 1) if sizes[i]},
        "turns": [counting.turns[i * STRIDE] for i in range(threads)],
        "wrong": counting.wrong[0],
    }
    free(cells)
    return result


cdef void call_function(void* context, int thread, int threads) noexcept with gil:
    function, errors = <tuple> context
    try:
        function(thread, threads)
    except BaseException as error:
        errors.append(error)


def run_calling(function, int threads):
    """Call ``function(i, n)`` in each thread of a run, with the GIL; returns n. Raises the first error of them.

    >>> run_calling(lambda i, n: print(i, n), 1)
    0 1
    1
    """
    errors = []
    call = (function, errors)
    cdef void* context = <void*> call
    cdef int size
    with nogil:
        size = pool_run(call_function, context, threads)
    if errors:
        raise errors[0]
    return size
