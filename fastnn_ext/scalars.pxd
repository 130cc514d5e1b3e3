# Scalar mathematics for both dtypes: libm's float form for float32, its double form for float64.
from cython cimport floating
from libc.math cimport erfc, erfcf, exp, expf, expm1, expm1f, log, log1p, log1pf, logf, tanh, tanhf


cdef inline floating exponential(floating x) noexcept nogil:
    if floating is float:
        return expf(x)
    else:
        return exp(x)


cdef inline floating logarithm(floating x) noexcept nogil:
    if floating is float:
        return logf(x)
    else:
        return log(x)


cdef inline floating hyperbolic_tangent(floating x) noexcept nogil:
    if floating is float:
        return tanhf(x)
    else:
        return tanh(x)


cdef inline floating exponential_less_one(floating x) noexcept nogil:
    if floating is float:
        return expm1f(x)
    else:
        return expm1(x)


cdef inline floating logarithm_of_one_more(floating x) noexcept nogil:
    if floating is float:
        return log1pf(x)
    else:
        return log1p(x)


cdef inline floating complementary_error_function(floating x) noexcept nogil:
    if floating is float:
        return erfcf(x)
    else:
        return erfc(x)


cdef inline bint is_finite(double x) noexcept nogil:
    # Infinity and NaN are the values whose difference to themselves is not zero.
    return x - x == 0.0
