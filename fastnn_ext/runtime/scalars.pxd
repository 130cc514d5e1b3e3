# What is asked of single numbers.


cdef inline bint is_finite(double x) noexcept nogil:
    # Infinity and NaN are the values whose difference to themselves is not zero.
    return x - x == 0.0
