"""The dense layer: ``y = x W + b`` and its gradients, for one sample or a batch."""

cimport numpy as cnp
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free
from libc.string cimport memset
from fastnn_ext.runtime.arrays cimport (
    as_floats, as_matrix_like, as_floats_like, as_parameters, empty_matrix, overlaps, rows_of, shape_of,
)
from fastnn_ext.runtime.barrier cimport barrier_init
from fastnn_ext.runtime.memory cimport allocate_large
from fastnn_ext.runtime.dispatch cimport kernels_of
from fastnn_ext.engine.layout cimport (
    ALIGNMENT, MAXIMUM_THREADS, WORK_FOR_A_THREAD, packs_weights,
)
from fastnn_ext.runtime.kernels cimport DenseCall, Kernels
from fastnn_ext.runtime.pool cimport pool_run, pool_size, pool_task

cnp.import_array()

cdef enum Pass:
    FORWARD, BACKWARD_INPUT, BACKWARD_WEIGHTS


cdef int describe(
    DenseCall* call, cnp.ndarray y, cnp.ndarray x, cnp.ndarray weights, cnp.ndarray bias, Py_ssize_t rows,
    Py_ssize_t fan_in, Py_ssize_t fan_out,
) except -1:
    memset(call, 0, sizeof(DenseCall))
    call.y, call.x, call.weights = cnp.PyArray_DATA(y), cnp.PyArray_DATA(x), cnp.PyArray_DATA(weights)
    call.bias = NULL if bias is None else cnp.PyArray_DATA(bias)
    call.rows, call.fan_in, call.fan_out = rows, fan_in, fan_out
    return 0


cdef Py_ssize_t padded(Py_ssize_t columns, cnp.ndarray array) noexcept:
    # Bytes of a row of so many columns, filled up to whole panels of the longest vectors.
    return (columns + 2 * ALIGNMENT - 1) // (2 * ALIGNMENT) * (2 * ALIGNMENT) * cnp.PyArray_ITEMSIZE(array)


cdef int run(const Kernels* kernels, DenseCall* call, Pass which, Py_ssize_t packed) except -1:
    # One pass over whole arrays, with `packed` bytes to lay numbers out anew in.
    cdef char* memory = NULL
    cdef Py_ssize_t threads = call.rows * call.fan_in * call.fan_out // WORK_FOR_A_THREAD
    cdef pool_task task = <pool_task> (
        kernels.dense_forward if which == FORWARD else
        kernels.dense_backward_input if which == BACKWARD_INPUT else kernels.dense_backward_weights)
    # The ways back lay out anew always: a place for nothing, too, is one that pointers may be made from.
    if packed > 0 or which != FORWARD:
        memory = <char*> allocate_large(packed + 2 * ALIGNMENT)
        if memory == NULL:
            raise MemoryError(f"no memory for the {packed} bytes that a dense layer's pass needs beside its result")
        call.packed = memory + (ALIGNMENT - <uintptr_t> memory % ALIGNMENT) % ALIGNMENT
    with nogil:
        threads = max(1, min(min(threads, <Py_ssize_t> pool_size()), <Py_ssize_t> MAXIMUM_THREADS))
        if threads == 1:
            task(call, 0, 1)
        else:
            barrier_init(&call.barrier)
            pool_run(task, call, <int> threads)
    free(memory)
    return 0


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
        raise ValueError(f"bias must have shape ({fan_out},) or (1, {fan_out}) to fit weights of shape "
                         f"{shape_of(weights)}, but its shape is {shape_of(bias)}")
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
    cdef DenseCall call
    describe(&call, y, x, w, b, batch, fan_in, fan_out)
    run(kernels_of(w), &call, FORWARD, fan_in * padded(fan_out, w) if packs_weights(batch, fan_out) else 0)
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
    cdef DenseCall call
    describe(&call, dy, dx, w, None, batch, fan_in, fan_out)
    run(kernels_of(w), &call, BACKWARD_INPUT, fan_out * padded(fan_in, w))
    return dx


cdef tuple error_and_input(object output_error, object input):
    cdef cnp.ndarray dy = as_floats(output_error, "output_error")
    cdef cnp.ndarray x = as_floats_like(input, "input", dy)
    for name, array in (("output_error", dy), ("input", x)):
        if array.ndim not in (1, 2):
            raise ValueError(f"{name} must have one or two dimensions, but its shape is {shape_of(array)}")
    if rows_of(dy) != rows_of(x):
        raise ValueError(f"output_error and input must have as many rows, "
                         f"but their shapes are {shape_of(dy)} and {shape_of(x)}")
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
    cdef DenseCall call
    describe(&call, dy, x, dw, db, batch, fan_in, fan_out)
    run(kernels_of(dy), &call, BACKWARD_WEIGHTS, batch * padded(fan_out, dy))
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
    cdef DenseCall call
    describe(&call, dy, x, w, b, batch, fan_in, fan_out)
    call.step, call.learning_rate = True, learning_rate
    run(kernels_of(w), &call, BACKWARD_WEIGHTS, batch * padded(fan_out, w))
