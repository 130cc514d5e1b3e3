# The dense layer: y = x W + b and its three gradients, for one sample or a batch.
#
# Sizes: batch, fan_in, fan_out. Every array is C-contiguous: x (batch, fan_in), W (fan_in, fan_out), b (fan_out,),
# y and dy (batch, fan_out), dx (batch, fan_in). Outputs come first and never overlap inputs.
from cython cimport floating


cdef inline void dense_forward_formula(
    floating* y, const floating* x, const floating* weights, const floating* bias,
    Py_ssize_t batch, Py_ssize_t fan_in, Py_ssize_t fan_out,
) noexcept nogil:
    # y is written: y = x W + b, summed over fan_in in ascending order whatever the batch.
    cdef Py_ssize_t row, k, j
    cdef const floating* weights_row
    cdef floating* y_row
    cdef floating x_k
    for row in range(batch):
        y_row = y + row * fan_out
        for j in range(fan_out):
            y_row[j] = bias[j]
        for k in range(fan_in):
            x_k = x[row * fan_in + k]
            weights_row = weights + k * fan_out
            for j in range(fan_out):
                y_row[j] += x_k * weights_row[j]


cdef inline void dense_forward_rows(
    floating* y, const floating* x, const floating* weights, const floating* bias,
    const int* nonzero, Py_ssize_t nonzero_count, Py_ssize_t fan_out,
) noexcept nogil:
    # One sample's y = x W + b, visiting only the inputs listed in nonzero (ascending): the same sum, for finite W.
    cdef Py_ssize_t i, j
    cdef const floating* weights_row
    cdef floating x_k
    for j in range(fan_out):
        y[j] = bias[j]
    for i in range(nonzero_count):
        x_k = x[nonzero[i]]
        weights_row = weights + <Py_ssize_t> nonzero[i] * fan_out
        for j in range(fan_out):
            y[j] += x_k * weights_row[j]


cdef inline void dense_backward_input_formula(
    floating* dx, const floating* dy, const floating* weights,
    Py_ssize_t batch, Py_ssize_t fan_in, Py_ssize_t fan_out,
) noexcept nogil:
    # dx is written: dx = dy W^T.
    cdef Py_ssize_t row, k, j
    cdef const floating* weights_row
    cdef const floating* dy_row
    cdef floating total
    for row in range(batch):
        dy_row = dy + row * fan_out
        for k in range(fan_in):
            weights_row = weights + k * fan_out
            total = 0
            for j in range(fan_out):
                total += dy_row[j] * weights_row[j]
            dx[row * fan_in + k] = total


cdef inline void dense_backward_weights(
    floating* dweights, const floating* dy, const floating* x,
    Py_ssize_t batch, Py_ssize_t fan_in, Py_ssize_t fan_out,
) noexcept nogil:
    # dweights is written: dW = x^T dy, summed over the batch in order.
    cdef Py_ssize_t row, k, j
    cdef floating* dweights_row
    cdef const floating* dy_row
    cdef floating x_k
    for k in range(fan_in * fan_out):
        dweights[k] = 0
    for row in range(batch):
        dy_row = dy + row * fan_out
        for k in range(fan_in):
            x_k = x[row * fan_in + k]
            dweights_row = dweights + k * fan_out
            for j in range(fan_out):
                dweights_row[j] += x_k * dy_row[j]


cdef inline void dense_backward_bias(
    floating* dbias, const floating* dy, Py_ssize_t batch, Py_ssize_t fan_out,
) noexcept nogil:
    # dbias is written: the sum of dy over the batch.
    cdef Py_ssize_t row, j
    for j in range(fan_out):
        dbias[j] = 0
    for row in range(batch):
        for j in range(fan_out):
            dbias[j] += dy[row * fan_out + j]
