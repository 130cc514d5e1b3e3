# Softmax over the rows of a batch, and the product with its Jacobian, which is never built.
from cython cimport floating
from fastnn_ext.runtime.scalars cimport exponential


cdef inline void softmax_forward(
    floating* y, const floating* x, Py_ssize_t batch, Py_ssize_t size,
) noexcept nogil:
    # y is written: exp(x - max x) / sum. Subtracting the row's maximum keeps every exponent at or below zero.
    cdef Py_ssize_t row, j
    cdef const floating* x_row
    cdef floating* y_row
    cdef floating largest, total
    for row in range(batch):
        x_row = x + row * size
        y_row = y + row * size
        largest = x_row[0] if size > 0 else 0
        for j in range(1, size):
            if x_row[j] > largest:
                largest = x_row[j]
        total = 0
        for j in range(size):
            y_row[j] = exponential(x_row[j] - largest)
            total += y_row[j]
        for j in range(size):
            y_row[j] /= total


cdef inline void softmax_backward(
    floating* dx, const floating* dy, const floating* y, Py_ssize_t batch, Py_ssize_t size,
) noexcept nogil:
    # dx is written (it may be dy itself): dx = y (dy - <dy, y>), the Jacobian diag(y) - y y^T times dy.
    cdef Py_ssize_t row, j
    cdef floating inner
    for row in range(batch):
        inner = 0
        for j in range(row * size, (row + 1) * size):
            inner += dy[j] * y[j]
        for j in range(row * size, (row + 1) * size):
            dx[j] = y[j] * (dy[j] - inner)
