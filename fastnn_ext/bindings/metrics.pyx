"""What metrics are made of: counts and sums over a batch of predictions, which fastnn.metrics turns into scores."""

cimport numpy as cnp
from fastnn_ext.runtime.arrays cimport as_floats, shape_of

cnp.import_array()


cdef cnp.ndarray as_rows(object value, str name):
    # Rows of floats without NaN: which number is largest has no answer where one is NaN.
    cdef cnp.ndarray rows = as_floats(value, name)
    if cnp.PyArray_NDIM(rows) != 2 or cnp.PyArray_SIZE(rows) == 0:
        raise ValueError(f"{name} must have shape (n, columns) and not be empty, but its shape is {shape_of(rows)}")
    refuse_nan(rows, name)
    return rows


cdef int refuse_nan(cnp.ndarray array, str name) except -1:
    cdef bint found
    if cnp.PyArray_TYPE(array) == cnp.NPY_FLOAT:
        found = has_nan[float](<float*> cnp.PyArray_DATA(array), cnp.PyArray_SIZE(array))
    elif cnp.PyArray_TYPE(array) == cnp.NPY_DOUBLE:
        found = has_nan[double](<double*> cnp.PyArray_DATA(array), cnp.PyArray_SIZE(array))
    else:
        found = False
    if found:
        raise ValueError(f"{name} contains NaN; expected numbers only. Remove or fill the missing values.")
    return 0


cdef tuple as_pair(object y_true, cnp.ndarray predicted):
    # The truth in the shape of the predictions, and the predictions: bytes and floats, or floats of one dtype. Where
    # the dtypes differ both become float64, so that neither is rounded.
    cdef cnp.ndarray true
    if isinstance(y_true, cnp.ndarray) and cnp.PyArray_TYPE(<cnp.ndarray> y_true) == cnp.NPY_UBYTE:
        true = cnp.PyArray_FROM_OTF(y_true, cnp.NPY_UBYTE, cnp.NPY_ARRAY_CARRAY_RO)
    else:
        true = as_floats(y_true, "y_true")
    if not cnp.PyArray_SAMESHAPE(true, predicted):
        raise ValueError(f"y_true must have the shape of y_pred, {shape_of(predicted)}, "
                         f"but its shape is {shape_of(true)}; class numbers become rows by fastnn.to_categorical")
    if cnp.PyArray_TYPE(true) != cnp.NPY_UBYTE and cnp.PyArray_TYPE(true) != cnp.PyArray_TYPE(predicted):
        true = cnp.PyArray_FROM_OTF(true, cnp.NPY_DOUBLE, cnp.NPY_ARRAY_CARRAY_RO)
        predicted = cnp.PyArray_FROM_OTF(predicted, cnp.NPY_DOUBLE, cnp.NPY_ARRAY_CARRAY_RO)
    return true, predicted


cdef cnp.ndarray as_labels(object value, str name, Py_ssize_t classes, str other):
    # Class numbers from 0 to classes - 1, checked: a kernel uses them as indices.
    cdef cnp.ndarray array = cnp.PyArray_FROM_O(value)
    cdef cnp.ndarray labels
    cdef Py_ssize_t i
    cdef const Py_ssize_t* data
    if not (cnp.PyTypeNum_ISINTEGER(cnp.PyArray_TYPE(array)) or cnp.PyTypeNum_ISBOOL(cnp.PyArray_TYPE(array))):
        raise TypeError(f"{name} must hold class numbers as integers, but its dtype is {array.dtype}")
    if not (cnp.PyArray_NDIM(array) == 1 or (cnp.PyArray_NDIM(array) == 2 and cnp.PyArray_DIM(array, 1) == 1)):
        raise ValueError(f"{name} must have shape (n,) or (n, 1), but its shape is {shape_of(array)}")
    labels = cnp.PyArray_FROM_OTF(array, cnp.NPY_INTP, cnp.NPY_ARRAY_CARRAY_RO | cnp.NPY_ARRAY_FORCECAST)
    data = <const Py_ssize_t*> cnp.PyArray_DATA(labels)
    for i in range(cnp.PyArray_SIZE(labels)):
        if not 0 <= data[i] < classes:
            raise ValueError(f"{name} holds the label {array.flat[i]}, but {other} has {classes} classes; "
                             f"expected labels from 0 to {classes - 1}.")
    return labels


cdef int require_length(cnp.ndarray array, str name, Py_ssize_t expected, str other) except -1:
    if cnp.PyArray_DIM(array, 0) != expected:
        raise ValueError(f"{name} has {cnp.PyArray_DIM(array, 0)} sample(s), {other} {expected}; "
                         "expected one prediction per sample.")
    return 0


def argmax_rows(rows):
    """Column of each row's largest number, the first of equals, as an integer array (n,). NaN is refused.

    >>> argmax_rows([[0.1, 0.9], [0.5, 0.5]])
    array([1, 0])
    """
    cdef cnp.ndarray x = as_rows(rows, "rows")
    cdef cnp.npy_intp count = cnp.PyArray_DIM(x, 0), columns = cnp.PyArray_DIM(x, 1)
    cdef cnp.ndarray labels = cnp.PyArray_EMPTY(1, &count, cnp.NPY_INTP, 0)
    cdef Py_ssize_t* out = <Py_ssize_t*> cnp.PyArray_DATA(labels)
    cdef void* data = cnp.PyArray_DATA(x)
    cdef bint single = cnp.PyArray_TYPE(x) == cnp.NPY_FLOAT
    with nogil:
        if single:
            largest_in_rows[float](out, <float*> data, count, columns)
        else:
            largest_in_rows[double](out, <double*> data, count, columns)
    return labels


def count_correct(y_true, y_pred):
    """Number of rows of ``y_pred`` whose largest number, the first of equals, is in the true class' column.

    ``y_true`` holds integer class numbers, (n,) or (n, 1), or rows of y_pred's shape whose largest number tells the
    class.

    >>> count_correct([0, 1], [[0.9, 0.1], [0.8, 0.2]])
    1
    """
    cdef cnp.ndarray p = as_rows(y_pred, "y_pred")
    cdef cnp.ndarray t = cnp.PyArray_FROM_O(y_true)
    cdef Py_ssize_t rows = cnp.PyArray_DIM(p, 0), columns = cnp.PyArray_DIM(p, 1), result
    cdef int ndim = cnp.PyArray_NDIM(t)
    cdef bint sparse = ndim == 1 or (ndim == 2 and cnp.PyArray_DIM(t, 1) == 1 and columns > 1)
    if sparse:
        require_length(t, "y_true", rows, "y_pred")
        t = as_labels(t, "y_true", columns, "y_pred")
    else:
        t, p = as_pair(t, p)
        refuse_nan(t, "y_true")
    cdef bint single = cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT, bytes_true = cnp.PyArray_TYPE(t) == cnp.NPY_UBYTE
    cdef void* p_data = cnp.PyArray_DATA(p)
    cdef void* t_data = cnp.PyArray_DATA(t)
    with nogil:
        if sparse and single:
            result = labels_largest[float](<Py_ssize_t*> t_data, <float*> p_data, rows, columns)
        elif sparse:
            result = labels_largest[double](<Py_ssize_t*> t_data, <double*> p_data, rows, columns)
        elif bytes_true and single:
            result = equal_largest[cnp.npy_ubyte, float](<cnp.npy_ubyte*> t_data, <float*> p_data, rows, columns)
        elif bytes_true:
            result = equal_largest[cnp.npy_ubyte, double](<cnp.npy_ubyte*> t_data, <double*> p_data, rows, columns)
        elif single:
            result = equal_largest[float, float](<float*> t_data, <float*> p_data, rows, columns)
        else:
            result = equal_largest[double, double](<double*> t_data, <double*> p_data, rows, columns)
    return result


def top_k_hits(y_true, y_pred, Py_ssize_t k):
    """For each row of ``y_pred``, 1 where the column of ``y_true`` is among the ``k`` largest, as uint8 (n,).

    Of equal numbers the one further left comes first. ``y_true`` holds integer class numbers, (n,) or (n, 1).

    >>> top_k_hits([0, 1], [[0.5, 0.2, 0.3], [0.5, 0.2, 0.3]], 2)
    array([1, 0], dtype=uint8)
    """
    cdef cnp.ndarray p = as_rows(y_pred, "y_pred")
    cdef cnp.npy_intp rows = cnp.PyArray_DIM(p, 0), columns = cnp.PyArray_DIM(p, 1)
    cdef cnp.ndarray labels = as_labels(y_true, "y_true", columns, "y_pred")
    require_length(labels, "y_true", rows, "y_pred")
    cdef cnp.ndarray hits = cnp.PyArray_EMPTY(1, &rows, cnp.NPY_UBYTE, 0)
    cdef unsigned char* out = <unsigned char*> cnp.PyArray_DATA(hits)
    cdef Py_ssize_t* t_data = <Py_ssize_t*> cnp.PyArray_DATA(labels)
    cdef void* p_data = cnp.PyArray_DATA(p)
    cdef bint single = cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT
    with nogil:
        if single:
            labels_in_top[float](out, t_data, <float*> p_data, rows, columns, k)
        else:
            labels_in_top[double](out, t_data, <double*> p_data, rows, columns, k)
    return hits


def confusion_counts(y_true, y_pred, Py_ssize_t classes, sample_weight=None):
    """Samples of each true class (rows) given each predicted class (columns): int64 (classes, classes).

    With ``sample_weight`` (n,), sums of weights in float64 instead.

    >>> confusion_counts([0, 1, 1], [0, 1, 0], 2)
    array([[1, 0],
           [1, 1]])
    """
    if classes < 1:
        raise ValueError(f"classes must be at least 1, but it is {classes}")
    cdef cnp.ndarray t = as_labels(y_true, "y_true", classes, "the matrix")
    cdef cnp.ndarray p = as_labels(y_pred, "y_pred", classes, "the matrix")
    cdef Py_ssize_t samples = cnp.PyArray_DIM(p, 0)
    require_length(t, "y_true", samples, "y_pred")
    cdef cnp.npy_intp[2] shape
    shape[0] = classes
    shape[1] = classes
    cdef cnp.ndarray weights, result
    cdef void* out
    cdef void* w_data
    cdef Py_ssize_t* t_data = <Py_ssize_t*> cnp.PyArray_DATA(t)
    cdef Py_ssize_t* p_data = <Py_ssize_t*> cnp.PyArray_DATA(p)
    if sample_weight is None:
        result = cnp.PyArray_ZEROS(2, shape, cnp.NPY_INT64, 0)
        out = cnp.PyArray_DATA(result)
        with nogil:
            count_pairs(<long long*> out, t_data, p_data, samples, classes)
        return result
    weights = cnp.PyArray_FROM_OTF(sample_weight, cnp.NPY_DOUBLE, cnp.NPY_ARRAY_CARRAY_RO)
    if cnp.PyArray_NDIM(weights) != 1 or cnp.PyArray_DIM(weights, 0) != samples:
        raise ValueError(f"sample_weight must have shape ({samples},), but its shape is {shape_of(weights)}")
    result = cnp.PyArray_ZEROS(2, shape, cnp.NPY_DOUBLE, 0)
    out = cnp.PyArray_DATA(result)
    w_data = cnp.PyArray_DATA(weights)
    with nogil:
        weigh_pairs(<double*> out, t_data, p_data, <double*> w_data, samples, classes)
    return result


def decision_counts(y_true, y_pred, double threshold):
    """``(true positives, false positives, false negatives, true negatives)`` over all elements of two arrays.

    A prediction above ``threshold`` is positive, a truth above one half. NaN in ``y_pred`` is refused.

    >>> import numpy as np
    >>> decision_counts(np.array([[0.0], [1.0], [1.0]]), np.array([[0.7], [0.8], [0.2]]), 0.5)
    (1, 1, 1, 0)
    """
    cdef cnp.ndarray p = as_rows(y_pred, "y_pred")
    cdef cnp.ndarray t
    if cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT:
        threshold = <float> threshold  # also where the predictions become float64 beside such a truth
    t, p = as_pair(y_true, p)
    refuse_nan(t, "y_true")
    cdef Py_ssize_t size = cnp.PyArray_SIZE(p)
    cdef Py_ssize_t[4] counts
    cdef bint single = cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT, bytes_true = cnp.PyArray_TYPE(t) == cnp.NPY_UBYTE
    cdef void* p_data = cnp.PyArray_DATA(p)
    cdef void* t_data = cnp.PyArray_DATA(t)
    with nogil:
        if bytes_true and single:
            count_decisions[cnp.npy_ubyte, float](counts, <cnp.npy_ubyte*> t_data, <float*> p_data, threshold, size)
        elif bytes_true:
            count_decisions[cnp.npy_ubyte, double](counts, <cnp.npy_ubyte*> t_data, <double*> p_data, threshold, size)
        elif single:
            count_decisions[float, float](counts, <float*> t_data, <float*> p_data, threshold, size)
        else:
            count_decisions[double, double](counts, <double*> t_data, <double*> p_data, threshold, size)
    return counts[0], counts[1], counts[2], counts[3]


cdef tuple errors_of(object y_true, object y_pred):
    cdef cnp.ndarray p = as_floats(y_pred, "y_pred")
    if cnp.PyArray_SIZE(p) == 0:
        raise ValueError(f"y_pred must not be empty, but its shape is {shape_of(p)}")
    return as_pair(y_true, p)


def squared_error(y_true, y_pred):
    """Sum of ``(y_pred - y_true)**2`` over all elements, in double precision. NaN stays NaN.

    >>> squared_error([0.0, 1.0], [0.5, 0.5])
    0.5
    """
    cdef cnp.ndarray t, p
    t, p = errors_of(y_true, y_pred)
    cdef Py_ssize_t size = cnp.PyArray_SIZE(p)
    cdef bint single = cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT, bytes_true = cnp.PyArray_TYPE(t) == cnp.NPY_UBYTE
    cdef void* p_data = cnp.PyArray_DATA(p)
    cdef void* t_data = cnp.PyArray_DATA(t)
    cdef double total
    with nogil:
        if bytes_true and single:
            total = sum_of_squared_errors[cnp.npy_ubyte, float](<cnp.npy_ubyte*> t_data, <float*> p_data, size)
        elif bytes_true:
            total = sum_of_squared_errors[cnp.npy_ubyte, double](<cnp.npy_ubyte*> t_data, <double*> p_data, size)
        elif single:
            total = sum_of_squared_errors[float, float](<float*> t_data, <float*> p_data, size)
        else:
            total = sum_of_squared_errors[double, double](<double*> t_data, <double*> p_data, size)
    return total


def absolute_error(y_true, y_pred):
    """Sum of ``abs(y_pred - y_true)`` over all elements, in double precision. NaN stays NaN.

    >>> absolute_error([0.0, 1.0], [0.5, 0.5])
    1.0
    """
    cdef cnp.ndarray t, p
    t, p = errors_of(y_true, y_pred)
    cdef Py_ssize_t size = cnp.PyArray_SIZE(p)
    cdef bint single = cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT, bytes_true = cnp.PyArray_TYPE(t) == cnp.NPY_UBYTE
    cdef void* p_data = cnp.PyArray_DATA(p)
    cdef void* t_data = cnp.PyArray_DATA(t)
    cdef double total
    with nogil:
        if bytes_true and single:
            total = sum_of_absolute_errors[cnp.npy_ubyte, float](<cnp.npy_ubyte*> t_data, <float*> p_data, size)
        elif bytes_true:
            total = sum_of_absolute_errors[cnp.npy_ubyte, double](<cnp.npy_ubyte*> t_data, <double*> p_data, size)
        elif single:
            total = sum_of_absolute_errors[float, float](<float*> t_data, <float*> p_data, size)
        else:
            total = sum_of_absolute_errors[double, double](<double*> t_data, <double*> p_data, size)
    return total


def roc_area(y_true, y_pred):
    """Area under the ROC curve of scores ``y_pred`` (n,) for the truth ``y_true`` (n,), integers or booleans, 0 or 1.

    Equal scores count one half. NaN where the truth is all 0 or all 1; NaN among the scores is refused.

    >>> roc_area([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    cdef cnp.ndarray p = as_floats(y_pred, "y_pred")
    if cnp.PyArray_NDIM(p) != 1 or cnp.PyArray_SIZE(p) == 0:
        raise ValueError(f"y_pred must have shape (n,) and not be empty, but its shape is {shape_of(p)}")
    refuse_nan(p, "y_pred")
    cdef cnp.ndarray t = as_labels(y_true, "y_true", 2, "the curve")
    cdef Py_ssize_t count = cnp.PyArray_DIM(p, 0)
    require_length(t, "y_true", count, "y_pred")
    cdef cnp.ndarray order = cnp.PyArray_ArgSort(p, 0, cnp.NPY_QUICKSORT)
    cdef Py_ssize_t* t_data = <Py_ssize_t*> cnp.PyArray_DATA(t)
    cdef Py_ssize_t* o_data = <Py_ssize_t*> cnp.PyArray_DATA(order)
    cdef void* p_data = cnp.PyArray_DATA(p)
    cdef bint single = cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT
    cdef double area
    with nogil:
        if single:
            area = area_under_roc[float](t_data, <float*> p_data, o_data, count)
        else:
            area = area_under_roc[double](t_data, <double*> p_data, o_data, count)
    return area
