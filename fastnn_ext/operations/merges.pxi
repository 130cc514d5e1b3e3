# Operations of several inputs: the same number of columns each, or, to concatenate, any.


cdef bint add_infer(Pass* p, int i) noexcept nogil:
    # Sums grow from the first input to the last.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x
    cdef Value* y = &p.values[i]
    cdef Gradient part
    cdef int k
    part.begin, part.end, part.first, part.last = p.begin, p.end, 0, operation.fan_out
    copy_rows(p, i)
    for k in range(1, operation.input_count):
        x = input_of(p, i, k)
        add_rows(y.data, y.row, x.data, x.row, 1, &part)
    return True


cdef void add_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    copy_delta(p, i, gradient, 0)


cdef bint subtract_infer(Pass* p, int i) noexcept nogil:
    cdef Value* x = input_of(p, i, 1)
    cdef Value* y = &p.values[i]
    cdef Gradient part
    part.begin, part.end, part.first, part.last = p.begin, p.end, 0, p.run.operations[i].fan_out
    copy_rows(p, i)
    add_rows(y.data, y.row, x.data, x.row, -1, &part)
    return True


cdef void subtract_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    copy_delta(p, i, gradient, 0)
    if gradient.input == 1:
        scale_rows(gradient, -1)


cdef bint average_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row, j
    add_infer(p, i)
    for row in range(p.begin, p.end):
        for j in range(operation.fan_out):
            y.data[row * y.row + j] /= operation.input_count
    return True


cdef void average_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    copy_delta(p, i, gradient, 0)
    scale_rows(gradient, <real> 1 / p.run.operations[i].input_count)


cdef bint multiply_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row, j
    cdef int k
    copy_rows(p, i)
    for k in range(1, operation.input_count):
        x = input_of(p, i, k)
        for row in range(p.begin, p.end):
            for j in range(operation.fan_out):
                y.data[row * y.row + j] *= x.data[row * x.row + j]
    return True


cdef void multiply_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x
    cdef Py_ssize_t row, j
    cdef int k
    copy_delta(p, i, gradient, 0)
    for k in range(operation.input_count):
        x = input_of(p, i, k)
        if k == gradient.input:
            continue
        for row in range(gradient.begin, gradient.end):
            for j in range(gradient.first, gradient.last):
                gradient.data[row * gradient.row + j] *= x.data[row * x.row + j]


cdef bint extreme_infer(Pass* p, int i, bint largest) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row, j
    cdef real number, other
    cdef int k
    copy_rows(p, i)
    for k in range(1, operation.input_count):
        x = input_of(p, i, k)
        for row in range(p.begin, p.end):
            for j in range(operation.fan_out):
                number, other = y.data[row * y.row + j], x.data[row * x.row + j]
                y.data[row * y.row + j] = other if (other > number if largest else other < number) else number
    return True


cdef void extreme_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    # The first input that has the extreme gets the gradient.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, gradient.input)
    cdef Value* y = &p.values[i]
    cdef Value* before
    cdef Py_ssize_t row, j
    cdef bint its_own
    cdef int k
    for row in range(gradient.begin, gradient.end):
        for j in range(gradient.first, gradient.last):
            its_own = x.data[row * x.row + j] == y.data[row * y.row + j]
            for k in range(gradient.input):
                before = input_of(p, i, k)
                its_own = its_own and before.data[row * before.row + j] != y.data[row * y.row + j]
            gradient.data[row * gradient.row + j] = (<real*> operation.delta)[row * operation.output_row
                                                                              + j] if its_own else 0


cdef bint maximum_infer(Pass* p, int i) noexcept nogil:
    return extreme_infer(p, i, True)


cdef void maximum_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    extreme_backward(p, i, gradient)


cdef bint minimum_infer(Pass* p, int i) noexcept nogil:
    return extreme_infer(p, i, False)


cdef void minimum_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    extreme_backward(p, i, gradient)


cdef bint concatenate_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row, at = 0, columns
    cdef int k
    for k in range(operation.input_count):
        x = input_of(p, i, k)
        columns = columns_of_input(p.run, i, k)
        for row in range(p.begin, p.end):
            memcpy(y.data + row * y.row + at, x.data + row * x.row, columns * sizeof(real))
        at += columns
    return True


cdef void concatenate_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Py_ssize_t at = 0
    cdef int k
    for k in range(gradient.input):
        at += columns_of_input(p.run, i, k)
    copy_delta(p, i, gradient, at)


cdef bint dot_infer(Pass* p, int i) noexcept nogil:
    cdef Value* x = input_of(p, i, 0)
    cdef Value* other = input_of(p, i, 1)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t columns = columns_of_input(p.run, i, 0), row
    for row in range(p.begin, p.end):
        y.data[row * y.row] = <real> product_of(x.data + row * x.row, other.data + row * other.row, columns)
    return True


cdef void dot_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* other = input_of(p, i, 1 - gradient.input)
    cdef Py_ssize_t row, j
    cdef real delta
    for row in range(gradient.begin, gradient.end):
        delta = (<const real*> operation.delta)[row * operation.output_row]
        for j in range(gradient.first, gradient.last):
            gradient.data[row * gradient.row + j] = delta * other.data[row * other.row + j]
