# What an activation is told beside x, in both number types: kernels of either read theirs where it lies.
from fastnn_ext.tables.enums cimport ACTIVATION_NUMBERS


cdef struct Numbers:
    double as_float64[ACTIVATION_NUMBERS]
    float as_float32[ACTIVATION_NUMBERS]


cdef inline int keep_numbers(Numbers* kept, tuple given) except -1:
    # Those that are not given are zero.
    cdef int k
    if len(given) > ACTIVATION_NUMBERS:
        raise ValueError(f"an activation has at most {ACTIVATION_NUMBERS} numbers beside x, but {len(given)} are given")
    for k in range(ACTIVATION_NUMBERS):
        kept.as_float64[k] = given[k] if k < len(given) else 0
        kept.as_float32[k] = <float> kept.as_float64[k]
    return 0


cdef inline const void* numbers_as(const Numbers* numbers, bint is_double) noexcept nogil:
    return <const void*> numbers.as_float64 if is_double else <const void*> numbers.as_float32
