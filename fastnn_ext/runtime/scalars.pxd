# Scalar mathematics for both dtypes: libm's float form for float32, its double form for float64.
from cython cimport floating
from libc.math cimport exp, expf


cdef inline floating exponential(floating x) noexcept nogil:
    if floating is float:
        return expf(x)
    else:
        return exp(x)


cdef inline bint is_finite(double x) noexcept nogil:
    # Infinity and NaN are the values whose difference to themselves is not zero.
    return x - x == 0.0
