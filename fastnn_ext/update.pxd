# Stochastic gradient descent: parameters move against their gradient by a step of the learning rate.
from cython cimport floating


cdef inline void sgd_update(
    floating* parameters, const floating* gradients, floating learning_rate, Py_ssize_t count,
) noexcept nogil:
    # parameters is added to: p -= learning_rate * g.
    cdef Py_ssize_t i
    for i in range(count):
        parameters[i] -= learning_rate * gradients[i]


cdef inline void sgd_update_outer(
    floating* weights, const floating* x, const floating* dy, floating learning_rate,
    Py_ssize_t fan_in, Py_ssize_t fan_out,
) noexcept nogil:
    # weights is added to: W -= learning_rate * x^T dy of one sample, whose gradient is never written to memory.
    cdef Py_ssize_t k, j
    cdef floating* weights_row
    cdef floating step
    for k in range(fan_in):
        step = learning_rate * x[k]
        weights_row = weights + k * fan_out
        for j in range(fan_out):
            weights_row[j] -= step * dy[j]


cdef inline void sgd_update_outer_rows(
    floating* weights, const floating* x, const floating* dy, floating learning_rate,
    const int* nonzero, Py_ssize_t nonzero_count, Py_ssize_t fan_out,
) noexcept nogil:
    # The same for the rows listed in nonzero: the gradient of every other row is zero.
    cdef Py_ssize_t i, j
    cdef floating* weights_row
    cdef floating step
    for i in range(nonzero_count):
        step = learning_rate * x[nonzero[i]]
        weights_row = weights + <Py_ssize_t> nonzero[i] * fan_out
        for j in range(fan_out):
            weights_row[j] -= step * dy[j]
