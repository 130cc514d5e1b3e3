# A softmax over the outputs of a sample, where it is not computed along with the loss.


cdef bint softmax_infer(Pass* p, int i) noexcept nogil:
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        softmax_row(y.data + row * y.row, x.data + row * x.row, p.run.operations[i].fan_out)
    return True


cdef void softmax_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row
    for row in range(gradient.begin, gradient.end):
        softmax_backward_row(gradient.data + row * gradient.row, <real*> operation.delta + row * operation.output_row,
                             y.data + row * y.row, operation.fan_out)
