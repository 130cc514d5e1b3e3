# Normal noise, added in training alone.


cdef bint noise_forward(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        noise_row(y.data + row * y.row, x.data + row * x.row, operation.fan_out, key_of_row(p, i, row),
                  <real> operation.parameter)
    return True


cdef bint noise_infer(Pass* p, int i) noexcept nogil:
    copy_rows(p, i)
    return True


cdef void noise_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    copy_delta(p, i, gradient, 0)
