# Categories as rows of zeros and ones: one for each number of a sample, or one for all, which may count them.


cdef bint encoding_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row, k, number
    cdef real* out
    for row in range(p.begin, p.end):
        out = y.data + row * y.row
        memset(out, 0, operation.fan_out * sizeof(real))
        for k in range(operation.fan_in):
            number = bounded(x.data[row * x.row + k], operation.width)
            if operation.fan_out > operation.width:
                number += k * operation.width
            # A count grows, all else is 1 however often it comes.
            out[number] = out[number] + 1 if operation.parameter > 0 else 1
    return True


cdef void encoding_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    # Categories are data, and nobody asks for their gradient.
    pass
