# Normalisation over the samples of a batch: threads share its columns while it trains.


cdef bint batch_normalization_forward(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef real* statistics = <real*> operation.statistics
    cdef Py_ssize_t begin = column_share(operation.fan_out, COLUMNS_OF_A_LINE, p.thread, p.threads)
    cdef Py_ssize_t end = column_share(operation.fan_out, COLUMNS_OF_A_LINE, p.thread + 1, p.threads)
    batch_normalize(y.data, y.row, x.data, x.row, p.batch, begin, end, <real*> operation.weights,
                    <real*> operation.bias, statistics, statistics + operation.fan_out, <real*> operation.moving_mean,
                    <real*> operation.moving_variance, <real> operation.momentum, <real> operation.parameter)
    return True


cdef bint batch_normalization_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        normalize_row(y.data + row * y.row, x.data + row * x.row, operation.fan_out, <real*> operation.weights,
                      <real*> operation.bias, <real*> operation.moving_mean, <real*> operation.moving_variance,
                      <real> operation.parameter)
    return True


cdef void batch_normalization_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    # The gradients of gamma and beta, too; a frozen one is a scale and a shift of each column.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef real* statistics = <real*> operation.statistics
    cdef Py_ssize_t row
    if operation.frozen:
        for row in range(gradient.begin, gradient.end):
            normalize_back_row(gradient.data + row * gradient.row, <real*> operation.delta + row * operation.output_row,
                               operation.fan_out, <real*> operation.weights, <real*> operation.moving_variance,
                               <real> operation.parameter)
        return
    batch_normalize_back(gradient.data, gradient.row, <real*> operation.delta, operation.output_row, x.data, x.row,
                         p.batch, gradient.first, gradient.last, <real*> operation.weights, statistics, statistics
                         + operation.fan_out, <real*> operation.weights_gradient, <real*> operation.bias_gradient)


cdef void batch_normalization_update(Pass* p, int i) noexcept nogil:
    step_columns(p, i)
