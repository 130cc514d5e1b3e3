# The package's one thread pool. Its state lives in the module pool: cimport these functions, never include pool.h.
# A task is C code: no GIL, no fork. Its stack may be small; keep buffers elsewhere.
ctypedef void (*pool_task)(void* context, int thread, int threads) noexcept nogil

# Runs task(context, i, n) for i in 0 .. n - 1 at the same time, i = 0 on the caller, and returns n once all have ended.
# n is threads, or fewer where not as many can be started; it is 1 inside a task and while another caller's run lasts.
# Callable from any thread, with or without the GIL; it never fails.
cdef int pool_run(pool_task task, void* context, int threads) noexcept nogil

# What set_num_threads asked for: the most threads that a run should ask for.
cdef int pool_size() noexcept nogil
