"""Doors to the losses and their gradients, alone and fused with softmax."""

cimport numpy as cnp
from fastnn_ext.runtime.arrays cimport as_floats, as_floats_like, empty_like, shape_of
from fastnn_ext.tables.enums cimport CROSS_ENTROPY, Loss, MEAN_SQUARED_ERROR

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


def mse(y_true, y_pred):
    """Mean squared error over all elements, summed in double precision.

    >>> import numpy as np
    >>> mse(np.array([0.0, 1.0]), np.array([[0.5, 0.5]]))
    0.25
    """
    cdef cnp.ndarray t, p
    t, p, _ = targets_and_predictions(y_true, y_pred, "y_pred")
    if cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT:
        return mse_value[float](<float*> cnp.PyArray_DATA(t), <float*> cnp.PyArray_DATA(p), cnp.PyArray_SIZE(p))
    return mse_value[double](<double*> cnp.PyArray_DATA(t), <double*> cnp.PyArray_DATA(p), cnp.PyArray_SIZE(p))


def mse_prime(y_true, y_pred):
    """Gradient of :func:`mse` with respect to ``y_pred``: ``2 (y_pred - y_true) / y_pred.size``, in y_pred's shape.

    >>> import numpy as np
    >>> mse_prime(np.array([0.0, 1.0]), np.array([[0.5, 0.5]]))
    array([[ 0.5, -0.5]])
    """
    cdef cnp.ndarray t, p
    t, p, _ = targets_and_predictions(y_true, y_pred, "y_pred")
    cdef cnp.ndarray gradient = empty_like(p)
    cdef void* g = cnp.PyArray_DATA(gradient)
    if cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT:
        mse_gradient[float](<float*> g, <float*> cnp.PyArray_DATA(t), <float*> cnp.PyArray_DATA(p), cnp.PyArray_SIZE(p))
    else:
        mse_gradient[double](<double*> g, <double*> cnp.PyArray_DATA(t), <double*> cnp.PyArray_DATA(p),
                             cnp.PyArray_SIZE(p))
    return gradient


def cross_entropy(y_true, y_pred):
    """``-sum(y_true * log(y_pred))`` over classes, averaged over rows.

    Probabilities below half the dtype's machine epsilon count as that, so a class given probability 0 costs about 17
    (float32) or 37 (float64), not infinity.

    >>> import numpy as np
    >>> round(cross_entropy(np.array([0.0, 1.0]), np.array([[0.5, 0.5]])), 6)
    0.693147
    """
    cdef cnp.ndarray t, p
    t, p, columns = targets_and_predictions(y_true, y_pred, "y_pred")
    cdef Py_ssize_t classes = columns, batch = cnp.PyArray_SIZE(p) // classes
    if cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT:
        return cross_entropy_value[float](<float*> cnp.PyArray_DATA(t), <float*> cnp.PyArray_DATA(p), batch, classes)
    return cross_entropy_value[double](<double*> cnp.PyArray_DATA(t), <double*> cnp.PyArray_DATA(p), batch, classes)


def cross_entropy_prime(y_true, y_pred):
    """Gradient of :func:`cross_entropy` with respect to ``y_pred``: ``-y_true / y_pred / rows``, in y_pred's shape.

    >>> import numpy as np
    >>> cross_entropy_prime(np.array([0.0, 1.0]), np.array([[0.5, 0.5]]))
    array([[-0., -2.]])
    """
    cdef cnp.ndarray t, p
    t, p, columns = targets_and_predictions(y_true, y_pred, "y_pred")
    cdef Py_ssize_t classes = columns, batch = cnp.PyArray_SIZE(p) // classes
    cdef cnp.ndarray gradient = empty_like(p)
    cdef void* g = cnp.PyArray_DATA(gradient)
    if cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT:
        cross_entropy_gradient[float](<float*> g, <float*> cnp.PyArray_DATA(t), <float*> cnp.PyArray_DATA(p), batch,
                                      classes)
    else:
        cross_entropy_gradient[double](<double*> g, <double*> cnp.PyArray_DATA(t), <double*> cnp.PyArray_DATA(p), batch,
                                       classes)
    return gradient


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
    cdef Py_ssize_t classes = columns, batch = cnp.PyArray_SIZE(x) // classes
    cdef cnp.ndarray probabilities = empty_like(x), gradient = empty_like(x)
    cdef void* p_data = cnp.PyArray_DATA(probabilities)
    cdef void* g_data = cnp.PyArray_DATA(gradient)
    cdef void* x_data = cnp.PyArray_DATA(x)
    cdef void* t_data = cnp.PyArray_DATA(t)
    cdef double value
    if cnp.PyArray_TYPE(x) == cnp.NPY_FLOAT:
        with nogil:
            if loss == CROSS_ENTROPY:
                value = softmax_cross_entropy[float](<float*> p_data, <float*> g_data, <float*> x_data, <float*> t_data,
                                                     batch, classes)
            else:
                value = softmax_mse[float](<float*> p_data, <float*> g_data, <float*> x_data, <float*> t_data, batch,
                                           classes)
    else:
        with nogil:
            if loss == CROSS_ENTROPY:
                value = softmax_cross_entropy[double](<double*> p_data, <double*> g_data, <double*> x_data,
                                                      <double*> t_data, batch, classes)
            else:
                value = softmax_mse[double](<double*> p_data, <double*> g_data, <double*> x_data, <double*> t_data,
                                            batch, classes)
    return value, gradient
