cdef extern from "runtime/memory.h" nogil:
    void* allocate_large "fastnn_allocate"(size_t size)
