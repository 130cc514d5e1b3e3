# What several operations have in common: rows copied, added and scaled, and steps by columns.


cdef inline Py_ssize_t bounded(real number, Py_ssize_t categories) noexcept nogil:
    # A category. The data may have changed since they were looked at: no number leads beyond them.
    return <Py_ssize_t> number if number >= 0 and number < <real> categories else 0


cdef void copy_rows(Pass* p, int i) noexcept nogil:
    # The output is the input.
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        memcpy(y.data + row * y.row, x.data + row * x.row, p.run.operations[i].fan_out * sizeof(real))


cdef inline void copy_delta(Pass* p, int i, const Gradient* gradient, Py_ssize_t column) noexcept nogil:
    # The gradient with respect to the output, from a column on, is that with respect to the input.
    cdef Operation* operation = &p.run.operations[i]
    cdef Py_ssize_t row
    if gradient.data == <real*> operation.delta:
        return
    for row in range(gradient.begin, gradient.end):
        memcpy(gradient.data + row * gradient.row, <real*> operation.delta + row * operation.output_row + column,
               (gradient.last - gradient.first) * sizeof(real))


cdef inline uint64_t key_of_row(Pass* p, int i, Py_ssize_t row) noexcept nogil:
    # What an operation draws for a row, in this step.
    return random_key(p.run.data.seed, <uint64_t> p.step, <uint64_t> i, number_of_row(p.run, row))


cdef inline uint32_t threshold_of(double rate) noexcept nogil:
    # Random bits below it, a share `rate` of all, are those of numbers left out.
    return <uint32_t> (rate * 4294967296.0)


cdef inline void add_rows(real* y, Py_ssize_t y_row, const real* x, Py_ssize_t x_row, real factor,
                          const Gradient* part) noexcept nogil:
    # y += factor x on a part of both.
    cdef Py_ssize_t row, j
    for row in range(part.begin, part.end):
        for j in range(part.first, part.last):
            y[row * y_row + j] += factor * x[row * x_row + j]


cdef inline void add_vector(real* y, const real* x, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(size):
        y[j] += x[j]


cdef inline double product_of(const real* x, const real* y, Py_ssize_t size) noexcept nogil:
    # In one chain, as all sums are.
    cdef double total = 0
    cdef Py_ssize_t j
    for j in range(size):
        total += <double> x[j] * y[j]
    return total


cdef inline void scale_rows(const Gradient* gradient, real factor) noexcept nogil:
    cdef Py_ssize_t row, j
    for row in range(gradient.begin, gradient.end):
        for j in range(gradient.first, gradient.last):
            gradient.data[row * gradient.row + j] *= factor


cdef inline Py_ssize_t columns_of_input(Run* run, int i, int input) noexcept nogil:
    cdef int source = source_of(run, i, input)
    return run.operations[source].fan_out if source >= 0 else run.data.sources[-1 - source].size


cdef void step_columns(Pass* p, int i) noexcept nogil:
    # The optimiser's step for a thread's columns of gamma and beta, whose gradients are known.
    cdef Operation* operation = &p.run.operations[i]
    cdef Py_ssize_t begin = column_share(operation.weight_columns, COLUMNS_OF_A_LINE, p.thread, p.threads)
    cdef Py_ssize_t end = column_share(operation.weight_columns, COLUMNS_OF_A_LINE, p.thread + 1, p.threads)
    if p.run.updating.collects:
        return
    if operation.has_weights:
        step_rows(p.rule, <real*> operation.weights_gradient + begin, 0,
                  parameters_of(operation.weights, operation.weights_state, begin), 0, 1, end - begin)
    if operation.has_bias:
        step_rows(p.rule, <real*> operation.bias_gradient + begin, 0,
                  parameters_of(operation.bias, operation.bias_state, begin), 0, 1, end - begin)
