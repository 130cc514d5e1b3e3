# An elementwise activation that is not computed along with a dense layer.


cdef bint activation_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        activate_row(y.data + row * y.row, x.data + row * x.row, operation.activation, numbers_of(operation),
                     operation.fan_out)
    return True


cdef void activation_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* known = &p.values[i] if told_by_output(operation.activation) else input_of(p, i, 0)
    cdef Py_ssize_t row
    for row in range(gradient.begin, gradient.end):
        activation_backward_row(gradient.data + row * gradient.row, <real*> operation.delta + row
                                * operation.output_row, known.data + row * known.row, operation.activation,
                                numbers_of(operation), operation.fan_out)


cdef void own_activation_backward(Pass* p, int i) noexcept nogil:
    # Takes the gradient with respect to a dense operation back through the activation that belongs to it.
    cdef Operation* operation = &p.run.operations[i]
    cdef real* delta = <real*> operation.delta
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        activation_backward_row(delta + row * operation.output_row, delta + row * operation.output_row, y.data + row
                                * y.row, operation.activation, numbers_of(operation), operation.fan_out)
