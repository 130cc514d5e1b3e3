# Dropouts that keep mean and variance, each in its way: behind SELU (Klambauer et al. 2017), and by normal factors
# (Srivastava et al. 2014). Both act in training alone.

# What SELU tends to far below zero: numbers left out become this.
cdef double SELU_FLOOR = -1.7580993408473766


cdef inline double scale_behind_selu(double rate) noexcept nogil:
    return 1 / sqrt((1 - rate) * (1 + rate * SELU_FLOOR * SELU_FLOOR))


cdef bint alpha_dropout_forward(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef double rate = operation.parameter, scale = scale_behind_selu(rate)
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        alpha_dropout_row(y.data + row * y.row, x.data + row * x.row, operation.fan_out, key_of_row(p, i, row),
                          threshold_of(rate), <real> scale, <real> SELU_FLOOR, <real> (-scale * SELU_FLOOR * rate))
    return True


cdef bint alpha_dropout_infer(Pass* p, int i) noexcept nogil:
    copy_rows(p, i)
    return True


cdef void alpha_dropout_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Py_ssize_t row
    for row in range(gradient.begin, gradient.end):
        dropout_row(gradient.data + row * gradient.row, <real*> operation.delta + row * operation.output_row,
                    operation.fan_out, key_of_row(p, i, row), threshold_of(operation.parameter),
                    <real> scale_behind_selu(operation.parameter))


cdef inline void multiply_row(Pass* p, int i, real* y, const real* x, Py_ssize_t row) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    gaussian_dropout_row(y, x, operation.fan_out, key_of_row(p, i, row),
                         <real> sqrt(operation.parameter / (1 - operation.parameter)))


cdef bint gaussian_dropout_forward(Pass* p, int i) noexcept nogil:
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t row
    for row in range(p.begin, p.end):
        multiply_row(p, i, y.data + row * y.row, x.data + row * x.row, row)
    return True


cdef bint gaussian_dropout_infer(Pass* p, int i) noexcept nogil:
    copy_rows(p, i)
    return True


cdef void gaussian_dropout_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Py_ssize_t row
    for row in range(gradient.begin, gradient.end):
        multiply_row(p, i, gradient.data + row * gradient.row, <real*> operation.delta + row * operation.output_row,
                     row)
