# Each number times a scale, plus an offset: both are the operation's own, and stay.


cdef bint rescaling_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef real scale = <real> operation.parameter, offset = <real> operation.momentum
    cdef const real* given
    cdef real* made
    cdef Py_ssize_t row, j
    for row in range(p.begin, p.end):
        given, made = x.data + row * x.row, y.data + row * y.row
        for j in range(operation.fan_out):
            made[j] = given[j] * scale + offset
    return True


cdef void rescaling_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef real scale = <real> operation.parameter
    cdef const real* delta
    cdef real* made
    cdef Py_ssize_t row, j
    for row in range(gradient.begin, gradient.end):
        delta = <const real*> operation.delta + row * operation.output_row
        made = gradient.data + row * gradient.row
        for j in range(operation.fan_out):
            made[j] = delta[j] * scale
