# ReLU whose slopes below zero are learned, one for each number of a sample (He et al. 2015).


cdef bint prelu_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef const real* alpha = <const real*> operation.weights
    cdef Py_ssize_t row, j
    cdef real number
    for row in range(p.begin, p.end):
        for j in range(operation.fan_out):
            number = x.data[row * x.row + j]
            y.data[row * y.row + j] = number if number > 0 else number * alpha[j]
    return True


cdef void prelu_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef const real* alpha = <const real*> operation.weights
    cdef Py_ssize_t row, j
    cdef real delta
    for row in range(gradient.begin, gradient.end):
        for j in range(operation.fan_out):
            delta = (<const real*> operation.delta)[row * operation.output_row + j]
            gradient.data[row * gradient.row + j] = delta if x.data[row * x.row + j] > 0 else delta * alpha[j]


cdef void prelu_update(Pass* p, int i) noexcept nogil:
    # The gradient of alpha: each thread adds up its own columns, over all rows.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef real* sums = <real*> operation.weights_gradient
    cdef Py_ssize_t begin = column_share(operation.fan_out, COLUMNS_OF_A_LINE, p.thread, p.threads)
    cdef Py_ssize_t end = column_share(operation.fan_out, COLUMNS_OF_A_LINE, p.thread + 1, p.threads)
    cdef Py_ssize_t row, j
    cdef real number
    memset(sums + begin, 0, (end - begin) * sizeof(real))
    for row in range(p.batch):
        for j in range(begin, end):
            number = x.data[row * x.row + j]
            sums[j] += (<const real*> operation.delta)[row * operation.output_row + j] * (0 if number > 0 else number)
    step_columns(p, i)
