"""Softmax over the last axis, and its gradient."""

cimport numpy as cnp
from fastnn_ext.runtime.arrays cimport as_floats, as_floats_like, empty_like, shape_of
from fastnn_ext.runtime.dispatch cimport kernels_of
from fastnn_ext.runtime.kernels cimport Kernels

cnp.import_array()


def softmax(logits):
    """``exp(logits) / sum(exp(logits))`` over the last axis, stable for logits of any finite size.

    Returns an array of the shape of ``logits``; float32 stays float32, all else becomes float64. Raises ValueError
    when ``logits`` has no axis or an empty last one.

    >>> import numpy as np
    >>> softmax(np.array([[0.0, 0.0], [1000.0, 1000.0]]))
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    cdef cnp.ndarray x = as_floats(logits, "logits")
    cdef Py_ssize_t size = cnp.PyArray_DIM(x, cnp.PyArray_NDIM(x) - 1) if cnp.PyArray_NDIM(x) > 0 else 0
    if size == 0:
        raise ValueError(f"logits must have at least one class along its last axis, but its shape is {shape_of(x)}")
    cdef cnp.ndarray y = empty_like(x)
    cdef Py_ssize_t batch = cnp.PyArray_SIZE(x) // size
    cdef void* x_data = cnp.PyArray_DATA(x)
    cdef void* y_data = cnp.PyArray_DATA(y)
    cdef const Kernels* kernels = kernels_of(x)
    with nogil:
        kernels.softmax(y_data, x_data, batch, size)
    return y


def softmax_gradient(output_error, output):
    """``output * (output_error - <output_error, output>)`` by rows: the softmax Jacobian times ``output_error``.

    ``output`` is what :func:`softmax` returned. The Jacobian is never built.

    >>> import numpy as np
    >>> softmax_gradient(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
    array([[ 0.25, -0.25]])
    """
    cdef cnp.ndarray y = as_floats(output, "output")
    cdef cnp.ndarray dy = as_floats_like(output_error, "output_error", y)
    cdef Py_ssize_t size = cnp.PyArray_DIM(y, cnp.PyArray_NDIM(y) - 1) if cnp.PyArray_NDIM(y) > 0 else 0
    if size == 0:
        raise ValueError(f"output must have at least one class along its last axis, but its shape is {shape_of(y)}")
    if not cnp.PyArray_SAMESHAPE(dy, y):
        raise ValueError(f"output_error must have the shape of output, {shape_of(y)}, but its shape is {shape_of(dy)}")
    cdef cnp.ndarray dx = empty_like(y)
    cdef Py_ssize_t batch = cnp.PyArray_SIZE(y) // size
    cdef void* y_data = cnp.PyArray_DATA(y)
    cdef void* dy_data = cnp.PyArray_DATA(dy)
    cdef void* dx_data = cnp.PyArray_DATA(dx)
    cdef const Kernels* kernels = kernels_of(y)
    with nogil:
        kernels.softmax_backward(dx_data, dy_data, y_data, batch, size)
    return dx
