# Kernels that the bindings call one by one, on whole arrays: the same arithmetic as that of a run.


cdef void activate_numbers(void* y, const void* x, int activation, const void* numbers,
                           Py_ssize_t count) noexcept nogil:
    activate_row(<real*> y, <const real*> x, activation, <const real*> numbers, count)


cdef void derivative_of_numbers(void* slope, const void* x, int activation, const void* numbers,
                                Py_ssize_t count) noexcept nogil:
    derivative_row(<real*> slope, <const real*> x, activation, <const real*> numbers, count)
    keep_nan(<real*> slope, <const real*> x, count)


cdef void activation_backward_of_numbers(
    void* dx, const void* dy, const void* from_, int activation, const void* numbers, Py_ssize_t count,
) noexcept nogil:
    activation_backward_row(<real*> dx, <const real*> dy, <const real*> from_, activation, <const real*> numbers, count)
    keep_nan(<real*> dx, <const real*> from_, count)


cdef bint all_numbers_finite(const void* x, Py_ssize_t count) noexcept nogil:
    return all_finite(<const real*> x, count)


cdef void softmax_rows(void* y, const void* x, Py_ssize_t rows, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t row
    for row in range(rows):
        softmax_row(<real*> y + row * size, <const real*> x + row * size, size)


cdef void softmax_backward_of_rows(void* dx, const void* dy, const void* y, Py_ssize_t rows,
                                   Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t row
    for row in range(rows):
        softmax_backward_row(<real*> dx + row * size, <const real*> dy + row * size, <const real*> y + row * size, size)


cdef void log_softmax_rows(void* y, const void* x, Py_ssize_t rows, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t row
    for row in range(rows):
        log_softmax_row(<real*> y + row * size, <const real*> x + row * size, size)


cdef void log_softmax_backward_of_rows(void* dx, const void* dy, const void* y, Py_ssize_t rows,
                                       Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t row
    for row in range(rows):
        log_softmax_backward_row(<real*> dx + row * size, <const real*> dy + row * size, <const real*> y + row * size,
                                 size)


cdef void dense_forward_task(DenseCall* call, int thread, int threads) noexcept nogil:
    # y = x W + b: threads share the packing, and then the rows.
    cdef Py_ssize_t panels = (call.fan_out + PANEL - 1) // PANEL
    cdef Py_ssize_t begin = share(call.rows, thread, threads), end = share(call.rows, thread + 1, threads)
    if call.packed != NULL:
        pack_columns(<real*> call.packed, <const real*> call.weights, call.fan_out, call.fan_in,
                     share(panels, thread, threads) * PANEL, min(share(panels, thread + 1, threads) * PANEL,
                                                                 call.fan_out))
        if threads > 1:
            barrier_wait(&call.barrier, threads)
    product_columns(<real*> call.y + begin * call.fan_out, call.fan_out, <const real*> call.x + begin * call.fan_in,
                    call.fan_in, <const real*> (call.packed if call.packed != NULL else call.weights),
                    0 if call.packed != NULL else call.fan_out, end - begin, 0, call.fan_out, call.fan_in,
                    <const real*> call.bias, NO_ACTIVATION, <const real*> NULL, <const real*> NULL, 0)


cdef void dense_backward_input_task(DenseCall* call, int thread, int threads) noexcept nogil:
    # x = y W^T, where y is the gradient with respect to the output and x that with respect to the input. W is packed
    # always.
    cdef Py_ssize_t panels = (call.fan_in + PANEL - 1) // PANEL
    cdef Py_ssize_t begin = share(call.rows, thread, threads), end = share(call.rows, thread + 1, threads)
    pack_rows(<real*> call.packed, <const real*> call.weights, call.fan_out, call.fan_out,
              share(panels, thread, threads) * PANEL, min(share(panels, thread + 1, threads) * PANEL, call.fan_in))
    if threads > 1:
        barrier_wait(&call.barrier, threads)
    product_columns(<real*> call.x + begin * call.fan_in, call.fan_in, <const real*> call.y + begin * call.fan_out,
                    call.fan_out, <const real*> call.packed, 0, end - begin, 0, call.fan_in, call.fan_out,
                    <const real*> NULL, NO_ACTIVATION, <const real*> NULL, <const real*> NULL, 0)


cdef void dense_backward_weights_task(DenseCall* call, int thread, int threads) noexcept nogil:
    # The gradients x^T y and sum(y) go to weights and bias, or a step of gradient descent by them.
    # The rows of y are copied first, since tiles read whole vectors.
    cdef step_rule rule
    cdef Py_ssize_t width = (call.fan_out + PANEL - 1) // PANEL * PANEL, row
    cdef Py_ssize_t begin = share(call.rows, thread, threads), end = share(call.rows, thread + 1, threads)
    cdef real* dy = <real*> call.packed
    memset(&rule, 0, sizeof(step_rule))
    rule.optimizer = SGD if call.step else COLLECT
    rule.learning_rate = <real> call.learning_rate
    rule.decay = 1
    for row in range(begin, end):
        memset(dy + row * width + call.fan_out, 0, (width - call.fan_out) * sizeof(real))
        memcpy(dy + row * width, <const real*> call.y + row * call.fan_out, call.fan_out * sizeof(real))
    if threads > 1:
        barrier_wait(&call.barrier, threads)
    weights_update(stateless(call.weights), call.fan_out, PANEL, <const real*> call.x, call.fan_in, dy, width,
                   call.rows, share(call.fan_in, thread, threads), share(call.fan_in, thread + 1, threads), 0,
                   call.fan_out, &rule, <real*> NULL, 0)
    if thread == threads - 1:
        update_bias(&rule, dy, width, call.rows, stateless(call.bias), call.fan_out)


cdef double loss_of_rows(
    int loss, const void* numbers, void* dy, Py_ssize_t dy_row, const void* y_pred, const void* y, Py_ssize_t rows,
    Py_ssize_t size, double scale,
) noexcept nogil:
    cdef Py_ssize_t row
    cdef double total = 0
    for row in range(rows):
        total += loss_row(loss, <const real*> numbers, <real*> dy + row * dy_row, <const real*> y_pred + row * size,
                          <const real*> y + row * size, size, <real> scale)
    return total


cdef double loss_of_logits(
    int loss, const void* numbers, void* p, void* dx, const void* x, const void* y, Py_ssize_t rows, Py_ssize_t size,
    double scale,
) noexcept nogil:
    cdef Py_ssize_t row
    cdef double total = 0
    cdef real* gradient
    cdef const real* logits
    cdef const real* target
    for row in range(rows):
        gradient = <real*> dx + row * size
        logits, target = <const real*> x + row * size, <const real*> y + row * size
        if loss == CROSS_ENTROPY:
            total += softmax_entropy_row(<real*> p, gradient, logits, target, size, <real> scale)
        else:
            softmax_row(<real*> p, logits, size)
            total += loss_row(loss, <const real*> numbers, gradient, <real*> p, target, size, <real> scale)
            softmax_backward_row(gradient, gradient, <real*> p, size)
    return total


cdef double step_numbers(
    void* values, void** state, const void* gradient, const void* given, long number, double momentum_product,
    Py_ssize_t count,
) noexcept nogil:
    # The gradient is copied by pieces, since a coupled decay is added to it.
    cdef const Rule* rule = <const Rule*> given
    cdef step_rule step
    cdef real piece[STEPPED_TOGETHER]
    cdef parameters w
    cdef Py_ssize_t start = 0, size
    momentum_product = set_rule(&step, rule, rule.learning_rate, number, momentum_product)
    while start < count:
        size = min(count - start, <Py_ssize_t> STEPPED_TOGETHER)
        w = parameters_of(values, state, start)
        memcpy(piece, <const real*> gradient + start, size * sizeof(real))
        if rule.coupled_decay > 0:
            scale_row(piece, w.values, size, 1, <real> rule.coupled_decay)
        step_rows(&step, piece, 0, w, 0, 1, size)
        start += size
    return momentum_product
