"""The losses and their gradients as functions of arrays, alone and fused with softmax.

Mean squared error is the mean over all elements; cross-entropy is summed over classes and averaged over rows.
"""

cimport numpy as cnp
from fastnn_ext.runtime.arrays cimport as_floats, as_floats_like, empty_like, shape_of
from fastnn_ext.runtime.dispatch cimport kernels_of
from fastnn_ext.runtime.kernels cimport Kernels
from fastnn_ext.tables.enums cimport CROSS_ENTROPY, Loss, LOSSES, MEAN_SQUARED_ERROR, fastnn_is_summed

cnp.import_array()


cdef tuple targets_and_predictions(object y_true, object y_pred, str prediction_name):
    # Both as float arrays of the prediction's dtype with as many rows and columns; one row may lack its outer brackets.
    cdef cnp.ndarray predicted = as_floats(y_pred, prediction_name)
    cdef cnp.ndarray true = as_floats_like(y_true, "y_true", predicted)
    cdef int ndim = cnp.PyArray_NDIM(predicted)
    cdef Py_ssize_t columns = cnp.PyArray_DIM(predicted, ndim - 1) if ndim else 1
    cdef Py_ssize_t true_columns = cnp.PyArray_DIM(true, cnp.PyArray_NDIM(true) - 1) if cnp.PyArray_NDIM(true) else 1
    if cnp.PyArray_SIZE(predicted) == 0:
        raise ValueError(f"{prediction_name} must not be empty, but its shape is {shape_of(predicted)}")
    if cnp.PyArray_SIZE(true) != cnp.PyArray_SIZE(predicted) or columns != true_columns:
        raise ValueError(f"y_true must have the shape of {prediction_name}, {shape_of(predicted)}, "
                         f"but its shape is {shape_of(true)}; class numbers become rows by fastnn.to_categorical")
    return true, predicted, columns


cdef double share(Loss loss, Py_ssize_t rows, Py_ssize_t columns) noexcept nogil:
    # Of the sum over all elements: what a mean over rows, or over these and the elements of a row, makes of it.
    return 1.0 / rows if fastnn_is_summed(loss) else 1.0 / (<double> rows * columns)


cdef cnp.ndarray zeros_for(cnp.ndarray array, cnp.npy_intp size):
    # What the kernels tell a loss beside: these need nothing.
    cdef cnp.npy_intp count = size + 3
    return cnp.PyArray_ZEROS(1, &count, cnp.PyArray_TYPE(array), 0)


cdef object value_of(Loss loss, object y_true, object y_pred):
    cdef cnp.ndarray t, p
    t, p, columns = targets_and_predictions(y_true, y_pred, "y_pred")
    cdef cnp.npy_intp size = columns, rows = cnp.PyArray_SIZE(p) // size
    cdef const Kernels* kernels = kernels_of(p)
    # The kernels write a gradient always: each row's in the same place.
    cdef cnp.ndarray room = cnp.PyArray_EMPTY(1, &size, cnp.PyArray_TYPE(p), 0), numbers = zeros_for(p, size)
    return share(loss, rows, size) * kernels.loss(loss, cnp.PyArray_DATA(numbers), cnp.PyArray_DATA(room), 0,
                                                  cnp.PyArray_DATA(p), cnp.PyArray_DATA(t), rows, size, 0)


cdef object gradient_of(Loss loss, object y_true, object y_pred):
    cdef cnp.ndarray t, p
    t, p, columns = targets_and_predictions(y_true, y_pred, "y_pred")
    cdef cnp.npy_intp size = columns, rows = cnp.PyArray_SIZE(p) // size
    cdef const Kernels* kernels = kernels_of(p)
    cdef cnp.ndarray gradient = empty_like(p), numbers = zeros_for(p, size)
    kernels.loss(loss, cnp.PyArray_DATA(numbers), cnp.PyArray_DATA(gradient), size, cnp.PyArray_DATA(p),
                 cnp.PyArray_DATA(t), rows, size, share(loss, rows, size))
    return gradient


def mse(y_true, y_pred):
    """Mean squared error over all elements; sums of some hundred are added in double precision.

    >>> import numpy as np
    >>> mse(np.array([0.0, 1.0]), np.array([[0.5, 0.5]]))
    0.25
    """
    return value_of(MEAN_SQUARED_ERROR, y_true, y_pred)


def mse_prime(y_true, y_pred):
    """Gradient of :func:`mse` with respect to ``y_pred``: ``2 (y_pred - y_true) / y_pred.size``, in y_pred's shape.

    >>> import numpy as np
    >>> mse_prime(np.array([0.0, 1.0]), np.array([[0.5, 0.5]]))
    array([[ 0.5, -0.5]])
    """
    return gradient_of(MEAN_SQUARED_ERROR, y_true, y_pred)


def cross_entropy(y_true, y_pred):
    """``-sum(y_true * log(y_pred))`` over classes, averaged over rows.

    Probabilities below half the dtype's machine epsilon count as that, so a class given probability 0 costs about 17
    (float32) or 37 (float64), not infinity.

    >>> import numpy as np
    >>> round(cross_entropy(np.array([0.0, 1.0]), np.array([[0.5, 0.5]])), 6)
    0.693147
    """
    return value_of(CROSS_ENTROPY, y_true, y_pred)


def cross_entropy_prime(y_true, y_pred):
    """Gradient of :func:`cross_entropy` with respect to ``y_pred``: ``-y_true / y_pred / rows``, in y_pred's shape.

    >>> import numpy as np
    >>> cross_entropy_prime(np.array([0.0, 1.0]), np.array([[0.5, 0.5]]))
    array([[-0., -2.]])
    """
    return gradient_of(CROSS_ENTROPY, y_true, y_pred)


def mean_loss(y_true, y_pred, Loss loss):
    """The mean over rows of any loss of the engine that is told no numbers, of rows of outputs.

    >>> import numpy as np
    >>> from fastnn_ext.tables.enums import Loss
    >>> mean_loss(np.array([[1.0, 0.0]]), np.array([[0.5, -0.5]]), Loss.MEAN_ABSOLUTE_ERROR)
    0.5
    """
    if not 0 <= loss < LOSSES:
        raise ValueError(f"loss must be a member of Loss, but it is {<int> loss}")
    return value_of(loss, y_true, y_pred)


def softmax_with_loss(y_true, logits, Loss loss):
    """``(loss, gradient)`` of a loss of ``softmax(logits)``; the gradient is with respect to ``logits``, in
    their shape.

    Fused, cross-entropy is exact for logits of any finite size.

    >>> import numpy as np
    >>> from fastnn_ext.tables.enums import Loss
    >>> loss, gradient = softmax_with_loss(np.array([[0.0, 1.0]]), np.array([[1e4, 0.0]]), Loss.CROSS_ENTROPY)
    >>> loss, gradient
    (10000.0, array([[ 1., -1.]]))
    """
    cdef cnp.ndarray t, x
    if loss not in (MEAN_SQUARED_ERROR, CROSS_ENTROPY):
        raise ValueError(f"loss must be MEAN_SQUARED_ERROR or CROSS_ENTROPY of Loss, but it is {<int> loss}")
    t, x, columns = targets_and_predictions(y_true, logits, "logits")
    cdef cnp.npy_intp size = columns, rows = cnp.PyArray_SIZE(x) // size
    cdef cnp.ndarray probabilities = cnp.PyArray_EMPTY(1, &size, cnp.PyArray_TYPE(x), 0)
    cdef cnp.ndarray gradient = empty_like(x)
    cdef cnp.ndarray numbers = zeros_for(x, size)
    cdef void* n_data = cnp.PyArray_DATA(numbers)
    cdef void* p_data = cnp.PyArray_DATA(probabilities)
    cdef void* g_data = cnp.PyArray_DATA(gradient)
    cdef void* x_data = cnp.PyArray_DATA(x)
    cdef void* t_data = cnp.PyArray_DATA(t)
    cdef const Kernels* kernels = kernels_of(x)
    cdef double value
    with nogil:
        value = kernels.softmax_loss(loss, n_data, p_data, g_data, x_data, t_data, rows, size, share(loss, rows, size))
    return share(loss, rows, size) * value, gradient
