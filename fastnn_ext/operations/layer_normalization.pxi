# Normalisation over the numbers of a sample.


cdef bint layer_normalization_forward(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        layer_normalize_row(y.data + row * y.row, x.data + row * x.row, operation.fan_out, <real*> operation.weights,
                            <real*> operation.bias, <real> operation.parameter, <real*> operation.statistics + 2 * row)
    return True


cdef bint layer_normalization_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef real[2] statistics
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        layer_normalize_row(y.data + row * y.row, x.data + row * x.row, operation.fan_out, <real*> operation.weights,
                            <real*> operation.bias, <real> operation.parameter, statistics)
    return True


cdef void layer_normalization_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Py_ssize_t row
    for row in range(gradient.begin, gradient.end):
        layer_normalize_back_row(gradient.data + row * gradient.row, <real*> operation.delta + row
                                 * operation.output_row, x.data + row * x.row, operation.fan_out,
                                 <real*> operation.weights, <real*> operation.statistics + 2 * row)


cdef void layer_normalization_update(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    layer_normalize_gradients(<real*> operation.weights_gradient, <real*> operation.bias_gradient,
                              <real*> operation.delta, operation.output_row, x.data, x.row, p.batch,
                              column_share(operation.fan_out, COLUMNS_OF_A_LINE, p.thread, p.threads),
                              column_share(operation.fan_out, COLUMNS_OF_A_LINE, p.thread + 1, p.threads),
                              <real*> operation.statistics)
    step_columns(p, i)
