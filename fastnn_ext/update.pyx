"""Door to the plain gradient-descent update, in place."""

cimport numpy as cnp
from fastnn_ext.arrays cimport as_floats_like, as_parameters, overlaps, shape_of

cnp.import_array()


def sgd(parameters, gradients, double learning_rate):
    """``parameters -= learning_rate * gradients``, in place; both have one shape, ``parameters`` is C-contiguous.

    >>> import numpy as np
    >>> weights = np.array([1.0, 2.0])
    >>> sgd(weights, np.array([1.0, 1.0]), 0.5)
    >>> weights
    array([0.5, 1.5])
    """
    cdef cnp.ndarray p = as_parameters(parameters, "parameters", -1)
    cdef cnp.ndarray g = as_floats_like(gradients, "gradients", p)
    if not cnp.PyArray_SAMESHAPE(p, g):
        raise ValueError(f"gradients must have the shape of parameters, {shape_of(p)}, but its shape is {shape_of(g)}")
    if overlaps(p, g):
        raise ValueError("parameters and gradients must not share memory: pass a copy of gradients")
    cdef Py_ssize_t count = cnp.PyArray_SIZE(p)
    cdef void* p_data = cnp.PyArray_DATA(p)
    cdef void* g_data = cnp.PyArray_DATA(g)
    if cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT:
        with nogil:
            sgd_update[float](<float*> p_data, <float*> g_data, <float> learning_rate, count)
    else:
        with nogil:
            sgd_update[double](<double*> p_data, <double*> g_data, learning_rate, count)
