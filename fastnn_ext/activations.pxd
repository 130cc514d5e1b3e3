# Elementwise activations f and their derivatives f', chosen by a number so that a plan can hold one.
from cython cimport floating
from fastnn_ext.scalars cimport (
    complementary_error_function, exponential, exponential_less_one, hyperbolic_tangent, logarithm_of_one_more,
)


cpdef enum Activation:
    RELU = 0
    LEAKY_RELU = 1
    SIGMOID = 2
    TANH = 3
    ELU = 4
    SELU = 5
    GELU = 6
    SILU = 7
    SOFTPLUS = 8


# Klambauer et al. 2017, equation 14.
cdef extern from *:
    """
    #define FASTNN_SELU_ALPHA 1.6732632423543772848
    #define FASTNN_SELU_SCALE 1.0507009873554804934
    """
    const double SELU_ALPHA "FASTNN_SELU_ALPHA"
    const double SELU_SCALE "FASTNN_SELU_SCALE"


cdef inline floating logistic(floating x) noexcept nogil:
    # Both branches take the exponential of a number that is not positive, so neither overflows.
    cdef floating e
    if x >= 0:
        return 1 / (1 + exponential(-x))
    e = exponential(x)
    return e / (1 + e)


cdef inline floating activated(Activation kind, floating slope, floating x) noexcept nogil:
    # f(x). NaN stays NaN.
    if kind == RELU:
        return 0 if x <= 0 else x
    if kind == LEAKY_RELU:
        return slope * x if x <= 0 else x
    if kind == SIGMOID:
        return logistic(x)
    if kind == TANH:
        return hyperbolic_tangent(x)
    if kind == ELU:
        return slope * exponential_less_one(x) if x <= 0 else x
    if kind == SELU:
        return <floating> SELU_SCALE * (<floating> SELU_ALPHA * exponential_less_one(x) if x <= 0 else x)
    if kind == GELU:
        # x times the normal distribution function (Hendrycks and Gimpel 2016, section 2).
        return x * <floating> 0.5 * complementary_error_function(x * <floating> -0.70710678118654752440)
    if kind == SILU:
        return x * logistic(x)
    # Softplus: log(1 + exp(x)), where the exponential cannot overflow.
    return (0 if x <= 0 else x) + logarithm_of_one_more(exponential(x if x <= 0 else -x))


cdef inline floating slope_of(Activation kind, floating slope, floating x) noexcept nogil:
    # f'(x); at a kink, the left-hand derivative. NaN stays NaN.
    cdef floating y
    if kind == RELU:
        return 0 if x <= 0 else (1 if x > 0 else x)
    if kind == LEAKY_RELU:
        return slope if x <= 0 else (1 if x > 0 else x)
    if kind == SIGMOID:
        y = logistic(x)
        return y * (1 - y)
    if kind == TANH:
        y = hyperbolic_tangent(x)
        return 1 - y * y
    if kind == ELU:
        return slope * exponential(x) if x <= 0 else (1 if x > 0 else x)
    if kind == SELU:
        return <floating> SELU_SCALE * (<floating> SELU_ALPHA * exponential(x) if x <= 0 else (1 if x > 0 else x))
    if kind == GELU:
        y = x * <floating> 0.39894228040143267794 * exponential(x * x * <floating> -0.5)
        return y + <floating> 0.5 * complementary_error_function(x * <floating> -0.70710678118654752440)
    y = logistic(x)
    if kind == SILU:
        return y * (1 + x * (1 - y))
    return y


cdef inline void activation_forward(
    floating* y, const floating* x, Activation kind, floating negative_slope, Py_ssize_t count,
) noexcept nogil:
    # y is written: y = f(x). The slope is leaky ReLU's, or ELU's alpha.
    cdef Py_ssize_t i
    for i in range(count):
        y[i] = activated(kind, negative_slope, x[i])


cdef inline void activation_derivative(
    floating* slope, const floating* x, Activation kind, floating negative_slope, Py_ssize_t count,
) noexcept nogil:
    # slope is written: f'(x).
    cdef Py_ssize_t i
    for i in range(count):
        slope[i] = slope_of(kind, negative_slope, x[i])


cdef inline void activation_backward(
    floating* dx, const floating* dy, const floating* y, Activation kind, floating negative_slope, Py_ssize_t count,
) noexcept nogil:
    # dx is written (it may be dy itself): dx = dy f'(x) for the first four kinds, from the outputs y = f(x), so that
    # nothing is computed twice.
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
