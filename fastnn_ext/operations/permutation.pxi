# The same numbers in another order.


cdef bint permutation_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row, j
    for row in range(p.begin, p.end):
        for j in range(operation.fan_out):
            y.data[row * y.row + j] = x.data[row * x.row + operation.order[j]]
    return True


cdef void permutation_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Py_ssize_t row, j
    for row in range(gradient.begin, gradient.end):
        for j in range(operation.fan_out):
            gradient.data[row * gradient.row + operation.order[j]] = \
                (<const real*> operation.delta)[row * operation.output_row + j]
