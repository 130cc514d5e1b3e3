# ReLU whose slopes below zero are learned (He et al. 2015): one for each number of a sample, or, where there is an
# order, that of this number for number j.


cdef inline Py_ssize_t slope_of(const Operation* operation, Py_ssize_t j) noexcept nogil:
    return j if operation.order == NULL else operation.order[j]


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
            y.data[row * y.row + j] = number if number > 0 else number * alpha[slope_of(operation, j)]
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
            gradient.data[row * gradient.row + j] = \
                delta if x.data[row * x.row + j] > 0 else delta * alpha[slope_of(operation, j)]


cdef void prelu_update(Pass* p, int i) noexcept nogil:
    # The gradient of alpha: each thread adds up its own slopes, over all rows.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef real* sums = <real*> operation.weights_gradient
    cdef Py_ssize_t begin = column_share(operation.weight_columns, COLUMNS_OF_A_LINE, p.thread, p.threads)
    cdef Py_ssize_t end = column_share(operation.weight_columns, COLUMNS_OF_A_LINE, p.thread + 1, p.threads)
    cdef Py_ssize_t row, j, slope
    cdef bint shared = operation.order != NULL
    cdef real number
    memset(sums + begin, 0, (end - begin) * sizeof(real))
    for row in range(p.batch if end > begin else 0):
        for j in range(0 if shared else begin, operation.fan_out if shared else end):
            slope = slope_of(operation, j)
            if begin <= slope < end:
                number = x.data[row * x.row + j]
                sums[slope] += \
                    (<const real*> operation.delta)[row * operation.output_row + j] * (0 if number > 0 else number)
    step_columns(p, i)
