# A barrier for the tasks of one run of the pool: everything before barrier_wait in any of them happens before
# everything after it in all of them. Use one again as often as you like, always with the same number of threads.
cdef extern from "runtime/barrier.h" nogil:
    int fastnn_add(int* at, int value) noexcept
    int fastnn_exchange(int* at, int value) noexcept
    void fastnn_count(int* at, int value) noexcept
    int fastnn_load(int* at) noexcept
    void fastnn_store(int* at, int value) noexcept
    ctypedef struct Barrier:
        pass
    void barrier_init(Barrier* barrier) noexcept
    void barrier_wait(Barrier* barrier, int threads) noexcept
