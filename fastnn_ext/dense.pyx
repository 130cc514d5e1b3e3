"""Doors to the dense layer's kernels: ``y = x W + b`` and its gradients, for one sample or a batch."""

cimport numpy as cnp
from fastnn_ext.arrays cimport as_floats, as_matrix_like, as_floats_like, as_parameters, empty_matrix, overlaps, rows_of, shape_of
from fastnn_ext.update cimport sgd_update, sgd_update_outer

cnp.import_array()


cdef cnp.ndarray weights_of(object value):
    cdef cnp.ndarray weights = as_floats(value, "weights")
    if cnp.PyArray_NDIM(weights) != 2:
        raise ValueError(f"weights must have shape (fan_in, fan_out), but its shape is {shape_of(weights)}")
    return weights


cdef cnp.ndarray bias_of(object value, cnp.ndarray weights):
    cdef cnp.ndarray bias = as_floats_like(value, "bias", weights)
    cdef Py_ssize_t fan_out = cnp.PyArray_DIM(weights, 1)
    cdef int ndim = cnp.PyArray_NDIM(bias)
    if not (ndim == 1 or (ndim == 2 and cnp.PyArray_DIM(bias, 0) == 1)) or cnp.PyArray_SIZE(bias) != fan_out:
        raise ValueError(f"bias must have shape ({fan_out},) or (1, {fan_out}) to fit weights of shape {shape_of(weights)}, "
                         f"but its shape is {shape_of(bias)}")
    return bias


def dense_forward(input, weights, bias):
    """``input @ weights + bias`` with shape (batch, fan_out), in the dtype of ``weights``.

    >>> import numpy as np
    >>> dense_forward(np.ones((2, 3)), np.full((3, 1), 2.0), np.zeros(1))
    array([[6.],
           [6.]])
    """
    cdef cnp.ndarray w = weights_of(weights)
    cdef cnp.ndarray b = bias_of(bias, w)
    cdef Py_ssize_t fan_in = cnp.PyArray_DIM(w, 0), fan_out = cnp.PyArray_DIM(w, 1)
    cdef cnp.ndarray x = as_matrix_like(input, "input", fan_in, w, "weights")
    cdef Py_ssize_t batch = rows_of(x)
    cdef cnp.ndarray y = empty_matrix(batch, fan_out, w)
    cdef void* y_data = cnp.PyArray_DATA(y)
    cdef void* x_data = cnp.PyArray_DATA(x)
    cdef void* w_data = cnp.PyArray_DATA(w)
    cdef void* b_data = cnp.PyArray_DATA(b)
    if cnp.PyArray_TYPE(w) == cnp.NPY_FLOAT:
        with nogil:
            dense_forward_formula[float](<float*> y_data, <float*> x_data, <float*> w_data, <float*> b_data,
                                         batch, fan_in, fan_out)
    else:
        with nogil:
            dense_forward_formula[double](<double*> y_data, <double*> x_data, <double*> w_data, <double*> b_data,
                                          batch, fan_in, fan_out)
    return y


def dense_backward_input(output_error, weights):
    """``output_error @ weights.T``: the gradient of the loss with respect to the layer's input.

    >>> import numpy as np
    >>> dense_backward_input(np.ones((1, 2)), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3., 7.]])
    """
    cdef cnp.ndarray w = weights_of(weights)
    cdef Py_ssize_t fan_in = cnp.PyArray_DIM(w, 0), fan_out = cnp.PyArray_DIM(w, 1)
    cdef cnp.ndarray dy = as_matrix_like(output_error, "output_error", fan_out, w, "weights")
    cdef Py_ssize_t batch = rows_of(dy)
    cdef cnp.ndarray dx = empty_matrix(batch, fan_in, w)
    cdef void* dx_data = cnp.PyArray_DATA(dx)
    cdef void* dy_data = cnp.PyArray_DATA(dy)
    cdef void* w_data = cnp.PyArray_DATA(w)
    if cnp.PyArray_TYPE(w) == cnp.NPY_FLOAT:
        with nogil:
            dense_backward_input_formula[float](<float*> dx_data, <float*> dy_data, <float*> w_data, batch, fan_in, fan_out)
    else:
        with nogil:
            dense_backward_input_formula[double](<double*> dx_data, <double*> dy_data, <double*> w_data,
                                                 batch, fan_in, fan_out)
    return dx


cdef tuple error_and_input(object output_error, object input):
    cdef cnp.ndarray dy = as_floats(output_error, "output_error")
    cdef cnp.ndarray x = as_floats_like(input, "input", dy)
    for name, array in (("output_error", dy), ("input", x)):
        if array.ndim not in (1, 2):
            raise ValueError(f"{name} must have one or two dimensions, but its shape is {shape_of(array)}")
    if rows_of(dy) != rows_of(x):
        raise ValueError(f"output_error and input must have as many rows, but their shapes are {shape_of(dy)} and {shape_of(x)}")
    return dy, x


def dense_backward_parameters(output_error, input):
    """Gradients of the loss with respect to weights and bias: ``(input.T @ output_error, output_error.sum(0))``.

    The bias gradient has shape (1, fan_out).

    >>> import numpy as np
    >>> dense_backward_parameters(np.ones((2, 1)), np.array([[1.0, 2.0], [3.0, 4.0]]))
    (array([[4.],
           [6.]]), array([[2.]]))
    """
    cdef cnp.ndarray dy, x
    dy, x = error_and_input(output_error, input)
    cdef Py_ssize_t batch = rows_of(x)
    cdef Py_ssize_t fan_in = cnp.PyArray_DIM(x, cnp.PyArray_NDIM(x) - 1)
    cdef Py_ssize_t fan_out = cnp.PyArray_DIM(dy, cnp.PyArray_NDIM(dy) - 1)
    cdef cnp.ndarray dw = empty_matrix(fan_in, fan_out, dy)
    cdef cnp.ndarray db = empty_matrix(1, fan_out, dy)
    cdef void* dw_data = cnp.PyArray_DATA(dw)
    cdef void* db_data = cnp.PyArray_DATA(db)
    cdef void* dy_data = cnp.PyArray_DATA(dy)
    cdef void* x_data = cnp.PyArray_DATA(x)
    if cnp.PyArray_TYPE(dy) == cnp.NPY_FLOAT:
        with nogil:
            dense_backward_weights[float](<float*> dw_data, <float*> dy_data, <float*> x_data, batch, fan_in, fan_out)
            dense_backward_bias[float](<float*> db_data, <float*> dy_data, batch, fan_out)
    else:
        with nogil:
            dense_backward_weights[double](<double*> dw_data, <double*> dy_data, <double*> x_data, batch, fan_in, fan_out)
            dense_backward_bias[double](<double*> db_data, <double*> dy_data, batch, fan_out)
    return dw, db


def dense_sgd_step(output_error, input, weights, bias, double learning_rate):
    """One step of gradient descent on ``weights`` and ``bias``, in place, from the layer's input and output error.

    ``weights`` and ``bias`` are C-contiguous, writeable and of one dtype. For a single sample the weight gradient is
    never written to memory.

    >>> import numpy as np
    >>> weights, bias = np.zeros((2, 1)), np.zeros((1, 1))
    >>> dense_sgd_step(np.ones((1, 1)), np.array([[1.0, 2.0]]), weights, bias, 0.5)
    >>> weights
    array([[-0.5],
           [-1. ]])
    """
    cdef cnp.ndarray w = as_parameters(weights, "weights", 2)
    cdef cnp.ndarray b = as_parameters(bias, "bias", -1)
    bias_of(b, w)
    if cnp.PyArray_TYPE(w) != cnp.PyArray_TYPE(b):
        raise TypeError(f"weights and bias must have one dtype, but theirs are {w.dtype} and {b.dtype}")
    cdef Py_ssize_t fan_in = cnp.PyArray_DIM(w, 0), fan_out = cnp.PyArray_DIM(w, 1)
    cdef cnp.ndarray dy = as_matrix_like(output_error, "output_error", fan_out, w, "weights")
    cdef cnp.ndarray x = as_matrix_like(input, "input", fan_in, w, "weights")
    error_and_input(dy, x)
    if overlaps(w, dy) or overlaps(w, x) or overlaps(b, dy) or overlaps(b, x) or overlaps(w, b):
        raise ValueError("weights and bias must not share memory with each other, input or output_error: pass a copy")
    cdef Py_ssize_t batch = rows_of(x)
    cdef cnp.ndarray dw, db
    if batch == 1:
        if cnp.PyArray_TYPE(w) == cnp.NPY_FLOAT:
            sgd_update_outer[float](<float*> cnp.PyArray_DATA(w), <float*> cnp.PyArray_DATA(x),
                                    <float*> cnp.PyArray_DATA(dy), <float> learning_rate, fan_in, fan_out)
            sgd_update[float](<float*> cnp.PyArray_DATA(b), <float*> cnp.PyArray_DATA(dy), <float> learning_rate, fan_out)
        else:
            sgd_update_outer[double](<double*> cnp.PyArray_DATA(w), <double*> cnp.PyArray_DATA(x),
                                     <double*> cnp.PyArray_DATA(dy), learning_rate, fan_in, fan_out)
            sgd_update[double](<double*> cnp.PyArray_DATA(b), <double*> cnp.PyArray_DATA(dy), learning_rate, fan_out)
        return
    dw, db = dense_backward_parameters(dy, x)
    if cnp.PyArray_TYPE(w) == cnp.NPY_FLOAT:
        sgd_update[float](<float*> cnp.PyArray_DATA(w), <float*> cnp.PyArray_DATA(dw), <float> learning_rate, fan_in * fan_out)
        sgd_update[float](<float*> cnp.PyArray_DATA(b), <float*> cnp.PyArray_DATA(db), <float> learning_rate, fan_out)
    else:
        sgd_update[double](<double*> cnp.PyArray_DATA(w), <double*> cnp.PyArray_DATA(dw), learning_rate, fan_in * fan_out)
        sgd_update[double](<double*> cnp.PyArray_DATA(b), <double*> cnp.PyArray_DATA(db), learning_rate, fan_out)
