"""One step of an optimiser on one array, in place."""

cimport numpy as cnp
from libc.string cimport memset
from fastnn_ext.engine.run cimport Rule
from fastnn_ext.runtime.arrays cimport as_floats_like, as_parameters, overlaps, shape_of
from fastnn_ext.runtime.dispatch cimport kernels_of
from fastnn_ext.runtime.kernels cimport Kernels
from fastnn_ext.tables.enums cimport COLLECT, RULES, SGD, STATES, UpdateRule

from fastnn_ext.tables.enums import SLOTS

cnp.import_array()


def sgd(parameters, gradients, double learning_rate):
    """``parameters -= learning_rate * gradients``, in place; both have one shape, ``parameters`` is C-contiguous.

    >>> import numpy as np
    >>> weights = np.array([1.0, 2.0])
    >>> sgd(weights, np.array([1.0, 1.0]), 0.5)
    >>> weights
    array([0.5, 1.5])
    """
    optimizer_step(parameters, gradients, (), 1, SGD, learning_rate)


def optimizer_step(parameters, gradients, state, Py_ssize_t step, UpdateRule optimizer, double learning_rate,
                   double beta_1=0.0, double beta_2=0.0, double epsilon=0.0, double weight_decay=0.0, *,
                   squares_weight=None, double coupled_decay=0.0, double momentum_decay=0.0,
                   double momentum_product=1.0, bint epsilon_hat=False, bint epsilon_inside=False,
                   bint rate_in_velocity=False):
    """One step of an optimiser, in place, by the kernels that the engine fuses into its products.

    ``state`` is the arrays that the rule keeps (`fastnn_ext.tables.enums.SLOTS`), of the shape and dtype of
    ``parameters``; ``step`` counts from 1. ``momentum_product`` is that of Nadam's momentums before this step, and the
    one after it is returned; the other numbers are as in `RuleOptions`.

    >>> import numpy as np
    >>> weights, mean, square = np.zeros(1), np.zeros(1), np.zeros(1)
    >>> from fastnn_ext.tables.enums import UpdateRule
    >>> optimizer_step(weights, np.ones(1), [mean, square], 1, UpdateRule.ADAM, 0.5, 0.9, 0.999)
    1.0
    >>> weights
    array([-0.5])
    """
    if not 0 <= optimizer < RULES or optimizer == COLLECT:
        raise ValueError(f"optimizer must be a member of UpdateRule, but it is {<int> optimizer}")
    if step < 1:
        raise ValueError(f"step must be at least 1, but it is {step}")
    cdef cnp.ndarray p = as_parameters(parameters, "parameters", -1)
    cdef cnp.ndarray g = as_floats_like(gradients, "gradients", p)
    cdef tuple slots = SLOTS[<int> optimizer]
    if len(state) != len(slots):
        raise ValueError(f"state must hold the {len(slots)} arrays of this optimizer, but it holds {len(state)}")
    arrays = {"parameters": p, "gradients": g}
    for number, given in enumerate(state):
        arrays[f"state[{number}]"] = as_parameters(given, f"state[{number}]", -1)
    for name, array in arrays.items():
        if not cnp.PyArray_SAMESHAPE(p, array):
            raise ValueError(f"{name} must have the shape of parameters, {shape_of(p)}, but its shape is "
                             f"{shape_of(array)}")
        if array.dtype != p.dtype:
            raise ValueError(f"{name} must have the dtype of parameters, {p.dtype}, but its dtype is {array.dtype}")
        for other in arrays:
            if other == name:
                break
            if overlaps(arrays[other], array):
                raise ValueError(f"{other} and {name} must not share memory: pass a copy of {name}")
    cdef Rule rule
    memset(&rule, 0, sizeof(Rule))
    rule.optimizer = optimizer
    rule.learning_rate = learning_rate
    rule.beta_1, rule.beta_2 = beta_1, beta_2
    rule.epsilon, rule.weight_decay, rule.epsilon_hat = epsilon, weight_decay, epsilon_hat
    rule.epsilon_inside, rule.rate_in_velocity = epsilon_inside, rate_in_velocity
    rule.squares_weight = 1 - beta_2 if squares_weight is None else squares_weight
    rule.coupled_decay, rule.momentum_decay = coupled_decay, momentum_decay
    cdef Py_ssize_t count = cnp.PyArray_SIZE(p)
    cdef void* p_data = cnp.PyArray_DATA(p)
    cdef void* g_data = cnp.PyArray_DATA(g)
    cdef void* s_data[STATES]
    cdef int slot
    for slot in range(STATES):
        s_data[slot] = p_data
    for slot, array in zip(slots, list(arrays.values())[2:]):
        s_data[slot] = cnp.PyArray_DATA(<cnp.ndarray> array)
    cdef const Kernels* kernels = kernels_of(p)
    with nogil:
        momentum_product = kernels.step(p_data, s_data, g_data, &rule, step, momentum_product, count)
    return momentum_product
