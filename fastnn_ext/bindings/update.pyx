"""Doors to the optimisers' plain updates, in place."""

cimport numpy as cnp
from fastnn_ext.runtime.arrays cimport as_floats_like, as_parameters, overlaps, shape_of
from fastnn_ext.engine.run cimport Rule
from fastnn_ext.tables.enums cimport COLLECT, RULES, UpdateRule

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


def optimizer_step(parameters, gradients, first, second, Py_ssize_t step, UpdateRule optimizer, double learning_rate,
                   double beta_1=0.0, double beta_2=0.0, double epsilon=0.0, double weight_decay=0.0, *,
                   squares_weight=None, double coupled_decay=0.0, double momentum_decay=0.0,
                   double momentum_product=1.0):
    """One step of an optimiser, in place, from ``gradients``: what the engine fuses into products.

    ``first`` and ``second`` are the optimiser's state, of the shape and dtype of ``parameters``; ``step``
    counts from 1. ``momentum_product`` is that of Nadam's momentums up to and with this step; the other numbers are as
    in `Training`.

    >>> import numpy as np
    >>> weights, mean, square = np.zeros(1), np.zeros(1), np.zeros(1)
    >>> from fastnn_ext.tables.enums import UpdateRule
    >>> optimizer_step(weights, np.ones(1), mean, square, 1, UpdateRule.ADAM, 0.5, 0.9, 0.999)
    >>> weights
    array([-0.5])
    """
    cdef cnp.ndarray p = as_parameters(parameters, "parameters", -1)
    cdef cnp.ndarray g = as_floats_like(gradients, "gradients", p)
    cdef cnp.ndarray m = as_parameters(first, "first", -1)
    cdef cnp.ndarray v = as_parameters(second, "second", -1)
    arrays = {"parameters": p, "gradients": g, "first": m, "second": v}
    for name, array in arrays.items():
        if not cnp.PyArray_SAMESHAPE(p, array) or array.dtype != p.dtype:
            raise ValueError(f"{name} must have the shape and dtype of parameters, {shape_of(p)} and {p.dtype}, "
                             f"but they are {shape_of(array)} and {array.dtype}")
        for other in arrays:
            if other != name and overlaps(arrays[other], array):
                raise ValueError(f"{other} and {name} must not share memory: pass a copy of {name}")
    if not 0 <= optimizer < RULES or optimizer == COLLECT:
        raise ValueError(f"optimizer must be a member of UpdateRule, but it is {<int> optimizer}")
    if step < 1:
        raise ValueError(f"step must be at least 1, but it is {step}")
    cdef Rule rule
    rule.optimizer = optimizer
    rule.learning_rate = learning_rate
    rule.beta_1, rule.beta_2 = beta_1, beta_2
    rule.epsilon, rule.weight_decay = epsilon, weight_decay
    rule.squares_weight = 1 - beta_2 if squares_weight is None else squares_weight
    rule.coupled_decay, rule.momentum_decay = coupled_decay, momentum_decay
    cdef Py_ssize_t count = cnp.PyArray_SIZE(p)
    cdef void* p_data = cnp.PyArray_DATA(p)
    cdef void* g_data = cnp.PyArray_DATA(g)
    cdef void* m_data = cnp.PyArray_DATA(m)
    cdef void* v_data = cnp.PyArray_DATA(v)
    with nogil:
        if cnp.PyArray_TYPE(p) == cnp.NPY_FLOAT:
            optimizer_update[float](<float*> p_data, <float*> g_data, <float*> m_data, <float*> v_data, &rule, step,
                                    momentum_product, count)
        else:
            optimizer_update[double](<double*> p_data, <double*> g_data, <double*> m_data, <double*> v_data, &rule,
                                     step, momentum_product, count)
