# Vectors along the last axis by the root of their mean square, with a scale that is learned (Zhang and Sennrich 2019).


cdef inline double inverse_root(const Operation* operation, const real* x) noexcept nogil:
    return 1 / sqrt(product_of(x, x, operation.width) / operation.width + operation.parameter)


cdef bint rms_normalization_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef const real* gamma = <const real*> operation.weights
    cdef Py_ssize_t row, position, first, j
    cdef real* given
    cdef real factor
    for row in range(p.begin, p.end):
        for position in range(operation.fan_out // operation.width):
            first = position * operation.width
            given = x.data + row * x.row + first
            factor = <real> inverse_root(operation, given)
            for j in range(operation.width):
                y.data[row * y.row + first + j] = given[j] * factor * gamma[j]
    return True


cdef void rms_normalization_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    # dx = r (g - x r^2 mean(g x)), where r is the inverse root and g = dy gamma.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef const real* gamma = <const real*> operation.weights
    cdef Py_ssize_t row, position, first, j
    cdef real* given
    cdef real* delta
    cdef double inverse, total
    cdef real factor, along
    for row in range(gradient.begin, gradient.end):
        for position in range(operation.fan_out // operation.width):
            first = position * operation.width
            given, delta = x.data + row * x.row + first, <real*> operation.delta + row * operation.output_row + first
            inverse, total = inverse_root(operation, given), 0
            for j in range(operation.width):
                total += <double> delta[j] * gamma[j] * given[j]
            factor, along = <real> inverse, <real> (inverse * inverse * total / operation.width)
            for j in range(operation.width):
                gradient.data[row * gradient.row + first + j] = factor * (delta[j] * gamma[j] - given[j] * along)


cdef void rms_normalization_update(Pass* p, int i) noexcept nogil:
    # The gradient of gamma: each thread adds up its own columns, over all rows.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef real* sums = <real*> operation.weights_gradient
    cdef Py_ssize_t begin = column_share(operation.width, COLUMNS_OF_A_LINE, p.thread, p.threads)
    cdef Py_ssize_t end = column_share(operation.width, COLUMNS_OF_A_LINE, p.thread + 1, p.threads)
    cdef Py_ssize_t row, position, first, j
    cdef real* given
    cdef real* delta
    cdef real factor
    memset(sums + begin, 0, (end - begin) * sizeof(real))
    for row in range(p.batch if end > begin else 0):
        for position in range(operation.fan_out // operation.width):
            first = position * operation.width
            given, delta = x.data + row * x.row + first, <real*> operation.delta + row * operation.output_row + first
            factor = <real> inverse_root(operation, given)
            for j in range(begin, end):
                sums[j] += delta[j] * given[j] * factor
    step_columns(p, i)
