"""Softmax and its logarithm over the last axis, and their gradients."""

cimport numpy as cnp
from fastnn_ext.runtime.arrays cimport as_floats, as_floats_like, empty_like, shape_of
from fastnn_ext.runtime.dispatch cimport kernels_of
from fastnn_ext.runtime.kernels cimport Kernels

cnp.import_array()


cdef Py_ssize_t classes_of(cnp.ndarray array, str name) except -1:
    cdef Py_ssize_t size = cnp.PyArray_DIM(array, cnp.PyArray_NDIM(array) - 1) if cnp.PyArray_NDIM(array) > 0 else 0
    if size == 0:
        raise ValueError(f"{name} must have at least one class along its last axis, but its shape is {shape_of(array)}")
    return size


cdef object forward(object logits, bint logarithm):
    cdef cnp.ndarray x = as_floats(logits, "logits")
    cdef Py_ssize_t size = classes_of(x, "logits"), rows = cnp.PyArray_SIZE(x) // size
    cdef cnp.ndarray y = empty_like(x)
    cdef void* x_data = cnp.PyArray_DATA(x)
    cdef void* y_data = cnp.PyArray_DATA(y)
    cdef const Kernels* kernels = kernels_of(x)
    with nogil:
        if logarithm:
            kernels.log_softmax(y_data, x_data, rows, size)
        else:
            kernels.softmax(y_data, x_data, rows, size)
    return y


cdef object backward(object output_error, object output, bint logarithm):
    cdef cnp.ndarray y = as_floats(output, "output")
    cdef cnp.ndarray dy = as_floats_like(output_error, "output_error", y)
    cdef Py_ssize_t size = classes_of(y, "output"), rows = cnp.PyArray_SIZE(y) // size
    if not cnp.PyArray_SAMESHAPE(dy, y):
        raise ValueError(f"output_error must have the shape of output, {shape_of(y)}, but its shape is {shape_of(dy)}")
    cdef cnp.ndarray dx = empty_like(y)
    cdef void* y_data = cnp.PyArray_DATA(y)
    cdef void* dy_data = cnp.PyArray_DATA(dy)
    cdef void* dx_data = cnp.PyArray_DATA(dx)
    cdef const Kernels* kernels = kernels_of(y)
    with nogil:
        if logarithm:
            kernels.log_softmax_backward(dx_data, dy_data, y_data, rows, size)
        else:
            kernels.softmax_backward(dx_data, dy_data, y_data, rows, size)
    return dx


def softmax(logits):
    """``exp(logits) / sum(exp(logits))`` over the last axis, stable for logits of any finite size.

    Returns an array of the shape of ``logits``; float32 stays float32, all else becomes float64. Raises ValueError
    when ``logits`` has no axis or an empty last one.

    >>> import numpy as np
    >>> softmax(np.array([[0.0, 0.0], [1000.0, 1000.0]]))
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    return forward(logits, False)


def softmax_gradient(output_error, output):
    """``output * (output_error - <output_error, output>)`` by rows: the softmax Jacobian times ``output_error``.

    ``output`` is what :func:`softmax` returned. The Jacobian is never built.

    >>> import numpy as np
    >>> softmax_gradient(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
    array([[ 0.25, -0.25]])
    """
    return backward(output_error, output, False)


def log_softmax(logits):
    """``logits - log(sum(exp(logits)))`` over the last axis: the logarithm of :func:`softmax`, never -inf.

    Shapes, dtypes and errors are those of :func:`softmax`.

    >>> import numpy as np
    >>> log_softmax(np.array([1000.0, 0.0]))
    array([    0., -1000.])
    """
    return forward(logits, True)


def log_softmax_gradient(output_error, output):
    """``output_error - exp(output) * sum(output_error)`` by rows: the Jacobian of :func:`log_softmax` times it.

    ``output`` is what :func:`log_softmax` returned.

    >>> import numpy as np
    >>> log_softmax_gradient(np.array([[1.0, 0.0]]), np.log(np.array([[0.25, 0.75]])))
    array([[ 0.75, -0.75]])
    """
    return backward(output_error, output, True)
