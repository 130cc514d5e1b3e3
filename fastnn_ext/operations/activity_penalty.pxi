# What hands its input on, and lets its size cost something, in training and in evaluation: the mean over the samples.


cdef bint activity_penalty_forward(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Py_ssize_t row
    copy_rows(p, i)
    for row in range(p.begin, p.end):
        operation.row_penalty[row] = activity_row(x.data + row * x.row, operation.fan_out, <real> operation.l1,
                                                  <real> operation.l2)
    return True


cdef bint activity_penalty_infer(Pass* p, int i) noexcept nogil:
    copy_rows(p, i)
    return True


cdef void activity_penalty_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Py_ssize_t row
    for row in range(gradient.begin, gradient.end):
        activity_slope_row(gradient.data + row * gradient.row, <real*> operation.delta + row * operation.output_row,
                           x.data + row * x.row, operation.fan_out, <real> (operation.l1 / p.batch),
                           <real> (operation.l2 / p.batch))


cdef inline double activity_penalties(Run* run, Py_ssize_t batch) noexcept nogil:
    # The sum over the rows of a batch, in order.
    cdef Py_ssize_t row
    cdef double total = 0
    cdef int i
    for i in range(run.operation_count):
        if run.operations[i].kind == ACTIVITY_PENALTY:
            for row in range(batch):
                total += run.operations[i].row_penalty[row]
    return total
