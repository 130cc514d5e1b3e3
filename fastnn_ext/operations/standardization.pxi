# Numbers less a mean, by the root of a variance, both of which are given for each number of the last axis.


cdef inline real deviation_of(const Operation* operation, Py_ssize_t j) noexcept nogil:
    # No number is divided by zero.
    return <real> max(sqrt((<const real*> operation.moving_variance)[j]), operation.parameter)


cdef bint standardization_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef const real* mean = <const real*> operation.moving_mean
    cdef Py_ssize_t row, position, first, j, at
    for row in range(p.begin, p.end):
        for position in range(operation.fan_out // operation.width):
            first = position * operation.width
            at = row * x.row + first
            for j in range(operation.width):
                y.data[row * y.row + first + j] = (x.data[at + j] - mean[j]) / deviation_of(operation, j)
    return True


cdef void standardization_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef const real* delta = <const real*> operation.delta
    cdef Py_ssize_t row, position, first, j
    for row in range(gradient.begin, gradient.end):
        for position in range(operation.fan_out // operation.width):
            first = position * operation.width
            for j in range(operation.width):
                gradient.data[row * gradient.row + first + j] = \
                    delta[row * operation.output_row + first + j] / deviation_of(operation, j)
