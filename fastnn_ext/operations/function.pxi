# A function of the user's own, in Python: there is one thread where there is one.


cdef bint function_infer(Pass* p, int i) noexcept nogil:
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    return p.run.call(p.run, i, CALL_FORWARD, y.data, y.row, x.data, x.row, p.start, p.batch)


cdef void function_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Value* x = input_of(p, i, 0)
    copy_delta(p, i, gradient, 0)
    p.run.call(p.run, i, CALL_BACKWARD, gradient.data, gradient.row, x.data, x.row, 0, p.batch)
