"""The machine's own limits, measured: multiply-adds and memory, by loops that do nothing else."""

from libc.stdlib cimport free, malloc
from libc.string cimport memset

from fastnn_ext.runtime.dispatch cimport kernels_named
from fastnn_ext.runtime.kernels cimport Kernels
from fastnn_ext.runtime.pool cimport pool_run

cdef extern from "runtime/clock.h" nogil:
    long long fastnn_nanoseconds()

# Rounds of the loop between two looks at the clock: some 50 microseconds.
cdef long ROUNDS = 10_000

cdef enum:
    MOST_THREADS = 64


cdef struct Measurement:
    const Kernels* kernels
    double seconds
    Py_ssize_t numbers              # of a thread's buffer
    double* buffers[MOST_THREADS]
    double rates[MOST_THREADS]


cdef double now() noexcept nogil:
    return 1e-9 * fastnn_nanoseconds()


cdef void multiply_and_add(void* context, int thread, int threads) noexcept nogil:
    cdef Measurement* m = <Measurement*> context
    cdef double start = now(), done = 0
    while now() - start < m.seconds:
        done += m.kernels.fma_flops(ROUNDS)
    m.rates[thread] = done / (now() - start)


cdef void read(void* context, int thread, int threads) noexcept nogil:
    cdef Measurement* m = <Measurement*> context
    cdef double* numbers = m.buffers[thread]
    cdef double done = 0, start, a, b, c, d
    cdef Py_ssize_t i
    # The first touch places the memory.
    for i in range(m.numbers):
        numbers[i] = 1
    start = now()
    while now() - start < m.seconds:
        a = b = c = d = 0
        for i in range(0, m.numbers, 8):
            a += numbers[i] + numbers[i + 1]
            b += numbers[i + 2] + numbers[i + 3]
            c += numbers[i + 4] + numbers[i + 5]
            d += numbers[i + 6] + numbers[i + 7]
        # The sum goes back, so that the loop must have been run.
        numbers[0] = 1 if a + b + c + d > 0 else 2
        done += m.numbers * sizeof(double)
    m.rates[thread] = done / (now() - start)


cdef double total_rate(Measurement* m, int threads):
    cdef double total = 0
    cdef int i
    for i in range(threads):
        total += m.rates[i]
    return total * 1e-9


cdef int checked_threads(int threads) except -1:
    if not 1 <= threads <= MOST_THREADS:
        raise ValueError(f"threads must be from 1 to {MOST_THREADS}, but it is {threads}")
    return threads


def fma_peak(double seconds=0.2, int threads=1):
    """Billions of float32 operations a second of the multiply-add loop, a multiply-add being two.

    >>> fma_peak(0.01) > 0.1
    True
    """
    cdef Measurement m
    memset(&m, 0, sizeof(m))
    m.kernels = kernels_named(None, False)
    m.seconds = seconds
    checked_threads(threads)
    with nogil:
        threads = pool_run(multiply_and_add, &m, threads)
    return total_rate(&m, threads)


def bandwidth(double seconds=0.2, double megabytes=256, int threads=1):
    """Billions of bytes a second that threads read, each from its share of so many megabytes.

    >>> bandwidth(0.01, 1) > 0.1
    True
    """
    cdef Measurement m
    cdef int i
    memset(&m, 0, sizeof(m))
    m.seconds = seconds
    checked_threads(threads)
    m.numbers = max(8, <Py_ssize_t> (megabytes * 1e6 / threads / 8) // 8 * 8)
    try:
        for i in range(threads):
            m.buffers[i] = <double*> malloc(m.numbers * sizeof(double))
            if m.buffers[i] == NULL:
                raise MemoryError(f"no memory for {megabytes} megabytes")
        with nogil:
            threads = pool_run(read, &m, threads)
        return total_rate(&m, threads)
    finally:
        for i in range(MOST_THREADS):
            free(m.buffers[i])
