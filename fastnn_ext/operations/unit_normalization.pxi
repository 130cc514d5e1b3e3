# Vectors along the last axis, divided by their length.


cdef bint unit_normalization_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row, position, first, j
    cdef real* given
    cdef real factor
    for row in range(p.begin, p.end):
        for position in range(operation.fan_out // operation.width):
            first = position * operation.width
            given = x.data + row * x.row + first
            factor = <real> (1 / max(sqrt(product_of(given, given, operation.width)), operation.parameter))
            for j in range(operation.width):
                y.data[row * y.row + first + j] = given[j] * factor
    return True


cdef void unit_normalization_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    # dx = (dy - y (dy . y)) / length. Where the length is too small to divide by, dx = dy / epsilon.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row, position, first, j
    cdef real* given
    cdef real* unit
    cdef real* delta
    cdef double length
    cdef real along, factor
    for row in range(gradient.begin, gradient.end):
        for position in range(operation.fan_out // operation.width):
            first = position * operation.width
            given, unit = x.data + row * x.row + first, y.data + row * y.row + first
            delta = <real*> operation.delta + row * operation.output_row + first
            length = sqrt(product_of(given, given, operation.width))
            along = <real> product_of(delta, unit, operation.width) if length > operation.parameter else 0
            factor = <real> (1 / max(length, operation.parameter))
            for j in range(operation.width):
                gradient.data[row * gradient.row + first + j] = (delta[j] - unit[j] * along) * factor
