# Dropout: in training, numbers are left out at random and the others grow; in prediction, nothing happens.


cdef inline void drop_row(Pass* p, int i, real* y, const real* x, Py_ssize_t row) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    dropout_row(y, x, operation.fan_out, key_of_row(p, i, row), threshold_of(operation.parameter),
                <real> (1 / (1 - operation.parameter)))


cdef bint dropout_forward(Pass* p, int i) noexcept nogil:
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        drop_row(p, i, y.data + row * y.row, x.data + row * x.row, row)
    return True


cdef bint dropout_infer(Pass* p, int i) noexcept nogil:
    copy_rows(p, i)
    return True


cdef void dropout_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Py_ssize_t row
    for row in range(gradient.begin, gradient.end):
        drop_row(p, i, gradient.data + row * gradient.row, <real*> operation.delta + row * operation.output_row, row)
