# Elementwise activations f and their derivatives f', chosen by a number so that a plan can hold one.
from cython cimport floating
from fastnn_ext.scalars cimport exponential, hyperbolic_tangent


cpdef enum Activation:
    RELU = 0
    LEAKY_RELU = 1
    SIGMOID = 2
    TANH = 3


cdef inline floating logistic(floating x) noexcept nogil:
    # Both branches take the exponential of a number that is not positive, so neither overflows.
    cdef floating e
    if x >= 0:
        return 1 / (1 + exponential(-x))
    e = exponential(x)
    return e / (1 + e)


cdef inline void activation_forward(
    floating* y, const floating* x, Activation kind, floating negative_slope, Py_ssize_t count,
) noexcept nogil:
    # y is written: y = f(x). NaN stays NaN.
    cdef Py_ssize_t i
    if kind == RELU:
        for i in range(count):
            y[i] = 0 if x[i] <= 0 else x[i]
    elif kind == LEAKY_RELU:
        for i in range(count):
            y[i] = negative_slope * x[i] if x[i] <= 0 else x[i]
    elif kind == SIGMOID:
        for i in range(count):
            y[i] = logistic(x[i])
    else:
        for i in range(count):
            y[i] = hyperbolic_tangent(x[i])


cdef inline void activation_derivative(
    floating* slope, const floating* x, Activation kind, floating negative_slope, Py_ssize_t count,
) noexcept nogil:
    # slope is written: f'(x); at the kink of ReLU and leaky ReLU, the left-hand derivative. NaN stays NaN.
    cdef Py_ssize_t i
    cdef floating y
    if kind == RELU:
        for i in range(count):
            slope[i] = 0 if x[i] <= 0 else (1 if x[i] > 0 else x[i])
    elif kind == LEAKY_RELU:
        for i in range(count):
            slope[i] = negative_slope if x[i] <= 0 else (1 if x[i] > 0 else x[i])
    elif kind == SIGMOID:
        for i in range(count):
            y = logistic(x[i])
            slope[i] = y * (1 - y)
    else:
        for i in range(count):
            y = hyperbolic_tangent(x[i])
            slope[i] = 1 - y * y


cdef inline void activation_backward(
    floating* dx, const floating* dy, const floating* y, Activation kind, floating negative_slope, Py_ssize_t count,
) noexcept nogil:
    # dx is written (it may be dy itself): dx = dy f'(x), from the outputs y = f(x), so that nothing is computed twice.
    # The slope of leaky ReLU must not be negative: y then has the sign of x. NaN stays NaN.
    cdef Py_ssize_t i
    if kind == RELU:
        for i in range(count):
            dx[i] = dy[i] if y[i] > 0 else (0 if y[i] <= 0 else y[i])
    elif kind == LEAKY_RELU:
        for i in range(count):
            dx[i] = dy[i] if y[i] > 0 else (negative_slope * dy[i] if y[i] <= 0 else y[i])
    elif kind == SIGMOID:
        for i in range(count):
            dx[i] = dy[i] * (y[i] * (1 - y[i]))
    else:
        for i in range(count):
            dx[i] = dy[i] * (1 - y[i] * y[i])
