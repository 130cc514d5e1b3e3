# A dense layer on the last axis: y = x W + b at each position of a sample, with the same weights.


cdef bint dense_along_axis_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t depth = operation.weight_rows, units = operation.weight_columns, position
    for position in range(operation.fan_in // depth):
        product_columns(y.data + p.begin * y.row + position * units, y.row, x.data + p.begin * x.row
                        + position * depth, x.row, <real*> operation.weights, units, p.end - p.begin, 0, units, depth,
                        <real*> operation.bias, NO_ACTIVATION, <real*> NULL, <real*> NULL, 0)
    return True


cdef void dense_along_axis_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef real* panels = <real*> p.scratch
    cdef Py_ssize_t depth = operation.weight_rows, units = operation.weight_columns, position
    pack_rows(panels, <real*> operation.weights, units, units, 0, depth)
    for position in range(operation.fan_in // depth):
        product_columns(gradient.data + gradient.begin * gradient.row + position * depth, gradient.row,
                        <real*> operation.delta + gradient.begin * operation.output_row + position * units,
                        operation.output_row, panels, 0, gradient.end - gradient.begin, 0, depth, units, <real*> NULL,
                        NO_ACTIVATION, <real*> NULL, <real*> NULL, 0)


cdef void dense_along_axis_update(Pass* p, int i) noexcept nogil:
    # Positions become rows of their own, which are those of a dense layer; threads share them, and then the weights'.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Py_ssize_t depth = operation.weight_rows, units = operation.weight_columns
    cdef Py_ssize_t positions = operation.fan_in // depth, row, position, at
    cdef Py_ssize_t width = (units + PANEL - 1) // PANEL * PANEL
    cdef real* deltas = <real*> operation.statistics
    cdef real* inputs = deltas + p.run.batch_size * positions * width
    cdef parameters weights, bias
    for row in range(p.begin, p.end):
        for position in range(positions):
            at = row * positions + position
            memcpy(inputs + at * depth, x.data + row * x.row + position * depth, depth * sizeof(real))
            memcpy(deltas + at * width, <real*> operation.delta + row * operation.output_row + position * units,
                   units * sizeof(real))
            memset(deltas + at * width + units, 0, (width - units) * sizeof(real))
    meet(p.run, p.threads)
    if p.run.updating.collects:
        weights, bias = stateless(operation.weights_gradient), stateless(operation.bias_gradient)
    else:
        weights = parameters_of(operation.weights, operation.weights_state, 0)
        bias = parameters_of(operation.bias, operation.bias_state, 0)
    weights_update(weights, units, PANEL, inputs, depth, deltas, width, p.batch * positions,
                   share(depth, p.thread, p.threads), share(depth, p.thread + 1, p.threads), 0, units, p.rule,
                   <real*> NULL, 0)
    if p.thread == p.threads - 1 and operation.has_bias:
        update_bias(p.rule, deltas, width, p.batch * positions, bias, units)
