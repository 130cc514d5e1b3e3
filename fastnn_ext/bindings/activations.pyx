"""The activations and their derivatives, elementwise on arrays of any shape or on single numbers."""

cimport numpy as cnp
from fastnn_ext.engine.numbers cimport keep_numbers, Numbers, numbers_as
from fastnn_ext.runtime.arrays cimport as_floats, as_floats_like, empty_like, shape_of
from fastnn_ext.runtime.dispatch cimport kernels_of
from fastnn_ext.runtime.kernels cimport Kernels
from fastnn_ext.tables.enums cimport (
    Activation, ACTIVATIONS, ELU, fastnn_told_by_output, GELU, LEAKY_RELU, RELU, SELU, SIGMOID, SILU, SOFTPLUS, TANH,
)

from fastnn_ext.tables import enums

cnp.import_array()


cdef object elementwise(object x, Activation kind, bint derivative, tuple numbers=()):
    cdef cnp.ndarray array = as_floats(x, "x")
    cdef cnp.ndarray result = empty_like(array)
    cdef Py_ssize_t count = cnp.PyArray_SIZE(array)
    cdef void* x_data = cnp.PyArray_DATA(array)
    cdef void* y_data = cnp.PyArray_DATA(result)
    cdef const Kernels* kernels = kernels_of(array)
    cdef Numbers kept
    keep_numbers(&kept, numbers)
    cdef const void* told = numbers_as(&kept, kernels.is_double)
    with nogil:
        if derivative:
            kernels.derivative(y_data, x_data, kind, told, count)
        else:
            kernels.activate(y_data, x_data, kind, told, count)
    return result[()] if cnp.PyArray_NDIM(result) == 0 else result


cdef int checked_kind(int kind) except -1:
    if not 0 <= kind < ACTIVATIONS:
        raise ValueError(f"kind must be a member of Activation, but it is {kind}")
    return kind


cdef double checked_slope(double negative_slope) except -1.0:
    if not 0.0 <= negative_slope < 1.0:
        raise ValueError(f"negative_slope must be at least 0 and below 1, but it is {negative_slope}")
    return negative_slope


cdef double checked_alpha(double alpha) except -1.0:
    if not 0.0 <= alpha < float("inf"):
        raise ValueError(f"alpha must be finite and not negative, but it is {alpha}")
    return alpha


def activate(int kind, x, *numbers):
    """The value of any activation, elementwise, as an array of x's shape; numbers are those it has beside x, else 0.

    >>> from fastnn_ext.tables.enums import Activation
    >>> activate(Activation.TANH, 0.0)
    np.float64(0.0)
    """
    return elementwise(x, <Activation> checked_kind(kind), False, numbers)


def derivative(int kind, x, *numbers):
    """The derivative of any activation as a function of x, as :func:`activate` takes them.

    >>> from fastnn_ext.tables.enums import Activation
    >>> derivative(Activation.TANH, 0.0)
    np.float64(1.0)
    """
    return elementwise(x, <Activation> checked_kind(kind), True, numbers)


def relu(x):
    """``max(x, 0)``, elementwise, as an array of x's shape (float32 stays float32, all else becomes float64).

    >>> import numpy as np
    >>> relu(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """
    return elementwise(x, RELU, False)


def relu_prime(x):
    """Derivative of :func:`relu`: 1 where x is positive, else 0, at zero too.

    >>> import numpy as np
    >>> relu_prime(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 1.])
    """
    return elementwise(x, RELU, True)


def leaky_relu(x, double negative_slope=0.01):
    """``x`` where it is positive, else ``negative_slope * x`` (slope at least 0 and below 1, else ValueError).

    >>> import numpy as np
    >>> leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    return elementwise(x, LEAKY_RELU, False, (checked_slope(negative_slope),))


def leaky_relu_prime(x, double negative_slope=0.01):
    """Derivative of :func:`leaky_relu`: 1 where x is positive, else ``negative_slope``, at zero too.

    >>> import numpy as np
    >>> leaky_relu_prime(np.array([-1.0, 2.0]))
    array([0.01, 1.  ])
    """
    return elementwise(x, LEAKY_RELU, True, (checked_slope(negative_slope),))


def sigmoid(x):
    """``1 / (1 + exp(-x))``, elementwise; no x overflows.

    >>> sigmoid(0.0)
    np.float64(0.5)
    """
    return elementwise(x, SIGMOID, False)


def sigmoid_prime(x):
    """Derivative of :func:`sigmoid`: ``sigmoid(x) * (1 - sigmoid(x))``.

    >>> sigmoid_prime(0.0)
    np.float64(0.25)
    """
    return elementwise(x, SIGMOID, True)


def tanh(x):
    """Hyperbolic tangent, elementwise.

    >>> tanh(0.0)
    np.float64(0.0)
    """
    return elementwise(x, TANH, False)


def tanh_prime(x):
    """Derivative of :func:`tanh`: ``1 - tanh(x) ** 2``.

    >>> tanh_prime(0.0)
    np.float64(1.0)
    """
    return elementwise(x, TANH, True)


def elu(x, double alpha=1.0):
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)`` (Clevert et al. 2016); alpha must not be negative.

    >>> import numpy as np
    >>> elu(np.array([-np.inf, 2.0]))
    array([-1.,  2.])
    """
    return elementwise(x, ELU, False, (checked_alpha(alpha),))


def elu_prime(x, double alpha=1.0):
    """Derivative of :func:`elu`: 1 where x is positive, else ``alpha * exp(x)``, at zero too.

    >>> elu_prime(0.0)
    np.float64(1.0)
    """
    return elementwise(x, ELU, True, (checked_alpha(alpha),))


def selu(x):
    """:func:`elu` with alpha 1.67326..., times 1.05070...: layers keep their mean and variance (Klambauer et al. 2017).

    >>> round(float(selu(1.0)), 5)
    1.0507
    """
    return elementwise(x, SELU, False)


def selu_prime(x):
    """Derivative of :func:`selu`; at zero the left-hand one.

    >>> round(float(selu_prime(1.0)), 5)
    1.0507
    """
    return elementwise(x, SELU, True)


def gelu(x):
    """``x`` times the normal distribution function of x, exactly (Hendrycks and Gimpel 2016).

    >>> round(float(gelu(1.0)), 5)
    0.84134
    """
    return elementwise(x, GELU, False)


def gelu_prime(x):
    """Derivative of :func:`gelu`.

    >>> gelu_prime(0.0)
    np.float64(0.5)
    """
    return elementwise(x, GELU, True)


def silu(x):
    """``x * sigmoid(x)``, also called swish (Elfwing et al. 2018).

    >>> silu(0.0)
    np.float64(0.0)
    """
    return elementwise(x, SILU, False)


def silu_prime(x):
    """Derivative of :func:`silu`.

    >>> silu_prime(0.0)
    np.float64(0.5)
    """
    return elementwise(x, SILU, True)


def softplus(x):
    """``log(1 + exp(x))``, elementwise; no x overflows.

    >>> softplus(1000.0)
    np.float64(1000.0)
    """
    return elementwise(x, SOFTPLUS, False)


def softplus_prime(x):
    """Derivative of :func:`softplus`: the sigmoid.

    >>> softplus_prime(0.0)
    np.float64(0.5)
    """
    return elementwise(x, SOFTPLUS, True)


def activation_gradient(output_error, output, Activation kind, *numbers):
    """``output_error * f'(x)`` from the output ``f(x)``, in the dtype and shape of ``output``.

    For kinds whose output tells their slope, which `fastnn_ext.tables.enums.TOLD_BY_OUTPUT` lists; numbers as for
    :func:`activate`.

    >>> import numpy as np
    >>> from fastnn_ext.tables.enums import Activation
    >>> activation_gradient(np.array([5.0, 5.0]), np.array([0.0, 2.0]), Activation.RELU)
    array([0., 5.])
    """
    cdef cnp.ndarray y = as_floats(output, "output")
    cdef cnp.ndarray dy = as_floats_like(output_error, "output_error", y)
    if not 0 <= kind < ACTIVATIONS or not fastnn_told_by_output(kind):
        by_output = ", ".join([member.name for member in enums.TOLD_BY_OUTPUT])
        raise ValueError(f"kind must be one of {by_output} of Activation, but it is {<int> kind}")
    if not cnp.PyArray_SAMESHAPE(dy, y):
        raise ValueError(f"output_error must have the shape of the layer's last output, {shape_of(y)}, "
                         f"but its shape is {shape_of(dy)}")
    cdef cnp.ndarray dx = empty_like(y)
    cdef Py_ssize_t count = cnp.PyArray_SIZE(y)
    cdef void* y_data = cnp.PyArray_DATA(y)
    cdef void* dy_data = cnp.PyArray_DATA(dy)
    cdef void* dx_data = cnp.PyArray_DATA(dx)
    cdef const Kernels* kernels = kernels_of(y)
    cdef Numbers kept
    keep_numbers(&kept, numbers)
    cdef const void* told = numbers_as(&kept, kernels.is_double)
    with nogil:
        kernels.activation_backward(dx_data, dy_data, y_data, kind, told, count)
    return dx
